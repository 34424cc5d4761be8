//! Programs that must not compile, what the compiler prints for them, and their corrected twins.
//!
//! - `fail/<category>/<case>.rs` contains one mistake.
//! - The `.stderr` beside it is what a newcomer reads.
//! - `pass/<category>/<case>.rs`, its twin, is the same program with the mistake corrected.
//!
//! After changing a message run `TRYBUILD=overwrite cargo test -p slotcast-tests --test ui`, and
//! read the differences.

#![allow(unreachable_pub, reason = "a test program exports nothing")]

mod hygiene;
mod pass;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn each_mistake_is_reported_as_expected() {
    trybuild::TestCases::new().compile_fail("ui/fail/*/*.rs");
}

#[test]
fn every_mistake_has_a_twin() {
    let fail = cases("fail");
    let pass = cases("pass");
    assert!(fail.len() >= 60, "{} cases", fail.len());
    assert_eq!(fail, pass, "left: mistakes; right: twins");
    let compiled = include_str!("pass.rs");
    for (category, case) in &pass {
        let in_category = compiled.split(&format!("mod {category} {{")).nth(1).unwrap_or_default();
        let in_category = in_category.split('}').next().unwrap_or_default();
        assert!(in_category.contains(&format!("mod {case};")), "pass.rs lacks {category}/{case}");
    }
}

/// The book's page on refusals includes files of this folder. mdBook would omit missing ones
/// silently.
#[test]
fn the_book_shows_files_that_exist() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src/compiler-refusals.md");
    let text = fs::read_to_string(&page).unwrap();
    let shown: Vec<&str> =
        text.split("{{#include ").skip(1).map(|rest| rest.split(['}', ':']).next().unwrap()).collect();
    assert!(shown.len() > 20);
    for file in shown {
        assert!(page.with_file_name(file).exists(), "{file}");
    }
}

/// Returns all pairs of category and case on one side.
fn cases(side: &str) -> BTreeSet<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui").join(side);
    let mut found = BTreeSet::new();
    for category in fs::read_dir(root).unwrap() {
        let category = category.unwrap();
        for case in fs::read_dir(category.path()).unwrap() {
            let path = case.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let case = path.file_stem().unwrap().to_string_lossy().into_owned();
                found.insert((category.file_name().to_string_lossy().into_owned(), case));
            }
        }
    }
    found
}
