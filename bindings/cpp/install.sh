#!/bin/sh
# Installs slotcast for C++ into a prefix: headers, the libraries, slotcast.pc, and a CMake package.
#
#     install.sh PREFIX [DIRECTORY]
#
# Without a directory, the libraries are built in release mode; with one, they are those in it.
set -eu
prefix=${1:?"usage: install.sh PREFIX [DIRECTORY]"}
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../../Cargo.toml" | head -n 1)
soname=libslotcast.so.${version%.*}

if [ $# -gt 1 ]; then
    built=$2
else
    # Calls from C are not inlined; at least what they call is.
    export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
    (cd "$here" && cargo build --release --package slotcast-c)
    built=${CARGO_TARGET_DIR:-$here/../../target}/release
fi

mkdir -p "$prefix/include/slotcast" "$prefix/lib/pkgconfig" "$prefix/lib/cmake/Slotcast"
cp "$here/include/slotcast.hpp" "$here"/../c/include/*.h "$prefix/include/"
cp "$here"/include/slotcast/*.hpp "$prefix/include/slotcast/"
cp "$built/libslotcast_c.a" "$prefix/lib/libslotcast.a"
"$here/../c/link.sh" "$built/libslotcast_c.a" "$prefix/lib" > /dev/null
ln -sf "$soname" "$prefix/lib/libslotcast.so"
sed "s/@VERSION@/$version/" "$here/cmake/slotcast.pc.in" > "$prefix/lib/pkgconfig/slotcast.pc"
sed "s/@SONAME@/$soname/" "$here/cmake/SlotcastConfig.cmake.in" > "$prefix/lib/cmake/Slotcast/SlotcastConfig.cmake"
sed "s/@VERSION@/$version/" "$here/cmake/SlotcastConfigVersion.cmake.in" \
    > "$prefix/lib/cmake/Slotcast/SlotcastConfigVersion.cmake"
echo "slotcast $version is in $prefix"
