//! The counters of endpoints that an observer has opened.

use slotcast::observer::{MessageInfo, ObservedPublisher, ObservedSubscriber, ObservedTopic};
use slotcast::registry::Role;
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Observer, ProcessState, Publisher, Subscriber};

fn topic(domain: &TempDomain, name: &str) -> ObservedTopic {
    Observer::new(domain).topic(name).unwrap().expect("it has an endpoint")
}

fn publisher(topic: &ObservedTopic) -> ObservedPublisher {
    let mut endpoints = topic.endpoints().unwrap().into_iter().filter_map(|endpoint| endpoint.peer.ok());
    let peer = endpoints.find(|peer| peer.role == Role::Publisher).expect("a publisher");
    topic.publisher(peer).unwrap()
}

fn subscriber(topic: &ObservedTopic) -> ObservedSubscriber {
    let mut endpoints = topic.endpoints().unwrap().into_iter().filter_map(|endpoint| endpoint.peer.ok());
    let peer = endpoints.find(|peer| peer.role == Role::Subscriber).expect("a subscriber");
    topic.subscriber(peer).unwrap()
}

#[test]
fn messages_are_counted_while_the_publisher_lives_and_after_it() {
    let domain = TempDomain::new();
    let mut own = Publisher::<u64>::builder("counter").depth(4).domain(&domain).create().unwrap();
    (0..3).for_each(|number| assert_eq!(own.publish(&number), Ok(number)));
    let topic = topic(&domain, "counter");
    let observed = publisher(&topic);
    assert_eq!((observed.published(), observed.depth(), observed.size()), (3, 4, Some(8)));
    assert_eq!((observed.timestamps(), observed.state()), (false, Some(ProcessState::Running)));
    let message = |sequence| MessageInfo { sequence, time: None, bytes: 8 };
    assert_eq!(observed.messages_since(1).collect::<Vec<_>>(), [1, 2].map(message));
    let before = observed.activity();
    (3..10).for_each(|number| assert_eq!(own.publish(&number), Ok(number)));
    let in_ring: Vec<_> = observed.messages_since(0).collect();
    assert_eq!(in_ring, (2..10).map(message).collect::<Vec<_>>(), "as many as the ring has cells");
    assert_eq!(observed.messages_since(u64::MAX).count(), 0);
    assert_ne!(observed.activity(), before);
    let joins = topic.joins(Role::Publisher);
    drop(own);
    assert_eq!((observed.published(), observed.state()), (10, None));
    assert_eq!(observed.messages_since(8).collect::<Vec<_>>(), [8, 9].map(message));
    assert_ne!(topic.joins(Role::Publisher), joins);
    assert!(!topic.is_current(), "it was the last");
}

#[test]
fn asserting_to_be_alive_is_an_activity() {
    let domain = TempDomain::new();
    let builder = Publisher::<u64>::builder("counter").domain(&domain);
    let mut own = builder.alive_every(std::time::Duration::from_secs(60)).create().unwrap();
    let topic = topic(&domain, "counter");
    let observed = publisher(&topic);
    let before = observed.activity();
    own.assert_alive();
    assert_ne!(observed.activity(), before);
}

#[test]
fn sizes_and_times_of_large_messages_are_known_without_reading_them() {
    let domain = TempDomain::new();
    let mut own = Publisher::<[u8]>::builder("blobs").domain(&domain).create().unwrap();
    let before = slotcast::now_ns();
    for bytes in [0, 5, 70_000] {
        own.publish_slice(&vec![1; bytes]).unwrap();
    }
    let topic = topic(&domain, "blobs");
    let observed = publisher(&topic);
    assert_eq!((observed.size(), observed.timestamps()), (None, true));
    let messages: Vec<_> = observed.messages_since(0).collect();
    assert_eq!(messages.iter().map(|message| message.bytes).collect::<Vec<_>>(), [0, 5, 70_000]);
    let times: Vec<_> = messages.iter().map(|message| message.time.expect("they carry it")).collect();
    assert!(times.is_sorted() && before <= times[0] && times[2] <= slotcast::now_ns(), "{times:?}");
    let memory = topic.memory(observed.peer()).unwrap();
    assert!((70_000..memory.reserved).contains(&memory.allocated), "{memory:?}");
}

#[test]
fn what_a_subscriber_received_lost_and_holds_is_counted() {
    let domain = TempDomain::new();
    let mut own = Publisher::<[u8; 2000]>::builder("blobs").depth(4).domain(&domain).create().unwrap();
    let mut reading = Subscriber::<[u8; 2000]>::builder("blobs").max_samples(3).domain(&domain).create().unwrap();
    let topic = topic(&domain, "blobs");
    let observed = subscriber(&topic);
    assert_eq!((observed.held(), observed.max_held(), observed.state()), (0, 3, Some(ProcessState::Running)));
    (0..10).for_each(|number| assert_eq!(own.publish(&[0; 2000]), Ok(number)));
    let held: Vec<_> = std::iter::from_fn(|| reading.try_recv().unwrap()).take(2).collect();
    assert_eq!((observed.received(), observed.lost(), observed.skipped()), (2, 6, 0));
    assert_eq!(observed.held(), held.len());
    let progress = observed.progress_with(own.id()).expect("it reads it");
    assert_eq!((progress.cursor, observed.progress().count()), (8, 1));
    drop(held);
    assert_eq!(observed.held(), 0);
    drop(own);
    until("it has read all and detached", || reading.try_recv().unwrap().is_none() && observed.progress().count() == 0);
    assert_eq!((observed.received(), observed.lost(), observed.past().received()), (4, 6, 4));
    drop(reading);
    assert_eq!((observed.received(), observed.lost(), observed.state()), (4, 6, None));
}

#[test]
fn an_endpoint_of_the_other_role_is_refused() {
    let domain = TempDomain::new();
    let _own = Publisher::<u64>::builder("counter").domain(&domain).create().unwrap();
    let _reading = Subscriber::<u64>::builder("counter").domain(&domain).create().unwrap();
    let topic = topic(&domain, "counter");
    let [publisher, subscriber] = <[_; 2]>::try_from(topic.endpoints().unwrap()).unwrap();
    assert!(topic.subscriber(publisher.peer.unwrap()).is_err());
    assert!(topic.publisher(subscriber.peer.unwrap()).is_err());
}

#[test]
fn child_publishes_until_it_is_killed() {
    testing::process(|script| {
        let mut publisher = Publisher::<u64>::builder("dying").domain(script.domain()).create().unwrap();
        publisher.publish(&7).unwrap();
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn a_stopped_process_is_seen_as_stopped_and_a_dead_one_as_ended() {
    let domain = TempDomain::new();
    let mut other = Process::start("counters::child_publishes_until_it_is_killed", &domain, &[]);
    other.expect("published");
    let topic = topic(&domain, "dying");
    let observed = publisher(&topic);
    assert_eq!((observed.published(), observed.state()), (1, Some(ProcessState::Running)));
    other.stop();
    assert_eq!(observed.state(), Some(ProcessState::Stopped));
    other.kill();
    assert_eq!((observed.published(), observed.state()), (1, None));
}
