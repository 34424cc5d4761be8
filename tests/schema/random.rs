//! Random structs, compiled: their schemas agree with the Rust compiler, the C compiler and another
//! crate.
//!
//! A generator writes two crates with the same structs (nested, with arrays, enums, texts, lists)
//! in different modules. The first prints, for each, the results of `size_of`, `align_of` and
//! `offset_of!`, and its schema as JSON; the second only hashes. Some structs have padding by
//! construction: those must not compile, each on its own. The C headers assert their own layout
//! when `cc` compiles them.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use slotcast::schema::{Kind, Schema};

const STRUCTS: usize = 60;
const PADDED: usize = 12;

/// SplitMix64: the same structs on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % n
    }
}

/// A type as the generator knows it, with what it needs to predict padding.
#[derive(Clone)]
struct Type {
    text: String,
    size: u64,
    align: u64,
}

struct Generator {
    random: Random,
    /// Structs and enums so far.
    types: Vec<Type>,
    source: String,
}

impl Generator {
    fn primitive(&mut self) -> Type {
        let all = [
            ("u8", 1),
            ("i8", 1),
            ("bool", 1),
            ("u16", 2),
            ("i16", 2),
            ("u32", 4),
            ("i32", 4),
            ("f32", 4),
            ("char", 4),
            ("u64", 8),
            ("i64", 8),
            ("f64", 8),
            ("u128", 16),
            ("i128", 16),
        ];
        let (text, size) = all[usize::try_from(self.random.below(14)).unwrap()];
        Type { text: text.to_owned(), size, align: size }
    }

    fn ty(&mut self, depth: u64) -> Type {
        match self.random.below(10) {
            0..=3 => self.primitive(),
            4 | 5 if !self.types.is_empty() => {
                let index = self.random.below(self.types.len() as u64);
                let ty = self.types[usize::try_from(index).unwrap()].clone();
                if ty.size > 2048 { self.primitive() } else { ty }
            }
            6 | 7 if depth < 3 => {
                let element = self.ty(depth + 1);
                let len = 1 + self.random.below(5);
                let text = format!("[{}; {len}]", element.text);
                Type { text, size: element.size * len, align: element.align }
            }
            8 => {
                let capacity = 1 + self.random.below(20);
                Type { text: format!("slotcast::Str<{capacity}>"), size: capacity, align: 1 }
            }
            _ => {
                let element = self.ty(3);
                if element.align > 8 {
                    return element;
                }
                let capacity = 1 + self.random.below(4);
                let text = format!("slotcast::FixedVec<{}, {capacity}>", element.text);
                Type { text, size: 8 + element.size * capacity, align: element.align }
            }
        }
    }

    fn enumeration(&mut self, number: usize) {
        let (repr, size) =
            [("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8), ("i8", 1), ("i16", 2), ("i32", 4), ("i64", 8)]
                [usize::try_from(self.random.below(8)).unwrap()];
        let name = format!("Enum{number}");
        let _ = writeln!(self.source, "#[derive(slotcast::ShmMessage)]\n#[repr({repr})]\npub enum {name} {{");
        let mut value = self.random.below(5);
        for variant in 0..=self.random.below(5) {
            let _ = writeln!(self.source, "    V{variant} = {value},");
            value += 1 + self.random.below(3);
        }
        self.source.push_str("}\n\n");
        self.types.push(Type { text: name, size, align: size });
    }

    /// Generates a struct, without padding unless `padded`.
    fn structure(&mut self, name: &str, padded: bool) -> String {
        let mut fields: Vec<Type> = (0..=self.random.below(7)).map(|_| self.ty(0)).collect();
        if padded {
            fields.insert(0, Type { text: "u8".to_owned(), size: 1, align: 1 });
            fields.push(Type { text: "u32".to_owned(), size: 4, align: 4 });
            fields.push(Type { text: "u16".to_owned(), size: 2, align: 2 });
        }
        let wider = self.random.below(6) == 0 && !padded;
        let needed = fields.iter().map(|field| field.align).max().unwrap();
        let align = if wider { needed.max(32) } else { needed };
        let repr = if wider { format!("C, align({align})") } else { "C".to_owned() };
        let mut text = format!("#[derive(slotcast::ShmMessage)]\n#[repr({repr})]\npub struct {name} {{\n");
        let mut end = 0_u64;
        for (number, field) in fields.iter().enumerate() {
            let gap = end.next_multiple_of(field.align) - end;
            if gap > 0 && !padded {
                let _ = writeln!(text, "    pub _pad{number}: [u8; {gap}],");
            }
            let _ = writeln!(text, "    /// Number {number}.\n    pub f{number}: {},", field.text);
            end = end.next_multiple_of(field.align) + field.size;
        }
        let gap = end.next_multiple_of(align) - end;
        if gap > 0 && !padded {
            let _ = writeln!(text, "    pub _pad: [u8; {gap}],");
        }
        text.push_str("}\n\n");
        if !padded {
            self.types.push(Type { text: name.to_owned(), size: end.next_multiple_of(align), align });
        }
        text
    }
}

#[test]
fn schemas_agree_with_compilers() {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("random");
    let _ = fs::remove_dir_all(&work);
    let mut generator = Generator { random: Random(1), types: Vec::new(), source: String::new() };
    let mut names = Vec::new();
    for number in 0..STRUCTS {
        if number % 5 == 0 {
            generator.enumeration(number);
        }
        let name = format!("Struct{number}");
        let text = generator.structure(&name, false);
        generator.source.push_str(&text);
        names.push((name, text));
    }
    let source = generator.source.clone();

    let reports: String = names.iter().map(|(name, text)| report(name, text)).collect();
    let first = format!(
        "mod messages {{\n{source}}}\nuse messages::*;\nuse slotcast::ShmMessage;\nfn main() {{\n{reports}}}\n"
    );
    let hashes: String = names
        .iter()
        .map(|(name, _)| format!("    println!(\"{{}}\", <other::place::{name} as slotcast::ShmMessage>::HASH);\n"))
        .collect();
    let second = format!("mod other {{ pub mod place {{\n{source}}}}}\nfn main() {{\n{hashes}}}\n");
    let first = run(&work, "first", &first);
    let second = run(&work, "second", &second);

    let mut c = String::new();
    let mut lines = first.lines();
    let mut hashes = second.lines();
    for (name, _) in &names {
        let schema: Schema = serde_json::from_str(lines.next().unwrap()).unwrap();
        assert_eq!(schema.name, name.as_str());
        schema.check().unwrap();
        let Kind::Struct { fields } = &schema.kind else { panic!("{schema}") };
        let numbers = [schema.size, schema.align].into_iter().chain(fields.iter().map(|field| field.offset));
        let expected: Vec<String> = numbers.map(|number| number.to_string()).collect();
        assert_eq!(lines.next().unwrap(), expected.join(" "), "{schema}");
        assert_eq!(hashes.next().unwrap(), schema.hash().to_string(), "{name} in another crate");
        let header = work.join(format!("{name}.h"));
        fs::write(&header, schema.to_c()).unwrap();
        // One translation unit for each, since each header defines what it needs.
        let unit = work.join(format!("{name}.c"));
        fs::write(&unit, format!("#include \"{name}.h\"\nint {name}_size = sizeof({name});\n")).unwrap();
        let _ = write!(c, "{}\0", unit.display());
    }
    let units: Vec<&str> = c.split_terminator('\0').collect();
    let compiled = cc(&units);
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    refuses_a_wrong_schema(&work);
    padded_structs_do_not_compile(&work, &mut generator);
}

/// Prints a struct's schema, and its layout according to the compiler.
fn report(name: &str, text: &str) -> String {
    let fields = text.lines().filter_map(|line| line.strip_prefix("    pub ")?.split_once(": "));
    let offsets: String =
        fields.map(|(field, _)| format!("    print!(\" {{}}\", std::mem::offset_of!({name}, {field}));\n")).collect();
    format!(
        "    println!(\"{{}}\", serde_json::to_string(<{name} as ShmMessage>::SCHEMA).unwrap());\n    \
         print!(\"{{}} {{}}\", size_of::<{name}>(), align_of::<{name}>());\n{offsets}    println!();\n"
    )
}

/// The C compiler's assertions are effective: they fail for a wrong schema.
fn refuses_a_wrong_schema(work: &Path) {
    use slotcast::ShmMessage as _;
    let mut schema = crate::messages::Everything::SCHEMA.clone();
    let Kind::Struct { fields } = &mut schema.kind else { unreachable!() };
    fields.to_mut()[1].offset += 8;
    let unit = work.join("lie.c");
    fs::write(&unit, schema.to_c()).unwrap();
    let output = cc(&[unit.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("test_Everything.wide"));
}

/// Each is refused, with as many messages as there are structs.
fn padded_structs_do_not_compile(work: &Path, generator: &mut Generator) {
    let mut source = generator.source.clone();
    for number in 0..PADDED {
        source.push_str(&generator.structure(&format!("Padded{number}"), true));
    }
    let output = cargo(work, "padded", "check", &format!("{source}\nfn main() {{}}\n"));
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    for number in 0..PADDED {
        assert!(errors.contains(&format!("`Padded{number}` has padding")), "{number}: {errors}");
    }
    assert_eq!(errors.matches("error[E0080]").count(), PADDED, "{errors}");
}

fn cc(units: &[&str]) -> std::process::Output {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let flags = ["-std=gnu11", "-Wall", "-Werror", "-fsyntax-only"];
    Command::new(compiler).args(flags).args(units).output().expect("a C compiler")
}

/// Builds and runs a program, and returns what it prints.
fn run(work: &Path, name: &str, source: &str) -> String {
    let source = format!("#![allow(dead_code)]\n{source}");
    let output = cargo(work, name, "run", &source);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn cargo(work: &Path, name: &str, command: &str, source: &str) -> std::process::Output {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let package = work.join(name);
    fs::create_dir_all(package.join("src")).unwrap();
    fs::copy(repository.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    fs::write(
        package.join("Cargo.toml"),
        format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             slotcast = {{ path = {:?} }}\nserde_json = \"1\"\n\n[workspace]\n",
            repository.join("sdk")
        ),
    )
    .unwrap();
    fs::write(package.join("src/main.rs"), source).unwrap();
    Command::new(env!("CARGO"))
        .args([command, "--quiet", "--offline"])
        .current_dir(&package)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("random-target"))
        .output()
        .unwrap()
}
