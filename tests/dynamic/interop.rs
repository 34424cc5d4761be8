//! Typed and untyped endpoints on one topic.

use crate::messages::{Everything, Pose, everything, pose};
use slotcast::dynamic::{self, Layout, OpenError, PublishError, Value};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Publisher, RecvError, ShmMessage, Subscriber};

#[test]
fn a_message_survives_values_and_json() {
    let domain = TempDomain::new();
    let mut typed = Publisher::<Everything>::builder("there").timestamps(true).domain(&domain).create().unwrap();
    typed.publish(&everything()).unwrap();
    let mut untyped = dynamic::Subscriber::builder("there").history(1).domain(&domain).create().unwrap();
    assert_eq!(untyped.layout().schema(), Everything::SCHEMA);
    let sample = untyped.try_recv().unwrap().unwrap();
    assert_eq!((sample.sequence(), sample.publisher(), sample.lost_before()), (0, typed.id(), 0));
    assert!(sample.timestamp().is_some());
    assert!(untyped.try_recv().unwrap().is_none());

    let json = serde_json::to_string(&sample.value().unwrap()).unwrap();
    let value: Value = serde_json::from_str(&json).unwrap();

    let mut back = dynamic::Publisher::builder("back", sample.layout()).domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<Everything>::builder("back").domain(&domain).create().unwrap();
    back.publish(&value).unwrap();
    back.publish_bytes(sample.bytes()).unwrap();
    for sequence in 0..2 {
        let received = subscriber.try_recv().unwrap().unwrap();
        assert_eq!(received.sequence(), sequence);
        assert_eq!(format!("{:?}", *received), format!("{:?}", everything()));
    }
    assert_eq!(back.subscribers().unwrap().len(), 1);
    drop((typed, untyped, back, subscriber));
    assert_eq!(sample.value().unwrap().get("count"), Some(&Value::Int(7)), "a sample outlives everybody");
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[test]
fn handles_and_samples_can_be_sent_to_other_threads() {
    fn is_send<T: Send>() {}
    is_send::<dynamic::Publisher>();
    is_send::<dynamic::Subscriber>();
    is_send::<slotcast::observer::Reader>();
    is_send::<slotcast::observer::ObservedTopic>();
    fn is_shared<T: Send + Sync>() {}
    is_shared::<dynamic::Sample>();
    is_shared::<Layout>();
    is_shared::<Value>();
}

#[test]
fn samples_are_kept_while_more_are_received() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("kept").domain(&domain).create().unwrap();
    let mut subscriber = dynamic::Subscriber::builder("kept").domain(&domain).create().unwrap();
    for number in 0..10 {
        publisher.publish(&number).unwrap();
    }
    let samples: Vec<_> = subscriber.try_iter().map(Result::unwrap).collect();
    let values: Vec<_> = samples.iter().map(|sample| sample.value().unwrap()).collect();
    assert_eq!(values, (0..10).map(Value::Int).collect::<Vec<_>>());
}

#[test]
fn without_a_publisher_the_layout_is_unknown() {
    let domain = TempDomain::new();
    let error = dynamic::Subscriber::builder("none").domain(&domain).create().unwrap_err();
    assert!(matches!(error, OpenError::NoPublisher { .. }));
    assert_eq!(
        error.to_string(),
        "topic \"none\" has no publisher, so the layout of its messages is not known: start a publisher first, or set \
         the layout where this is created"
    );
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0], "looking makes nothing");
    let layout = Layout::of::<Pose>().unwrap();
    let mut early = dynamic::Subscriber::builder("none").layout(&layout).domain(&domain).create().unwrap();
    let error = dynamic::Subscriber::builder("none").domain(&domain).create().unwrap_err();
    assert!(matches!(error, OpenError::NoPublisher { .. }), "a subscriber does not say");
    let mut publisher = Publisher::<Pose>::builder("none").domain(&domain).create().unwrap();
    publisher.publish(&pose()).unwrap();
    assert_eq!(early.try_recv().unwrap().unwrap().value().unwrap().get("x"), Some(&Value::F64(1.5)));
    assert_eq!(Layout::published("none", &domain).unwrap().hash(), Pose::HASH);
}

#[test]
fn foreign_layouts_and_bytes_are_refused() {
    let domain = TempDomain::new();
    let layout = Layout::of::<Pose>().unwrap();
    let mut publisher = dynamic::Publisher::builder("strict", &layout).exclusive().domain(&domain).create().unwrap();
    let mismatch = Subscriber::<u64>::builder("strict").domain(&domain).create().unwrap_err();
    assert!(mismatch.to_string().starts_with("topic \"strict\": u64 of this subscriber does not match"), "{mismatch}");
    let mut bytes = vec![0; layout.size()];
    bytes[18] = 2;
    let error = publisher.publish_bytes(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "field `flags[2]` is 2, not a bool (0 or 1)");
    assert!(matches!(publisher.publish_bytes(&bytes[1..]), Err(PublishError::Bytes(_))));
    let error = publisher.publish(&Value::from([("x", 1.into())])).unwrap_err();
    assert_eq!(error.to_string(), "field `y` is missing: it is f64 (a number)");
    assert_eq!(publisher.publish_bytes(&[0; 24]), Ok(0), "what failed took no sequence");
}

#[test]
fn a_subscriber_stays_with_its_layout() {
    let domain = TempDomain::new();
    let publisher = Publisher::<u64>::builder("changing").domain(&domain).create().unwrap();
    let mut subscriber = dynamic::Subscriber::builder("changing").domain(&domain).create().unwrap();
    drop(publisher);
    let _other = Publisher::<Pose>::builder("changing").domain(&domain).create().unwrap();
    assert!(matches!(subscriber.try_recv(), Err(RecvError::Mismatch(_))));
    assert!(subscriber.try_recv().unwrap().is_none());
}

#[test]
fn child_publishes_values() {
    testing::process(|script| {
        let layout = Layout::of::<Pose>().unwrap();
        let mut publisher =
            dynamic::Publisher::builder("far", &layout).name("far away").domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("go");
        publisher.publish(&layout.decode(&[0; 24]).unwrap()).unwrap();
        script.hear("end");
    });
}

#[test]
fn another_process_is_subscribed_to_without_knowing_its_types() {
    let domain = TempDomain::new();
    let mut other = Process::start("interop::child_publishes_values", &domain, &[]);
    other.expect("ready");
    let mut subscriber = dynamic::Subscriber::builder("far").domain(&domain).create().unwrap();
    assert_eq!(subscriber.publishers().unwrap()[0].name, "far away");
    other.tell("go");
    let mut sample = None;
    until("it has come", || {
        sample = subscriber.try_recv().unwrap();
        sample.is_some()
    });
    assert_eq!(
        sample.unwrap().value().unwrap().to_string(),
        "{x: 0.0, y: 0.0, flags: [false, false, false, false], heading: 0.0}"
    );
    other.tell("end");
    other.finish();
}
