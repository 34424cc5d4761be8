use crate::figures::{Cell, Measured, Result};
use crate::measures::Measure;
use crate::peers::Name;
use comfy_table::{Table, presets};
use slotcast_benches::figures::Placement;

/// Returns a table with a row for each measure and placement, and a column for each peer.
pub(crate) fn table(cells: &[Cell]) -> Table {
    let mut peers: Vec<Name> = cells.iter().map(|cell| cell.peer).collect();
    peers.sort_unstable();
    peers.dedup();
    let mut measures: Vec<Measure> = cells.iter().map(|cell| cell.measure).collect();
    measures.dedup();
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["measure", "placement"].into_iter().chain(peers.iter().map(|peer| peer.label())));
    for measure in measures {
        for placement in Placement::ALL {
            let texts: Vec<String> = peers.iter().map(|&peer| text(cells, measure, placement, peer)).collect();
            if texts.iter().all(String::is_empty) {
                continue;
            }
            let placement = format!("{placement:?}").to_lowercase();
            table.add_row([measure.to_string(), placement].into_iter().chain(texts));
        }
    }
    table
}

fn text(cells: &[Cell], measure: Measure, placement: Placement, peer: Name) -> String {
    let mut found = cells.iter().filter(|cell| cell.measure == measure && cell.peer == peer);
    found
        .find_map(|cell| match &cell.result {
            Result::Measured(measured) if measured.placement == placement => Some(quantity(measured)),
            _ => None,
        })
        .unwrap_or_default()
}

fn quantity(measured: &Measured) -> String {
    time(measured.spread.low)
}

/// Returns a time for people, given in nanoseconds.
fn time(nanoseconds: f64) -> String {
    let (number, unit) = match nanoseconds {
        below if below < 1e3 => (below, "ns"),
        below if below < 1e6 => (below / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    let digits = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    format!("{number:.digits$} {unit}")
}
