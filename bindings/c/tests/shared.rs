//! The shared library: what it is called, what it exports, and two versions of it in one process.

use object::elf::{FileHeader64, STB_LOCAL};
use object::read::elf::{Dyn, ElfFile64, FileHeader, ProgramHeader, Sym};
use object::{Endianness, elf};
use slotcast::testing::TempDomain;
use slotcast_cpp::{WARNINGS, library, root};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The numbers of a version that must be equal for versions to be compatible.
fn series() -> String {
    format!("{}.{}", env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"))
}

/// Links the shared library into a folder.
fn link(folder: &Path, series: &str) -> PathBuf {
    let mut command = Command::new(root().join("c/link.sh"));
    let output = command.arg(library()).arg(folder).arg(series).output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim_end())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// Returns the symbols that a library exports, each with its version, and what it is called.
fn exported(library: &[u8]) -> (BTreeSet<(String, String)>, String) {
    let file = ElfFile64::<Endianness>::parse(library).unwrap();
    let (sections, endian) = (file.elf_section_table(), file.endian());
    let symbols = sections.symbols(endian, library, elf::SHT_DYNSYM).unwrap();
    let versions = sections.versions(endian, library).unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut found = BTreeSet::new();
    for (index, symbol) in symbols.enumerate() {
        if symbol.is_undefined(endian) || symbol.st_bind() == STB_LOCAL || symbol.st_shndx(endian) == elf::SHN_ABS {
            continue; // `SHN_ABS`: the version itself
        }
        let name = text(symbols.symbol_name(endian, symbol).unwrap());
        let version = versions.version(versions.version_index(endian, index)).unwrap();
        found.insert((name, version.map(|version| text(version.name())).unwrap_or_default()));
    }
    let header = FileHeader64::<Endianness>::parse(library).unwrap();
    let segments = header.program_headers(endian, library).unwrap();
    let entries = segments.iter().find_map(|segment| segment.dynamic(endian, library).unwrap()).unwrap();
    let soname = entries.iter().find(|entry| entry.tag32(endian) == Some(elf::DT_SONAME)).unwrap();
    let soname = symbols.strings().get(soname.val32(endian).unwrap()).unwrap();
    (found, text(soname))
}

/// Returns the functions that `slotcast.h` declares.
fn declared() -> BTreeSet<String> {
    let header = fs::read_to_string(root().join("c/include/slotcast.h")).unwrap();
    let code = header.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
    let name = |line: &str| {
        let (before, _) = line.split_once('(')?;
        let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_')? + 1;
        Some(before[start..].to_owned())
    };
    code.filter_map(name).collect()
}

#[test]
fn the_shared_library_exports_what_the_header_declares_and_nothing_else() {
    let folder = folder();
    let bytes = fs::read(link(folder.path(), &series())).unwrap();
    let (exported, soname) = exported(&bytes);
    assert_eq!(soname, format!("libslotcast.so.{}", series()));
    let version = format!("SLOTCAST_{}", series());
    let expected: BTreeSet<_> = declared().into_iter().map(|name| (name, version.clone())).collect();
    assert_eq!(exported, expected);
    assert!(exported.len() > 40, "{exported:?}");
}

#[test]
fn two_versions_work_in_one_process() {
    let (folder, domain) = (folder(), TempDomain::new());
    let program = folder.path().join("two_versions");
    let mut compile = Command::new("cc");
    compile.args(["-std=c11", "-D_GNU_SOURCE"]).args(WARNINGS).arg("-I").arg(root().join("c/include"));
    compile.arg(root().join("c/tests/programs/two_versions.c")).arg("-ldl").arg("-o").arg(&program);
    let output = compile.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut run = Command::new(program);
    run.arg(link(folder.path(), &series())).arg(link(folder.path(), "0.999"));
    let output = run.env("SLOTCAST_TEST_DOMAIN", domain.path()).output().unwrap();
    assert!(output.status.success(), "{}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
}
