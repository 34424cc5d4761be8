//! Which charts there are.

use super::chart::{Axis, Chart, Series};
use super::quantity;
use crate::channel::Flow;
use crate::figures::{Cell, Measured};
use crate::measures::{self, Measure};
use crate::message::Use;
use crate::peers::{Failure, Name};
use plotters::style::RGBColor;
use slotcast_benches::figures::Placement;
use std::path::Path;

const TIME: Axis = Axis { name: "time", write: quantity::time };
const RATE: Axis = Axis { name: "messages received in a second", write: |rate| quantity::rate(1e9 / rate) };
const BYTES: Axis = Axis { name: "size of the message", write: bytes };
const RECEIVERS: Axis = Axis { name: "receivers", write: count };

/// A chart with a line for each peer.
struct Plot {
    file: &'static str,
    title: &'static str,
    x: Axis,
    y: Axis,
    /// Returns where a measurement is on the x axis, if it is in the chart.
    at: fn(&Measure) -> Option<usize>,
}

const PLOTS: [Plot; 6] = [
    Plot {
        file: "one-way-full",
        title: "One way, written and read in full",
        x: BYTES,
        y: TIME,
        at: |measure| match *measure {
            Measure::Latency { bytes, how: Use::Full } => Some(bytes),
            _ => None,
        },
    },
    Plot {
        file: "one-way-touched",
        title: "One way, 8 bytes written and read",
        x: BYTES,
        y: TIME,
        at: |measure| match *measure {
            Measure::Latency { bytes, how: Use::Touch } => Some(bytes),
            _ => None,
        },
    },
    Plot {
        file: "lossless",
        title: "A stream of which nothing is lost",
        x: BYTES,
        y: RATE,
        at: |measure| match *measure {
            Measure::Stream { bytes, flow: Flow::Lossless } => Some(bytes),
            _ => None,
        },
    },
    Plot {
        file: "lossy",
        title: "A stream whose sender does not wait",
        x: BYTES,
        y: RATE,
        at: |measure| match *measure {
            Measure::Stream { bytes, flow: Flow::Lossy } => Some(bytes),
            _ => None,
        },
    },
    Plot {
        file: "idle-receivers",
        title: "Sending 64 bytes while the receivers do nothing",
        x: RECEIVERS,
        y: TIME,
        at: |measure| match *measure {
            Measure::Publish { receivers } => Some(receivers),
            _ => None,
        },
    },
    Plot {
        file: "bursts",
        title: "Sending 64 bytes, in bursts of 8 that are then received",
        x: RECEIVERS,
        y: TIME,
        at: |measure| match *measure {
            Measure::Burst { receivers } => Some(receivers),
            _ => None,
        },
    },
];

/// Writes all charts for which there are numbers.
pub(super) fn write(cells: &[Cell], folder: &Path) -> Result<(), Failure> {
    for placement in Placement::ALL {
        let near = if placement == Placement::Near { "near" } else { "far" };
        for plot in PLOTS {
            let chart = plot.chart(cells, placement, near);
            chart.write(&folder.join(format!("{}-{near}.svg", plot.file)))?;
        }
    }
    for (axis, name) in [
        (measures::Axis::Topics, "topics of a process"),
        (measures::Axis::Publishers, "publishers of a topic"),
        (measures::Axis::Subscribers, "subscribers of a topic"),
    ] {
        let file = format!("scale-{axis:?}.svg").to_lowercase();
        scale(cells, axis, name).write(&folder.join(file))?;
    }
    Ok(())
}

impl Plot {
    fn chart(&self, cells: &[Cell], placement: Placement, near: &str) -> Chart {
        let mut peers: Vec<Name> = cells.iter().map(|cell| cell.peer).collect();
        peers.sort_unstable();
        peers.dedup();
        let series = peers.into_iter().map(|peer| {
            let of_peer = cells.iter().filter(|cell| cell.peer == peer && !cell.case.loaded);
            let mut points: Vec<(f64, f64)> = of_peer
                .filter_map(|cell| {
                    let x = (self.at)(&cell.case.measure)?;
                    Some((x as f64, self.value(cell.measured(placement)?)))
                })
                .collect();
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            let width = if peer == Name::Slotcast { 4 } else { 2 };
            Series { label: peer.label().into(), color: color(peer), width, points }
        });
        let title = format!("{} ({near})", self.title);
        Chart { title, x: Axis { ..self.x }, y: Axis { ..self.y }, series: series.collect() }
    }

    fn value(&self, measured: &Measured) -> f64 {
        if self.y.name == RATE.name { 1e9 / measured.spread.low } else { measured.spread.low }
    }
}

/// Of Slotcast alone: what messages and endpoints cost. Whichever placement was measured more
/// often.
fn scale(cells: &[Cell], axis: measures::Axis, name: &'static str) -> Chart {
    let points = |of: fn(&Measured, (usize, usize)) -> Option<f64>| -> Vec<(f64, f64)> {
        let points = cells.iter().filter_map(|cell| match cell.case.measure {
            Measure::Scale { axis: found, count } if found == axis => {
                let placements = Placement::ALL.into_iter().filter_map(|placement| cell.measured(placement));
                let measured = placements.max_by_key(|measured| measured.rounds)?;
                Some((count as f64, of(measured, axis.endpoints(count))?))
            }
            _ => None,
        });
        points.collect()
    };
    let series = |label: &str, color, points| Series { label: label.into(), color, width: 2, points };
    let series = vec![
        series("publish", RGBColor(217, 83, 79), points(|measured, _| Some(measured.spread.low))),
        series("receive", RGBColor(66, 139, 202), points(|measured, _| Some(measured.received?.low))),
        series(
            "create a publisher",
            RGBColor(214, 137, 16),
            points(|m, (count, _)| Some(m.leader_open / count as f64)),
        ),
        series(
            "create a subscriber",
            RGBColor(40, 160, 90),
            points(|m, (_, count)| Some(m.follower_open / count as f64)),
        ),
    ];
    Chart { title: format!("Slotcast, by {name}"), x: Axis { name, write: count }, y: TIME, series }
}

/// Returns a size at a mark of an axis, which are powers of ten.
fn bytes(bytes: f64) -> String {
    match bytes {
        below if below < 1e3 => format!("{below:.0} B"),
        below if below < 1e6 => format!("{:.0} kB", below / 1e3),
        above => format!("{:.0} MB", above / 1e6),
    }
}

fn count(count: f64) -> String {
    format!("{count:.0}")
}

/// Returns a colour that can be read on white and on black.
fn color(peer: Name) -> RGBColor {
    match peer {
        Name::Slotcast => RGBColor(217, 83, 79),
        Name::Slot => RGBColor(150, 150, 150),
        Name::Ring => RGBColor(110, 110, 110),
        Name::SlotcastUntimed => RGBColor(230, 140, 130),
        Name::SeqLock => RGBColor(130, 130, 130),
        Name::Eventfd => RGBColor(90, 90, 90),
        Name::Iceoryx2 => RGBColor(66, 139, 202),
        Name::Iceoryx2Defaults => RGBColor(110, 160, 230),
        Name::ShmemIpc => RGBColor(40, 160, 90),
        Name::IpcChannel => RGBColor(214, 137, 16),
        Name::Zeromq => RGBColor(160, 90, 200),
        Name::Stream => RGBColor(0, 150, 160),
        Name::Packets => RGBColor(180, 120, 80),
        Name::Pipe => RGBColor(200, 90, 150),
        #[cfg(feature = "aeron")]
        Name::Aeron => RGBColor(140, 150, 40),
    }
}
