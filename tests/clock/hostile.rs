//! What a source says that cannot be.

use slotcast::dynamic::{self, Layout, Value};
use slotcast::testing::TempDomain;
use slotcast::{Clock, ClockError, ClockSource, Observer, Publisher, TopicName, ValueWriter};

fn topic() -> TopicName {
    TopicName::with_part("slotcast/clock~value").unwrap()
}

/// Returns what a real source says, and the layout.
fn said(domain: &TempDomain) -> (Layout, Value) {
    let _source = ClockSource::in_domain(domain, 7).unwrap();
    let topic = Observer::new(domain).topic(topic()).unwrap().expect("it exists");
    let value = topic.read(1).unwrap().try_recv().unwrap().expect("it was said").value().unwrap();
    (topic.layout().unwrap(), value)
}

#[test]
fn what_cannot_be_is_refused_with_words() {
    let domain = TempDomain::new();
    let (layout, value) = said(&domain);
    let bytes = layout.encode(&value).unwrap();
    let mut publisher = dynamic::Publisher::builder(topic(), &layout).domain(&domain).history(1).create().unwrap();
    let mut clock = Clock::in_domain(&domain);
    // By the order of its fields: time, since, limit, rate, jumps, ended.
    let fields: [(usize, [u8; 8], &str); 4] = [
        (3, f64::NAN.to_le_bytes(), "that time passes at the rate NaN"),
        (3, (-1.0_f64).to_le_bytes(), "that time passes at the rate -1"),
        (2, 6_u64.to_le_bytes(), "that the time is 7 and stops before, at 6"),
        (5, 2_u64.to_le_bytes(), "2 for whether it leaves"),
    ];
    for (field, wrong, text) in fields {
        let mut message = bytes.clone();
        message[8 * field..][..8].copy_from_slice(&wrong);
        publisher.publish_bytes(&message).unwrap();
        std::thread::sleep(Clock::NOTICED_WITHIN);
        for _ in 0..3 {
            let error = clock.now().unwrap_err();
            assert!(matches!(error, ClockError::Invalid { .. }) && error.to_string().contains(text), "{error}");
        }
    }
    publisher.publish_bytes(&bytes).unwrap();
    assert_eq!(clock.now().unwrap(), 7);
    drop(publisher);
    std::thread::sleep(Clock::NOTICED_WITHIN);
    assert!(clock.now().unwrap() > 7);
}

#[test]
fn a_value_of_another_type_is_no_time_and_is_never_taken_for_real_time() {
    let domain = TempDomain::new();
    let mut other = ValueWriter::<u32>::builder("slotcast/clock").domain(&domain).create().unwrap();
    other.set(&5).unwrap();
    let mut clock = Clock::in_domain(&domain);
    for _ in 0..3 {
        let error = clock.now().unwrap_err();
        assert!(matches!(error, ClockError::Follow(_)), "{error}");
    }
    drop(other);
    assert!(clock.now().unwrap() > 0);
}

#[test]
fn a_topic_of_this_name_is_something_else() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u32>::builder("slotcast/clock").domain(&domain).create().unwrap();
    publisher.publish(&5).unwrap();
    let mut clock = Clock::in_domain(&domain);
    assert!(clock.now().unwrap() > 7 && clock.source().unwrap().is_none());
}
