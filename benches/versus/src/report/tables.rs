use super::quantity::{memory, rate, time};
use crate::case::Case;
use crate::figures::{Cell, Measured, Outcome, Trouble};
use crate::measures::Measure;
use crate::peers::Name;
use comfy_table::{CellAlignment, Table, presets};
use slotcast_benches::figures::Placement;

/// Returns what a table says about a measurement, if anything.
type Text = fn(&Case, &Measured) -> Option<String>;

/// Returns all tables with their titles.
pub(super) fn all(cells: &[Cell]) -> Vec<(&'static str, Table)> {
    let tables: [(&str, Text); 5] = [
        ("The lower quartile of the rounds, for one message. Streams: messages received in a second.", main),
        ("Single messages: median / 99 % / 99.9 %.", percentiles),
        ("Processor time for one message: sender (or first) + receiver (or second).", processor),
        ("Slotcast: publishing + receiving, for one message; creating one publisher, one subscriber.", scale),
        ("Memory after the last round, in both processes: resident (of that, shared).", resident),
    ];
    let tables = tables.into_iter().map(|(title, of)| (title, table(cells, of)));
    tables.filter(|(_, table)| !table.is_empty()).collect()
}

/// Makes a table with a row for each measurement and placement, and a column for each peer.
fn table(cells: &[Cell], of: Text) -> Table {
    let mut peers: Vec<Name> = cells.iter().map(|cell| cell.peer).collect();
    peers.sort_unstable();
    peers.dedup();
    let mut cases: Vec<Case> = cells.iter().map(|cell| cell.case).collect();
    cases.dedup();
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["", "line"].into_iter().chain(peers.iter().map(|peer| peer.label())));
    for case in cases {
        let of_case: Vec<&Cell> = cells.iter().filter(|cell| cell.case == case).collect();
        for placement in Placement::ALL {
            let measured = |peer: &Name| {
                let mut of_peer = of_case.iter().filter(|cell| cell.peer == *peer);
                of_peer.find_map(|cell| cell.measured(placement))
            };
            let texts: Vec<Option<String>> =
                peers.iter().map(|peer| measured(peer).and_then(|measured| of(&case, measured))).collect();
            if texts.iter().all(Option::is_none) {
                continue;
            }
            let line = peers.iter().find_map(measured).map_or(0.0, |measured| measured.line);
            let near = if placement == Placement::Near { "near" } else { "far" };
            let texts = peers.iter().zip(texts).map(|(&peer, text)| text.unwrap_or_else(|| missing(&of_case, peer)));
            table.add_row([case.to_string(), format!("{near}, {line:.0} ns")].into_iter().chain(texts));
        }
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Returns what stands for a number that is missing. It is explained below the tables.
fn missing(cells: &[&Cell], peer: Name) -> String {
    let found = cells.iter().find(|cell| cell.peer == peer).map(|cell| &cell.outcome);
    match found {
        Some(Outcome::Trouble(Trouble::Failed(_))) => "failed".into(),
        Some(Outcome::Trouble(Trouble::Unsupported(_))) => "–".into(),
        _ => String::new(),
    }
}

fn main(case: &Case, measured: &Measured) -> Option<String> {
    Some(match case.measure {
        Measure::Scale { .. } => return None,
        Measure::Stream { .. } if measured.lost > 0.0 => {
            format!("{}\n{:.0} % lost", rate(measured.spread.low), 100.0 * measured.lost)
        }
        Measure::Stream { .. } => rate(measured.spread.low),
        _ => time(measured.spread.low),
    })
}

fn scale(case: &Case, measured: &Measured) -> Option<String> {
    let Measure::Scale { axis, count } = case.measure else { return None };
    let (publishers, subscribers) = axis.endpoints(count);
    let (publish, receive) = (time(measured.spread.low), time(measured.received?.low));
    let publisher = time(measured.leader_open / publishers as f64);
    let subscriber = time(measured.follower_open / subscribers as f64);
    Some(format!("{publish} + {receive}; {publisher}, {subscriber}"))
}

fn percentiles(_: &Case, measured: &Measured) -> Option<String> {
    let found = measured.percentiles?;
    Some(format!("{}\n{}\n{}", time(found.p50), time(found.p99), time(found.p99_9)))
}

fn processor(case: &Case, measured: &Measured) -> Option<String> {
    match case.measure {
        Measure::Stream { .. } => Some(format!("{}\n+ {}", time(measured.leader_cpu), time(measured.follower_cpu))),
        _ => None,
    }
}

fn resident(case: &Case, measured: &Measured) -> Option<String> {
    if !matches!(case.measure, Measure::Latency { .. }) || case.loaded {
        return None;
    }
    let (leader, follower) = (measured.leader_memory, measured.follower_memory);
    let (all, shared) = (leader.resident + follower.resident, leader.shared + follower.shared);
    Some(format!("{}\n({})", memory(all), memory(shared)))
}
