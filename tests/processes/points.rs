//! Every point at which a process can be stopped is one at which a test does it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn texts(folder: &Path, texts: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            self::texts(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *texts += &fs::read_to_string(path).unwrap();
        }
    }
}

fn in_folder(folder: &str) -> String {
    let mut text = String::new();
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(folder), &mut text);
    text
}

#[test]
fn none_is_forgotten() {
    let code = in_folder("sdk/src");
    let points: BTreeSet<_> =
        code.split("failpoint::hit(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(points.len() >= 14, "{points:?}");
    let tests = in_folder("tests/processes") + &in_folder("tests/storm") + &in_folder("tests/pool");
    let forgotten: Vec<_> = points.iter().filter(|point| !tests.contains(&format!("\"{point}\""))).collect();
    assert!(forgotten.is_empty(), "no test stops or kills a process at {forgotten:?}");
    let storm = in_folder("tests/storm") + &in_folder("tests/pool"); // each has one
    let spared: Vec<_> = points.iter().filter(|point| !storm.contains(&format!("\"{point}\""))).collect();
    assert!(spared.is_empty(), "the storm does not kill at {spared:?}: add it to its POINTS");
}
