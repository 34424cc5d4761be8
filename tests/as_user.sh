#!/usr/bin/env bash
# Runs the built tests as an ordinary user: the kernel refuses root little, but users are not root.
#
#   tests/as_user.sh [target…]      all suites that start processes, or only these: `tests/as_user.sh storm pool`
#
# The user is `nobody`, or the uid in SLOTCAST_TEST_UID. The binaries run in a copy of the tree that this user can read.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "tests/as_user.sh changes the user, which only root can do"; exit 1; }
uid=${SLOTCAST_TEST_UID:-65534}
left_out='ui|schema|texts|architecture|python' # these run compilers or read sources, and start no endpoint in another process

place=$(mktemp -d "${TMPDIR:-/tmp}/slotcast-as-user-XXXXXX")
trap 'rm -rf "$place"' EXIT

# Whether the user can run a program.
may_run() {
    setpriv --reuid "$uid" --regid "$uid" --clear-groups test -x "$1"
}

# Each executable: its package's folder, kind, name and path, as cargo prints them.
executables() {
    cargo test --workspace --no-run --message-format=json 2>"$place/cargo.log" |
        sed -n 's/.*"manifest_path":"\([^"]*\)\/Cargo.toml".*"kind":\["\([a-z]*\)".*"name":"\([^"]*\)","src_path.*"executable":"\([^"]*\)".*/\1 \2 \3 \4/p'
}
listed=$(executables) || { cat "$place/cargo.log"; exit 1; }

# The layout that cargo has: tests find the examples beside them.
mkdir -p "$place/tree" "$place/debug/deps" "$place/debug/examples" "$place/home"
git ls-files -z | xargs -0 cp --parents -t "$place/tree"
suites=()
while read -r folder kind name path; do
    package=${folder#"$PWD"/}
    case $kind in
        example) cp "$path" "$place/debug/examples/" ;;
        lib | test)
            case $package in
                sdk | tests | examples) ;;
                cli) # its tests know the tool by the path where it was built
                    may_run "$(dirname "$path")/../slotcast" || { echo "user $uid cannot run the tool: $name is left out"; continue; }
                    ;;
                *) continue ;;
            esac
            grep -qxE "$left_out" <<<"$name" && continue
            if [ $# -gt 0 ] && ! printf '%s\n' "$@" | grep -qxF "$name"; then continue; fi
            cp "$path" "$place/debug/deps/"
            suites+=("$package $name $(basename "$path")")
            ;;
    esac
done <<<"$listed"
[ ${#suites[@]} -gt 0 ] || { echo "no such suite"; exit 1; }
chmod -R a+rX "$place"
chown "$uid:$uid" "$place/home"

failed=()
for suite in "${suites[@]}"; do
    read -r package name binary <<<"$suite"
    printf '\n-- %s of %s, as user %s\n' "$name" "$package" "$uid"
    (cd "$place/tree/$package" &&
        HOME=$place/home CARGO_MANIFEST_DIR=$place/tree/$package \
            setpriv --reuid "$uid" --regid "$uid" --clear-groups \
            "$place/debug/deps/$binary") ||
        failed+=("$name")
done
[ ${#failed[@]} = 0 ] || { printf '\nfailed as user %s: %s\n' "$uid" "${failed[*]}"; exit 1; }
printf '\n%s suites passed as user %s\n' "${#suites[@]}" "$uid"
