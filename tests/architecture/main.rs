//! The house stands as `ARCHITECTURE.md` says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A source file of the SDK: its room, its place, and its code without comments.
struct Source {
    room: String,
    path: PathBuf,
    text: String,
    code: String,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository")
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let root = repository().join("sdk/src");
    let mut files = Vec::new();
    files_below(&root, &mut files);
    files
        .into_iter()
        .map(|path| {
            let relative = path.strip_prefix(&root).unwrap();
            let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
            Source { room: first.trim_end_matches(".rs").into(), path: relative.into(), text, code }
        })
        .collect()
}

/// The rooms in the order of `ARCHITECTURE.md`, the lowest first.
fn rooms() -> Vec<String> {
    let page = fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let table = page.split("## Floors of").nth(1).unwrap().split("\n## ").next().unwrap();
    let names = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    names.map(str::to_owned).collect()
}

/// Which room the names at the root of the crate come from: what `lib.rs` re-exports.
fn re_exports(lib: &str) -> BTreeMap<String, String> {
    let mut homes = BTreeMap::new();
    for statement in lib.split("pub use ").skip(1) {
        let statement = statement.split(';').next().unwrap();
        let Some((room, names)) = statement.split_once("::") else { continue };
        for name in names.split(|character: char| !character.is_alphanumeric() && character != '_') {
            homes.insert(name.to_owned(), room.to_owned());
        }
    }
    homes
}

/// The first words behind `crate::` in code, with those of `crate::{…}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        let list = rest.strip_prefix('{').map_or(rest, |list| list.split('}').next().unwrap());
        let is_list = rest.starts_with('{');
        let parts: Vec<&str> = if is_list { list.split(',').collect() } else { vec![list] };
        for part in parts {
            let part = part.trim_start();
            let end = part.find(|character: char| !character.is_alphanumeric() && character != '_');
            let name = &part[..end.unwrap_or(part.len())];
            if !name.is_empty() {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

#[test]
fn the_page_names_every_room_and_no_other() {
    let there: BTreeSet<_> = sources().into_iter().map(|source| source.room).filter(|room| room != "lib").collect();
    assert_eq!(there, rooms().into_iter().collect());
}

#[test]
fn imports_go_down_only() {
    let rooms = rooms();
    let floor = |room: &str| rooms.iter().position(|name| name == room);
    let sources = sources();
    let lib = &sources.iter().find(|source| source.room == "lib").unwrap().text;
    let homes = re_exports(lib);
    let mut upward = Vec::new();
    let mut seen = 0;
    for source in sources.iter().filter(|source| source.room != "lib") {
        for name in imports(&source.code) {
            let room = homes.get(&name).unwrap_or(&name);
            let Some(target) = floor(room) else { continue };
            seen += 1;
            if Some(target) > floor(&source.room) {
                upward.push(format!("{} uses {name} of {room}", source.path.display()));
            }
        }
    }
    assert!(seen > 100, "only {seen} imports were seen: is this test blind?");
    assert_eq!(upward, [] as [String; 0]);
}

/// Words that one room alone may use.
const OWNED: &[(&str, &[&str])] = &[
    ("rustix::", &["sys"]),
    ("libc::", &["sys"]),
    ("memfd::", &["sys"]),
    ("asm!", &["sys", "sync"]),
    ("std::process::", &["sys", "testing"]),
    ("std::net::", &["sys"]),
    ("Atomic", &["sync"]),
    ("std::sync::atomic", &["sync"]),
    ("thread::sleep", &["sys", "testing"]),
];

#[test]
fn some_words_belong_to_one_room() {
    let mut strangers = Vec::new();
    for source in sources() {
        for (word, owners) in OWNED {
            if source.code.contains(word) && !owners.contains(&source.room.as_str()) {
                strangers.push(format!("{} says {word}", source.path.display()));
            }
        }
    }
    assert_eq!(strangers, [] as [String; 0]);
}

#[test]
fn the_protocols_need_the_shared_words_alone() {
    for source in sources().iter().filter(|source| source.room == "protocol") {
        let imports: BTreeSet<_> = imports(&source.code).into_iter().filter(|name| name != "protocol").collect();
        assert!(imports.iter().all(|name| name == "sync"), "{}: {imports:?}", source.path.display());
    }
}

#[test]
fn a_file_with_unsafe_code_says_why() {
    let mut silent = Vec::new();
    for source in sources() {
        let has =
            ["unsafe {", "unsafe impl", "unsafe fn", "unsafe trait"].iter().any(|word| source.code.contains(word));
        let says = source.text.contains("# Safety") && source.text.contains("unsafe_code, reason");
        if has && !says {
            silent.push(source.path);
        }
    }
    assert_eq!(silent, [] as [PathBuf; 0]);
    assert!(fs::read_to_string(repository().join("sdk/src/lib.rs")).unwrap().contains("#![deny(unsafe_code)]"));
}

#[test]
fn nothing_is_called_after_having_no_place() {
    let nowhere = ["utils", "util", "common", "helpers", "misc"];
    for source in sources() {
        let stem = source.path.file_stem().unwrap().to_str().unwrap();
        assert!(!nowhere.contains(&stem) && !nowhere.contains(&source.room.as_str()), "{}", source.path.display());
    }
}
