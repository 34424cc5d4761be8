#!/usr/bin/env bash
# Explores every interleaving of the protocols' models with loom.
set -euo pipefail
cd "$(dirname "$0")/.."
export RUSTFLAGS="--cfg loom"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/loom"
exec cargo test --release --quiet --package slotcast-models --lib "$@"
