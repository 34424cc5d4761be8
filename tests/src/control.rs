//! Subscribers that are none: control pages made by hand, right and wrong.

use crate::segment::{NONCE, SEALS, Segment, word};
use slotcast::registry::{Announcement, Qos, Registration, Role, TopicDirectory};
use slotcast::schema::{Schema, SchemaHash};
use slotcast::{Domain, EndpointId, TopicName};

/// Words of a control page, by index; header words are those of a segment.
pub mod page {
    /// The size that it has to have, in bytes.
    pub const BYTES: usize = 64 * 1024;
    /// How many lines were ever in use at once.
    pub const USED: usize = 11;
    /// How many pins there are.
    pub const PINS: usize = 12;
    /// Where the lines begin.
    pub const LINES: usize = 64;
    /// Words of a line.
    pub const LINE: usize = 8;
    /// Of a line: the sequence that is read next.
    pub const CURSOR: usize = 3;
    /// Where the pins are.
    pub const PINS_AT: usize = (BYTES - 4096) / 8;
}

/// The identity of the subscriber that is none.
pub const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f0);

/// What it claims to be.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The size of its page.
    pub bytes: usize,
    /// The seals of its page.
    pub seals: i32,
    /// Whether it asks for lossless delivery.
    pub lossless: bool,
    /// How many pins it has.
    pub pins: u64,
}

impl Claims {
    /// One that asks for lossless delivery.
    pub const LOSSLESS: Self = Self { bytes: page::BYTES, seals: SEALS, lossless: true, pins: 0 };
    /// One that holds samples.
    pub const HOLDING: Self = Self { bytes: page::BYTES, seals: SEALS, lossless: false, pins: 8 };
}

/// A subscriber that is none, with a control page that says what it wants.
#[expect(missing_debug_implementations, reason = "an entry has nothing to show")]
pub struct ForgedSubscriber {
    /// What publishers read.
    pub page: Segment,
    topic: TopicDirectory,
    registration: Option<Registration>,
}

impl ForgedSubscriber {
    /// Makes it known, after its page was changed.
    ///
    /// # Panics
    /// If that cannot be done.
    pub fn new(
        (domain, topic): (&Domain, &str),
        (schema, hash): (&Schema, SchemaHash),
        claims: &Claims,
        damage: impl FnOnce(&Segment),
    ) -> Self {
        let page = Segment::new(claims.bytes, claims.seals);
        page.set(word::MAGIC, u64::from_le_bytes(*b"slotctl\x01"));
        page.set(word::BYTES, claims.bytes as u64);
        page.set(word::NONCE, NONCE);
        page.set_whole(word::ID, FORGED.0);
        page.set_whole(word::HASH, hash.0);
        page.set(page::PINS, claims.pins);
        damage(&page);
        let topic = TopicDirectory::enter(domain, &TopicName::new(topic).expect("a name")).expect("a directory");
        let mut qos = Qos::default();
        (qos.lossless, qos.max_samples) = (claims.lossless, claims.pins.min(256));
        let announcement = Announcement {
            role: Role::Subscriber,
            id: FORGED,
            name: "forged".into(),
            schema: schema.clone(),
            hash,
            qos,
            memory: Some(page.memory()),
        };
        let registration = Some(topic.announce(&announcement).expect("an entry"));
        Self { page, topic, registration }
    }

    /// Says in a line how far it is with a publisher.
    pub fn say(&self, line: usize, publisher: EndpointId, cursor: u64) {
        let first = page::LINES + page::LINE * line;
        self.page.set(first + page::CURSOR, cursor);
        self.page.set_whole(first, publisher.0);
        self.page.set(page::USED, line as u64 + 1);
    }

    /// Says that it holds what begins at `offset` in the pool of a publisher, if its page is large enough to say so.
    #[expect(clippy::cast_possible_truncation, reason = "a part of it is meant")]
    pub fn pin(&self, index: usize, publisher: EndpointId, offset: u64) {
        // Those of one subscriber begin where its id says.
        let at = page::PINS_AT + (FORGED.0 as usize % 64 * 8 + index) % 512;
        if at < self.page.len() {
            self.page.set(at, u64::from(publisher.0 as u32) << 32 | (offset / 64 + 1));
        }
    }
}

impl Drop for ForgedSubscriber {
    fn drop(&mut self) {
        if let Some(registration) = self.registration.take() {
            self.topic.withdraw(registration);
        }
    }
}
