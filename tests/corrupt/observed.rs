//! What an observer makes of impossible counters.

use crate::scene::{FORGED, Message, Scene, TOPIC};
use slotcast::Observer;
use slotcast::ShmMessage;
use slotcast::observer::{ObservedPublisher, ObservedSubscriber};
use slotcast_tests::control::{Claims, ForgedSubscriber, page};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{Segment, word};

const CELLS: u64 = 16;
const LAST: u64 = 1 << 62;

fn publisher(scene: &Scene) -> ObservedPublisher {
    let topic = Observer::new(&scene.domain).topic(TOPIC).unwrap().unwrap();
    let peer = topic.endpoints().unwrap().remove(0).peer.unwrap();
    topic.publisher(peer).unwrap()
}

#[test]
fn an_impossible_head_is_clamped_and_stamps_decide_what_is_there() {
    let scene = Scene::new();
    let segment = Segment::of::<Message>(FORGED, CELLS, 8);
    let registration = scene.announce(&segment);
    let observed = publisher(&scene);
    for (head, published) in [(0, 0), (1, 1), (LAST + 1, LAST + 1), (LAST + 2, LAST + 1), (u64::MAX, LAST + 1)] {
        segment.set(word::HEAD, head);
        assert_eq!(observed.published(), published);
        for since in [0, published, u64::MAX] {
            assert_eq!(observed.messages_since(since).count(), 0, "{head}: no stamp says that there is one");
        }
    }
    segment.set(word::HEAD, 5);
    segment.set_stamp(3, 2 * 3 + 2);
    segment.set_stamp(4, u64::MAX);
    let found: Vec<u64> = observed.messages_since(0).map(|message| message.sequence).collect();
    assert_eq!(found, [3]);
    drop(observed);
    scene.withdraw(registration);
    scene.end();
}

#[test]
fn random_words_give_no_more_messages_than_there_are_cells() {
    let scene = Scene::new();
    let segment = Segment::of::<Message>(FORGED, CELLS, 8);
    let registration = scene.announce(&segment);
    let observed = publisher(&scene);
    let mut random = Random::new(7);
    for _ in 0..2000 {
        for index in (word::HEAD..segment.len()).filter(|_| random.below(4) == 0).collect::<Vec<_>>() {
            segment.set(index, random.next());
        }
        assert!(observed.published() <= LAST + 1);
        assert!(observed.messages_since(random.next()).count() as u64 <= CELLS);
        let _ = (observed.activity(), observed.state());
    }
    drop(observed);
    scene.withdraw(registration);
    scene.end();
}

#[test]
fn impossible_counts_of_a_subscriber_do_no_harm() {
    let scene = Scene::new();
    let forge = |damage: fn(&Segment)| {
        let message = (Message::SCHEMA, Message::HASH);
        ForgedSubscriber::new((&scene.domain, TOPIC), (message.0, message.1), &Claims::HOLDING, damage)
    };
    let damages: [fn(&Segment); 3] = [
        |page| (8..12).for_each(|total| page.set(total, u64::MAX)),
        |page| (page::USED..page::LINES + 64 * page::LINE).for_each(|word| page.set(word, u64::MAX)),
        |page| (page::PINS..page::PINS_AT + 512).for_each(|word| page.set(word, u64::MAX)),
    ];
    for damage in damages {
        let forged = forge(damage);
        let topic = Observer::new(&scene.domain).topic(TOPIC).unwrap().unwrap();
        let peer = topic.endpoints().unwrap().remove(0).peer.unwrap();
        let observed: ObservedSubscriber = topic.subscriber(peer).unwrap();
        assert!(observed.held() <= observed.max_held() && observed.max_held() <= 256);
        assert!(observed.progress().count() <= 919);
        let _ = (observed.lost(), observed.received(), observed.skipped(), observed.past());
        drop((observed, forged));
    }
    scene.end();
}
