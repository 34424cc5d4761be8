#!/usr/bin/env bash
# Runs what takes too long for every change.
#
#   tests/soak.sh [minutes [seed]]        kills publishers and subscribers at random, 10 minutes by
#                                         default, while others check every message
#   tests/soak.sh pool [minutes [seed]]   the same with large messages of random sizes, while samples
#                                         and loans are held
#   tests/soak.sh values [minutes [seed]] kills writers and readers of a value that survives them
#   tests/soak.sh services [minutes [seed]] kills clients and servers
#   tests/soak.sh counters [minutes [seed]] kills processes that count, while others look
#   tests/soak.sh crashes [number]        lets 10 000 endpoints of each role die, one after the other,
#                                         alone and beside each kind of living peer, while a thread
#                                         starts commands; the files that they leave stay few
#   tests/soak.sh versus                  builds the bench beside other libraries, runs each of its
#                                         measures briefly, and its tests (a C++ compiler is needed);
#                                         with Aeron if its tools and libraries are there
#   tests/soak.sh held [number]           drops endpoints 20 000 times while threads start commands
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-}

CMAKE_FOR_AERON=3.30

can_build_aeron() {
    command -v clang >/dev/null || return 1
    echo 'int main(void) { return 0; }' | cc -x c - -lbsd -luuid -o /dev/null 2>/dev/null || return 1
    local version
    version=$(cmake --version 2>/dev/null | sed -n 's/^cmake version //p') && [ -n "$version" ] || return 1
    printf '%s\n' "$CMAKE_FOR_AERON" "$version" | sort --check=quiet --version-sort
}

case $mode in
    versus)
        cd benches/versus
        options=(--release --locked)
        if can_build_aeron; then
            options+=(--features aeron)
        else
            echo "without Aeron, which needs clang, libbsd-dev, uuid-dev and CMake of at least $CMAKE_FOR_AERON" >&2
        fi
        cargo test "${options[@]}"
        exec cargo run "${options[@]}" -- --quick
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
        elif [ "$mode" = values ]; then
            what=(--test values -- a_storm)
            shift
        elif [ "$mode" = services ]; then
            what=(--test service -- a_storm)
            shift
        elif [ "$mode" = counters ]; then
            what=(--test counters -- a_storm)
            shift
        fi
        export SLOTCAST_STORM_MINUTES=${1:-10}
        [ -z "${2:-}" ] || export SLOTCAST_STORM_SEED=$2
        ;;
esac
exec cargo test --release -p slotcast-tests "${what[@]}" --nocapture
