//! Programs that must not compile, and the sentences that compilers print for them.
//!
//! Each file of a folder contains one mistake. The `.expected` beside it has the errors that every
//! compiler must print, one a line: the sentences of the header, and no other errors of ours. After
//! changing a sentence run the test with `UPDATE=1`, and read the differences.

use crate::Compiler;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// A folder of such programs.
#[derive(Clone, Copy, Debug)]
pub struct Mistakes<'a> {
    /// Where they are.
    pub folder: &'a Path,
    /// `c` or `cpp`.
    pub extension: &'a str,
    /// Returns a command that compiles with the headers' folders.
    pub command: fn(&Compiler) -> Command,
}

impl Mistakes<'_> {
    /// Checks that each compiler prints for each program what is expected.
    ///
    /// # Panics
    /// If one does not.
    pub fn check(&self, compilers: &[Compiler]) {
        if let (Some(first), Some(_)) = (compilers.first(), std::env::var_os("UPDATE")) {
            for case in self.cases() {
                fs::write(case.with_extension("expected"), self.sentences(first, &case)).unwrap();
            }
        }
        let wrong: Vec<String> = thread::scope(|scope| {
            let running: Vec<_> = compilers.iter().map(|compiler| scope.spawn(|| self.unexpected(compiler))).collect();
            running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert!(wrong.is_empty(), "{} differ:\n\n{}", wrong.len(), wrong.join("\n"));
    }

    /// Checks that there are so many programs, each with an expectation, and the reverse.
    ///
    /// # Panics
    /// If not.
    pub fn check_files(&self, least: usize) {
        assert!(self.cases().len() >= least, "{} cases", self.cases().len());
        for entry in fs::read_dir(self.folder).unwrap() {
            let path = entry.unwrap().path();
            let both = [self.extension, "expected"].into_iter().all(|it| path.with_extension(it).exists());
            assert!(both, "{}", path.display());
        }
    }

    /// Returns the cases of which a compiler prints something else than expected.
    fn unexpected(&self, compiler: &Compiler) -> Vec<String> {
        let mut wrong = Vec::new();
        for case in self.cases() {
            let printed = self.sentences(compiler, &case);
            let expected = fs::read_to_string(case.with_extension("expected")).unwrap_or_default();
            if printed != expected || printed.is_empty() {
                let (case, compiler) = (case.display(), &compiler.program);
                wrong.push(format!("{case} with {compiler}:\n{printed}  expected:\n{expected}"));
            }
        }
        wrong
    }

    fn cases(&self) -> Vec<PathBuf> {
        let all = fs::read_dir(self.folder).unwrap().map(|entry| entry.unwrap().path());
        let mut cases: Vec<PathBuf> =
            all.filter(|path| path.extension().is_some_and(|it| it == self.extension)).collect();
        cases.sort();
        cases
    }

    /// Compiles the case, which must fail, and returns what the reader has to see of the errors, one a
    /// line: the sentences of the header, and which value of an enum is missing.
    fn sentences(&self, compiler: &Compiler, case: &Path) -> String {
        let mut command = (self.command)(compiler);
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
}
