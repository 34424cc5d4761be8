//! What a structure can be.

/// What a structure is, as it is recorded beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the types of these names are documented")]
pub enum StructureKind {
    Array,
    Queue,
    Stack,
    RingBuffer,
    Semaphore,
    Mutex,
    Barrier,
    Latch,
    Once,
    Event,
    RwLock,
    Monitor,
    Signal,
    Future,
    Atomic,
    Map,
    Set,
    Pool,
    Channel,
    Lazy,
    /// A part of a structure that consists of several.
    Part,
}

const ALL: &[(StructureKind, u32, &str)] = &[
    (StructureKind::Array, 1, "an array"),
    (StructureKind::Queue, 2, "a queue"),
    (StructureKind::Stack, 3, "a stack"),
    (StructureKind::RingBuffer, 4, "a ring buffer"),
    (StructureKind::Semaphore, 5, "a semaphore"),
    (StructureKind::Mutex, 6, "a mutex"),
    (StructureKind::Barrier, 7, "a barrier"),
    (StructureKind::Latch, 8, "a latch"),
    (StructureKind::Once, 9, "a once"),
    (StructureKind::Event, 10, "an event"),
    (StructureKind::RwLock, 11, "a read-write lock"),
    (StructureKind::Monitor, 12, "a monitor"),
    (StructureKind::Signal, 13, "a signal"),
    (StructureKind::Future, 14, "a future"),
    (StructureKind::Atomic, 15, "an atomic"),
    (StructureKind::Map, 16, "a map"),
    (StructureKind::Set, 17, "a set"),
    (StructureKind::Pool, 18, "a pool"),
    (StructureKind::Channel, 19, "a channel"),
    (StructureKind::Lazy, 20, "a lazy value"),
    (StructureKind::Part, 21, "a part of another structure"),
];

impl StructureKind {
    /// Returns the number by which it is recorded.
    pub(super) fn number(self) -> u32 {
        ALL.iter().find(|(kind, ..)| *kind == self).map_or(0, |(_, number, _)| *number)
    }

    /// Returns the kind that is recorded by this number.
    pub(super) fn of_number(number: u32) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == number).map(|(kind, ..)| *kind)
    }

    /// Returns its name with an article: `an array`.
    pub fn with_article(self) -> &'static str {
        ALL.iter().find(|(kind, ..)| *kind == self).map_or("a structure", |(.., text)| text)
    }
}
