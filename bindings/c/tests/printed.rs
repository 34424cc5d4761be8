//! The headers that the tool prints (`slotcast schema --format c`) describe their messages for
//! `slotcast.h`: the schemas that C makes of them have the same hashes as in Rust.

#[allow(dead_code, missing_docs, unreachable_pub, reason = "these are messages of other tests")]
#[path = "../../../tests/schema/messages.rs"]
mod messages;

use messages::{Aligned, Everything, Gear, Meters, Point, Samples, Stamped, Wide};
use slotcast::dynamic::Layout;
use slotcast::schema::Schema;
use slotcast::{FixedVec, Pad, ShmMessage, Str};
use slotcast_cpp::{WARNINGS, library, root};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(u64)]
enum Large {
    Small = 1,
    Largest = u64::MAX,
}

/// What has no macro of its own, and names that C does not allow.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
#[shm(name = "an/odd.name-1:x")]
struct Unusual {
    names: [Str<8>; 2],
    lists: [FixedVec<u64, 2>; 2],
    list_of_texts: FixedVec<Str<8>, 2>,
    list_of_rows: FixedVec<[Gear; 4], 2>,
    cube: [[[f32; 2]; 2]; 2],
    pads: [Pad<4>; 2],
    int: u64,
    sc_code: u64,
    large: Large,
    on: bool,
    r#type: [u8; 7],
}

/// More fields than `SC_STRUCT` can name.
macro_rules! many {
    ($($field:ident)*) => {
        #[derive(ShmMessage, Clone, Copy, Debug)]
        #[repr(C)]
        struct Many {
            $($field: u8,)*
        }
    };
}
many! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 d0 d1 d2 d3 d4 d5 d6 d7
    d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 g0 g1 g2 g3 g4 g5 g6 g7 g8 g9
}

fn layout(schema: &Schema) -> Layout {
    Layout::new(schema.clone()).unwrap()
}

fn slice(header: Option<&Schema>, element: &Schema) -> Layout {
    layout(&Schema::slice_of(header.cloned(), element.clone()).unwrap())
}

fn layouts() -> Vec<Layout> {
    vec![
        layout(<u8>::SCHEMA),
        layout(<i128>::SCHEMA),
        layout(<char>::SCHEMA),
        layout(<bool>::SCHEMA),
        layout(<[f64; 3]>::SCHEMA),
        layout(<[[u8; 2]; 3]>::SCHEMA),
        layout(<Str<16>>::SCHEMA),
        layout(<FixedVec<u32, 5>>::SCHEMA),
        layout(<Point>::SCHEMA),
        layout(<Gear>::SCHEMA),
        layout(<Large>::SCHEMA),
        layout(<Everything>::SCHEMA),
        layout(<Meters>::SCHEMA),
        layout(<Aligned>::SCHEMA),
        layout(<Stamped<f64>>::SCHEMA),
        layout(<Stamped<[Point; 2]>>::SCHEMA),
        layout(<Stamped<Stamped<u64>>>::SCHEMA),
        layout(<Samples<12>>::SCHEMA),
        layout(<Wide>::SCHEMA),
        layout(<slotcast::Tensor>::SCHEMA),
        layout(<Unusual>::SCHEMA),
        layout(<Many>::SCHEMA),
        slice(None, <u8>::SCHEMA),
        slice(None, <Point>::SCHEMA),
        slice(None, <[f32; 3]>::SCHEMA),
        slice(None, <Str<5>>::SCHEMA),
        slice(Some(Point::SCHEMA), u8::SCHEMA),
        slice(Some(u64::SCHEMA), <[u16; 2]>::SCHEMA),
    ]
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Writes a file that makes the schema of a layout, and returns its path.
fn unit(folder: &Path, number: usize, layout: &Layout) -> std::path::PathBuf {
    let header = layout.schema().to_c();
    let (before, _) = header.split_once("(sc_schema **out)").unwrap_or_else(|| panic!("{header}"));
    let function = before.rsplit(' ').next().unwrap();
    let source = format!(
        "{header}\nsc_code schema_{number}(sc_schema **out);\nsc_code schema_{number}(sc_schema **out) {{\n    \
         return {function}(out);\n}}\n"
    );
    let path = folder.join(format!("unit_{number}.c"));
    fs::write(&path, source).unwrap();
    path
}

#[test]
fn printed_headers_have_the_hashes_of_rust() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let layouts = layouts();
    let mut main = "#include <slotcast.h>\n#include <stdio.h>\n".to_owned();
    let mut calls = String::new();
    let mut command = Command::new("cc");
    command.args(["-std=c11", "-D_GNU_SOURCE"]).args(WARNINGS).arg("-I").arg(root().join("c/include"));
    for (number, layout) in layouts.iter().enumerate() {
        command.arg(unit(folder.path(), number, layout));
        let _ = writeln!(main, "sc_code schema_{number}(sc_schema **out);");
        let _ = writeln!(calls, "    print(schema_{number});");
    }
    main += "
static void print(sc_code create(sc_schema **out)) {
    sc_schema *schema = NULL;
    char hash[33] = \"\";
    const bool is_done = create(&schema) == SC_OK && sc_schema_hash(schema, hash) == SC_OK;
    printf(\"%s\\n\", is_done ? hash : sc_last_error());
    sc_schema_free(schema);
}

int main(void) {
";
    main += &calls;
    main += "    return 0;\n}\n";
    let (file, program) = (folder.path().join("main.c"), folder.path().join("main"));
    fs::write(&file, main).unwrap();
    succeeds(command.arg(file).arg(library()).args(["-lpthread", "-ldl", "-lm"]).arg("-o").arg(&program));
    let printed = succeeds(&mut Command::new(program));
    let expected: Vec<_> = layouts.iter().map(|layout| layout.hash().to_string()).collect();
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}
