//! The examples that share a region.

use std::process::{Command, Output};

fn run(example: &str, arguments: &[&str]) -> Output {
    let mut program = std::env::current_exe().unwrap();
    program.pop(); // of `deps/`
    program.pop();
    let output = Command::new(program.join("examples").join(example)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn words_are_counted_as_by_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("text");
    // Words lie across the ends of blocks, and blocks begin with whole words.
    let text: String = (0..60_000).map(|number| format!("w{} the ", number % 500)).collect();
    std::fs::write(&path, &text).unwrap();
    let output = String::from_utf8(run("wordcount", &[path.to_str().unwrap()]).stdout).unwrap();
    let lines: Vec<_> = output.lines().collect();
    assert!(lines[0].starts_with("120000 words, 501 different, counted by "), "{output}");
    assert_eq!(lines[1], "   60000 the");
    assert_eq!(lines[2], "     120 w0");
}

#[test]
fn particles_come_to_the_same_result_in_two_processes() {
    let output = String::from_utf8(run("particles", &[]).stdout).unwrap();
    assert!(output.contains("one process alone comes to the same result"), "{output}");
}
