use super::quantity::{memory, rate, time};
use crate::case::Case;
use crate::figures::{Cell, Measured, Outcome, Trouble};
use crate::measures::{Measure, Pattern};
use crate::peers::Name;
use comfy_table::{CellAlignment, Table, presets};
use slotcast_benches::figures::Placement;

/// Where a table is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Terminal,
    Markdown,
}

pub(super) struct Titled {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) table: Table,
}

/// Returns what a table says about a measurement, if anything: one or more numbers.
type Texts = fn(&Case, &Measured) -> Option<Vec<String>>;

/// Returns all tables that have rows.
pub(super) fn all(cells: &[Cell], style: Style) -> Vec<Titled> {
    let tables: [(&str, &str, Texts); 8] = [
        ("main", "The lower quartile of the rounds, for one message. Streams: messages received in a second.", main),
        ("percentiles", "Single messages: median, 99 %, 99.9 %.", percentiles),
        ("processor", "Processor time for one message: sender, receiver.", processor),
        (
            "memory",
            "Memory after the last round, in both processes: resident, and how much of that is shared.",
            resident,
        ),
        ("scale", "Slotcast: publish and receive one message; create one publisher and one subscriber.", scale),
        ("events", "Events: the lower quartile of the rounds.", |case, measured| of(Pattern::Events, case, measured)),
        ("services", "Request and response, there and back: the lower quartile of the rounds.", |case, measured| {
            of(Pattern::Services, case, measured)
        }),
        ("values", "The latest value: the lower quartile of the rounds.", |case, measured| {
            of(Pattern::Values, case, measured)
        }),
    ];
    let tables = tables.into_iter().map(|(name, title, of)| Titled { name, title, table: table(cells, of, style) });
    tables.filter(|titled| !titled.table.is_empty()).collect()
}

/// Makes a table with a row for each measurement and placement, and a column for each peer.
fn table(cells: &[Cell], of: Texts, style: Style) -> Table {
    let separator = if style == Style::Markdown { " / " } else { "\n" };
    let has_number = |case| cells.iter().any(|cell| cell.case == case && number(cell, of).is_some());
    let cells: Vec<&Cell> = cells.iter().filter(|cell| has_number(cell.case)).collect();
    let mut peers: Vec<Name> = cells.iter().map(|cell| cell.peer).collect();
    peers.sort_unstable();
    peers.dedup();
    let mut cases: Vec<Case> = cells.iter().map(|cell| cell.case).collect();
    cases.dedup();
    let mut table = Table::new();
    table.load_style(if style == Style::Markdown { presets::ASCII_MARKDOWN } else { presets::UTF8_HORIZONTAL_ONLY });
    table.set_header(["", "line"].into_iter().chain(peers.iter().map(|peer| peer.label())));
    for case in cases {
        let of_case: Vec<&Cell> = cells.iter().copied().filter(|cell| cell.case == case).collect();
        for placement in Placement::ALL {
            let measured = |peer: &Name| {
                let mut of_peer = of_case.iter().filter(|cell| cell.peer == *peer);
                of_peer.find_map(|cell| cell.measured(placement))
            };
            let texts: Vec<Option<String>> = peers
                .iter()
                .map(|peer| measured(peer).and_then(|measured| of(&case, measured)).map(|texts| texts.join(separator)))
                .collect();
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

/// Returns what a table says about a cell, if that was measured.
fn number(cell: &Cell, of: Texts) -> Option<Vec<String>> {
    match &cell.outcome {
        Outcome::Measured(measured) => of(&cell.case, measured),
        Outcome::Trouble(_) => None,
    }
}

/// What a table of one pattern says.
fn of(pattern: Pattern, case: &Case, measured: &Measured) -> Option<Vec<String>> {
    (case.measure.pattern() == pattern).then(|| vec![time(measured.spread.low)])
}

fn main(case: &Case, measured: &Measured) -> Option<Vec<String>> {
    if case.measure.pattern() != Pattern::Messages {
        return None;
    }
    Some(match case.measure {
        Measure::Scale { .. } => return None,
        Measure::Stream { .. } if measured.lost > 0.0 => {
            vec![rate(measured.spread.low), format!("{:.0} % lost", 100.0 * measured.lost)]
        }
        Measure::Stream { .. } => vec![rate(measured.spread.low)],
        _ => vec![time(measured.spread.low)],
    })
}

fn percentiles(case: &Case, measured: &Measured) -> Option<Vec<String>> {
    if case.measure.pattern() != Pattern::Messages {
        return None;
    }
    let found = measured.percentiles?;
    // Of too few messages, it would be that of the slowest one.
    let of_at_least = |least, value| if found.count >= least { time(value) } else { "–".into() };
    Some(vec![time(found.p50), of_at_least(200, found.p99), of_at_least(2000, found.p99_9)])
}

fn processor(case: &Case, measured: &Measured) -> Option<Vec<String>> {
    match case.measure {
        Measure::Stream { .. } => Some([measured.leader_cpu, measured.follower_cpu].map(time).to_vec()),
        _ => None,
    }
}

fn resident(case: &Case, measured: &Measured) -> Option<Vec<String>> {
    if !matches!(case.measure, Measure::Latency { .. }) || case.loaded {
        return None;
    }
    let (leader, follower) = (measured.leader_memory, measured.follower_memory);
    Some([leader.resident + follower.resident, leader.shared + follower.shared].map(memory).to_vec())
}

fn scale(case: &Case, measured: &Measured) -> Option<Vec<String>> {
    let Measure::Scale { axis, count } = case.measure else { return None };
    let (publishers, subscribers) = axis.endpoints(count);
    let publisher = measured.leader_open / publishers as f64;
    let subscriber = measured.follower_open / subscribers as f64;
    Some([measured.spread.low, measured.received?.low, publisher, subscriber].map(time).to_vec())
}
