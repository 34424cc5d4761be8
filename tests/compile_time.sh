#!/bin/sh
# What the derive costs to compile: 100 messages of 20 fields with #[derive(ShmMessage)], all hashes
# used, compared with #[derive(Serialize, Deserialize)] of serde on the same structs. Runs are
# interleaved. Prints medians and their ratio, and fails above 1.5.
#
#   tests/compile_time.sh [runs, default 7]
set -eu

runs=${1:-7}
repository=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CARGO_TARGET_DIR="$work/target" CARGO_INCREMENTAL=0

# Arguments: crate, dependency line, attribute lines, epilogue per struct.
make_crate() {
    mkdir -p "$work/$1/src"
    cp "$repository/Cargo.lock" "$work/$1/"
    printf '[package]\nname = "%s"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n%s\n[workspace]\n' \
        "$1" "$2" > "$work/$1/Cargo.toml"
    awk -v attributes="$3" -v epilogue="$4" 'BEGIN {
        types[1] = "u64"; types[2] = "f64"; types[3] = "[f32; 4]"; types[4] = "[u32; 2]"; types[5] = "i64"
        for (message = 0; message < 100; message++) {
            print attributes
            printf "pub struct Message%d {\n", message
            for (field = 0; field < 20; field++) {
                type = types[1 + (message + field) % 5]
                if (message > 0 && field == 7) type = "Message0"
                printf "    /// Field number %d.\n    pub field_%d: %s,\n", field, field, type
            }
            print "}"
            if (epilogue != "") { line = epilogue; gsub(/@/, "Message" message, line); print line }
        }
    }' > "$work/$1/src/lib.rs"
}

make_crate plain "" "#[repr(C)]" ""
make_crate ours "slotcast = { path = \"$repository/sdk\" }" \
    "#[derive(slotcast::ShmMessage)] #[repr(C)]" \
    "const _: slotcast::schema::SchemaHash = <@ as slotcast::ShmMessage>::HASH;"
make_crate serde 'serde = { version = "1", features = ["derive"] }' \
    "#[derive(serde::Serialize, serde::Deserialize)] #[repr(C)]" ""

milliseconds() { # command, crate
    touch "$work/$2/src/lib.rs"
    begin=$(date +%s%N)
    (cd "$work/$2" && cargo "$1" --quiet --offline)
    end=$(date +%s%N)
    echo $(((end - begin) / 1000000))
}

median() { sort -n "$1" | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

worst=0
for command in check build; do
    for crate in plain ours serde; do milliseconds $command $crate > /dev/null; done
    run=0
    while [ $run -lt "$runs" ]; do
        for crate in plain ours serde; do milliseconds $command $crate >> "$work/$command.$crate"; done
        run=$((run + 1))
    done
    plain=$(median "$work/$command.plain")
    ours=$(median "$work/$command.ours")
    serde=$(median "$work/$command.serde")
    ratio=$((ours * 100 / serde))
    [ $ratio -gt $worst ] && worst=$ratio
    printf 'cargo %-5s  no derive %d ms, ShmMessage %d ms, serde %d ms: ratio %d.%02d\n' \
        "$command" "$plain" "$ours" "$serde" $((ratio / 100)) $((ratio % 100))
done
if [ $worst -gt 150 ]; then
    echo "more than 1.5 times as long as serde" >&2
    exit 1
fi
