//! What other programs decode is what was published, bit for bit. They are two packages of Python,
//! in a virtual environment of their own. Where there is no Python this is left out, unless
//! SLOTCAST_REQUIRE_PYTHON is set.

use crate::messages::{all_kinds, folder};
use crate::standard;
use serde_json::{Value, json};
use slotcast::schema::{Kind, Primitive, Schema};
use slotcast_record::{Compression, Recording};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const PACKAGES: [&str; 3] = ["rosbags==0.11.9", "mcap==1.6.0", "mcap-ros2-support==0.6.0"];

#[test]
fn other_programs_decode_the_same() {
    let Some(python) = python() else { return };
    for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
        let (_folder, path) = folder();
        all_kinds(&path, |builder| builder.compression(compression).chunk_bytes(500));
        let expected = expected(&path);
        assert_eq!(expected.len(), 42); // all but the one that only slotcast reads
        for reader in ["rosbags", "mcap"] {
            assert_decodes(&python, reader, &path, &expected);
        }
    }
}

/// One of the readers takes nothing from the file but the names of the types: what they are, it
/// knows from ROS itself.
#[test]
fn ros_itself_knows_the_standard_messages() {
    let Some(python) = python() else { return };
    let (_folder, path) = folder();
    standard::write(&path, |builder| builder.chunk_bytes(3000));
    let expected = expected(&path);
    assert_eq!(expected.len(), 7 * standard::MESSAGES);
    for reader in ["rosbags", "mcap"] {
        assert_decodes(&python, reader, &path, &expected);
    }
    let is_standard = |message: &Value| message[0] != "motor" && message[0] != "temperature";
    let expected: Vec<Value> = expected.into_iter().filter(is_standard).collect();
    assert_decodes(&python, "ros", &path, &expected);
}

#[test]
fn every_definition_of_ros_is_the_one_that_ros_has() {
    let Some(python) = python() else { return };
    let definitions = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ros2/definitions.txt");
    let count = std::fs::read_to_string(&definitions).unwrap().trim_end().split("\n\n").count();
    assert_eq!(decoded(&python, "definitions", &definitions), [json!(count)]);
}

fn assert_decodes(python: &Path, reader: &str, path: &Path, expected: &[Value]) {
    let decoded = decoded(python, reader, path);
    assert_eq!(decoded.len(), expected.len(), "{reader}");
    for (decoded, expected) in decoded.iter().zip(expected) {
        assert_eq!(decoded, expected, "{reader}");
    }
}

/// Returns the Python of an environment that has the packages, which one test alone makes.
fn python() -> Option<PathBuf> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    PYTHON.get_or_init(environment).clone()
}

fn environment() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let environment = target.join(format!("python-{}", PACKAGES.join("-").replace("==", "-")));
    let python = environment.join("bin/python");
    let run = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let has_packages = || run(Command::new(&python).args(["-c", "import rosbags, mcap_ros2"]));
    if !has_packages() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES));
    }
    if has_packages() {
        return Some(python);
    }
    let reason = format!("there is no Python with {}, and they cannot be installed", PACKAGES.join(", "));
    assert!(std::env::var_os("SLOTCAST_REQUIRE_PYTHON").is_none(), "{reason}");
    eprintln!("left out: {reason}");
    None
}

/// Returns what a package of Python decodes.
fn decoded(python: &Path, reader: &str, file: &Path) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decode.py");
    let output = Command::new(python).arg(script).arg(reader).arg(file).output().unwrap();
    assert!(output.status.success(), "{reader}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns what should be decoded.
fn expected(path: &Path) -> Vec<Value> {
    let mut recording = Recording::open(path).unwrap();
    let mut expected = Vec::new();
    while let Some(message) = recording.next_message().unwrap() {
        if message.channel.message_encoding != "cdr" {
            continue;
        }
        let schema = message.channel.layout().unwrap().schema();
        let mut numbers = Vec::new();
        let bytes = message.bytes().unwrap().unwrap();
        match message.channel.schema_name.starts_with("slotcast/") {
            true => leaves(schema, &bytes, &mut numbers),
            false => standard_leaves(schema, &bytes, &mut numbers),
        }
        expected.push(json!([message.channel.topic, message.log_time, numbers]));
    }
    expected
}

/// Appends all numbers and strings of a message of ROS's own, read from its bytes.
fn standard_leaves(schema: &Schema, bytes: &[u8], out: &mut Vec<Value>) {
    match &schema.kind {
        Kind::Pad { .. } => {}
        Kind::Str { .. } => {
            let text = bytes.split(|byte| *byte == 0).next().unwrap();
            out.push(json!(std::str::from_utf8(text).unwrap()));
        }
        Kind::Struct { fields } => {
            for field in fields.iter() {
                let (at, size) = (field.offset, field.schema.get().size);
                let part = usize::try_from(at).unwrap()..usize::try_from(at + size).unwrap();
                standard_leaves(field.schema.get(), &bytes[part], out);
            }
        }
        Kind::Slice { header: Some(header), element } => {
            standard_leaves(header.get(), bytes, out);
            elements(element.get(), &bytes[usize::try_from(schema.elements_at()).unwrap()..], out);
        }
        _ => leaves(schema, bytes, out),
    }
}

/// Appends all numbers of a message, read from its bytes.
fn leaves(schema: &Schema, bytes: &[u8], out: &mut Vec<Value>) {
    let part = |offset: u64, schema: &Schema| -> &[u8] {
        let offset = usize::try_from(offset).unwrap();
        &bytes[offset..offset + usize::try_from(schema.size).unwrap()]
    };
    match &schema.kind {
        Kind::Primitive(primitive) => out.push(number(*primitive, bytes)),
        Kind::Enum { repr, .. } => out.push(number(*repr, bytes)),
        Kind::Str { .. } | Kind::Pad { .. } => out.extend(bytes.iter().map(|byte| json!(byte))),
        Kind::Struct { fields } => {
            for field in fields.iter() {
                leaves(field.schema.get(), part(field.offset, field.schema.get()), out);
            }
        }
        Kind::Array { element, .. } => elements(element.get(), bytes, out),
        Kind::List { element, capacity } => {
            let part = usize::try_from(schema.align.min(8)).unwrap();
            out.extend(bytes[..8].chunks(part).map(|bytes| number(Primitive::U64, bytes)));
            let end = usize::try_from(8 + capacity * element.get().size).unwrap();
            elements(element.get(), &bytes[8..end], out);
            out.extend(bytes[end..].iter().map(|byte| json!(byte))); // padding
        }
        Kind::Slice { header, element } => {
            let header_size = header.as_ref().map_or(0, |header| header.get().size);
            if let Some(header) = header {
                leaves(header.get(), part(0, header.get()), out);
            }
            if header_size.next_multiple_of(4) % 8 == 0 {
                out.push(json!(0)); // what makes the elements begin at a multiple of 8
            }
            let elements_at = if header.is_some() { usize::try_from(schema.elements_at()).unwrap() } else { 0 };
            elements(element.get(), &bytes[elements_at..], out);
        }
    }
}

fn elements(element: &Schema, bytes: &[u8], out: &mut Vec<Value>) {
    if bytes.len() > 1000 && element.size == 1 {
        out.push(json!(["crc32", bytes.len(), crc32fast::hash(bytes)]));
        return;
    }
    bytes.chunks(usize::try_from(element.size).unwrap()).for_each(|bytes| leaves(element, bytes, out));
}

fn number(primitive: Primitive, bytes: &[u8]) -> Value {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let unsigned = u64::from_le_bytes(wide);
    let bits = |value: f64| json!(value.to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    match primitive {
        Primitive::F32 => bits(f64::from(f32::from_le_bytes(bytes.try_into().unwrap()))),
        Primitive::F64 => bits(f64::from_le_bytes(bytes.try_into().unwrap())),
        Primitive::I8 => json!(i8::from_le_bytes(bytes.try_into().unwrap())),
        Primitive::I16 => json!(i16::from_le_bytes(bytes.try_into().unwrap())),
        Primitive::I32 => json!(i32::from_le_bytes(bytes.try_into().unwrap())),
        Primitive::I64 => json!(i64::from_le_bytes(bytes.try_into().unwrap())),
        _ => json!(unsigned),
    }
}
