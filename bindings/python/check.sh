#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh virtual environment, and runs the Python tests there.
# With `--types` it checks the types of package and stubs, too. Exits with 75 where there is no
# Python that can do this.
set -euo pipefail
cd "$(dirname "$0")"

missing() {
    echo "$1" >&2
    exit 75
}

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing "there is no Python 3.11 or newer"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv" >/dev/null 2>&1 || missing "this Python cannot create virtual environments"
tools=(maturin numpy pytest)
[ "${1:-}" != --types ] || tools+=(mypy pyright)
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "${tools[@]}" ||
    missing "pip cannot install ${tools[*]}"
PATH="$folder/venv/bin:$PATH"

# An environment's `maturin` takes the Python of the environment.
VIRTUAL_ENV="$folder/venv" maturin build --quiet --locked --out "$folder"
pip install --quiet --disable-pip-version-check --no-index "$folder"/*-abi3-*.whl
pytest --quiet -p no:cacheprovider tests
pytest --quiet -p no:cacheprovider --pyargs --doctest-modules slotcast
if [ "${1:-}" = --types ]; then
    mypy
    pyright --pythonpath "$folder/venv/bin/python" python/slotcast
fi
