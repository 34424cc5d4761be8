//! Kinds of structures on the command line and in JSON.

use slotcast::region::StructureKind;

/// Returns the kind without an article: `array`, `ring buffer`.
pub(crate) fn name(kind: StructureKind) -> &'static str {
    let text = kind.with_article();
    text.split_once(' ').map_or(text, |(_, name)| name)
}

/// What a structure is taken for whose kind is not recorded.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Kind {
    Array,
    Queue,
    Stack,
    Ring,
    Semaphore,
    Mutex,
    Barrier,
    Latch,
    Once,
    Event,
    Signal,
    Future,
}

impl From<Kind> for StructureKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Array => Self::Array,
            Kind::Queue => Self::Queue,
            Kind::Stack => Self::Stack,
            Kind::Ring => Self::RingBuffer,
            Kind::Semaphore => Self::Semaphore,
            Kind::Mutex => Self::Mutex,
            Kind::Barrier => Self::Barrier,
            Kind::Latch => Self::Latch,
            Kind::Once => Self::Once,
            Kind::Event => Self::Event,
            Kind::Signal => Self::Signal,
            Kind::Future => Self::Future,
        }
    }
}
