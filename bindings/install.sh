#!/bin/sh
# Installs slotcast for C and C++ into a prefix: headers, the libraries, pkg-config files, and a CMake package. The prefix
# can be moved afterwards.
#
#     install.sh PREFIX [DIRECTORY]
#
# Without a directory, the static library is built in release mode; with one, it is the one in it.
set -eu
prefix=${1:?"usage: install.sh PREFIX [DIRECTORY]"}
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../Cargo.toml" | head -n 1)

if [ $# -gt 1 ]; then
    built=$2
else
    # Calls from C are not inlined; at least what they call is.
    export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
    (cd "$here" && cargo build --release --package slotcast-c)
    built=${CARGO_TARGET_DIR:-$here/../target}/release
fi

cmake=$prefix/lib/cmake/Slotcast
mkdir -p "$prefix/include/slotcast" "$prefix/lib/pkgconfig" "$cmake"
cp "$here"/c/include/*.h "$here"/cpp/include/*.hpp "$prefix/include/"
cp "$here"/cpp/include/slotcast/*.hpp "$prefix/include/slotcast/"
cp "$built/libslotcast_c.a" "$prefix/lib/libslotcast.a"
shared=$("$here/c/link.sh" "$prefix/lib/libslotcast.a" "$prefix/lib")
soname=$(basename "$shared")
ln -sf "$soname" "$prefix/lib/libslotcast.so"

fill() {
    sed -e "s/@VERSION@/$version/g" -e "s/@SONAME@/$soname/g" "$here/package/$1.in" > "$2/$1"
}
fill slotcast.pc "$prefix/lib/pkgconfig"
fill slotcast-static.pc "$prefix/lib/pkgconfig"
fill SlotcastConfig.cmake "$cmake"
fill SlotcastConfigVersion.cmake "$cmake"
echo "slotcast $version is in $prefix"
