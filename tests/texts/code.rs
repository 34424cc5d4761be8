//! Texts of the source, compared with the book.

use crate::book;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut sources = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources.extend(self::sources(&path));
        } else {
            sources.push(path);
        }
    }
    sources
}

/// Returns the source files of the SDK and of the crate that records. Those of schemas have pages of
/// their own in the book.
pub(crate) fn all() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/src");
    let mut paths = sources(&root);
    paths.retain(|path| !path.starts_with(root.join("schema")));
    paths.extend(sources(&root.join("../../record/src")));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap())).collect()
}

/// Returns the string literal that `source` begins with, unescaped.
fn literal(source: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = source.trim_start().strip_prefix('"')?.chars().peekable();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                '\n' => while characters.next_if(|character| character.is_whitespace()).is_some() {},
                character => text.push(character),
            },
            character => text.push(character),
        }
    }
}

/// Returns a format string with `…` in place of its values.
fn pattern(format: &str) -> String {
    let mut pattern = String::new();
    for part in format.split('}') {
        let (text, value) = part.split_once('{').map_or((part, false), |(text, _)| (text, true));
        pattern.push_str(text);
        if value && !pattern.ends_with('…') {
            pattern.push('…');
        }
    }
    pattern
}

#[test]
fn every_text_of_an_error_is_in_the_book() {
    let mut in_the_code = BTreeSet::new();
    for (path, source) in all() {
        for after in source.split("#[error(").skip(1) {
            if !after.starts_with("transparent") {
                let text = literal(after).unwrap_or_else(|| panic!("{}: no text in {after:.60}", path.display()));
                in_the_code.insert(pattern(&text));
            }
        }
    }
    let in_the_book: BTreeSet<_> = book::column("texts").into_iter().collect();
    let missing: Vec<_> = in_the_code.difference(&in_the_book).collect();
    let unknown: Vec<_> = in_the_book.difference(&in_the_code).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "book/src/what-can-go-wrong.md lacks {missing:#?} and has {unknown:#?}"
    );
}

/// Returns all string literals of a source without comments between its code.
fn literals(mut source: &str) -> Vec<String> {
    let mut found = Vec::new();
    while let Some((_, after)) = source.split_once('"') {
        let text = literal(&format!("\"{after}")).expect("a literal ends");
        let mut escaped = false;
        let end = after.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        source = &after[end.expect("a literal ends") + 1..];
        found.push(text);
    }
    found
}

#[test]
fn every_advice_is_in_the_book() {
    let sources = all();
    let (_, source) = sources.iter().find(|(path, _)| path.ends_with("sys/advice.rs")).unwrap();
    let function = source.split_once("pub(crate) fn advice(").unwrap().1.split_once("#[cfg(test)]").unwrap().0;
    let is_advice = |text: &String| !text.starts_with("/proc") && !text.starts_with("{separator}");
    let advice: BTreeSet<_> =
        literals(function).iter().filter(|text| is_advice(text)).map(|text| pattern(text)).collect();
    assert_eq!(book::column("advice").into_iter().collect::<BTreeSet<_>>(), advice);
}
