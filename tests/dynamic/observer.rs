//! What an observer sees.

use crate::messages::{Pose, pose};
use slotcast::dynamic::{OpenError, Value};
use slotcast::registry::Role;
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Observer, Publisher, RecvError, Subscriber};

fn publisher(domain: &TempDomain) -> Publisher<u64> {
    Publisher::builder("robot/wheel").name("left").depth(16).domain(domain).create().unwrap()
}

fn numbers(reader: &mut slotcast::observer::Reader) -> Vec<Value> {
    reader.try_iter().map(|sample| sample.unwrap().value().unwrap()).collect()
}

#[test]
fn topics_are_listed_and_nothing_else() {
    let domain = TempDomain::new();
    let observer = Observer::new(&domain);
    assert_eq!(observer.topics().unwrap(), []);
    assert!(observer.topic("robot/wheel").unwrap().is_none());
    assert!(!domain.path().exists(), "looking makes nothing");
    let _one = publisher(&domain);
    let _two = Publisher::<u64>::builder("a").domain(&domain).create().unwrap();
    std::fs::create_dir(domain.path().join(".hidden")).unwrap();
    std::fs::create_dir(domain.path().join("no topic")).unwrap();
    std::fs::create_dir(domain.path().join("ends+")).unwrap();
    let names: Vec<_> = observer.topics().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a", "robot/wheel"]);
    assert!(observer.topic("no topic").is_err());
    let empty = domain.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    std::fs::set_permissions(&empty, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let error = observer.topic("empty").unwrap_err().to_string();
    assert!(error.contains("accessible to other users"), "{error}");
    std::fs::set_permissions(&empty, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    assert!(observer.topic("empty").unwrap().is_none());
}

#[test]
fn endpoints_are_described() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    let mut subscriber = Subscriber::<u64>::builder("robot/wheel").history(3).domain(&domain).create().unwrap();
    (0..20).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    while subscriber.try_recv().unwrap().is_some() {}
    let topic = Observer::new(&domain).topic("robot/wheel").unwrap().unwrap();
    assert_eq!(topic.name().as_str(), "robot/wheel");
    assert_eq!(topic.layout().unwrap().schema().name, "u64");
    let endpoints = topic.endpoints().unwrap();
    let [of_publisher, of_subscriber] = &endpoints[..] else { panic!("{endpoints:?}") };
    let peer = of_publisher.peer.as_ref().unwrap();
    assert_eq!((peer.role, peer.id, peer.name.name.as_str()), (Role::Publisher, publisher.id(), "left"));
    assert_eq!((peer.name.pid, peer.qos.depth, of_publisher.alive), (std::process::id(), 16, true));
    assert_eq!(topic.published(peer).unwrap(), 20);
    assert!(topic.progress(peer).is_err());
    let peer = of_subscriber.peer.as_ref().unwrap();
    assert_eq!((peer.role, peer.qos.history, of_subscriber.alive), (Role::Subscriber, 3, true));
    let (with, total) = topic.progress(peer).unwrap();
    assert_eq!((with.len(), with[0].0, with[0].1.cursor), (1, publisher.id(), 20));
    assert_eq!((with[0].1.received() + with[0].1.lost, total.cursor), (20, 0));
    assert!(topic.published(peer).is_err());
}

#[test]
fn a_topic_is_read_with_history_and_followed() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    (0..5).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    let topic = Observer::new(&domain).topic("robot/wheel").unwrap().unwrap();
    let mut reader = topic.read(2).unwrap();
    let mut late = topic.read(0).unwrap();
    assert_eq!(numbers(&mut reader), [3, 4].map(Value::Int));
    assert_eq!(numbers(&mut late), []);
    publisher.publish(&5).unwrap();
    assert_eq!(numbers(&mut reader), [5].map(Value::Int));
    assert_eq!(numbers(&mut late), [5].map(Value::Int));
    (6..1000).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    assert_eq!(numbers(&mut reader), (984..1000).map(Value::Int).collect::<Vec<_>>(), "the depth of 16");
    assert_eq!(reader.lost(), 984 - 6);

    let mut other = Publisher::<u64>::builder("robot/wheel").domain(&domain).create().unwrap();
    other.publish(&7).unwrap();
    assert_eq!(numbers(&mut reader), [7].map(Value::Int), "a later publisher, from its first message");
    assert_eq!(reader.publishers().len(), 2);
    drop((publisher, other));
    until("both have left", || reader.try_recv().unwrap().is_none() && reader.publishers().is_empty());
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0], "an observer keeps nothing");
}

#[test]
fn a_topic_that_ends_and_begins_again_is_followed() {
    let domain = TempDomain::new();
    let first = publisher(&domain);
    let mut reader = Observer::new(&domain).topic("robot/wheel").unwrap().unwrap().read(0).unwrap();
    drop(first);
    assert!(!domain.path().join("robot+wheel").exists());
    assert!(reader.try_recv().unwrap().is_none());
    let mut second = publisher(&domain);
    second.publish(&42).unwrap();
    let mut sample = None;
    until("the second one's message has come", || {
        sample = reader.try_recv().unwrap();
        sample.is_some()
    });
    assert_eq!(sample.unwrap().publisher(), second.id());
    drop(second);

    let _third = Publisher::<Pose>::builder("robot/wheel").domain(&domain).create().unwrap();
    let mut error = None;
    until("the third one is met", || {
        error = reader.try_recv().err();
        error.is_some()
    });
    assert!(matches!(error, Some(RecvError::Mismatch(_))));
    assert!(reader.try_recv().unwrap().is_none(), "it is reported once");
}

#[test]
fn without_a_publisher_nothing_can_be_read() {
    let domain = TempDomain::new();
    let _subscriber = Subscriber::<Pose>::builder("silent").domain(&domain).create().unwrap();
    let topic = Observer::new(&domain).topic("silent").unwrap().unwrap();
    assert!(matches!(topic.read(0), Err(OpenError::NoPublisher { .. })));
    assert_eq!(topic.endpoints().unwrap().len(), 1);
}

#[test]
fn child_publishes_a_pose() {
    testing::process(|script| {
        let mut publisher = Publisher::<Pose>::builder("dying").domain(script.domain()).create().unwrap();
        publisher.publish(&pose()).unwrap();
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn the_dead_are_listed_and_not_removed() {
    let domain = TempDomain::new();
    let mut other = Process::start("observer::child_publishes_a_pose", &domain, &[]);
    other.expect("published");
    let topic = Observer::new(&domain).topic("dying").unwrap().unwrap();
    let mut reader = topic.read(1).unwrap();
    other.kill();
    let endpoints = topic.endpoints().unwrap();
    assert_eq!(endpoints.iter().map(|endpoint| endpoint.alive).collect::<Vec<_>>(), [false]);
    let peer = endpoints[0].peer.as_ref().unwrap();
    assert_eq!((peer.name.pid, &*peer.schema.name), (other.id(), "Pose"));
    assert!(matches!(topic.layout(), Err(OpenError::NoPublisher { .. })));
    assert_eq!(reader.try_recv().unwrap().unwrap().value().unwrap().get("x"), Some(&Value::F64(1.5)));
    until("its end is noticed", || reader.try_recv().unwrap().is_none() && reader.publishers().is_empty());
    assert_eq!(topic.endpoints().unwrap().len(), 1, "an observer removes nothing");
}

#[test]
fn a_reader_takes_the_newest_only() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    (0..5).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    let topic = Observer::new(&domain).topic("robot/wheel").unwrap().unwrap();
    let mut reader = topic.read(16).unwrap().latest();
    assert_eq!(numbers(&mut reader), [Value::Int(4)]);
    assert_eq!((reader.skipped(), reader.lost()), (4, 0));
    publisher.publish(&5).unwrap();
    assert_eq!(numbers(&mut reader), [Value::Int(5)]);
    assert_eq!(reader.skipped(), 4);
}

#[test]
fn a_reader_takes_no_more_than_its_rate() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    let topic = Observer::new(&domain).topic("robot/wheel").unwrap().unwrap();
    // Beyond the test's end: one message.
    let mut slow = topic.read(0).unwrap().rate_limit(1e-4).unwrap();
    let mut fast = topic.read(0).unwrap().rate_limit(1e9).unwrap();
    for number in 0..10 {
        publisher.publish(&number).unwrap();
        let newest = Value::from(number);
        assert_eq!(numbers(&mut slow), if number == 0 { vec![newest] } else { vec![] });
        let mut last = None;
        until("the newest is received", || {
            last = numbers(&mut fast).pop().or(last.take());
            last == Some(Value::from(number))
        });
    }
    for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = topic.read(0).unwrap().rate_limit(wrong).unwrap_err().to_string();
        assert!(error.contains("`rate_limit` is"), "{error}");
    }
}
