//! A topic with subscribers, and a forged publisher.

use slotcast::registry::{Announcement, Peer, Qos, Registration, Role, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{EndpointId, TopicName};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{NO_LINE, PINS, PoolShape, Segment, word};
use slotcast_tests::stop::Stop;

/// The identity of the forged publisher.
pub(crate) const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f2);

pub(crate) struct Scene {
    pub(crate) domain: TempDomain,
    pub(crate) topic: TopicDirectory,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let domain = TempDomain::new();
        let topic = TopicDirectory::enter(&domain, &TopicName::new("x").unwrap()).unwrap();
        Self { domain, topic }
    }

    /// Returns the ids of all subscribers.
    pub(crate) fn subscribers(&self) -> Vec<Peer> {
        let names = self.topic.names(Role::Subscriber).unwrap();
        names.iter().filter_map(|name| self.topic.open(name).unwrap().live()).collect()
    }

    /// Creates the segment of a publisher of this topic, which honours the pins of all subscribers
    /// if it claims so.
    pub(crate) fn forge(&self, shape: PoolShape, is_honouring: bool) -> (Segment, Announcement) {
        let subscribers = self.subscribers();
        let Peer { schema, hash, .. } = &subscribers[0];
        let segment = Segment::with_pool(FORGED, *hash, shape);
        for (index, subscriber) in subscribers.iter().enumerate().filter(|_| is_honouring) {
            segment.grant(index, subscriber.id, PINS, NO_LINE);
        }
        let announcement = Announcement {
            role: Role::Publisher,
            id: FORGED,
            name: "forged".into(),
            schema: schema.clone(),
            hash: *hash,
            qos: Qos::default(),
            memory: Some(segment.memory()),
        };
        (segment, announcement)
    }

    /// Announces it.
    pub(crate) fn announce(&self, announcement: &Announcement) -> Registration {
        self.topic.announce(announcement).unwrap()
    }
}

/// Publishes mostly plausible messages, and writes anything anywhere now and then, until `stop`. A
/// plausible message has a descriptor from `place`, and bytes of words from `content`.
pub(crate) fn scribble(
    segment: &Segment,
    seed: u64,
    stop: &Stop,
    place: impl Fn(&mut Random) -> [u64; 3],
    content: impl Fn(&mut Random) -> u64,
) {
    let mut random = Random::new(seed);
    let mut sequence = 0;
    let cells = 16;
    let pool = segment.len() - (PoolShape::SMALL.pool_bytes / 8);
    while !stop.is_set() {
        match random.below(64) {
            0 => segment.set(random.index(word::RING), random.next()),
            1 if random.below(8) == 0 => segment.set(random.index(segment.len()), random.next()),
            2 if random.below(8) == 0 => segment.set(word::RING + random.index(cells * 8), random.next()),
            3 if random.below(4) == 0 => {
                let mut invalid = place(&mut random);
                match random.below(2) {
                    0 => invalid[random.index(3)] ^= 1 << random.below(64),
                    // Near the end, perhaps beyond it.
                    _ => invalid[0] = PoolShape::SMALL.pool_bytes as u64 - random.below(invalid[1] / 64 + 2) * 64,
                }
                segment.set_descriptor(sequence % cells, sequence as u64, invalid);
                sequence += 1;
            }
            4..16 => {
                segment.set_descriptor(sequence % cells, sequence as u64, place(&mut random));
                sequence += 1;
            }
            _ => segment.set(pool + random.index(PoolShape::SMALL.pool_bytes / 8), content(&mut random)),
        }
    }
}

/// Asserts that nothing that was received lies in memory of this publisher that the reader has not
/// mapped.
#[track_caller]
pub(crate) fn assert_inside<T>(ranges: &[std::ops::Range<usize>], received: &[T]) {
    let std::ops::Range { start, end } = received.as_ptr_range();
    let (start, end) = (start as usize, end as usize);
    let is_inside = ranges.iter().any(|range| range.start <= start && end <= range.end);
    assert!(is_inside, "{start:#x}..{end:#x} is not in {ranges:x?}");
}
