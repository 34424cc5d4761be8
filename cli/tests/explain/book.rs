//! What the book's chapter "Seeing what happens" shows is what the tool prints: on the robot of the
//! story, with processes, times and rates replaced. `UPDATE=1` writes it into the book.
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
    let words: Vec<&str> = line.split(' ').collect();
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
        let replaced =
            [(r"\b\d+\.\d s\b", "0.1 s"), (r"\b\d+\.\d+s\b", "1.5s"), (r"\b\d+ messages? after", "1 message after")];
        replaced
            .iter()
            .fold(text, |text, (pattern, by)| Regex::new(pattern).unwrap().replace_all(&text, *by).into_owned())
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
    let mut rest = page.as_str();
    while let Some((before, after)) = rest.split_once(MARK) {
        let (stage, after) = after.split_once(" -->\n```console\n$ ").expect("a listing begins with a command");
        let (listing, after) = after.split_once("```\n").expect("a listing ends");
        if stage != entered {
            enter(stage, &domain, &mut robot);
            stage.clone_into(&mut entered);
        }
        let line = listing.lines().next().unwrap();
        let shown = tidy.tidy(&printed(&domain, line));
        written += &format!("{before}{MARK}{stage} -->\n```console\n$ {line}\n{shown}```\n");
        listings += 1;
        rest = after;
    }
    written += rest;
    assert!(listings >= 6, "only {listings} listings were seen: is this test blind?");
    if env::var_os("UPDATE").is_some() {
        fs::write(PAGE, written).unwrap();
    } else {
        assert_eq!(written, page, "`UPDATE=1` writes {PAGE}");
    }
}
