#!/bin/sh
# Links the shared library from the static one, and prints its path.
#
#     link.sh STATIC DIRECTORY [SERIES]
#
# Cargo could link it, too, but rustc passes a version script of its own, which has no name for a version and cannot be
# combined with one that has. Before 1.0, versions are compatible whose first two numbers are equal: these are the series.
set -eu
usage="usage: link.sh STATIC DIRECTORY [SERIES]"
static=${1:?"$usage"}
directory=${2:?"$usage"}
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../../Cargo.toml" | head -n 1)
series=${3:-${version%.*}}
soname=libslotcast.so.$series

map=$(mktemp)
trap 'rm -f "$map"' EXIT
sed "s/@SERIES@/$series/" "$here/slotcast.map" > "$map"
# It is not unloaded: threads end later, and then run its destructors.
"${CC:-cc}" -shared -o "$directory/$soname" -Wl,-soname,"$soname" -Wl,--version-script="$map" \
    -Wl,--whole-archive "$static" -Wl,--no-whole-archive -Wl,--gc-sections -Wl,--as-needed \
    -Wl,-z,defs -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodelete -lpthread -ldl -lm
echo "$directory/$soname"
