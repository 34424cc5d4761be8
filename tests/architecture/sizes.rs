//! Files, functions and lines stay short.

use crate::tree::{Function, Tree};
use crate::{repository, sdk};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The most lines of code of a file, without comments and empty lines.
const FILE: usize = 600;
/// The most lines of a function.
const FUNCTION: usize = 100;

/// The most characters of a line, also of a comment and of a text, which rustfmt does not wrap.
const LINE: usize = 120;

/// Returns how many lines of a text are code.
fn lines_of_code(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

/// Returns the longest file, and how many lines of code it has.
pub(crate) fn longest_file(root: &Path, files: &BTreeSet<&Path>) -> (usize, PathBuf) {
    let lines = |file: &Path| lines_of_code(&fs::read_to_string(root.join(file)).unwrap());
    files.iter().map(|file| (lines(file), file.to_path_buf())).max().expect("there are files")
}

/// Returns the longest function. Functions in `macro_rules!` are not seen.
pub(crate) fn longest_function(tree: &Tree) -> &Function {
    tree.functions.iter().max_by_key(|function| function.lines).expect("there are functions")
}

#[test]
fn files_and_functions_stay_short() {
    let tree = Tree::read(&sdk());
    let (lines, file) = longest_file(&sdk(), &tree.files());
    println!("{} has {lines} lines of code", file.display());
    let function = longest_function(&tree);
    println!("{} in {} has {} lines", function.name, function.file.display(), function.lines);
    assert!(lines <= FILE, "{} has {lines} lines of code: split it by idea", file.display());
    assert!(function.lines <= FUNCTION, "{} has {} lines: split it", function.name, function.lines);
}

#[test]
fn lines_stay_short() {
    let mut long = Vec::new();
    let mut folders = ["sdk/src", "macros/src"].map(|folder| repository().join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().zip(1..).filter(|(line, _)| line.chars().count() > LINE);
            long.extend(lines.map(|(_, number)| format!("{}:{number}", path.display())));
        }
    }
    assert_eq!(long, [] as [String; 0], "more than {LINE} characters");
}
