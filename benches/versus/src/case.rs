//! Which measurements are made.

use crate::channel::Flow;
use crate::cli::Group;
use crate::measures::{Access, Axis, Measure, Pause};
use crate::message::Use;
use crate::peers::{Idling, Name};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The sizes of messages whose way is timed, in bytes.
const SIZES: [usize; 7] = [8, 64, 1 << 10, 4 << 10, 64 << 10, 1 << 20, 4 << 20];
/// The sizes of messages of streams.
const STREAMED: [usize; 3] = [8, 64, 1 << 10];
/// The numbers of receivers of one sender.
const RECEIVERS: [usize; 4] = [1, 4, 16, 64];
/// How many there are of something there is more of.
const SCALE: [(Axis, &[usize]); 3] = [
    (Axis::Topics, &[1, 10, 100, 1000]),
    (Axis::Publishers, &[1, 4, 16, 64]),
    (Axis::Subscribers, &[1, 10, 100, 1000]),
];

/// A measurement under certain circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) measure: Measure,
    /// Whether both processors are busy with something else too.
    pub(crate) loaded: bool,
}

impl Case {
    /// Returns whether a peer takes part.
    pub(crate) fn is_for(&self, peer: Name) -> bool {
        match self.measure {
            Measure::Scale { .. } => peer == Name::Slotcast,
            measure => peer.offers(measure.pattern()),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.measure, if self.loaded { ", busy processors" } else { "" })
    }
}

impl Group {
    /// Returns the measurements of the group, in the order of the table.
    pub(crate) fn cases(self) -> Vec<Case> {
        let measures: Vec<Measure> = match self {
            Self::Latency => {
                let full = SIZES.into_iter().map(|bytes| Measure::Latency { bytes, how: Use::Full });
                let larger = SIZES.into_iter().filter(|&bytes| bytes >= 1 << 10);
                full.chain(larger.map(|bytes| Measure::Latency { bytes, how: Use::Touch })).collect()
            }
            Self::Stream => [Flow::Lossless, Flow::Lossy]
                .into_iter()
                .flat_map(|flow| STREAMED.map(|bytes| Measure::Stream { bytes, flow }))
                .collect(),
            Self::Publish => RECEIVERS.map(|receivers| Measure::Publish { receivers }).to_vec(),
            Self::Burst => RECEIVERS.map(|receivers| Measure::Burst { receivers }).to_vec(),
            Self::Startup => vec![Measure::Startup],
            Self::Loaded => vec![
                Measure::Latency { bytes: 64, how: Use::Full },
                Measure::Latency { bytes: 1 << 20, how: Use::Full },
                Measure::Stream { bytes: 64, flow: Flow::Lossless },
            ],
            Self::Scale => SCALE
                .iter()
                .flat_map(|&(axis, counts)| counts.iter().map(move |&count| Measure::Scale { axis, count }))
                .collect(),
            Self::Events => vec![
                Measure::Notify { listens: false },
                Measure::Notify { listens: true },
                Measure::WakeUp { pause: Pause::None },
                Measure::WakeUp { pause: Pause::Long },
            ],
            Self::Services => vec![
                Measure::Call { idling: Idling::Polls, pause: Pause::None },
                Measure::Call { idling: Idling::Sleeps, pause: Pause::None },
                Measure::Call { idling: Idling::Sleeps, pause: Pause::Long },
            ],
            Self::Values => {
                let pairs = [Access::Set, Access::Get].into_iter().flat_map(|access| [(access, false), (access, true)]);
                let alone = pairs.map(|(access, is_shared)| Measure::Value { access, is_shared });
                alone.chain([Measure::ValueTrip]).collect()
            }
        };
        let loaded = self == Self::Loaded;
        measures.into_iter().map(|measure| Case { measure, loaded }).collect()
    }
}
