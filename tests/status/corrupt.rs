//! What the other side claims is corrupt: numbers stay in range.

use crate::{LONG, TOPIC, only, publisher, subscriber};
use slotcast::registry::TopicDirectory;
use slotcast::testing::TempDomain;
use slotcast::{Delivery, EndpointId, Publisher, ShmMessage, TopicName};
use slotcast_tests::control::{Claims, ForgedSubscriber, page};
use slotcast_tests::random::Random;
use slotcast_tests::segment::{DETACHED, REFUSED, Segment, announcement, flag, word};

type Large = [u64; 512];

fn forge<T: ShmMessage>(domain: &TempDomain, claims: &Claims) -> ForgedSubscriber {
    ForgedSubscriber::new((domain, TOPIC), (T::SCHEMA, T::HASH), claims, |_| {})
}

#[test]
fn impossible_claims_of_a_reader_are_not_trusted() {
    let lossy = Claims { lossless: false, ..Claims::LOSSLESS };
    for (claims, is_lossless) in [(&lossy, false), (&lossy, true), (&Claims::LOSSLESS, true)] {
        let domain = TempDomain::new();
        let mut publisher = publisher(&domain);
        if is_lossless {
            publisher = publisher.lossless(LONG);
        }
        let mut publisher = publisher.create().unwrap();
        let forged = forge::<u64>(&domain, claims);
        (0..5).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
        for (cursor, unread) in [(0, Some(5)), (3, Some(2)), (5, Some(0)), (6, None), (u64::MAX, None)] {
            forged.set_cursor(0, publisher.id(), cursor);
            let reader = only(publisher.readers().unwrap());
            assert_eq!(reader.unread, unread, "cursor {cursor}: {reader}");
            assert_eq!((reader.in_place, reader.held), (false, 0));
        }
        forged.page.set(page::USED, u64::MAX);
        assert_eq!(only(publisher.readers().unwrap()).unread, None);
        assert_eq!(publisher.detached_subscribers(), 0, "nothing changes by asking");
        for number in 5..20 {
            publisher.publish(&number).unwrap();
        }
        let let_go = u64::from(claims.lossless);
        assert_eq!(publisher.detached_subscribers(), let_go);
        let delivery = if claims.lossless { Delivery::Detached } else { Delivery::Lossy };
        assert_eq!(only(publisher.readers().unwrap()).delivery, delivery);
    }
}

#[test]
fn a_reader_whose_page_cannot_be_opened_is_listed() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).lossless(LONG).create().unwrap();
    let claims = Claims { bytes: 4096, ..Claims::LOSSLESS };
    let _forged = forge::<u64>(&domain, &claims);
    publisher.publish(&0).unwrap();
    let reader = only(publisher.readers().unwrap());
    assert_eq!((reader.delivery, reader.unread), (Delivery::Refused, None));
    assert_eq!(publisher.detached_subscribers(), 0);
}

#[test]
fn a_page_of_random_words_gives_numbers_in_range() {
    let mut random = Random::of_this_run();
    for round in 0..40 {
        let domain = TempDomain::new();
        let settings = Publisher::<Large>::builder(TOPIC).domain(&domain).depth(4);
        let settings = if round % 2 == 0 { settings.lossless(std::time::Duration::ZERO) } else { settings };
        let mut publisher = settings.create().unwrap();
        let claims = Claims { lossless: round % 4 == 0, ..Claims::HOLDING };
        let forged = forge::<Large>(&domain, &claims);
        let mut published = 0;
        for _ in 0..50 {
            match random.below(6) {
                0 => forged.page.set(page::USED + random.index(page::LINES - page::USED), random.next()),
                1 => forged.page.set(page::LINES + random.index(32), random.next()),
                2 => forged.set_cursor(random.index(4), publisher.id(), random.below(published + 3)),
                3 => forged.set_cursor(random.index(952), publisher.id(), random.next()),
                4 => forged.pin(random.index(256), publisher.id(), 4096 * random.below(40)),
                _ => forged.page.set(page::PINS_AT + random.index(512), random.next()),
            }
            published += u64::from(publisher.publish(&[0; 512]).is_ok());
            let reader = only(publisher.readers().unwrap());
            assert!(reader.unread.is_none_or(|unread| unread <= published), "{reader}, of {published}");
            assert!(reader.held <= 256, "{reader}");
            assert!(!reader.has_left);
        }
    }
}

#[test]
fn impossible_claims_of_a_publisher_are_not_trusted() {
    const FORGED: EndpointId = EndpointId(0xf0f0_0000_0000_0000_0000_0000_0000_f0f7);
    let domain = TempDomain::new();
    let topic = TopicDirectory::enter(&domain, &TopicName::new(TOPIC).unwrap()).unwrap();
    let segment = Segment::of::<u64>(FORGED, 16, 8);
    segment.set(word::FLAGS, flag::LOSSLESS);
    let registration = topic.announce(&announcement::<u64>(FORGED, Some(segment.memory()))).unwrap();
    let publisher = publisher(&domain).create().unwrap();
    let subscriber = subscriber(&domain).lossless().create().unwrap();
    let id = only(publisher.readers().unwrap()).subscriber.id;
    let source = || only(subscriber.sources().unwrap().into_iter().filter(|s| s.publisher.id == FORGED).collect());
    assert_eq!((source().delivery, source().unread), (Delivery::Pending, 0));
    for head in [0, 5, 1 << 62, u64::MAX] {
        segment.set(word::HEAD, head);
        assert_eq!(source().unread, head.min((1 << 62) + 1), "at most all messages");
    }
    for (line, delivery) in [(77, Delivery::Lossless), (DETACHED, Delivery::Detached), (REFUSED, Delivery::Refused)] {
        segment.grant(3, id, u64::MAX, line);
        assert_eq!(source().delivery, delivery);
        assert!(!source().in_place, "messages are small");
    }
    segment.set(word::CLOSED, 7);
    assert!(source().is_gone);
    topic.withdraw(registration);
}
