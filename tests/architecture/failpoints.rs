//! Every failpoint, where a test can stop or kill a process, is used by a test.

use crate::repository;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Returns the sources below a folder of the repository, concatenated.
fn sources(folder: &str) -> String {
    let mut text = String::new();
    append(&repository().join(folder), &mut text);
    text
}

fn append(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            append(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *text += &fs::read_to_string(path).unwrap();
        }
    }
}

#[test]
fn every_failpoint_is_used_by_a_test_and_by_a_storm() {
    let code = sources("sdk/src");
    let calls = code.split("failpoint::hit(\"").skip(1);
    let points: BTreeSet<_> = calls.map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(points.len() >= 14, "{points:?}");
    let storms = sources("tests/storm")
        + &sources("tests/pool")
        + &sources("tests/region")
        + &sources("tests/events")
        + &sources("tests/service")
        + &sources("tests/values");
    let tests = sources("tests/processes") + &storms;
    let missing = |text: &str| -> Vec<_> {
        points.iter().copied().filter(|point| !text.contains(&format!("\"{point}\""))).collect()
    };
    assert_eq!(missing(&tests), [] as [&str; 0], "no test stops or kills a process there");
    assert_eq!(missing(&storms), [] as [&str; 0], "no storm kills there: add it to its POINTS");
}
