//! How many instructions publishing and receiving take: a guard against regressions, which no load
//! of the machine disturbs.
//!
//! Each case runs in a process of its own under valgrind's callgrind, with two numbers of rounds.
//! The difference is what the rounds take, without what it takes to set up. It is compared with the
//! file `expected.json`; `--update` writes that file anew.

mod cases;

use cases::Case;
use clap::{Parser, ValueEnum};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

/// By which factor a count may exceed what is expected.
const TOLERANCE: f64 = 1.1;

/// Count the instructions of publishing and receiving, and fail if they are more than expected.
#[derive(Parser)]
#[command(name = "counts")]
struct Arguments {
    /// Write what was counted as what is expected
    #[arg(long)]
    update: bool,
    /// For this program itself: run a case this many rounds
    #[arg(long, num_args = 2, value_names = ["CASE", "ROUNDS"], hide = true)]
    run: Vec<String>,
    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.run[..] {
        [case, rounds] => run(case, rounds).map(|()| true),
        _ if !arguments.bench => return ExitCode::SUCCESS, // `cargo test` builds it, and that is enough
        _ => compare(arguments.update),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("counts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(case: &str, rounds: &str) -> Result<(), Box<dyn Error>> {
    Case::from_str(case, false)?.run(rounds.parse()?)
}

/// Counts all cases. Returns whether none takes more than expected.
fn compare(update: bool) -> Result<bool, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("counts/expected.json");
    let expected: BTreeMap<String, f64> = match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) if update => BTreeMap::new(),
        Err(error) => return Err(format!("{}: {error}", path.display()).into()),
    };
    let (mut counted, mut is_fine) = (BTreeMap::new(), true);
    for case in Case::value_variants() {
        let name = case.to_possible_value().ok_or("a case without a name")?.get_name().to_owned();
        let rounds = case.rounds();
        let [few, many] = rounds.map(|rounds| count(&name, rounds));
        let each = (many?.saturating_sub(few?)) as f64 / (rounds[1] - rounds[0]) as f64;
        let (before, verdict) = match expected.get(&name) {
            Some(&most) if each > most * TOLERANCE => (most, "too many"),
            Some(&most) => (most, if each * TOLERANCE < most { "fewer: run with --update" } else { "" }),
            None => (f64::NAN, "new"),
        };
        println!("{name:<28} {each:>10.1} instructions, expected {before:>10.1}  {verdict}");
        is_fine &= verdict.is_empty() || verdict.starts_with("fewer");
        counted.insert(name, (each * 10.0).round() / 10.0);
    }
    if update {
        fs::write(&path, serde_json::to_string_pretty(&counted)? + "\n")?;
        return Ok(true);
    }
    if !is_fine {
        eprintln!(
            "More instructions than expected (by a tenth at least). If that is intended, run with `--update` and say why. \
             Another compiler can cause it, too: the counts are of rustc 1.95."
        );
    }
    Ok(is_fine)
}

/// Returns how many instructions a process takes that runs a case.
fn count(case: &str, rounds: u64) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["--run", case, &rounds.to_string()])
        .output()
        .map_err(|error| format!("valgrind cannot be started: {error}; install it (`apt install valgrind`)"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected : "));
    match collected {
        Some((_, number)) if output.status.success() => Ok(number.trim().parse()?),
        _ => Err(format!("{case}, {rounds} rounds: {}\n{text}", output.status).into()),
    }
}
