//! `doctor` and `clean`.

use crate::children::start;
use crate::root::Root;
use crate::tool::{Ended, command, run};
use slotcast::testing::until;
use slotcast::{Domain, Publisher, Subscriber};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Returns the checks of a kind that are findings of this severity.
fn findings(domain: &Domain, kind: &str, severity: &str) -> Vec<serde_json::Value> {
    let ended = run(domain, &["doctor", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}", ended.err));
    let checks = json["checks"].as_array().unwrap();
    let counts = |check: &serde_json::Value| ["warning", "error"].contains(&check["severity"].as_str().unwrap());
    assert_eq!(json["ok"], !checks.iter().any(counts));
    assert_eq!(ended.code, i32::from(json["ok"] == false));
    for check in checks.iter().filter(|check| check["severity"] != "ok") {
        assert!(check["meaning"].as_str().is_some() && check["remedy"].as_str().is_some(), "{check}");
    }
    checks.iter().filter(|check| check["kind"] == kind && check["severity"] == severity).cloned().collect()
}

fn entries(domain: &Domain) -> usize {
    fs::read_dir(domain.path()).map(Iterator::count).unwrap_or(0)
}

#[test]
fn a_machine_on_which_the_sdk_works_has_no_errors() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _arm = start("streams", &domain, &["arm"]);
    for kind in ["memfd", "futex", "pidfd", "tmpfile", "domain", "leftovers", "topics", "caches", "isolated"] {
        let fine = findings(&domain, kind, "ok").len() + findings(&domain, kind, "note").len();
        assert_eq!(fine, 1, "{kind}");
    }
    let all = run(&domain, &["doctor", "--all"]).out;
    let some = run(&domain, &["doctor"]).out;
    assert!(all.contains("ok: memfd") && !some.contains("ok: "), "{some}");
    assert!(!all.contains('\u{1b}'), "no colour off terminals");
}

#[test]
fn limits_are_found() {
    let root = Root::new();
    let domain = root.domain("robot");
    // A shell is the plainest way to start a program with limits.
    let limited = |limits: &str| {
        let tool = command(&domain, &["doctor"]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{limits}; exec \"$@\""), "sh"]).arg(tool.get_program()).args(tool.get_args());
        Ended::of(shell.output().unwrap()).with(1)
    };
    let printed = limited("ulimit -n 100");
    assert!(printed.contains("warning: open files: 100\n"), "{printed}");
    let printed = limited("ulimit -f 1000");
    assert!(printed.contains("warning: size of files: "), "{printed}");
    let printed = limited("ulimit -v 1000000");
    assert!(printed.contains("warning: address space: 1.024 GB\n"), "{printed}");
}

#[test]
fn a_domain_that_is_open_to_others_is_found() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _arm = start("publishes", &domain, &["arm", "1"]);
    fs::set_permissions(domain.path(), fs::Permissions::from_mode(0o750)).unwrap();
    let found = findings(&domain, "domain", "error");
    assert!(found[0]["text"].as_str().unwrap().ends_with("is open to other users (mode 750)"), "{found:?}");
    assert_eq!(findings(&domain, "topics", "error").len(), 1);
    fs::set_permissions(domain.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(findings(&domain, "domain", "ok").len(), 1);
    let file = Domain::at("/dev/null");
    assert!(findings(&file, "domain", "error")[0]["text"].as_str().unwrap().contains("is not a directory"));
}

#[test]
fn stopped_processes_mismatches_and_laggards_are_found() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _gripper = start("expects_bytes", &domain, &["mismatch"]);
    let _arm = start("streams", &domain, &["mismatch"]);
    let mut stopped = start("streams", &domain, &["stopped"]);
    stopped.stop();
    let _mild = start("publishes", &domain, &["silent", "1"]);
    let mut waits = start("publishes_losslessly", &domain, &["lossless"]);
    let mut log = start("reads_one", &domain, &["lossless"]);
    waits.tell("publish");
    log.expect("read");
    let found = findings(&domain, "mismatch", "error");
    assert!(found[0]["text"].as_str().unwrap().starts_with("mismatch: The publisher (pid "), "{found:?}");
    until("the ring is full", || findings(&domain, "lossless", "error").len() == 1);
    let found = findings(&domain, "stopped", "warning");
    assert!(found[0]["text"].as_str().unwrap().contains(&format!("(pid {}, ", stopped.id())), "{found:?}");
    stopped.go_on();
}

#[test]
fn what_the_dead_have_left_is_listed_then_removed() {
    let root = Root::new();
    let domain = root.domain("robot");
    let mut alone = start("publishes", &domain, &["robot/arm", "1"]);
    let mut beside = start("publishes", &domain, &["imu", "1"]);
    let _lives = Subscriber::<u64>::builder("imu").domain(&domain).create().unwrap();
    assert_eq!(run(&domain, &["clean", "--dry-run"]).with(0), "");
    alone.kill();
    beside.kill();

    let found = findings(&domain, "leftovers", "warning");
    assert!(found[0]["text"].as_str().unwrap().contains(" and 1 more"), "{found:?}");
    let listed = run(&domain, &["clean", "--dry-run"]).with(0);
    let lines: Vec<&str> = listed.lines().collect();
    let [entry, topic] = lines.as_slice() else { panic!("{listed}") };
    assert!(entry.starts_with(&format!("{}/imu/p-", domain.path().display())), "{entry}");
    assert_eq!(*topic, domain.path().join("robot+arm").to_str().unwrap());
    assert_eq!(run(&domain, &["clean", "--dry-run"]).with(0), listed, "nothing was removed");

    let json = run(&domain, &["clean", "--format", "json"]).with(0);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["removed"], json["paths"].as_array().unwrap().len()), (&true.into(), 2));
    assert_eq!(run(&domain, &["clean"]).with(0), "");
    assert_eq!(entries(&domain), 1, "the topic that lives");
    assert_eq!(findings(&domain, "leftovers", "ok").len(), 1);
}

/// Also files in place of memory, which belong to an entry.
#[test]
fn memory_files_of_the_dead_are_listed_with_their_entries() {
    let root = Root::new();
    let domain = root.domain("robot");
    let mut dead = start("places_files", &domain, &["arm"]);
    let _lives = Subscriber::<u64>::builder("arm").domain(&domain).create().unwrap();
    dead.kill();
    let listed = run(&domain, &["clean", "--dry-run"]).with(0);
    let kinds: Vec<&str> = listed.lines().map(|path| &path.rsplit('/').next().unwrap()[..2]).collect();
    assert_eq!(kinds, ["m-", "p-"]);
    let removed = run(&domain, &["clean"]).with(0);
    assert_eq!(removed, listed);
}

#[test]
fn looking_changes_nothing() {
    let root = Root::new();
    let domain = root.domain("robot");
    for arguments in [&["doctor"][..], &["why", "arm"], &["clean"], &["clean", "--dry-run"]] {
        run(&domain, arguments);
        assert!(!domain.path().exists(), "{arguments:?}");
    }
    let arm = Publisher::<u64>::builder("arm").domain(&domain).create().unwrap();
    let before = fs::metadata(domain.path().join("arm")).unwrap().modified().unwrap();
    for arguments in [&["doctor"][..], &["why", "arm"], &["clean", "--dry-run"]] {
        run(&domain, arguments);
        assert_eq!(fs::metadata(domain.path().join("arm")).unwrap().modified().unwrap(), before, "{arguments:?}");
    }
    drop(arm);
}
