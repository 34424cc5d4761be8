//! Publishers and subscribers with impossible claims.

use crate::messages::{Large, large, number, publisher, subscriber};
use slotcast::registry::{Registration, Role, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{
    EndpointId, LoanError, Observer, PublishError, Publisher, RecvError, ShmMessage, Subscriber, TopicName,
};
use slotcast_tests::control::{Claims, ForgedSubscriber, page};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{Segment, announcement, word};
use slotcast_tests::stop::Stop;
use std::time::{Duration, Instant};

const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f0);
const POOL: usize = 1 << 20;
const CELLS: usize = 16;

struct Scene {
    domain: TempDomain,
    topic: TopicDirectory,
}

impl Scene {
    fn new() -> Self {
        let domain = TempDomain::new();
        let topic = TopicDirectory::enter(&domain, &TopicName::new("x").unwrap()).unwrap();
        Self { domain, topic }
    }

    fn announce(&self, segment: &Segment) -> Registration {
        self.topic.announce(&announcement::<Large>(FORGED, Some(segment.memory()))).unwrap()
    }

    /// Returns the id of the only subscriber.
    fn subscriber(&self) -> EndpointId {
        let name = self.topic.names(Role::Subscriber).unwrap().pop().unwrap();
        self.topic.open(&name).unwrap().live().unwrap().id
    }
}

fn forged() -> Segment {
    Segment::pooled::<Large>(FORGED, CELLS as u64, 8, POOL)
}

#[test]
fn impossible_headers_are_refused() {
    type Damage = fn(&Segment);
    let damages: [(Damage, &str); 6] = [
        (|segment| segment.set(word::FLAGS, 0), "kind of messages is 0x0, and 0x2 was expected"),
        (|segment| segment.set(word::FLAGS, 6), "kind of messages is 0x6, and 0x2 was expected"),
        (|segment| segment.set(word::POOL, 4096), "start of the pool is 0x1000"),
        (|segment| segment.set(word::POOL_BYTES, POOL as u64 + 1), "size of the pool is 0x100001"),
        (|segment| segment.set(word::PAYLOAD, 65536), "message size is 0x10000, and 0x18 was expected"),
        (|segment| segment.set(word::CELLS, 1 << 20), "start of the pool is"),
    ];
    for (damage, text) in damages {
        let scene = Scene::new();
        let segment = forged();
        damage(&segment);
        let _registration = scene.announce(&segment);
        let error = Subscriber::<Large>::builder("x").domain(&scene.domain).create().unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}

#[test]
fn impossible_descriptors_are_reported_and_the_publisher_is_detached() {
    let size = size_of::<Large>() as u64;
    let invalid = [
        [POOL as u64, size, 1],
        [POOL as u64 - size + 64, size, 1],
        [u64::MAX - 63, size, 1],
        [8, size, 1],
        [0, size - 8, 1],
        [0, size + 8, 1],
        [0, u64::MAX, 1],
        [0, size, 0],
        [0, size, 2],
        [0, 2 * size, 2],
    ];
    for descriptor in invalid {
        for honoured in [false, true] {
            let scene = Scene::new();
            let mut honest = publisher(&scene.domain);
            let mut subscriber = subscriber(&scene.domain);
            let segment = forged();
            if honoured {
                segment.grant_pins(scene.subscriber());
            }
            let registration = scene.announce(&segment);
            segment.set_descriptor(0, 0, [0, size, 1]);
            let valid = subscriber.try_recv().unwrap().unwrap();
            assert_eq!((valid[0], valid.is_in_place()), (0, honoured));
            segment.set_descriptor(1, 1, descriptor);
            match subscriber.try_recv() {
                Err(error @ RecvError::NotInPool { sequence: 1, offset, bytes, count, .. }) => {
                    assert_eq!([offset, bytes, count], descriptor);
                    assert!(error.to_string().contains("which is invalid; detached from it"), "{error}");
                }
                other => panic!("{descriptor:?}: {other:?}"),
            }
            segment.set_descriptor(2, 2, [0, size, 1]);
            assert!(subscriber.try_recv().unwrap().is_none());
            honest.publish(&large(7)).unwrap();
            assert_eq!(number(&subscriber.try_recv().unwrap().unwrap()[..]), 7);
            drop(registration);
        }
    }
}

fn reader(scene: &Scene, claims: &Claims) -> ForgedSubscriber {
    ForgedSubscriber::new((&scene.domain, "x"), (Large::SCHEMA, Large::HASH), claims, |_| {})
}

/// Returns how a pin names a publisher's slot.
#[expect(clippy::cast_possible_truncation, reason = "a part of it is meant")]
fn name(publisher: &Publisher<Large>, slot: u64) -> u64 {
    u64::from(publisher.id().0 as u32) << 32 | (slot * size_of::<Large>() as u64 / 64 + 1)
}

#[test]
fn pins_hold_at_most_what_they_name() {
    let scene = Scene::new();
    // A page that claims more pins than fit has as many as fit.
    let mut publisher = Publisher::<Large>::builder("x").domain(&scene.domain).depth(1).max_memory(300 << 16).create();
    let publisher = publisher.as_mut().unwrap();
    let mut subscriber = subscriber(&scene.domain);
    let forged = reader(&scene, &Claims { pins: u64::MAX, ..Claims::HOLDING });
    publisher.publish(&large(0)).unwrap();
    assert!(subscriber.try_recv().unwrap().unwrap().is_in_place());
    for index in 0..512 {
        // Slots of its own, of another publisher, and beyond the pool.
        let value = match index % 4 {
            0 => name(publisher, index as u64 / 4),
            1 => name(publisher, index as u64) ^ (1 << 40),
            2 => u64::MAX,
            _ => name(publisher, 1 << 20),
        };
        forged.page.set(page::PINS_AT + index, value);
    }
    for number in 1..1000 {
        publisher.publish(&large(number)).unwrap();
        assert_eq!(crate::messages::number(&subscriber.try_recv().unwrap().unwrap()[..]), number);
    }
    // All of them: more than are left.
    for index in 0..512 {
        forged.page.set(page::PINS_AT + index, name(publisher, index as u64));
    }
    let loans: Vec<_> = std::iter::from_fn(|| publisher.loan().ok()).collect();
    let error = publisher.publish(&large(0)).unwrap_err();
    assert!(matches!(error, PublishError::NoMemory(LoanError::PoolExhausted(_))), "{error}");
    drop(loans);
    drop(forged);
    for number in 1000..1100 {
        publisher.publish(&large(number)).unwrap();
    }
}

#[test]
fn random_words_all_over_a_page_of_pins_cost_only_memory() {
    let mut random = Random::of_this_run();
    let scene = Scene::new();
    let mut publisher = Publisher::<Large>::builder("x").domain(&scene.domain).max_memory(400 << 16).create().unwrap();
    let mut subscriber = subscriber(&scene.domain);
    let forged = reader(&scene, &Claims { pins: 256, ..Claims::HOLDING });
    let stop = Stop::default();
    let end = Instant::now() + Duration::from_secs(2);
    #[expect(clippy::cast_possible_truncation, reason = "a part of it is meant")]
    let tag = u64::from(publisher.id().0 as u32) << 32;
    std::thread::scope(|scope| {
        let _go_on = stop.guard();
        scope.spawn(|| {
            while !stop.is_set() {
                let value = if random.below(4) == 0 { random.next() } else { tag | (random.next() % (400 << 10)) };
                let at = if random.below(8) == 0 {
                    random.index(page::BYTES / 8)
                } else {
                    page::PINS_AT + random.index(512)
                };
                forged.page.set(at, value);
            }
        });
        let mut published = 0;
        while Instant::now() < end {
            match publisher.publish(&large(published)) {
                Ok(_) => published += 1,
                Err(PublishError::NoMemory(LoanError::PoolExhausted(_))) => {}
                Err(error) => panic!("{error}"),
            }
            while let Some(sample) = subscriber.try_recv().unwrap() {
                number(&sample[..]);
            }
        }
        assert!(published > 100, "{published}");
    });
}

/// Whatever a publisher writes anywhere in its memory: no reader crashes, or reads beyond it.
#[test]
fn random_words_all_over_a_pool_are_received_or_reported() {
    let mut random = Random::of_this_run();
    let end = Instant::now() + Duration::from_secs(3);
    let (mut messages, mut reported) = (0_u64, 0_u64);
    while Instant::now() < end {
        let scene = Scene::new();
        let mut subscriber = Subscriber::<Large>::builder("x").domain(&scene.domain).history(8).create().unwrap();
        let segment = forged();
        if random.below(2) == 0 {
            segment.grant_pins(scene.subscriber());
        }
        let _registration = scene.announce(&segment);
        assert!(subscriber.publishers().is_ok()); // its header is valid up to here
        let mut observed = Observer::new(&scene.domain).topic("x").unwrap().unwrap().read(8).unwrap();
        let stop = Stop::default();
        std::thread::scope(|scope| {
            let _go_on = stop.guard();
            scope.spawn(|| scribble(&segment, random.next(), &stop));
            let mut kept = Vec::new();
            for _ in 0..2000 {
                match subscriber.try_recv() {
                    Ok(Some(sample)) => {
                        messages += 1;
                        std::hint::black_box(sample.iter().fold(0, |sum: u64, word| sum.wrapping_add(*word)));
                        kept.push(sample);
                        kept.truncate(6);
                    }
                    Ok(None) => {}
                    Err(RecvError::Corrupt { .. } | RecvError::NotInPool { .. }) => {
                        reported += 1;
                        break;
                    }
                    Err(error) => panic!("{error}"),
                }
                let _ = observed.try_recv();
            }
        });
    }
    println!("{messages} messages, {reported} reported as invalid");
    assert!(messages > 0 && reported > 0);
}

fn scribble(segment: &Segment, seed: u64, stop: &Stop) {
    let mut random = Random::new(seed);
    let mut sequence = 0;
    while !stop.is_set() {
        let size = size_of::<Large>() as u64;
        match random.below(16) {
            0 => segment.set(random.index(word::RING), random.next()),
            1..4 => segment.set(random.index(segment.len()), random.next()),
            4 => segment.set(word::RING + random.index(CELLS * 8), random.next()),
            5 if random.below(50) == 0 => {
                let descriptor = [random.next() % (2 * POOL as u64) / 64 * 64, size, 1 + random.next() % 2];
                segment.set_descriptor(sequence % CELLS, sequence as u64, descriptor);
                sequence += 1;
            }
            _ => {
                let offset = random.next() % (POOL as u64 - size) / 64 * 64;
                segment.set_descriptor(sequence % CELLS, sequence as u64, [offset, size, 1]);
                sequence += 1;
            }
        }
    }
}
