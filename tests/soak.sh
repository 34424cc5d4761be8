#!/usr/bin/env bash
# Runs what takes too long for every change.
#
#   tests/soak.sh [minutes [seed]]        kills publishers and subscribers at random, 10 minutes by
#                                         default, while others check every message
#   tests/soak.sh pool [minutes [seed]]   the same with large messages of random sizes, while samples
#                                         and loans are held
#   tests/soak.sh crashes [number]        lets 10 000 endpoints of each role die, one after the other,
#                                         alone and beside each kind of living peer, while a thread
#                                         starts commands; the files that they leave stay few
#   tests/soak.sh versus                  builds the bench beside other libraries, runs each of its
#                                         measures briefly, and its tests (a C++ compiler is needed)
#   tests/soak.sh held [number]           drops endpoints 20 000 times while threads start commands
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-}
case $mode in
    versus)
        cd benches/versus
        cargo test --release --locked
        exec cargo run --release --locked -- --quick
        ;;
    crashes)
        export SLOTCAST_CRASHES=${2:-10000}
        what=(--test crash_loops --)
        ;;
    held)
        export SLOTCAST_TRIES=${2:-20000}
        what=(--test held_locks --)
        ;;
    *)
        what=(--test storm --)
        if [ "$mode" = pool ]; then
            what=(--test pool -- nothing_that_is_held)
            shift
        fi
        export SLOTCAST_STORM_MINUTES=${1:-10}
        [ -z "${2:-}" ] || export SLOTCAST_STORM_SEED=$2
        ;;
esac
exec cargo test --release -p slotcast-tests "${what[@]}" --nocapture
