//! The examples of large messages and of lossless delivery, run as a user runs them, in a separate
//! registry.

mod running;

use procfs::process::{ProcState, Process};
use running::{PATIENCE, Registry};
use rustix::process::{Signal, kill_process};
use std::thread;
use std::time::Instant;
use xxhash_rust::xxh3::xxh3_64;

#[test]
fn frames_are_lost_by_the_slow_subscriber() {
    let registry = Registry::new();
    let output = registry.output("frames", &["--frames", "60", "--rate", "40", "--work", "200"]);
    // A subscriber that loses frames, which the fast one can, too, counts each.
    let [meter, detector] = ["meter: ", "detector: "].map(|subscriber| {
        let line = line(&output, subscriber);
        assert_eq!(number(line, " lost") + number(line, " received"), 60, "{output}");
        assert_eq!(number(line, " received"), number(line, " in place"), "{output}");
        number(line, " lost")
    });
    assert!(detector > 0 && detector > meter, "{output}");
    assert!(output.contains("the viewer (pid ") && output.contains("\"viewer\" has died"), "{output}");
    assert!(!output.contains("viewer: "), "{output}");
    let last = output.lines().next_back().unwrap();
    assert!(last.starts_with("publisher: 60 frames in ") && last.contains(" of 512.0 MiB; memory "), "{output}");
    registry.is_empty();
}

#[test]
fn frames_of_files_arrive_unchanged() {
    let registry = Registry::new();
    let ppm = registry.0.path().join("two.ppm");
    let image = |grey: u8| [b"P6\n# grey\n40 30 255\n", [grey; 40 * 30 * 3].as_slice()].concat();
    std::fs::write(&ppm, [image(1), image(200)].concat()).unwrap();
    let raw = registry.0.path().join("one.rgb");
    std::fs::write(&raw, vec![70; 1920 * 1080 * 3 + 1]).unwrap(); // the last byte is not a frame
    let brightness = |frames: &str| {
        let (ppm, raw) = (ppm.to_str().unwrap(), raw.to_str().unwrap());
        let output = registry.output("frames", &["--frames", frames, "--work", "0", ppm, raw]);
        number(line(&output, "meter: "), " of 255 bright")
    };
    assert_eq!(["1", "2", "3", "4"].map(brightness), [1, 200, 70, 1]);
    registry.is_empty();

    std::fs::write(&raw, [[3; 6 * 4 * 3], [4; 6 * 4 * 3]].concat()).unwrap();
    let small = ["--size", "6x4", "--frames", "2", "--work", "0", raw.to_str().unwrap()];
    let output = registry.output("frames", &small);
    assert_eq!(number(line(&output, "meter: "), " of 255 bright"), 4, "{output}");
    let output = registry.command("frames", &["--size", "6"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("such as 640x480"), "{error}");

    let none = registry.0.path().join("none");
    std::fs::write(&none, "P6 40 30 65535\n").unwrap();
    let output = registry.command("frames", &[none.to_str().unwrap()]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && error.contains("/none: not a binary PPM image with 8 bits a colour"),
        "{error}"
    );
}

#[test]
fn frames_end_when_they_are_interrupted() {
    let registry = Registry::new();
    let rest = registry.interrupted("frames", &["--frames", "1000000", "--work", "0"], "publisher: ");
    assert!(line(&rest, "meter: ").contains(" received"), "{rest}");
    assert!(line(&rest, "viewer: ").contains(" received"), "{rest}");
    registry.is_empty();
}

#[test]
fn scans_of_all_sizes_are_surveyed_whole() {
    let registry = Registry::new();
    let output = registry.output("pointcloud", &["--scans", "100"]);
    let (survey, publisher) = (line(&output, "survey: "), output.lines().next_back().unwrap());
    for unit in [" scans", " points"] {
        assert_eq!(number(survey, unit), number(publisher, unit), "{output}");
    }
    assert_eq!((number(survey, " scans"), number(survey, " lost")), (100, 0), "{output}");
    assert_eq!(hash(survey), hash(publisher), "{output}");
    let display = line(&output, "display: ");
    assert_eq!(number(display, " scans") + number(display, " skipped") + number(display, " lost"), 100, "{output}");
    assert!(survey.ends_with("x -5.00 to 5.00, y -3.00 to 3.00, z -1.50 to 1.50"), "{output}");
    registry.is_empty();
}

#[test]
fn scans_contain_the_points_of_a_file() {
    let registry = Registry::new();
    let text = registry.0.path().join("points.xyz");
    std::fs::write(&text, "# x y z colour\n1 2 3 red\n\n-4.5 0 1e1\n").unwrap();
    let binary = registry.0.path().join("points.bin");
    let points: [f32; 6] = [1.0, 2.0, 3.0, -4.5, 0.0, 10.0];
    std::fs::write(&binary, points.map(f32::to_le_bytes).concat()).unwrap();
    let surveys = [&text, &binary].map(|file| {
        let output = registry.output("pointcloud", &["--scans", "3", file.to_str().unwrap()]);
        line(&output, "survey: ").to_owned()
    });
    assert_eq!(surveys[0], surveys[1]);
    assert!(surveys[0].ends_with("x -4.50 to 1.00, y 0.00 to 2.00, z 3.00 to 10.00"), "{surveys:?}");
    registry.is_empty();

    std::fs::write(&text, "1 2 3\n4 5\n").unwrap();
    let output = registry.command("pointcloud", &[text.to_str().unwrap()]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("points.xyz: line 2: `x y z` is expected"), "{error}");
}

#[test]
fn scans_end_when_they_are_interrupted() {
    let registry = Registry::new();
    let rest = registry.interrupted("pointcloud", &["--scans", "1000000"], "publisher: its subscribers have joined");
    let (survey, publisher) = (line(&rest, "survey: "), rest.lines().next_back().unwrap());
    assert_eq!(hash(survey), hash(publisher), "{rest}");
    registry.is_empty();
}

#[test]
fn a_million_entries_reach_every_auditor_that_is_not_killed_or_stopped() {
    let registry = Registry::new();
    let output = registry.output("ledger", &[]);
    let keeper = output.lines().next_back().unwrap();
    assert!(keeper.starts_with("keeper: 1000000 entries, hash "), "{output}");
    assert_eq!(number(keeper, " auditors agree"), 2, "{output}");
    for auditor in ["anna: ", "ben: "] {
        let line = line(&output, auditor);
        assert_eq!((number(line, " entries"), number(line, " lost"), hash(line)), (1_000_000, 0, hash(keeper)));
    }
    let dora = line(&output, "dora: ");
    assert!(dora.ends_with(" lost, detached"), "{output}");
    assert_eq!(number(dora, " entries") + number(dora, " lost"), 1_000_000, "{output}");
    assert!(
        !output.contains("\ncarl: ") && output.contains("\nkeeper: dora continues after 750000 entries\n"),
        "{output}"
    );
    registry.is_empty();
}

#[test]
fn the_ledger_of_a_file_has_its_hash() {
    let registry = Registry::new();
    let file = registry.0.path().join("lines");
    let mut text: Vec<u8> = (0..1000).flat_map(|number| "a line ".repeat(number % 40 + 1).into_bytes()).collect();
    text.iter_mut().step_by(333).for_each(|byte| *byte = b'\n');
    text.extend([0xff, 0, b'\n', b'!']); // not UTF-8, and no end of the line
    std::fs::write(&file, &text).unwrap();
    let output = registry.output("ledger", &[file.to_str().unwrap()]);
    let expected = format!("{:016x}", xxh3_64(&text));
    for process in ["keeper: 1", "anna: ", "ben: "] {
        assert_eq!(hash(line(&output, process)), expected, "{output}");
    }
    registry.is_empty();
}

#[test]
fn the_ledger_is_closed_when_it_is_interrupted() {
    let registry = Registry::new();
    let rest = registry.interrupted("ledger", &["--entries", "1000000000000"], "keeper: its auditors have joined");
    let keeper = rest.lines().next_back().unwrap();
    assert!(number(keeper, " auditors agree") == 4, "{rest}");
    registry.is_empty();
}

#[test]
fn incomplete_frames_are_refused_before_anything_starts() {
    let registry = Registry::new();
    let file = |name: &str, bytes: &[u8]| {
        let path = registry.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let whole = file("whole.ppm", b"P6 2 2 255\n012345678901");
    for (path, expected) in [
        (
            file("grey.pgm", b"P5 2 2 255\nabcd"),
            "grey.pgm: an image of the format P5; what is read is binary PPM (P6, ",
        ),
        (file("empty", b""), "/empty: the file is empty; "),
        (file("small.rgb", &[0; 1000]), ": a raw frame of 1920x1080 needs 6220800 bytes, and the file has 1000; "),
        (file("short.ppm", b"P6 2 2 255\n012345678901P6 2 2 255\n01234"), "ends after 5: 7 are missing"),
        (registry.0.path().to_str().unwrap().to_owned(), ": not a regular file"),
        (whole.clone() + ".no", "whole.ppm.no: No such file"),
    ] {
        registry.refuses("frames", &[&whole, &path], expected);
    }

    let more = file("more.rgb", &[0; 6 * 4 * 3 * 2 + 7]);
    let (status, text) = registry.start("frames", &["--size", "6x4", "--frames", "2", &more]).ends();
    let expected = "more.rgb: raw frames of 6x4: 2, bytes left over: 7; ";
    assert!(status.success() && text.contains(expected), "{text}");
    registry.is_empty();
}

#[test]
fn frames_report_a_viewer_that_died_earlier() {
    let registry = Registry::new();
    let mut running = registry.start("frames", &["--frames", "80", "--rate", "20", "--work", "0"]);
    running.prints("\"viewer\" has joined");
    kill_process(running.starts("viewer"), Signal::KILL).unwrap();
    let (status, text) = running.ends();
    assert!(status.success() && text.contains(") has ended before it was to be killed: signal: 9"), "{text}");
    registry.is_empty();
}

#[test]
fn a_subscriber_that_starts_first_waits_for_a_publisher() {
    let cases: [(&str, &[&str], &[&str], &str); 4] = [
        ("frames", &["watch", "meter"], &["--frames", "4", "--work", "0"], "frames/camera"),
        ("pointcloud", &["watch", "survey"], &["--scans", "10"], "pointcloud/scans"),
        ("pointcloud", &["watch", "display"], &["--scans", "10"], "pointcloud/scans"),
        ("ledger", &["audit", "guest"], &["--entries", "1000"], "ledger/entries"),
    ];
    for (example, watch, publish, topic) in cases {
        let registry = Registry::new();
        let waits = format!(": waiting for a publisher on {topic}, until Ctrl-C");
        let nothing = registry.interrupted(example, watch, &waits);
        assert!(
            ["none received", "received no scans", "received no entries"].iter().any(|text| nothing.contains(text))
        );
        registry.is_empty();

        let mut guest = registry.start(example, watch);
        guest.prints(&waits);
        registry.output(example, publish);
        let (status, text) = guest.ends();
        let last = text.lines().next_back().unwrap();
        assert!(status.success() && text.lines().count() == 2, "{text}");
        match example {
            "frames" => assert_eq!(number(last, " received") + number(last, " lost"), 4, "{text}"),
            "ledger" => assert_eq!(number(last, " entries"), 1000, "{text}"),
            _ => assert_eq!(number(last, " scans") + number(last, " skipped") + number(last, " lost"), 10, "{text}"),
        }
        registry.is_empty();
    }
}

#[test]
fn no_scans_have_no_extent() {
    let registry = Registry::new();
    let output = registry.output("pointcloud", &["--scans", "0"]);
    for text in ["survey: received no scans\n", "display: received no scans\n", "publisher: no scans were published\n"]
    {
        assert!(output.contains(text), "{output}");
    }
    registry.is_empty();
}

#[test]
fn scans_continue_without_a_killed_subscriber() {
    let registry = Registry::new();
    let mut running = registry.start("pointcloud", &["--scans", "1000000"]);
    running.prints("publisher: its subscribers have joined");
    let survey = running.starts("survey");
    kill_process(survey, Signal::KILL).unwrap();
    registry.until_received("pointcloud/scans", "display");
    let (status, text) = running.interrupt();
    let end = format!("pointcloud: the subscriber survey (pid {survey}) has failed: signal: 9 (SIGKILL)\n");
    assert!(!status.success() && text.ends_with(&end), "{text}");
    assert_eq!(hash(line(&text, "display: ")), hash(line(&text, "publisher: ")), "{text}");
    registry.is_empty();
}

#[test]
fn scans_end_when_they_are_interrupted_while_a_subscriber_is_stopped() {
    let registry = Registry::new();
    let mut running = registry.start("pointcloud", &["--scans", "1000000"]);
    running.prints("publisher: its subscribers have joined");
    let survey = running.starts("survey");
    kill_process(survey, Signal::STOP).unwrap();
    let process = Process::new(survey.as_raw_nonzero().get()).unwrap();
    let start = Instant::now();
    while !matches!(process.stat().unwrap().state(), Ok(ProcState::Stopped)) {
        assert!(start.elapsed() < PATIENCE);
        thread::yield_now();
    }
    let (status, text) = running.interrupt();
    assert!(!status.success(), "{text}");
    for expected in [
        format!("publisher: survey (pid {survey}) is stopped, and is killed\n"),
        format!("the subscriber survey (pid {survey}) has failed"),
        "display: ".into(),
    ] {
        assert!(text.contains(&expected), "no {expected:?} in\n{text}");
    }
    registry.is_empty();
}

#[test]
fn the_ledger_explains_which_file_it_needs() {
    let registry = Registry::new();
    let (status, help) = registry.start("ledger", &["--help"]).ends();
    assert!(status.success() && help.contains("one of more than 96 bytes is several"), "{help}");
    let here = registry.0.path();
    registry.refuses("ledger", &[here.to_str().unwrap()], &format!("{}: not a regular file", here.display()));
    let file = here.join("short");
    let path = file.to_str().unwrap();
    registry.refuses("ledger", &[path], "/short: No such file");
    std::fs::write(&file, "").unwrap();
    registry.refuses("ledger", &[path], "/short: the file is empty");
    std::fs::write(&file, "one\ntwo\nthree\n").unwrap();
    let output = registry.output("ledger", &[path]);
    assert!(
        output.contains("\nkeeper: 3 entries are too few to show how an auditor is waited for and detached: "),
        "{output}"
    );
    registry.is_empty();
}

/// Returns the last line that begins with `start`.
fn line<'a>(output: &'a str, start: &str) -> &'a str {
    // The last one, because others are printed meanwhile.
    let line = output.lines().rfind(|line| line.starts_with(start));
    line.unwrap_or_else(|| panic!("no {start:?} in\n{output}"))
}

/// Returns the number in front of `unit`.
fn number(line: &str, unit: &str) -> u64 {
    let before = line.split(unit).next().filter(|before| before.len() < line.len());
    let word = before.and_then(|before| before.rsplit(' ').next());
    word.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no number of {unit:?} in {line}"))
}

fn hash(line: &str) -> &str {
    let (_, rest) = line.split_once(", hash ").unwrap_or_else(|| panic!("no hash in {line}"));
    &rest[..16]
}
