//! What is told at the end: tables for people, JSON for tools, plots.

mod chart;
mod plots;
mod quantity;
mod tables;

use crate::cli::Arguments;
use crate::figures::{Cell, Outcome, Trouble};
use crate::peers::Failure;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;
use tables::Style;

/// All that a run has found, and where: the JSON file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Results {
    processor: String,
    kernel: String,
    rounds: u32,
    milliseconds_of_a_round: u64,
    is_quick: bool,
    cells: Vec<Cell>,
}

impl Results {
    pub(crate) fn new(cells: Vec<Cell>, arguments: &Arguments) -> Self {
        let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Self {
            processor: model.map_or_else(|| "unknown".into(), |(_, model)| model.trim().into()),
            kernel: kernel.trim().into(),
            rounds: arguments.rounds(),
            milliseconds_of_a_round: arguments.milliseconds(),
            is_quick: arguments.quick,
            cells,
        }
    }

    /// Reads what a run has written.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let results = serde_json::from_str(&text);
        Ok(results.map_err(|error| format!("{} is not a file of results: {error}", path.display()))?)
    }

    /// Writes the JSON file.
    pub(crate) fn write_json(&self, folder: &Path) -> Result<(), Failure> {
        Ok(fs::write(folder.join("versus.json"), serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// Writes JSON, tables and plots.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        self.write_json(folder)?;
        for table in tables::all(&self.cells, Style::Markdown) {
            fs::write(folder.join(format!("{}.md", table.name)), format!("{}\n", table.table))?;
        }
        plots::write(&self.cells, folder)
    }

    /// Prints the tables, and why numbers are missing. That a measurement has failed is an error.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        println!("{}, Linux {}", self.processor, self.kernel);
        for table in tables::all(&self.cells, Style::Terminal) {
            println!("\n{}\n{}", table.title, table.table);
        }
        for line in self.troubles() {
            println!("{line}");
        }
        if self.is_quick {
            eprintln!("A quick run: everything works. The numbers mean nothing.");
        }
        let failed = |cell: &&Cell| matches!(cell.outcome, Outcome::Trouble(Trouble::Failed(_)));
        match self.cells.iter().filter(failed).count() {
            0 => Ok(()),
            1 => Err("1 measurement has failed".into()),
            count => Err(format!("{count} measurements have failed").into()),
        }
    }

    /// Says why numbers are missing: each reason once.
    fn troubles(&self) -> Vec<String> {
        let mut said = Vec::new();
        for cell in &self.cells {
            let peer = cell.peer.label();
            let line = match &cell.outcome {
                Outcome::Measured(_) => continue,
                Outcome::Trouble(Trouble::Unsupported(why)) => format!("–: {peer}: {why}"),
                Outcome::Trouble(Trouble::Failed(why)) => format!("failed: {peer}, {}: {why}", cell.case),
            };
            if !said.contains(&line) {
                said.push(line);
            }
        }
        said
    }
}
