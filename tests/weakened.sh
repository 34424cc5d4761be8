#!/usr/bin/env bash
# Shows that the models are effective: weakens every ordering that is marked SYNC POINT in the
# protocols, one at a time, in a copy of the tree, and fails unless a model fails each time.
#
#   tests/weakened.sh           all of them, which takes ten minutes and more
#   tests/weakened.sh 1/4       the first of four shares
set -euo pipefail
cd "$(dirname "$0")/.."
share=${1:-1/1}
[[ $share =~ ^([1-9][0-9]*)/([1-9][0-9]*)$ ]] || { echo "a share is written 1/4"; exit 2; }
part=${BASH_REMATCH[1]} of=${BASH_REMATCH[2]}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$copy"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/weakened"

cat >>"$copy/sdk/src/sync.rs" <<'RUST'
impl Word {
    pub(crate) fn weak_load(&self) -> u64 { self.0.load(Ordering::Relaxed) }
    pub(crate) fn weak_store(&self, value: u64) { self.0.store(value, Ordering::Relaxed) }
    pub(crate) fn weak_subtract(&self) -> u64 { self.0.fetch_sub(1, Ordering::Relaxed) }
    pub(crate) fn weak_add(&self, number: u64) -> u64 { self.0.fetch_add(number, Ordering::Relaxed) }
    pub(crate) fn weak_set_bits(&self, bits: u64) -> u64 { self.0.fetch_or(bits, Ordering::Relaxed) }
    pub(crate) fn weak_compare_exchange(&self, current: u64, new: u64) -> bool {
        self.0.compare_exchange(current, new, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
impl Word32 {
    pub(crate) fn weak_load(&self) -> u32 { self.0.load(Ordering::Relaxed) }
    pub(crate) fn weak_store(&self, value: u32) { self.0.store(value, Ordering::Relaxed) }
    pub(crate) fn weak_add(&self, number: u32) -> u32 { self.0.fetch_add(number, Ordering::Relaxed) }
    pub(crate) fn weak_compare_exchange(&self, current: u32, new: u32) -> bool {
        self.0.compare_exchange(current, new, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
impl ReadOnlyWord {
    pub(crate) fn weak_load(&self) -> u64 { self.0.load(Ordering::Relaxed) }
}
RUST

# Weakens the first line of code after the mark NAME in FILE.
weaken() {
    awk -v mark="SYNC POINT $1:" '
        index($0, mark) { armed = 1 }
        armed && $0 !~ /^ *\/\// {
            armed = 0
            changed += sub(/sync::(release|acquire|seq_cst)_fence\(\);/, "") + sub(/barrier\(\);/, "let _ = barrier;") + sub(/load_acquire\(\)/, "weak_load()") \
                + sub(/store_release\(/, "weak_store(") + sub(/subtract_one\(\)/, "weak_subtract()") \
                + sub(/\.add\(/, ".weak_add(") + sub(/set_bits\(/, "weak_set_bits(") + sub(/compare_exchange\(/, "weak_compare_exchange(")
        }
        { print }
        END { exit changed == 1 ? 0 : 1 }' "$2" >"$2.weak" || { echo "no ordering follows SYNC POINT $1 in $2"; exit 1; }
}

echo "unchanged:"
"$copy/tests/models.sh" 2>&1 | grep "test result"
marks=0
while IFS=: read -r file name; do
    path="$copy/$file"
    cp "$path" "$path.strong"
    weaken "$name" "$path"
    mv "$path.weak" "$path"
    # The models beside the file first: mostly one of them notices, and the others take time.
    beside=$(sed 's#^sdk/src/\(protocol/[a-z]*\).*#\1#; s#/#::#' <<<"$file")
    if output=$("$copy/tests/models.sh" "$beside" 2>&1) && output=$("$copy/tests/models.sh" 2>&1); then
        echo "$name in $file can be weakened, and no model notices"
        exit 1
    fi
    caught=$(grep -oE '^    protocol::[a-z_:]+$' <<<"$output" | sort -u | sed 's/.*:://' | paste -sd ' ' || true)
    if [ -z "$caught" ]; then
        echo "$output" | tail -n 20
        echo "$name in $file: the models did not run"
        exit 1
    fi
    printf '%-4s %-36s caught by: %s\n' "$name" "${file#sdk/src/}" "$caught"
    mv "$path.strong" "$path"
    marks=$((marks + 1))
done < <(grep -roP 'SYNC POINT \K[A-Z0-9]+(?=:)' sdk/src/protocol | sort | awk -v part="$part" -v of="$of" 'NR % of == part % of')
echo "$marks orderings weakened, each was noticed"
