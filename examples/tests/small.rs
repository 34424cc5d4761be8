//! The small examples, run as a user runs them, in a separate registry.

use rustix::process::{Pid, Signal, kill_process};
use slotcast::Domain;
use slotcast_record::{Player, Recorder};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[test]
fn history() {
    let registry = Registry::new();
    assert_eq!(
        registry.output("history", &[]),
        "published 0 to 99; the ring keeps 64\n\
         history(0): none\n\
         history(5): 5 messages, 95 to 99\n\
         history(1000): 64 messages, 36 to 99\n"
    );
    registry.is_empty();
}

#[test]
fn exclusive() {
    let registry = Registry::new();
    let mut first = registry.start("exclusive", &[]);
    assert_eq!(first.line(), format!("pid {} publishes", first.child.id()));
    let mut second = registry.start("exclusive", &[]);
    assert_eq!(
        second.line(),
        format!(
            "pid {} stands by: topic \"exclusive/leader\": another publisher (pid {}, exclusive) exists, and \
             one of the two wants to be the only one",
            second.child.id(),
            first.child.id()
        )
    );
    first.kill();
    assert_eq!(second.line(), format!("pid {} publishes", second.child.id()));
}

/// Waits until an example has printed a line.
fn expect(running: &mut Running, wanted: &str) {
    loop {
        let line = running.line();
        assert!(!line.is_empty(), "it has ended without a line {wanted:?}");
        if line == wanted {
            return;
        }
    }
}

#[test]
fn params() {
    let registry = Registry::new();
    let mut telemetry = registry.start("telemetry", &["publish"]);
    let mut command = registry.command("params", &[]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut params = Running { out: BufReader::new(child.stdout.take().unwrap()), child };
    assert_eq!(params.line(), "10 Hz; enter another rate, and end the input to leave");
    writeln!(input, "50").unwrap();
    assert_eq!(params.line(), "50 Hz is version 2");
    expect(&mut telemetry, "now at 50 Hz");
    writeln!(input, "5000").unwrap();
    assert_eq!(params.line(), "refused: a number from 0.1 to 1000 is needed");
    drop(input);
    assert!(params.child.wait().unwrap().success());
}

#[test]
fn replay() {
    let registry = Registry::new();
    let smooth = registry.start("replay", &["smooth"]);
    let mut digest = registry.start("replay", &["digest"]);
    assert_eq!(digest.line(), "ready");
    let domain = Domain::at(registry.root().join("default"));
    let file = registry.0.path().join("run.mcap");
    let recorder = Recorder::builder().all().domain(&domain).start(&file).unwrap();
    registry.output("replay", &["sense"]);
    assert!(digest.line().starts_with("134 messages, hash "));
    recorder.finish().unwrap();
    drop(smooth);
    let mut hashes = Vec::new();
    for _ in 0..10 {
        // A new one each time: it begins with the same state.
        let smooth = registry.start("replay", &["smooth"]);
        let topics = |name: &str| ["replay/distance", "replay/gate"].contains(&name);
        let player = Player::builder().domain(&domain).lockstep(Duration::from_secs(60));
        let player = player.topics(topics).wait_for_subscribers(1, Duration::from_secs(60));
        assert_eq!(player.play([&file]).unwrap().messages(), 134);
        hashes.push(digest.line());
        drop(smooth);
    }
    assert!(hashes[0].starts_with("134 messages, hash "), "{hashes:?}");
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "{hashes:?}");
}

#[test]
fn estop() {
    let registry = Registry::new();
    let mut machine = registry.start("estop", &["machine"]);
    assert_eq!(machine.line(), "stopped: there is no button");
    let mut command = registry.command("estop", &["button"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut button = Running { out: BufReader::new(child.stdout.take().unwrap()), child };
    expect(&mut machine, "working");
    writeln!(input).unwrap();
    expect(&mut button, "pressed");
    expect(&mut machine, "stopped");
    writeln!(input).unwrap();
    expect(&mut machine, "working");
    button.kill();
    assert_eq!(machine.line(), "stopped", "a button that is gone stops it, too");
}

/// Writes an image of which each square of four pixels each way has one colour.
fn write_image(path: &Path, width: usize, height: usize) {
    let mut file = format!("P6\n# by a test\n{width} {height}\n255\n").into_bytes();
    let pixels = (0..height).flat_map(|row| (0..width).map(move |column| (row / 4, column / 4)));
    file.extend(pixels.flat_map(|(row, column)| colour(row, column)));
    fs::write(path, file).unwrap();
}

fn colour(row: usize, column: usize) -> [u8; 3] {
    [row, column, row + column].map(|value| u8::try_from(value % 251).unwrap())
}

#[test]
fn thumbnails() {
    let registry = Registry::new();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
    let mut server = registry.start("thumbnails", &["serve"]);
    assert_eq!(server.line(), "thumbnails: ready");
    // A client that is killed: nobody reads what it prints, so it does not get to the end.
    write_image(&file("tall.ppm"), 16, 160_000);
    let mut killed = registry.start("thumbnails", &["shrink", &text(&file("tall.ppm"))]);
    assert!(killed.line().ends_with(" bytes more"));
    let (one, two) = (file("one.ppm"), file("two.ppm"));
    write_image(&one, 640, 480);
    write_image(&two, 640, 100);
    let mut other = registry.start("thumbnails", &["shrink", &text(&two)]);
    registry.output("thumbnails", &["shrink", &text(&one)]);
    assert_eq!(server.line_of("921627 bytes"), "thumbnails: 921627 bytes became 120 rows");
    expect(&mut other, &format!("{}: complete", file("two.thumb.ppm").display()));
    killed.kill();
    assert!(server.line_of("given up").starts_with("thumbnails: 7680"), "a killed client's image is given up");
    for (name, height) in [("one.thumb.ppm", 120), ("two.thumb.ppm", 25)] {
        let mut wanted = format!("P6\n160 {height}\n255\n").into_bytes();
        let pixels = (0..height).flat_map(|row| (0..160).map(move |column| (row, column)));
        wanted.extend(pixels.flat_map(|(row, column)| colour(row, column)));
        assert!(fs::read(file(name)).unwrap() == wanted, "{name}");
    }
    fs::write(file("no.ppm"), "P5 is grey").unwrap();
    let refused = registry.command("thumbnails", &["shrink", &text(&file("no.ppm"))]).output().unwrap();
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(error.contains("no PPM file: it does not begin with P6"), "{error}");
}

#[test]
fn goal() {
    let registry = Registry::new();
    let mut robot = registry.start("goal", &["robot"]);
    assert_eq!(robot.line(), "robot: ready");
    let output = registry.output("goal", &["drive", "0.2"]);
    assert_eq!(output.lines().next(), Some("at 0.05 m, 0.15 m left"));
    assert!(output.ends_with("at 0.20 m, 0.00 m left\nthere\n"), "{output}");
    expect(&mut robot, "robot: at 0.20 m");
    let refused = registry.command("goal", &["drive", "11"]).output().unwrap();
    assert!(!refused.status.success());
    let text = String::from_utf8(refused.stderr).unwrap();
    assert!(text.contains("the road goes from 0 to 10 m, not to 11 m"), "{text}");

    let mut client = registry.start("goal", &["drive", "9"]);
    expect(&mut client, "at 0.25 m, 8.75 m left");
    client.kill();
    expect(&mut robot, "robot: drives to 9.00 m");
    assert!(robot.line().starts_with("robot: stops at "), "a killed client's goal is given up");

    let mut child =
        registry.command("goal", &["drive", "9"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut client = Running { out: BufReader::new(child.stdout.take().unwrap()), child };
    assert!(client.line().ends_with(" left"));
    robot.kill();
    assert!(!client.child.wait().unwrap().success());
    let mut text = String::new();
    client.child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(text.contains("has ended before the response: whether it acted is unknown"), "{text}");
}

#[test]
fn many_publishers() {
    let registry = Registry::new();
    let output = registry.output("many_publishers", &[]);
    let of = |sensor: u64| output.lines().filter(move |line| line.starts_with(&format!("sensor {sensor}, publisher ")));
    assert_eq!((of(0).count(), of(1).count(), of(2).count()), (1, 1, 2), "{output}");
    assert!(of(0).all(|line| !line.ends_with(" 0 lost")), "the flood is too fast to be read\n{output}");
    // The slow ones may lose messages, too: on a busy machine the subscriber may not run for a
    // while.
    assert!(of(2).all(|line| !line.contains(": 0 received")), "{output}");
    assert!(output.contains("\n4 publishers, "), "{output}");
    registry.is_empty();
}

#[test]
fn registry_alone() {
    let registry = Registry::new();
    let output = registry.output("registry_alone", &[]);
    for (text, count) in [
        (" says: pid ", 2),
        // At least one: the other may be killed before it prints this.
        (" is known as p-", 1),
        (" has ended: alive is false", 1),
        (" was killed: alive is false", 1),
        ("0 services are left", 1),
    ] {
        let found = output.matches(text).count();
        assert!(found >= count, "{found} times {text:?} in\n{output}");
    }
    registry.is_empty();
}

#[test]
fn wait_set() {
    let registry = Registry::new();
    let output = registry.output("wait_set", &[]);
    for text in ["publisher: 10 messages, the last was ", "\nno message for ", "\n3 s: ", " missed\n"] {
        assert!(output.contains(text), "no {text:?} in\n{output}");
    }
    registry.is_empty();
}

#[test]
fn wait_set_ends_when_it_is_interrupted() {
    let registry = Registry::new();
    let mut running = registry.start("wait_set", &[]);
    assert!(running.line().starts_with("publisher: 10 messages"));
    let start = Instant::now();
    let rest = running.interrupt();
    assert!(rest.contains(" s: ") && rest.ends_with(" missed\n"), "{rest}");
    assert!(start.elapsed() < Duration::from_secs(60));
    registry.is_empty();
}

#[test]
fn epoll_mix() {
    let registry = Registry::new();
    let output = registry.output("epoll_mix", &["--seconds", "2"]);
    for topic in ["load", "cpu"] {
        assert!(output.contains(&format!("\"topic\":\"epoll_mix/{topic}\"")), "{output}");
    }
    let summary = output.lines().next_back().unwrap();
    assert!(summary.ends_with(" ticks; clients: 1"), "{output}");
    // The client has received every line that the server reports.
    let number = |after: &str, before: &str| -> u64 {
        let (head, _) = output.split_once(before).unwrap_or_else(|| panic!("no {before:?} in\n{output}"));
        head.rsplit_once(after).unwrap().1.parse().unwrap()
    };
    assert_eq!(number("client: ", " lines, "), number(", ", " lines for clients"));
    registry.is_empty();
}

#[test]
fn epoll_mix_serves_all_clients_until_it_is_interrupted() {
    let registry = Registry::new();
    let mut running = registry.start("epoll_mix", &["--seconds", "100000"]);
    let line = running.line();
    let address = line.strip_prefix("listening on ").and_then(|rest| rest.split(',').next()).unwrap();
    let connect = || BufReader::new(TcpStream::connect(address).unwrap());
    let mut clients = [connect(), connect(), connect()];
    for client in &mut clients {
        for _ in 0..5 {
            let mut line = String::new();
            client.read_line(&mut line).unwrap();
            let message: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert!(message["topic"].as_str().unwrap().starts_with("epoll_mix/"), "{line}");
        }
    }
    let [remaining, _, _] = clients; // the others disconnect
    let rest = running.interrupt();
    assert!(rest.ends_with("; clients: 4\n"), "{rest}");
    drop(remaining);
    registry.is_empty();
}

#[test]
fn tail_prints_the_lines_of_a_file() {
    let registry = Registry::new();
    let long = "grüße ".repeat(500);
    let text = format!("one\n\n{long}\n{long}{long}\nthe last has no end");
    let file = registry.0.path().join("lines");
    fs::write(&file, &text).unwrap();
    assert_eq!(registry.output("tail", &[file.to_str().unwrap()]), format!("{text}\n"));
    registry.is_empty();
}

#[test]
fn tail_loses_no_line() {
    let registry = Registry::new();
    let text: String = (1..=200_000).map(|number| format!("{number}\n")).collect();
    let mut tail = registry.command("tail", &[]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = tail.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(|| {
            input.write_all(text.as_bytes()).unwrap();
            drop(input);
        });
        tail.wait_with_output().unwrap()
    });
    assert!(output.status.success());
    assert!(output.stdout == text.as_bytes(), "{} of {} bytes have arrived", output.stdout.len(), text.len());
    registry.is_empty();
}

#[test]
fn tail_follows_a_file_and_serves_more_readers() {
    let registry = Registry::new();
    let path = registry.0.path().join("log");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(b"first\n").unwrap();
    let mut running = registry.start("tail", &["--follow", path.to_str().unwrap()]);
    assert_eq!(running.line(), "first");
    let mut other = registry.start("tail", &["watch"]);
    // The second reader has joined when it receives its first line; nobody knows which one that is.
    let mut added = 0;
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            sender.send(other.line()).unwrap();
            sender.send(other.line()).unwrap();
            drop(sender);
        });
        let mut seen = Vec::new();
        while seen.len() < 2 {
            // In pieces: an unfinished line is not published.
            file.write_all(format!("line {added}").as_bytes()).unwrap();
            file.write_all(b"\n").unwrap();
            assert_eq!(running.line(), format!("line {added}"));
            added += 1;
            seen.extend(lines.try_recv());
        }
        let number = |line: &str| line.strip_prefix("line ").unwrap().parse::<u64>().unwrap();
        assert_eq!(number(&seen[1]), number(&seen[0]) + 1);
    });
    // The readers notice that it was killed, and end.
    running.kill();
    assert!(!other.child.wait().unwrap().success());
    assert_eq!(running.line(), "", "its output is closed by its own reader, too");
}

#[test]
fn async_pipeline_counts_all_files() {
    let registry = Registry::new();
    let files = registry.0.path().join("files");
    fs::create_dir_all(files.join("below/deeper")).unwrap();
    for number in 0..300 {
        let place = ["", "below", "below/deeper"][number % 3];
        let kind = ["a", "b"][number % 2];
        fs::write(files.join(place).join(format!("{number}.{kind}")), "line\n".repeat(number % 5)).unwrap();
    }
    let output = registry.output("async_pipeline", &[files.to_str().unwrap()]);
    let lines: usize = (0..300).map(|number| number % 5).sum();
    assert!(output.ends_with(&format!("300 files of 2 kinds, 2.9 KiB, {lines} lines\n")), "{output}");
    for kind in ["a", "b"] {
        assert!(output.lines().any(|line| line.trim_start().starts_with(&format!("{kind}    150 files"))), "{output}");
    }
    registry.is_empty();
}

/// A directory for a registry that no other test or program uses.
struct Registry(TempDir);

impl Registry {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("slotcast-test-").tempdir_in("/dev/shm").unwrap())
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("root")
    }

    /// Returns the command for an example, which cargo builds beside the tests.
    fn command(&self, example: &str, arguments: &[&str]) -> Command {
        let test = std::env::current_exe().unwrap();
        let path = test.ancestors().nth(2).unwrap().join("examples").join(example);
        let mut command = Command::new(path);
        command.args(arguments).env("SLOTCAST_ROOT", self.root()).env_remove("SLOTCAST_DOMAIN").stdin(Stdio::null());
        command
    }

    fn output(&self, example: &str, arguments: &[&str]) -> String {
        let output = self.command(example, arguments).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{example}: {}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    fn start(&self, example: &str, arguments: &[&str]) -> Running {
        let mut child = self.command(example, arguments).stdout(Stdio::piped()).spawn().unwrap();
        Running { out: BufReader::new(child.stdout.take().unwrap()), child }
    }

    /// Asserts that all processes have ended in order: nothing of them is left.
    fn is_empty(&self) {
        assert!(!self.root().exists(), "{:?} is left", fs::read_dir(self.root()).unwrap().collect::<Vec<_>>());
    }
}

/// An example that runs until it is killed.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().into()
    }

    /// Returns the next line that contains a text.
    fn line_of(&mut self, text: &str) -> String {
        loop {
            let line = self.line();
            assert!(!line.is_empty(), "it has ended without a line with {text:?}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Interrupts it as Ctrl-C does. Returns what it prints until it ends, which must be in order.
    fn interrupt(&mut self) -> String {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success(), "{rest}");
        rest
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
