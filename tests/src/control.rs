//! Forged subscribers: control pages written by hand, valid and invalid.

use crate::segment::{NONCE, SEALS, Segment, word};
use slotcast::registry::{Announcement, Qos, Registration, Role, TopicDirectory};
use slotcast::schema::{Schema, SchemaHash};
use slotcast::{Domain, EndpointId, TopicName};

/// Words of a control page, by index. Its header words are those of a segment.
pub mod page {
    /// The required size in bytes.
    pub const BYTES: usize = 64 * 1024;
    /// The highest number of lines that were ever in use at once.
    pub const USED: usize = 11;
    /// The number of pins.
    pub const PINS: usize = 12;
    /// The first word of the lines.
    pub const LINES: usize = 64;
    /// The number of words of a line.
    pub const LINE: usize = 8;
    /// In a line: the sequence to be read next.
    pub const CURSOR: usize = 3;
    /// The first word of the pins.
    pub const PINS_AT: usize = (BYTES - 4096) / 8;
}

/// The identity of the forged subscriber.
pub const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f0);

/// What a forged subscriber claims.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The size of its page.
    pub bytes: usize,
    /// The seals of its page.
    pub seals: i32,
    /// Whether it requests lossless delivery.
    pub lossless: bool,
    /// The number of its pins.
    pub pins: u64,
}

impl Claims {
    /// It requests lossless delivery.
    pub const LOSSLESS: Self = Self { bytes: page::BYTES, seals: SEALS, lossless: true, pins: 0 };
    /// It holds samples.
    pub const HOLDING: Self = Self { bytes: page::BYTES, seals: SEALS, lossless: false, pins: 8 };
}

/// A forged subscriber, whose control page holds whatever a test writes there.
#[expect(missing_debug_implementations, reason = "an entry has nothing to show")]
pub struct ForgedSubscriber {
    /// The control page that publishers read.
    pub page: Segment,
    topic: TopicDirectory,
    registration: Option<Registration>,
}

impl ForgedSubscriber {
    /// Announces it, after `damage` has changed its page.
    ///
    /// # Panics
    /// If the topic cannot be entered or the entry cannot be written.
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

    /// Stores in a line how far it has read from a publisher.
    pub fn set_cursor(&self, line: usize, publisher: EndpointId, cursor: u64) {
        let first = page::LINES + page::LINE * line;
        self.page.set(first + page::CURSOR, cursor);
        self.page.set_whole(first, publisher.0);
        self.page.set(page::USED, line as u64 + 1);
    }

    /// Pins the slot at `offset` in the pool of a publisher, if the page is large enough for this
    /// pin.
    #[expect(clippy::cast_possible_truncation, reason = "a part of it is meant")]
    pub fn pin(&self, index: usize, publisher: EndpointId, offset: u64) {
        // The pins of a subscriber start at an index that its id determines.
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
