//! What is told at the end: tables for people, and JSON for tools.

mod chart;
mod plots;
mod quantity;
mod tables;

use crate::cli::Arguments;
use crate::figures::{Cell, Outcome, Trouble};
use crate::peers::Failure;
use serde::Serialize;
use std::fs;

/// Where it was measured.
#[derive(Serialize)]
struct Machine {
    processor: String,
    kernel: String,
}

impl Machine {
    fn here() -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processor: model.map_or_else(|| "unknown".into(), |(_, model)| model.trim().into()),
            kernel: kernel.trim().into(),
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    machine: Machine,
    rounds: u32,
    milliseconds_of_a_round: u64,
    is_quick: bool,
    cells: &'a [Cell],
}

/// Prints the tables, and writes the files that the arguments ask for.
pub(crate) fn report(cells: &[Cell], arguments: &Arguments) -> Result<(), Failure> {
    let machine = Machine::here();
    println!("{}, Linux {}", machine.processor, machine.kernel);
    for (title, table) in tables::all(cells) {
        println!("\n{title}\n{table}");
    }
    print_trouble(cells);
    if let Some(folder) = &arguments.output {
        let document = Document {
            machine,
            rounds: arguments.rounds(),
            milliseconds_of_a_round: arguments.milliseconds(),
            is_quick: arguments.quick,
            cells,
        };
        plots::write(cells, folder)?;
        fs::write(folder.join("versus.json"), serde_json::to_string_pretty(&document)? + "\n")?;
    }
    if arguments.quick {
        eprintln!("A quick run: everything works. The numbers mean nothing.");
    }
    let failed = cells.iter().filter(|cell| matches!(cell.outcome, Outcome::Trouble(Trouble::Failed(_)))).count();
    if failed > 0 { Err(format!("{failed} measurements have failed").into()) } else { Ok(()) }
}

/// Says why numbers are missing: each reason once.
fn print_trouble(cells: &[Cell]) {
    let mut said = Vec::new();
    for cell in cells {
        let peer = cell.peer.label();
        let line = match &cell.outcome {
            Outcome::Measured(_) => continue,
            Outcome::Trouble(Trouble::Unsupported(why)) => format!("–: {peer}: {why}"),
            Outcome::Trouble(Trouble::Failed(why)) => format!("failed: {peer}, {}: {why}", cell.case),
        };
        if !said.contains(&line) {
            println!("{line}");
            said.push(line);
        }
    }
}
