#!/usr/bin/env bash
# Builds the wheel, installs it into a fresh virtual environment, and runs the Python tests there.
# With `--types` it checks the types of package and stubs instead. Exits with 75 where there is no
# Python that can do this.
set -euo pipefail
cd "$(dirname "$0")"
exec </dev/null

missing() {
    echo "$1" >&2
    exit 75
}

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing "there is no Python 3.11 or newer"
target=${CARGO_TARGET_DIR:-../../target}
mkdir -p "$target/python"
folder=$(cd "$target/python" && pwd)

# Tools stay, as installing them takes longer than the tests. The wheel comes into an environment
# that is fresh, and sees them.
tools=(maturin numpy pytest matplotlib pandas uvloop mypy 'pyright[nodejs]') # pyright's Node.js is a package, too
if [ "$(cat "$folder/tools/installed" 2>/dev/null)" != "${tools[*]}" ]; then
    "$python" -m venv --clear "$folder/tools" >/dev/null 2>&1 || missing "this Python cannot create virtual environments"
    "$folder/tools/bin/pip" install --quiet --disable-pip-version-check "${tools[@]}" ||
        missing "pip cannot install ${tools[*]}"
    echo "${tools[*]}" >"$folder/tools/installed"
fi
"$folder/tools/bin/python" -m venv --clear --without-pip "$folder/check"
site='import sysconfig; print(sysconfig.get_path("purelib"))'
"$folder/tools/bin/python" -c "$site" >"$("$folder/check/bin/python" -c "$site")/tools.pth"
PATH="$folder/check/bin:$folder/tools/bin:$PATH"

rm -rf "$folder/wheels"
maturin build --quiet --locked --interpreter "$folder/check/bin/python" --target-dir "$folder/cargo" --out "$folder/wheels"
pip --python "$folder/check/bin/python" install --quiet --disable-pip-version-check --no-index --no-deps \
    "$folder"/wheels/*-abi3-*.whl
if [ "${1:-}" = --types ]; then
    mypy --python-executable "$folder/check/bin/python"
    pyright --pythonpath "$folder/check/bin/python" python/slotcast
else
    python -m pytest --quiet -p no:cacheprovider tests
    python -m pytest --quiet -p no:cacheprovider --pyargs --doctest-modules slotcast
fi
