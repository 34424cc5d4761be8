#!/usr/bin/env bash
# Kills publishers and subscribers at random for a while: `tests/soak.sh [minutes [seed]]`, 10 minutes if not told.
set -euo pipefail
cd "$(dirname "$0")/.."
export SLOTCAST_STORM_MINUTES=${1:-10}
[ -z "${2:-}" ] || export SLOTCAST_STORM_SEED=$2
exec cargo test --release -p slotcast-tests --test storm -- --nocapture
