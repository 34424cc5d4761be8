//! `schema --format`: what is printed compiles, and describes the same bytes.

use crate::messages::{Everything, Gear, Meters, Point, Pose};
use crate::tool::{command, run};
use slotcast::schema::{Kind, Schema};
use slotcast::tensor::Tensor;
use slotcast::testing::TempDomain;
use slotcast::{Domain, Publisher, ShmMessage};
use std::fmt::Debug;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs};

/// Publishes on a topic of each kind of message. The publishers are returned so that they live.
fn publish(domain: &Domain) -> Vec<Box<dyn Debug>> {
    fn of<T: ShmMessage + 'static>(domain: &Domain, topic: &str) -> Box<dyn Debug> {
        Box::new(Publisher::<T>::builder(topic).domain(domain).create().unwrap())
    }
    vec![
        of::<Everything>(domain, "everything"),
        of::<Pose>(domain, "pose"),
        of::<Meters>(domain, "newtype"),
        of::<Gear>(domain, "enum"),
        of::<[[u128; 2]; 3]>(domain, "array"),
        of::<u8>(domain, "number"),
        Box::new(Publisher::<[u8], Tensor>::builder("tensor").domain(domain).create().unwrap()),
        Box::new(Publisher::<[Point]>::builder("points").domain(domain).create().unwrap()),
    ]
}

const TOPICS: [&str; 8] = ["everything", "pose", "newtype", "enum", "array", "number", "tensor", "points"];

fn printed(domain: &Domain, topic: &str, language: &str) -> String {
    run(domain, &["schema", topic, "--format", language]).with(0)
}

/// A schema as no Rust type has it: names that are no identifiers, and fields that differ only by
/// what languages drop.
fn foreign() -> Schema {
    let mut schema = Pose::SCHEMA.clone();
    let Kind::Struct { fields } = &mut schema.kind else { unreachable!() };
    for (field, name) in fields.to_mut().iter_mut().zip(["a-b", "a+b", "1é", "__é"]) {
        field.name = name.into();
        field.doc = "x ??/\n\\".into();
    }
    schema.name = "size_t".into();
    schema
}

fn foreign_file() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(serde_json::to_string(&foreign()).unwrap().as_bytes()).unwrap();
    file
}

/// Runs a compiler on a text. Skips that with a reason where the machine has no such compiler.
fn compile(compiler: &str, variable: &str, arguments: &[&str], text: &str) {
    let compiler = env::var(variable).unwrap_or_else(|_| compiler.to_owned());
    let mut command = Command::new(&compiler);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return eprintln!("skipped: {compiler} cannot be run: {error}"),
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
}

fn compile_all(language: &str, compiler: &str, variable: &str, arguments: &[&str]) {
    let domain = TempDomain::new();
    let _publishers = publish(&domain);
    for topic in TOPICS {
        let text = printed(&domain, topic, language);
        compile(compiler, variable, arguments, &format!("{text}\nint main(void) {{ return 0; }}\n"));
        assert!(text.contains(&hash_of(&domain, topic)), "{text}");
    }
    let file = foreign_file();
    let text = printed(&domain, file.path().to_str().unwrap(), language);
    compile(compiler, variable, arguments, &text);
}

fn hash_of(domain: &Domain, topic: &str) -> String {
    let json: serde_json::Value = serde_json::from_str(&printed(domain, topic, "json")).unwrap();
    json["hash"].as_str().unwrap().to_owned()
}

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

#[test]
fn c_compiles() {
    let arguments = [&["-std=c11", "-fsyntax-only", "-x", "c", "-"], &WARNINGS[..]].concat();
    compile_all("c", "cc", "CC", &arguments);
}

/// With the header of the C binding, what is printed are descriptions for it.
#[test]
fn c_compiles_with_the_binding() {
    let include = concat!("-I", env!("CARGO_MANIFEST_DIR"), "/../bindings/c/include");
    let arguments = [&["-std=c11", "-fsyntax-only", include, "-x", "c", "-"], &WARNINGS[..]].concat();
    compile_all("c", "cc", "CC", &arguments);
}

#[test]
fn cpp_compiles() {
    let arguments = [&["-std=c++17", "-fsyntax-only", "-x", "c++", "-"], &WARNINGS[..]].concat();
    compile_all("cpp", "c++", "CXX", &arguments);
}

/// With the header of the C++ binding, what is printed are messages of it.
#[test]
fn cpp_compiles_with_the_binding() {
    let include = concat!("-I", env!("CARGO_MANIFEST_DIR"), "/../bindings/cpp/include");
    let c_include = concat!("-I", env!("CARGO_MANIFEST_DIR"), "/../bindings/c/include");
    let arguments = [&["-std=c++17", "-fsyntax-only", include, c_include, "-x", "c++", "-"], &WARNINGS[..]].concat();
    compile_all("cpp", "c++", "CXX", &arguments);
}

/// The assertions are effective: they fail for other offsets.
#[test]
fn a_wrong_offset_does_not_compile() {
    let domain = TempDomain::new();
    let _publishers = publish(&domain);
    for (language, compiler, line, lie) in [
        ("c", ["cc", "-std=c11", "c"], "offsetof(Pose, points) == 8", "offsetof(Pose, points) == 16"),
        ("cpp", ["c++", "-std=c++17", "c++"], "offsetof(Pose, points) == 8", "offsetof(Pose, points) == 16"),
    ] {
        let text = printed(&domain, "pose", language);
        assert!(text.contains(line), "{text}");
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.replace(line, lie).as_bytes()).unwrap();
        let [compiler, standard, kind] = compiler;
        match Command::new(compiler).args([standard, "-fsyntax-only", "-x", kind]).arg(file.path()).output() {
            Ok(output) => assert!(!output.status.success(), "{language}"),
            Err(error) => eprintln!("skipped: {compiler} cannot be run: {error}"),
        }
    }
}

/// Prints size and offsets as NumPy sees them; without NumPy, says so.
const CHECK: &str = "
import json, sys
text = sys.stdin.read()
compile(text, 'printed', 'exec')
try:
    import numpy
except ImportError:
    print('no numpy')
    sys.exit()
scope = {}
exec(text, scope)
dtype = scope.get('MESSAGE', scope.get('ELEMENT'))
fields = {name: field[1] for name, field in (dtype.fields or {}).items()}
print(json.dumps([dtype.itemsize, fields, scope['HASH']]))
";

/// Returns what the check prints, or `None` where the machine has no Python.
fn python(text: &str) -> Option<String> {
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(&python);
    command.args(["-c", CHECK]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("skipped: {python} cannot be run: {error}");
            return None;
        }
    };
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn numpy_sees_the_same_offsets() {
    let domain = TempDomain::new();
    let _publishers = publish(&domain);
    let file = foreign_file();
    let foreign = file.path().to_str().unwrap();
    for topic in TOPICS.into_iter().chain([foreign]) {
        let json: serde_json::Value = serde_json::from_str(&printed(&domain, topic, "json")).unwrap();
        let Some(seen) = python(&printed(&domain, topic, "python")) else { return };
        if seen == "no numpy\n" {
            eprintln!("only the syntax was checked: python3 has no numpy");
            continue;
        }
        let seen: serde_json::Value = serde_json::from_str(&seen).unwrap();
        let described = match json["kind"].get("slice") {
            Some(slice) => &slice["element"],
            None => &json,
        };
        assert_eq!((&seen[0], &seen[2]), (&described["size"], &json["hash"]), "{topic}");
        for field in described["kind"]["struct"]["fields"].as_array().into_iter().flatten() {
            let is_padding = field["schema"]["kind"].get("pad").is_some();
            let offset = seen[1].get(field["name"].as_str().unwrap());
            assert_eq!(offset, (!is_padding).then_some(&field["offset"]), "{topic}: {field}");
        }
    }
}

/// What the tool prints as Rust, compiled into this test. `UPDATE=1` writes it anew.
mod generated {
    #![allow(dead_code, unreachable_pub)]
    pub(super) mod everything {
        include!("generated/everything.rs.txt");
    }
    pub(super) mod pose {
        include!("generated/pose.rs.txt");
    }
    pub(super) mod newtype {
        include!("generated/newtype.rs.txt");
    }
    pub(super) mod tensor {
        include!("generated/tensor.rs.txt");
    }
}

#[test]
fn rust_derives_to_the_same_hash() {
    assert_eq!(generated::everything::test_Everything::HASH, Everything::HASH);
    assert_eq!(generated::everything::test_Everything::SCHEMA, Everything::SCHEMA, "also documentation and units");
    assert_eq!(generated::pose::Pose::HASH, Pose::HASH);
    assert_eq!(generated::newtype::Meters::HASH, Meters::HASH);
    assert_eq!(generated::tensor::slotcast_Tensor::HASH, Tensor::HASH);
    let domain = TempDomain::new();
    let _publishers = publish(&domain);
    for topic in ["everything", "pose", "newtype", "tensor"] {
        let path = PathBuf::from(format!("{}/tests/explain/generated/{topic}.rs.txt", env!("CARGO_MANIFEST_DIR")));
        let text = printed(&domain, topic, "rust");
        if env::var_os("UPDATE").is_some() {
            fs::write(&path, text).unwrap();
        } else {
            assert_eq!(text, fs::read_to_string(&path).unwrap(), "`UPDATE=1` writes {}", path.display());
        }
    }
    // A subscriber of the generated types receives from a publisher of the others.
    let builder = generated::tensor::Subscriber::builder("tensor").domain(&domain);
    let mut subscriber = builder.create().unwrap();
    assert!(subscriber.wait_for_publishers(1, slotcast::testing::PATIENCE).unwrap());
}

#[test]
fn rust_refuses_names_that_it_cannot_have() {
    let file = foreign_file();
    let error = run(&TempDomain::new(), &["schema", file.path().to_str().unwrap(), "--format", "rust"]).failed();
    assert!(error.contains("field \"a-b\" of size_t cannot be written in Rust"), "{error}");
}

#[test]
fn ros_messages_have_the_same_bytes() {
    let domain = TempDomain::new();
    let _publishers = publish(&domain);
    let expected = format!(
        "# Layout {}\n# What ROS can express.\nint16 GEARS_REVERSE=-1\nint16 GEARS_NEUTRAL=0\nint16 GEARS_NONE=7\n\
         uint64 stamp # ns\nPoint[2] points\nint16[2] gears\nuint8[12] frame_id\n{}\nMSG: Point\n\
         # Where it is. */ /* ends \\\nfloat32 x # m */\nfloat32 y\n",
        Pose::HASH,
        "=".repeat(80)
    );
    assert_eq!(printed(&domain, "pose", "rosmsg"), expected);
    // What ROS does not have is written as something with the same bytes.
    for (topic, line) in [("everything", "uint64[2] unsigned\n"), ("tensor", "[] data\n"), ("number", "uint8 data\n")] {
        let text = printed(&domain, topic, "rosmsg");
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn json_is_read_back() {
    let domain = TempDomain::new();
    let _publishers = publish(&domain);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(printed(&domain, "everything", "json").as_bytes()).unwrap();
    let path = file.path().to_str().unwrap();
    for language in ["text", "json", "rust", "c", "cpp", "python"] {
        assert_eq!(printed(&domain, "everything", language), printed(&domain, path, language), "{language}");
    }
    let text = printed(&domain, path, "text");
    assert!(text.contains("at 0, in ns: When it was measured."), "{text}");
}

#[test]
fn what_is_no_schema_is_refused() {
    let domain = TempDomain::new();
    let refused = |text: &str, reason: &str| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let error = run(&domain, &["schema", file.path().to_str().unwrap()]).failed();
        assert!(error.contains(reason), "{error}");
    };
    refused(
        "{",
        "is no schema as `slotcast schema TOPIC --format json` writes it: EOF while parsing an object at line 1",
    );
    refused(
        r#"{"size":3,"align":4,"kind":{"str":{"capacity":3}}}"#,
        "3 bytes, which is not a multiple of its alignment, 4",
    );
    let missing = run(&domain, &["schema", "no/such"]);
    assert!(missing.code == 1 && missing.err.contains("no endpoint is on topic \"no/such\""), "{}", missing.err);
    let invalid = run(&domain, &["schema", "no such"]);
    let expected = "there is no file no such, and it is not a valid topic name";
    assert!(invalid.code == 1 && invalid.err.contains(expected), "{}", invalid.err);
    assert_eq!(fs::read_dir(domain.path()).map(Iterator::count).unwrap_or(0), 0, "nothing was created");
}

#[test]
fn a_reader_that_ends_early_is_no_error() {
    let domain = TempDomain::new();
    let _publishers = publish(&domain);
    let mut child = command(&domain, &["schema", "everything"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
