#!/bin/sh
# Makes a Debian package of the installed files in a directory, and prints its path.
#
#     deb.sh DIRECTORY [LIBRARIES]
#
# The libraries are as for install.sh.
set -eu
directory=${1:?"usage: deb.sh DIRECTORY [LIBRARIES]"}
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../Cargo.toml" | head -n 1)
architecture=$(dpkg --print-architecture)

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree"
shift
"$here/install.sh" "$tree/usr" "$@" >&2
mkdir -p "$tree/DEBIAN" "$tree/usr/share/doc/libslotcast-dev"
cat "$here/../LICENSE-MIT" "$here/../LICENSE-APACHE" > "$tree/usr/share/doc/libslotcast-dev/copyright"
cat > "$tree/DEBIAN/control" << CONTROL
Package: libslotcast-dev
Version: $version
Architecture: $architecture
Maintainer: ${DEBFULLNAME:-Slotcast} <${DEBEMAIL:-root@localhost}>
Section: libdevel
Priority: optional
Depends: libc6, libgcc-s1
Description: Typed publish/subscribe through shared memory, for C and C++
 Programs of one machine exchange structs without copies. This package has the
 headers, the libraries, and files for pkg-config and CMake.
CONTROL
echo "activate-noawait ldconfig" > "$tree/DEBIAN/triggers"
package=$directory/libslotcast-dev_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$tree" "$package" >&2
echo "$package"
