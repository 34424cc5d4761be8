//! A topic with subscribers, and a publisher that is none, which says what it wants.

use slotcast::registry::{Announcement, Peer, Qos, Registration, Role, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{EndpointId, TopicName};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{NO_LINE, PINS, PoolShape, Segment, word};
use slotcast_tests::stop::Stop;

/// The identity of the publisher that is none.
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

    /// Those who subscribe.
    pub(crate) fn subscribers(&self) -> Vec<Peer> {
        let names = self.topic.names(Role::Subscriber).unwrap();
        names.iter().filter_map(|name| self.topic.open(name).unwrap().live()).collect()
    }

    /// The segment of a publisher of what is subscribed to, which honours the pins of all if it says so.
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

    /// Makes it known.
    pub(crate) fn announce(&self, announcement: &Announcement) -> Registration {
        self.topic.announce(announcement).unwrap()
    }
}

/// Publishes messages that could be, mostly, and writes anything anywhere now and then, until it is told to stop. A message
/// that could be has a descriptor of `place`, and bytes made of words of `content`.
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
    while !stop.is_over() {
        match random.below(64) {
            0 => segment.set(random.index(word::RING), random.next()),
            1 if random.below(8) == 0 => segment.set(random.index(segment.len()), random.next()),
            2 if random.below(8) == 0 => segment.set(word::RING + random.index(cells * 8), random.next()),
            3 if random.below(4) == 0 => {
                let mut wrong = place(&mut random);
                match random.below(2) {
                    0 => wrong[random.index(3)] ^= 1 << random.below(64),
                    // Near the end, perhaps beyond it.
                    _ => wrong[0] = PoolShape::SMALL.pool_bytes as u64 - random.below(wrong[1] / 64 + 2) * 64,
                }
                segment.set_descriptor(sequence % cells, sequence as u64, wrong);
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

/// Fails if something that was received lies where the reader has nothing of that publisher.
#[track_caller]
pub(crate) fn assert_inside<T>(ranges: &[std::ops::Range<usize>], received: &[T]) {
    let std::ops::Range { start, end } = received.as_ptr_range();
    let (start, end) = (start as usize, end as usize);
    let is_inside = ranges.iter().any(|range| range.start <= start && end <= range.end);
    assert!(is_inside, "{start:#x}..{end:#x} is not in {ranges:x?}");
}
