//! Words that one layer alone may use.

use crate::layers::layer_of;
use crate::sdk;
use crate::tree::Tree;
use std::fs;
use std::path::PathBuf;

/// Words, and the layers that may use them.
const OWNED: &[(&str, &[&str])] = &[
    ("rustix::", &["sys"]),
    ("libc::", &["sys"]),
    ("memfd::", &["sys"]),
    ("asm!", &["sys", "sync"]),
    ("std::process::", &["sys", "testing"]),
    ("std::net::", &["sys"]),
    ("AtomicU", &["sync"]),
    ("AtomicI", &["sync"]),
    ("AtomicBool", &["sync"]),
    ("AtomicPtr", &["sync"]),
    ("std::sync::atomic", &["sync"]),
    ("thread::sleep", &["sys", "testing"]),
];

/// A file of the SDK: its text, and its text without comments.
struct Source {
    file: PathBuf,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let read = |file: PathBuf| {
        let text = fs::read_to_string(sdk().join(&file)).unwrap();
        let code = text.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n");
        Source { file, text, code }
    };
    Tree::read(&sdk()).files().into_iter().map(|file| read(file.into())).collect()
}

#[test]
fn some_words_belong_to_one_layer() {
    let mut strangers = Vec::new();
    for source in sources() {
        for (word, owners) in OWNED {
            if source.code.contains(word) && !owners.contains(&layer_of(&source.file).as_str()) {
                strangers.push(format!("{} uses {word}", source.file.display()));
            }
        }
    }
    assert_eq!(strangers, [] as [String; 0]);
}

#[test]
fn a_file_with_unsafe_code_gives_its_reason() {
    let mut silent = Vec::new();
    for source in sources() {
        let words = ["unsafe {", "unsafe impl", "unsafe fn", "unsafe trait"];
        let is_unsafe = words.iter().any(|word| source.code.contains(word));
        let gives_reason = source.text.contains("# Safety") && source.text.contains("unsafe_code, reason");
        if is_unsafe && !gives_reason {
            silent.push(source.file);
        }
    }
    assert_eq!(silent, [] as [PathBuf; 0]);
    assert!(fs::read_to_string(sdk().join("lib.rs")).unwrap().contains("#![deny(unsafe_code)]"));
}
