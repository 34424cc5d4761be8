#!/usr/bin/env bash
# Runs the suites that start processes on one processor: no test may depend on two threads that run
# at the same time.
#
#   tests/one_cpu.sh [target…]      all of them, or only these: `tests/one_cpu.sh storm pool`
set -euo pipefail
cd "$(dirname "$0")/.."
left_out='ui|schema|texts|architecture|python' # these run compilers or read sources, and start no endpoint in another process

suites() { # the names of the tests of a package
    sed -n '/^\[\[test\]\]/{n;s/^name = "\(.*\)"/\1/p}' "$1/Cargo.toml" | grep -vxE "$left_out"
}

if [ $# -eq 0 ]; then
    mapfile -t targets < <(suites tests; suites examples; suites cli)
else
    targets=("$@")
fi
tests=()
for target in "${targets[@]}"; do tests+=(--test "$target"); done

cargo test --workspace --no-run --quiet # with the examples, which some tests start
cpu=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/') # the first that this process may use
exec taskset -c "$cpu" cargo test --workspace --no-fail-fast "${tests[@]}"
