#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh virtual environment, and runs the Python tests there.
# With `--types` it checks the types of package and stubs instead. Exits with 75 where there is no
# Python that can do this.
set -euo pipefail
cd "$(dirname "$0")"

missing() {
    echo "$1" >&2
    exit 75
}

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing "there is no Python 3.11 or newer"
target=${CARGO_TARGET_DIR:-../../target}
mkdir -p "$target/python"
folder=$(cd "$target/python" && pwd)
"$python" -m venv --clear "$folder/check" >/dev/null 2>&1 || missing "this Python cannot create virtual environments"
tools=(maturin numpy pytest matplotlib pandas uvloop)
[ "${1:-}" != --types ] || tools+=(mypy 'pyright[nodejs]') # its Node.js is a package, too
"$folder/check/bin/pip" install --quiet --disable-pip-version-check "${tools[@]}" ||
    missing "pip cannot install ${tools[*]}"
PATH="$folder/check/bin:$PATH"

# An environment's `maturin` takes the Python of the environment.
rm -rf "$folder/wheels"
VIRTUAL_ENV="$folder/check" maturin build --quiet --locked --target-dir "$folder/cargo" --out "$folder/wheels"
pip install --quiet --disable-pip-version-check --no-index "$folder"/wheels/*-abi3-*.whl
if [ "${1:-}" = --types ]; then
    mypy
    pyright --pythonpath "$folder/check/bin/python" python/slotcast
else
    pytest --quiet -p no:cacheprovider tests
    pytest --quiet -p no:cacheprovider --pyargs --doctest-modules slotcast
fi
