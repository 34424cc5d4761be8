//! `blackbox`: files that are written when something happens.

use crate::tool::{Tool, run};
use rustix::process::Signal;
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Publisher, ShmMessage};
use std::path::{Path, PathBuf};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Battery {
    voltage: f64,
    number: u64,
}

/// Publishes voltages that fall from 12.0, one with each line.
#[test]
fn child_discharges() {
    testing::process(|script| {
        let mut publisher = Publisher::<Battery>::builder("robot/battery").domain(script.domain()).create().unwrap();
        script.say("ready");
        for number in 0_u32.. {
            script.hear("next");
            publisher.publish(&Battery { voltage: 12.0 - 0.1 * f64::from(number), number: number.into() }).unwrap();
            script.say("published");
        }
    });
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "mcap")).collect();
    files.sort();
    files
}

#[test]
fn a_crash_a_signal_and_a_message_are_written_with_their_reasons() {
    let (folder, domain) = (tempfile::tempdir().unwrap(), TempDomain::new());
    let mut child = Process::start("blackbox::child_discharges", &domain, &[]);
    child.expect("ready");
    let path = folder.path().to_str().unwrap();
    let events = ["--on", "crash", "--on", "signal", "--on", "number == 5", "--after", "0.05"];
    let arguments = [&["blackbox", "robot/*", "-o", path, "-n", "3"][..], &events].concat();
    let tool = Tool::start(&domain, &arguments);
    assert!(tool.error_line().contains("watching; files will be in"));
    for _ in 0..6 {
        child.tell("next");
        child.expect("published");
    }
    until("the low voltage is written", || files(folder.path()).len() == 1);
    let mut publish = || {
        child.tell("next");
        child.expect("published");
    };
    publish();
    tool.signal(Signal::USR2);
    until("the signal is a reason", || files(folder.path()).len() == 2);
    publish();
    child.kill();
    let ended = tool.end();
    let text = &ended.output;
    assert_eq!(ended.code, Some(0), "{ended:#?}");
    assert!(text.contains("6 messages on 1 topic, 0 lost, from "), "{text}");
    assert!(text.contains("  message 5 of topic \"robot/battery\" fulfils `number == 5`\n"), "{text}");
    assert!(
        text.contains("  a signal came (SIGUSR2)\n") && text.contains("of topic \"robot/battery\" died\n"),
        "{text}"
    );
    let written = files(folder.path());
    assert_eq!(written.len(), 3);
    let expected = [("fulfils `number == 5`", "6 messages"), ("a signal came", "1 message,"), ("died", "1 message,")];
    for (file, (reason, messages)) in written.iter().zip(expected) {
        let info = run(&domain, &["info", file.to_str().unwrap()]);
        let text = info.text().replace(" in 0.000 s", ",");
        assert!(text.contains(reason) && text.contains(messages), "{info:#?}");
    }
}

#[test]
fn what_it_cannot_do_is_said_at_once() {
    let domain = TempDomain::new();
    run(&domain, &["blackbox", "-a", "-o", "/no/such/folder"]).fails(2, "/no/such/folder/");
    run(&domain, &["blackbox", "-o", "."]).fails(2, "required");
    run(&domain, &["blackbox", "-a", "-o", ".", "--on", "voltage <"]).fails(2, "--on");
}
