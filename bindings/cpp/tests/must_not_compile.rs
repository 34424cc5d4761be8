//! Programs that must not compile, and the sentences that the compiler prints for them.
//!
//! Each file of `must_not_compile` contains one mistake. The `.expected` beside it has the errors
//! that every compiler must print, one a line: the sentences of `slotcast.hpp`, and no other errors
//! of ours. After changing a sentence run `UPDATE=1 cargo test -p slotcast-cpp --test
//! must_not_compile`, and read the differences.

use slotcast_cpp::{Compiler, compilers};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

#[test]
fn each_mistake_is_reported_as_expected() {
    let compilers = compilers();
    if let (Some(first), Some(_)) = (compilers.first(), std::env::var_os("UPDATE")) {
        for case in cases() {
            fs::write(case.with_extension("expected"), sentences(first, &case)).unwrap();
        }
    }
    let wrong: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = compilers.iter().map(|compiler| scope.spawn(|| unexpected(compiler))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} differ:\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_case_has_an_expectation_and_the_reverse() {
    let cases = cases();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    let folder = cases[0].parent().unwrap().to_owned();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.with_extension("cpp").exists() && path.with_extension("expected").exists(), "{}", path.display());
    }
}

/// Returns the cases of which a compiler prints something else than expected.
fn unexpected(compiler: &Compiler) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases() {
        let printed = sentences(compiler, &case);
        let expected = fs::read_to_string(case.with_extension("expected")).unwrap_or_default();
        if printed != expected || printed.is_empty() {
            let (case, compiler) = (case.display(), &compiler.program);
            wrong.push(format!("{case} with {compiler}:\n{printed}  expected:\n{expected}"));
        }
    }
    wrong
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/must_not_compile");
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = all.filter(|path| path.extension().is_some_and(|it| it == "cpp")).collect();
    cases.sort();
    cases
}

/// Compiles the case, which must fail, and returns what the reader has to see of the errors, one a
/// line: the sentences of `slotcast.hpp`, and which value of an enum is missing.
fn sentences(compiler: &Compiler, case: &Path) -> String {
    let mut command = compiler.command(17);
    command.args(["-fsyntax-only", "-fdiagnostics-color=never"]).arg(case);
    // A line of an error that repeats the source would repeat all sentences of a macro.
    command.args(if compiler.is_clang {
        ["-fno-caret-diagnostics", "-ferror-limit=0"]
    } else {
        ["-fno-diagnostics-show-caret", "-fmax-errors=0"]
    });
    let output = command.env("LC_ALL", "C").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).replace(['‘', '’'], "'");
    assert!(!output.status.success(), "{} compiles with {}", case.display(), compiler.program);
    let mut found: Vec<String> = Vec::new();
    for line in text.lines() {
        let sentence = match line.split_once("slotcast: ") {
            Some((_, sentence)) => sentence.trim_end_matches('"'),
            None => match line.split_once("error: enumeration value ") {
                Some((_, rest)) => rest.split(" [").next().unwrap_or(rest),
                None => continue,
            },
        };
        if !found.iter().any(|known| known == sentence) {
            found.push(sentence.to_owned());
        }
    }
    found.iter().flat_map(|sentence| [sentence, "\n"]).collect()
}
