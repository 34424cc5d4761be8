#!/usr/bin/env bash
# Kills publishers and subscribers at random for a while: `tests/soak.sh [pool] [minutes [seed]]`,
# 10 minutes by default. With `pool`, these exchange large messages of random sizes, and hold
# samples and loans.
set -euo pipefail
cd "$(dirname "$0")/.."
what=(--test storm --)
if [ "${1:-}" = pool ]; then
    what=(--test pool -- nothing_that_is_held)
    shift
fi
export SLOTCAST_STORM_MINUTES=${1:-10}
[ -z "${2:-}" ] || export SLOTCAST_STORM_SEED=$2
exec cargo test --release -p slotcast-tests "${what[@]}" --nocapture
