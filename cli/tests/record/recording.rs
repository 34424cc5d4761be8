use crate::tool::{Tool, run};
use rustix::process::Signal;
use serde_json::Value;
use slotcast::testing::{PATIENCE, TempDomain, until};
use slotcast::{Publisher, ShmMessage, Subscriber};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Speed {
    metres_per_second: f64,
    pub(crate) number: u64,
}

pub(crate) fn speed(number: u64) -> Speed {
    Speed { metres_per_second: 0.5, number }
}

pub(crate) fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.mcap");
    (folder, file)
}

/// Starts to record, and waits until it does.
fn record(domain: &TempDomain, file: &Path, more: &[&str]) -> Tool {
    let mut arguments = vec!["record", "-o", file.to_str().unwrap()];
    arguments.extend(more);
    let tool = Tool::start(domain, &arguments);
    let active = file.with_extension("mcap.active");
    until("it records", || active.exists());
    tool
}

/// Writes a file of 100 messages.
pub(crate) fn speeds(file: &Path) {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Speed>::builder("robot/speed").domain(&domain).depth(128).create().unwrap();
    let tool = record(&domain, file, &["-a"]);
    for number in 0..100 {
        publisher.publish(&speed(number)).unwrap();
    }
    tool.signal(Signal::INT);
    let ended = tool.end();
    assert!(ended.text().contains(": 100 messages on 1 topic, 0 lost, "), "{ended:#?}");
}

#[test]
fn what_is_recorded_is_played() {
    let (_folder, file) = folder();
    speeds(&file);
    let domain = TempDomain::new();
    let builder = Subscriber::<Speed>::builder("test/speed").domain(&domain).history(200);
    let mut subscriber = builder.create().unwrap();
    let path = file.to_str().unwrap();
    let played = ["play", path, "--wait-for", "1", "--remap", "robot/speed=/test/speed", "--rate", "max"];
    let receiving = std::thread::spawn(move || {
        for number in 0..100 {
            assert_eq!(*subscriber.recv_timeout(PATIENCE).unwrap().unwrap(), speed(number));
        }
    });
    assert_eq!(run(&domain, &played).text(), "100 messages on 1 topic\n");
    receiving.join().unwrap();
    run(&domain, &["play", path, "--topics", "other/**"])
        .fails(2, "there is no message of the wanted topics and times");
}

#[test]
fn only_the_wanted_topics_are_recorded() {
    let (_folder, file) = folder();
    let domain = TempDomain::new();
    let tool = record(&domain, &file, &["robot/*", "--compression", "zstd", "--sync", "100ms", "--lossless"]);
    let names = ["robot/left", "robot/right", "robot/left/raw", "other"];
    let mut publishers = names.map(|name| Publisher::<u64>::builder(name).domain(&domain).create().unwrap());
    publishers.iter_mut().for_each(|publisher| {
        publisher.publish(&1).unwrap();
    });
    tool.signal(Signal::INT);
    assert!(tool.end().output.contains("2 messages on 2 topics, 0 lost"));
}

#[test]
fn a_file_is_described() {
    let (folder, file) = folder();
    speeds(&file);
    let domain = TempDomain::new();
    let path = file.to_str().unwrap();
    let ended = run(&domain, &["info", path]);
    let hash = Speed::HASH;
    assert!(
        ended
            .text()
            .contains(&format!("\nrobot/speed\n  slotcast/msg/Speed, cdr, schema hash {hash}\n  100 messages, "))
    );
    assert!(
        ended.text().contains("  0 lost while it was recorded\n") && !ended.text().contains("problem"),
        "{ended:#?}"
    );
    let json: Value = serde_json::from_str(run(&domain, &["info", path, "--format", "json"]).text()).unwrap();
    assert_eq!((&json[0]["messages"], &json[0]["finished"]), (&100.into(), &true.into()));
    assert_eq!(json[0]["topics"][0]["hashes"][0], hash.to_string());
    run(&domain, &["info", path, "robot/speed"]).fails(2, "is a file and robot/speed is a topic: give files or topics");
    let text = folder.path().join("text.mcap");
    std::fs::write(&text, "this is no recording").unwrap();
    run(&domain, &["info", text.to_str().unwrap()]).fails(2, "is no MCAP file: it does not begin as one does");
}

#[test]
fn a_killed_recorder_s_file_is_recovered() {
    let (_folder, file) = folder();
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Speed>::builder("robot/speed").domain(&domain).depth(128).create().unwrap();
    let tool = record(&domain, &file, &["-a"]);
    for number in 0..100 {
        publisher.publish(&speed(number)).unwrap();
    }
    let active = file.with_extension("mcap.active");
    let active = active.to_str().unwrap();
    until("it is written", || run(&domain, &["info", active]).output.contains("100 messages"));
    tool.signal(Signal::KILL);
    tool.end();
    let info = run(&domain, &["info", active]);
    assert!(info.text().contains("it is not finished: `slotcast recover "), "{info:#?}");
    run(&domain, &["record", "-a", "-o", file.to_str().unwrap()]).fails(2, "its recorder was interrupted");
    let recovered = run(&domain, &["recover", active]);
    assert_eq!(recovered.code, Some(1), "{recovered:#?}");
    assert!(recovered.output.contains("100 messages in 1 chunk; it was not finished; no whole chunk is missing"));
    let other = file.with_file_name("again.mcap");
    let recovered = run(&domain, &["recover", file.to_str().unwrap(), "-o", other.to_str().unwrap()]);
    assert!(recovered.text().contains("it was whole"), "{recovered:#?}");
    run(&domain, &["record", "-a", "-o", file.to_str().unwrap()]).fails(2, "exists already, and a recording");
    run(&domain, &["recover", file.to_str().unwrap()]).fails(2, "give the file to write with -o");
}

#[test]
fn losses_are_printed() {
    let (_folder, file) = folder();
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Speed>::builder("robot/speed").domain(&domain).depth(2).create().unwrap();
    let tool = record(&domain, &file, &["-a"]);
    for number in 0..100_000 {
        publisher.publish(&speed(number)).unwrap();
    }
    tool.signal(Signal::INT);
    let ended = tool.end();
    assert!(ended.text().lines().nth(1).unwrap().ends_with(" lost of 100000"), "{ended:#?}");
}

/// A full disk, as it looks to a process: it may not write files of more than 2500 KiB.
#[test]
fn a_full_disk_ends_it_with_words_and_what_was_written_is_whole() {
    let (_folder, file) = folder();
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u64; 100]>::builder("blocks").domain(&domain).depth(4096).create().unwrap();
    let active = file.with_extension("mcap.active");
    let tool = env!("CARGO_BIN_EXE_slotcast");
    let mut command = Command::new("bash");
    command.args(["-c", "trap '' XFSZ; ulimit -f 2500; exec \"$@\"", "bash", tool, "--domain"]).arg(domain.path());
    command.args(["record", "-a", "--compression", "none", "-o"]).arg(&file);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    until("it records", || active.exists());
    let mut number = 0;
    until("it ends", || {
        publisher.publish(&[number; 100]).unwrap();
        number += 1;
        child.try_wait().unwrap().is_some()
    });
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("cannot be written any further: File too large"), "{errors}");
    assert!(errors.contains(" bytes, is whole and can be read"), "{errors}");
    // It is finished if there was space for that.
    let written = if file.exists() { &file } else { &active };
    let info = run(&domain, &["info", written.to_str().unwrap(), "--format", "json"]);
    let json: Value = serde_json::from_str(info.text()).unwrap();
    assert_eq!(json[0]["damage"], Value::Array(Vec::new()), "{json}");
    let topic = &json[0]["topics"][0];
    assert!(topic["messages"].as_u64().unwrap() > 1000 && topic["missing"] == topic["lost"], "{json}");
}

#[test]
fn a_file_is_converted_to_text() {
    let (folder, file) = folder();
    speeds(&file);
    let domain = TempDomain::new();
    let path = file.to_str().unwrap();
    let ended = run(&domain, &["convert", path]);
    assert_eq!(ended.lines().len(), 100);
    let line: Value = serde_json::from_str(ended.lines()[7]).unwrap();
    assert_eq!((&line["topic"], &line["sequence"]), (&"robot/speed".into(), &7.into()));
    assert_eq!((&line["value"]["metres_per_second"], &line["value"]["number"]), (&0.5.into(), &7.into()));
    let csv = folder.path().join("speed.csv");
    let csv_path = csv.to_str().unwrap();
    assert_eq!(run(&domain, &["convert", path, "robot/speed", "--format", "csv", "-o", csv_path]).text(), "");
    let text = std::fs::read_to_string(&csv).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("log_time_ns,publish_time_ns,metres_per_second,number"));
    assert!(lines.clone().count() == 100 && lines.nth(7).unwrap().ends_with(",0.5,7"), "{text}");
    run(&domain, &["convert", path, "--format", "csv"]).fails(2, "csv has no place for the names of several topics");
    run(&domain, &["convert", path, "-o", csv_path]).fails(2, "speed.csv cannot be created: File exists");
    assert_eq!(run(&domain, &["convert", path, "other"]).text(), "");
}

#[test]
fn two_files_are_compared() {
    let (folder, file) = folder();
    speeds(&file);
    let domain = TempDomain::new();
    // Played and recorded again, with one message changed, and with one more.
    let again = |name: &str, change: Option<u64>, count: u64| {
        let other = folder.path().join(name);
        let domain = TempDomain::new();
        let mut publisher = Publisher::<Speed>::builder("robot/speed").domain(&domain).depth(128).create().unwrap();
        let tool = record(&domain, &other, &["-a", "--compression", "none"]);
        for number in 0..count {
            publisher.publish(&speed(if Some(number) == change { 1000 } else { number })).unwrap();
        }
        tool.signal(Signal::INT);
        tool.end().text();
        other.to_str().unwrap().to_owned()
    };
    let (same, changed, longer) =
        (again("same.mcap", None, 100), again("changed.mcap", Some(42), 100), again("longer.mcap", None, 101));
    let path = file.to_str().unwrap();
    assert_eq!(run(&domain, &["diff", path, &same]).text(), "robot/speed: 100 messages, the same\n");
    let differs = run(&domain, &["diff", path, &changed]);
    assert!(
        differs.code == Some(1) && differs.output.contains("the first that differs is number 42, after"),
        "{differs:#?}"
    );
    let differs = run(&domain, &["diff", path, &longer, "--format", "json"]);
    let json: Value = serde_json::from_str(&differs.output).unwrap();
    assert_eq!((differs.code, &json[0]["same"]), (Some(1), &false.into()));
    assert_eq!((&json[0]["messages"], &json[0]["first_difference"]), (&serde_json::json!([100, 101]), &Value::Null));
}

#[test]
fn options_are_checked() {
    let (_folder, file) = folder();
    let domain = TempDomain::new();
    let path = file.to_str().unwrap();
    run(&domain, &["record", "-o", path]).fails(2, "required");
    run(&domain, &["record", "-a", "-o", path, "--sync", "soon"]).fails(2, "is no time such as 100ms or 1s");
    run(&domain, &["record", "-a", "-o", path, "--sync", "0s"]).fails(2, "it would never be done with that");
    run(&domain, &["record", "-a", "-o", path, "--keep", "2"]).fails(2, "--keep needs --split-size or --split-time");
    run(&domain, &["play", path, "--rate", "0"]).fails(2, "times as fast is not possible");
    run(&domain, &["play", path, "--remap", "a"]).fails(2, "has no `=`");
    run(&domain, &["play", path]).fails(2, "cannot be read: No such file or directory");
    run(&domain, &["record", "-a", "-o", "/no/such/folder/x.mcap"]).fails(2, "cannot be created: No such file");
}

#[test]
fn a_recorder_serves_those_that_come_late() {
    let (_folder, file) = folder();
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Speed>::builder("robot/speed").domain(&domain).depth(128).create().unwrap();
    let tool = record(&domain, &file, &["-a", "--serve"]);
    for number in 0..100 {
        publisher.publish(&speed(number)).unwrap();
    }
    let mut late = slotcast_record::DurableSubscriber::of::<Speed>("robot/speed", &domain).unwrap();
    for number in 0..100 {
        let message = late.next_timeout(PATIENCE).unwrap().expect("it was published");
        assert_eq!(message.bytes()[8..], u64::to_le_bytes(number));
    }
    tool.signal(Signal::INT);
    assert_eq!(tool.end().code, Some(0));
}
