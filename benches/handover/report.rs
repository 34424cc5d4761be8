use crate::cli::Arguments;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use slotcast_benches::figures::{Placement, Spread};
use std::error::Error;

/// One measure of one placement.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) measure: String,
    /// `None` if the measure does not depend on it.
    pub(crate) placement: Option<Placement>,
    pub(crate) rounds: usize,
    pub(crate) unit: &'static str,
    /// What was measured.
    pub(crate) slotcast: Spread,
    /// What it is compared with, and the numbers of that.
    pub(crate) beside: Option<(&'static str, Spread)>,
    /// The ratio of both, round by round.
    pub(crate) ratio: Option<Spread>,
    pub(crate) target: Option<Target>,
    /// Whether the median meets the target.
    pub(crate) met: Option<bool>,
    /// Further remarks.
    pub(crate) note: String,
}

/// The target of a median.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// At most this, in the unit of the measure.
    AtMost(f64),
    /// At most this many times what it is compared with.
    RatioAtMost(f64),
    /// At least this many times what it is compared with.
    RatioAtLeast(f64),
}

impl Row {
    /// Creates a row from pairs: what was measured, and what it is compared with, in the same
    /// round.
    pub(crate) fn of_pairs(measure: &str, unit: &'static str, beside: &'static str, pairs: &[(f64, f64)]) -> Self {
        let ratio = Some(Spread::of_ratios(pairs.iter().copied()));
        let beside = Some((beside, Spread::of(pairs.iter().map(|pair| pair.1))));
        Self { beside, ratio, ..Self::of(measure, unit, pairs.iter().map(|pair| pair.0)) }
    }

    /// Creates a row without a comparison.
    pub(crate) fn of(measure: &str, unit: &'static str, numbers: impl IntoIterator<Item = f64>) -> Self {
        let numbers: Vec<f64> = numbers.into_iter().collect();
        Self {
            measure: measure.into(),
            placement: None,
            rounds: numbers.len(),
            unit,
            slotcast: Spread::of(numbers),
            beside: None,
            ratio: None,
            target: None,
            met: None,
            note: String::new(),
        }
    }

    pub(crate) fn target(self, target: Target) -> Self {
        let met = match target {
            Target::AtMost(most) => self.slotcast.median <= most,
            Target::RatioAtMost(most) => self.ratio.is_some_and(|ratio| ratio.median <= most),
            Target::RatioAtLeast(least) => self.ratio.is_some_and(|ratio| ratio.median >= least),
        };
        Self { target: Some(target), met: Some(met), ..self }
    }

    pub(crate) fn note(self, note: String) -> Self {
        Self { note, ..self }
    }
}

/// Creates a row for each placement that occurred.
pub(crate) fn by_placement<'a, P: 'a>(rounds: &'a [(Placement, P)], row: impl Fn(&[&'a P]) -> Row) -> Vec<Row> {
    let of = |placement| {
        let rounds: Vec<&P> = rounds.iter().filter(|round| round.0 == placement).map(|round| &round.1).collect();
        (!rounds.is_empty()).then(|| Row { placement: Some(placement), ..row(&rounds) })
    };
    Placement::ALL.into_iter().filter_map(of).collect()
}

pub(crate) fn print(rows: &[Row], arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(rows)?);
    } else {
        println!("{}", table(rows));
        println!("Medians of the rounds, with quartiles in brackets. Ratios are taken round by round.");
    }
    if arguments.is_quick() {
        eprintln!("A quick run: everything works. The numbers mean nothing.");
    }
    Ok(())
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["measure", "placement", "rounds", "slotcast", "beside it", "ratio", "target", "met"]);
    for row in rows {
        let placement = match row.placement {
            Some(Placement::Near) => "near",
            Some(Placement::Far) => "far",
            None => "",
        };
        let name = if row.note.is_empty() { row.measure.clone() } else { format!("{}\n({})", row.measure, row.note) };
        let target = match row.target {
            Some(Target::AtMost(most)) => format!("≤ {most} {}", row.unit),
            Some(Target::RatioAtMost(most)) => format!("≤ {most} ×"),
            Some(Target::RatioAtLeast(least)) => format!("≥ {least} ×"),
            None => String::new(),
        };
        table.add_row([
            name,
            placement.into(),
            row.rounds.to_string(),
            format!("{} {}", spelled(row.slotcast), row.unit),
            row.beside.map_or_else(String::new, |(what, spread)| format!("{what}\n{} {}", spelled(spread), row.unit)),
            row.ratio.map_or_else(String::new, spelled),
            target,
            row.met.map_or("", |met| if met { "yes" } else { "no" }).into(),
        ]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn spelled(spread: Spread) -> String {
    let digits = if spread.median < 10.0 { 2 } else { usize::from(spread.median < 100.0) };
    let Spread { low, median, high } = spread;
    format!("{median:.digits$} ({low:.digits$}–{high:.digits$})")
}
