//! The examples for large messages and for delivery without loss, run as a user runs them, in a registry of their own.

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

#[test]
fn frames_are_lost_only_by_who_is_slow() {
    let registry = Registry::new();
    let output = registry.output("frames", &["--frames", "60", "--rate", "40", "--work", "200"]);
    // Whoever loses frames, and the fast one can, too, is told of each.
    let [meter, detector] = ["meter: ", "detector: "].map(|who| {
        let line = line(&output, who);
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
fn frames_of_files_come_as_they_are() {
    let registry = Registry::new();
    let ppm = registry.0.path().join("two.ppm");
    let image = |grey: u8| [b"P6\n# grey\n40 30 255\n", [grey; 40 * 30 * 3].as_slice()].concat();
    std::fs::write(&ppm, [image(1), image(200)].concat()).unwrap();
    let raw = registry.0.path().join("one.rgb");
    std::fs::write(&raw, vec![70; 1920 * 1080 * 3 + 1]).unwrap(); // the last byte is no frame
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
    assert!(!output.status.success() && error.contains("/none: no binary PPM image with 8 bits a colour"), "{error}");
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
fn scans_are_of_the_points_of_a_file() {
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
    let rest = registry.interrupted("pointcloud", &["--scans", "1000000"], "publisher: its subscribers are there");
    let (survey, publisher) = (line(&rest, "survey: "), rest.lines().next_back().unwrap());
    assert_eq!(hash(survey), hash(publisher), "{rest}");
    registry.is_empty();
}

#[test]
fn a_million_entries_are_in_all_ledgers_but_those_of_the_killed_and_the_stopped() {
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
    assert!(dora.ends_with(" lost, let go"), "{output}");
    assert_eq!(number(dora, " entries") + number(dora, " lost"), 1_000_000, "{output}");
    assert!(
        !output.contains("\ncarl: ") && output.contains("\nkeeper: dora goes on after 750000 entries\n"),
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
    text.extend([0xff, 0, b'\n', b'!']); // no text, and no end of the line
    std::fs::write(&file, &text).unwrap();
    let output = registry.output("ledger", &[file.to_str().unwrap()]);
    let expected = format!("{:016x}", xxh3_64(&text));
    for who in ["keeper: 1", "anna: ", "ben: "] {
        assert_eq!(hash(line(&output, who)), expected, "{output}");
    }
    registry.is_empty();
}

#[test]
fn the_ledger_is_closed_when_it_is_interrupted() {
    let registry = Registry::new();
    let rest = registry.interrupted("ledger", &["--entries", "1000000000000"], "keeper: its auditors are there");
    let keeper = rest.lines().next_back().unwrap();
    assert!(number(keeper, " auditors agree") == 4, "{rest}");
    registry.is_empty();
}

/// The line that begins so.
fn line<'a>(output: &'a str, start: &str) -> &'a str {
    // The last, because what happens meanwhile is told before.
    let line = output.lines().rfind(|line| line.starts_with(start));
    line.unwrap_or_else(|| panic!("no {start:?} in\n{output}"))
}

/// The number that stands before this.
fn number(line: &str, unit: &str) -> u64 {
    let before = line.split(unit).next().filter(|before| before.len() < line.len());
    let word = before.and_then(|before| before.rsplit(' ').next());
    word.and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("no number of {unit:?} in {line}"))
}

fn hash(line: &str) -> &str {
    let (_, rest) = line.split_once(", hash ").unwrap_or_else(|| panic!("no hash in {line}"));
    &rest[..16]
}

/// A place for a registry that no other test or program uses.
struct Registry(TempDir);

impl Registry {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("slotcast-test-").tempdir_in("/dev/shm").unwrap())
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("root")
    }

    /// An example, which cargo builds beside the tests.
    fn command(&self, example: &str, arguments: &[&str]) -> Command {
        let test = std::env::current_exe().unwrap();
        let path = test.ancestors().nth(2).unwrap().join("examples").join(example);
        let mut command = Command::new(path);
        command.args(arguments).env("SLOTCAST_ROOT", self.root()).env_remove("SLOTCAST_DOMAIN").stdin(Stdio::null());
        command
    }

    fn output(&self, example: &str, arguments: &[&str]) -> String {
        let output = self.command(example, arguments).stderr(Stdio::inherit()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{example}: {}\n{text}", output.status);
        text
    }

    /// What an example prints that is interrupted, as by Ctrl-C, once it has printed this.
    fn interrupted(&self, example: &str, arguments: &[&str], line: &str) -> String {
        let mut child = self.command(example, arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.contains(line) {
            assert_ne!(out.read_line(&mut text).unwrap(), 0, "{example} has ended without {line:?}\n{text}");
        }
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        out.read_to_string(&mut text).unwrap();
        assert!(child.wait().unwrap().success(), "{text}");
        text
    }

    /// All processes have ended in order: nothing of them is left.
    fn is_empty(&self) {
        assert!(!self.root().exists(), "{:?} is left", std::fs::read_dir(self.root()).unwrap().collect::<Vec<_>>());
    }
}
