//! `completions`, `man` and `--help`.

use crate::tool::run;
use slotcast::testing::TempDomain;
use std::io::Write;
use std::process::{Command, Stdio};

/// The commands, as `--help` lists them.
fn commands(domain: &TempDomain) -> Vec<String> {
    let help = run(domain, &["--help"]).with(0);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect()
}

#[test]
fn every_command_has_help_with_examples_and_a_manual_page() {
    let domain = TempDomain::new();
    let folder = tempfile::tempdir().unwrap();
    run(&domain, &["man", "--output", folder.path().to_str().unwrap()]).with(0);
    for name in ["bench", "clean", "completions", "doctor", "man", "schema", "wait", "why"] {
        assert!(commands(&domain).iter().any(|command| command == name), "{name}");
        let help = run(&domain, &[name, "--help"]).with(0);
        assert!(help.contains("Examples:\n  slotcast "), "{help}");
    }
    for name in commands(&domain) {
        let page = run(&domain, &["man", &name]).with(0);
        assert!(page.contains(&format!(".TH slotcast-{name} 1")), "{page}");
        assert!(folder.path().join(format!("slotcast-{name}.1")).exists(), "{name}");
    }
    assert!(folder.path().join("slotcast-schema-diff.1").exists());
    assert!(run(&domain, &["man"]).with(0).contains(".TH slotcast 1"));
    assert!(run(&domain, &["man", "nothing"]).failed().contains("there is no command `nothing`"));
}

#[test]
fn completions_are_scripts() {
    let domain = TempDomain::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(&domain, &["completions", shell]).with(0).contains("slotcast"), "{shell}");
    }
    // The shell of the script itself checks it.
    let script = run(&domain, &["completions", "bash"]).with(0);
    match Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn() {
        Ok(mut bash) => {
            bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
            assert!(bash.wait().unwrap().success());
        }
        Err(error) => eprintln!("skipped: bash cannot be run: {error}"),
    }
}
