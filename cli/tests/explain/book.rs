//! What the book's chapter "Seeing what happens" shows is what the tool prints, on the robot of the
//! story. Processes and paths are replaced; times, rates and counts may differ. `UPDATE=1` writes
//! what has changed into the book.
//!
//! A listing follows `<!-- printed: stage -->`, and begins with the command.

use crate::robot::Robot;
use crate::root::Root;
use crate::tool::{command, run};
use regex::Regex;
use slotcast::Domain;
use std::{env, fs};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../book/src/seeing.md");
const MARK: &str = "<!-- printed: ";

/// Where the domain is, in the book.
const SHOWN_DOMAIN: &str = "/dev/shm/slotcast-1000/default";

/// Brings the robot into the state in which something is printed.
fn enter(stage: &str, domain: &Domain, robot: &mut Robot) {
    match stage {
        "the arm does not move" => {
            robot.camera.kill();
            robot.planner.stop();
        }
        "the planner goes on" => robot.planner.go_on(),
        "cleaned" => {
            run(domain, &["clean"]).with(0);
        }
        _ => panic!("the book names the stage \"{stage}\", which is not known here"),
    }
}

/// Runs a command as it stands in the book, without the `$`. Returns what a terminal would show.
fn printed(domain: &Domain, line: &str) -> String {
    let unquoted = line.replace('\'', "");
    let words: Vec<&str> = unquoted.split(' ').collect();
    assert_eq!(words[0], "slotcast", "{line}");
    let output = command(domain, &words[1..]).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    if words[1] == "doctor" { findings_of_the_domain(&text) } else { text }
}

/// What `doctor` says about the machine depends on the machine.
fn findings_of_the_domain(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let findings = lines.chunks(3).filter(|finding| finding.len() == 3);
    let of_the_domain =
        findings.filter(|finding| finding[0].contains("robot/") || finding[0].contains("dead processes"));
    let findings: Vec<String> = of_the_domain.map(|finding| finding.join("\n") + "\n").collect();
    assert!(!findings.is_empty(), "{text}");
    findings.concat()
}

/// Replaces what is different each time.
struct Tidy {
    program: String,
    domain: String,
    pids: Vec<String>,
}

impl Tidy {
    fn new(domain: &Domain) -> Self {
        let program = env::current_exe().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        Self { program, domain: domain.path().to_str().unwrap().to_owned(), pids: Vec::new() }
    }

    fn tidy(&mut self, text: &str) -> String {
        let text = text.replace(&self.domain, SHOWN_DOMAIN).replace(&self.program, "robot");
        let text = self.number_processes(&text);
        let started = Regex::new(r"\$ \S*/robot --exact robot::(\w+) .*").unwrap();
        started.replace_all(&text, "$$ /opt/robot/bin/robot $1").into_owned()
    }

    /// Gives processes the numbers 4201, 4202, … in the order in which they are first printed.
    fn number_processes(&mut self, text: &str) -> String {
        let pattern = Regex::new(r"(pid |kill -[A-Z]+ )(\d+)").unwrap();
        let numbered = pattern.replace_all(text, |found: &regex::Captures<'_>| {
            let pid = found[2].to_owned();
            let index = self.pids.iter().position(|known| *known == pid).unwrap_or_else(|| {
                self.pids.push(pid);
                self.pids.len() - 1
            });
            format!("{}{}", &found[1], 4201 + index)
        });
        numbered.into_owned()
    }
}

/// Returns a listing without what depends on when it was printed: times, rates, counts and sizes,
/// and the room that they take.
fn lasting(listing: &str) -> String {
    let replaced = [
        (r", \d+ behind", ""),
        (r"\d+ unread, depth \d+(, the oldest for \S+ \S+)?", "UNREAD"),
        (r"p50 \d+, p99 \d+, max \d+\b", "SPREAD"),
        (r"\b\d+ (lost|since the start)", "COUNT $1"),
        (r"\b\d+(\.\d+)? ?(ns|µs|ms|s|min)\b", "TIME"),
        (r"\b\d+(\.\d+)? k?Hz\b", "RATE"),
        (r"\b\d+(\.\d+)? k?B\b", "SIZE"),
        (r"\b\d+ messages?\b", "COUNT messages"),
        (r"\b\d+ (published|received|unread|by timestamps)", "COUNT $1"),
        (r"stamp: \d+", "STAMP"),
        (r" +", " "),
    ];
    replaced.iter().fold(listing.to_owned(), |text, (pattern, by)| {
        Regex::new(pattern).unwrap().replace_all(&text, *by).into_owned()
    })
}

/// Calls `see` with every name of a field in a value. What is inside schemas and QoS is not the
/// tool's: the SDK serializes it.
fn each_name(value: &serde_json::Value, see: &mut impl FnMut(&str)) {
    match value {
        serde_json::Value::Array(elements) => elements.iter().for_each(|element| each_name(element, see)),
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                see(name);
                if !["schema", "qos"].contains(&name.as_str()) {
                    each_name(value, see);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_book_describes_every_field_of_json() {
    let root = Root::new();
    let domain = root.domain("robot");
    let mut robot = Robot::start(&domain);
    robot.camera.kill();
    let page = fs::read_to_string(PAGE).unwrap();
    let section = page.split("\n## JSON\n").nth(1).expect("a section about JSON");
    let mut names = 0;
    for line in [
        "list",
        "info robot/**",
        "tree",
        "find Imu",
        "schema diff robot/imu robot/arm/state",
        "hz robot/** --count 1",
        "bw robot/** --count 1",
        "lag robot/** --count 1",
        "delay robot/** --count 1",
        "stat --once",
        "why robot/arm/state",
        "wait robot/imu",
        "doctor",
        "clean --dry-run",
    ] {
        let words: Vec<&str> = line.split(' ').chain(["--format", "json"]).collect();
        for line in run(&domain, &words).out.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{words:?}: {line}"));
            each_name(&value, &mut |name| {
                assert!(
                    section.contains(&format!("\"{name}\"")),
                    "{words:?} prints `{name}`, which {PAGE} does not describe"
                );
                names += 1;
            });
        }
    }
    assert!(names > 100, "only {names} names were seen: is this test blind?");
}

#[test]
fn the_book_names_every_check_of_the_doctor() {
    let page = fs::read_to_string(PAGE).unwrap();
    let table =
        page.split("\n## What the doctor checks\n").nth(1).and_then(|after| after.split("\n## ").next()).unwrap();
    let printed = run(&Root::new().domain("robot"), &["doctor", "--format", "json"]).out;
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let checks = json["checks"].as_array().unwrap();
    assert!(checks.len() > 15, "{printed}");
    for kind in checks.iter().map(|check| check["kind"].as_str().unwrap()) {
        assert!(table.contains(&format!("`{kind}`")), "{PAGE} does not name `{kind}`");
    }
}

#[test]
fn the_book_names_every_command() {
    let help = run(&Root::new().domain("robot"), &["--help"]).with(0);
    let page = fs::read_to_string(PAGE).unwrap();
    let table = page.split("\n## All commands\n").nth(1).expect("a table of commands");
    let commands = help.split("Commands:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty());
    for name in commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()) {
        assert!(["", "help"].contains(&name) || table.contains(&format!("`{name}")), "{PAGE} does not name `{name}`");
    }
}

#[test]
fn the_book_shows_what_is_printed() {
    let root = Root::new();
    let domain = root.domain("robot");
    let mut robot = Robot::start(&domain);
    // The planner is stopped only once it has published.
    for topic in ["robot/imu", "robot/arm/state", "robot/arm/command"] {
        run(&domain, &["wait", topic, "--message", "--timeout", "60"]).with(0);
    }
    let mut tidy = Tidy::new(&domain);
    let page = fs::read_to_string(PAGE).unwrap();
    let (mut written, mut entered, mut listings) = (String::new(), String::new(), 0);
    let mut changed = Vec::new();
    let mut rest = page.as_str();
    while let Some((before, after)) = rest.split_once(MARK) {
        let (stage, after) = after.split_once(" -->\n```console\n$ ").expect("a listing begins with a command");
        let (listing, after) = after.split_once("```\n").expect("a listing ends");
        if stage != entered {
            enter(stage, &domain, &mut robot);
            stage.clone_into(&mut entered);
        }
        let (line, listed) = listing.split_once('\n').unwrap();
        let mut shown = tidy.tidy(&printed(&domain, line));
        if lasting(&shown) == lasting(listed) {
            listed.clone_into(&mut shown);
        } else {
            changed.push(format!("$ {line}\n{shown}instead of\n{listed}"));
        }
        written += &format!("{before}{MARK}{stage} -->\n```console\n$ {line}\n{shown}```\n");
        listings += 1;
        rest = after;
    }
    written += rest;
    assert!(listings >= 6, "only {listings} listings were seen: is this test blind?");
    if env::var_os("UPDATE").is_some() {
        fs::write(PAGE, written).unwrap();
    } else {
        assert!(changed.is_empty(), "`UPDATE=1` writes {PAGE}:\n{}", changed.join("\n"));
    }
}
