//! What one process publishes, another receives, or counts as lost.

use crate::messages::Counted;
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Publisher, Subscriber};

/// Publishes `argument 0` messages, numbered from `argument 1`, and stays until the test ends it.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = Publisher::<Counted>::builder("exchange").domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("go");
        let (count, first): (u64, u64) = (script.argument(0), script.argument(1));
        for number in first..first + count {
            publisher.publish(&Counted::new(number)).unwrap();
        }
        script.say("published");
        script.hear("end");
    });
}

fn subscribe(domain: &TempDomain) -> Subscriber<Counted> {
    Subscriber::builder("exchange").domain(domain).create().unwrap()
}

#[test]
fn every_message_of_another_process_is_received_or_counted_as_lost() {
    const COUNT: u64 = 200_000;
    let domain = TempDomain::new();
    let mut subscriber = subscribe(&domain);
    let mut other = Process::start("exchange::child_publishes", &domain, &[&COUNT.to_string(), "0"]);
    other.expect("ready");
    other.tell("go");
    let mut received = 0;
    let mut lost = 0;
    until("all messages have been received or counted", || {
        while let Some(sample) = subscriber.try_recv().unwrap() {
            assert!(sample.is_whole(), "{sample:?}");
            lost += sample.lost_before();
            assert_eq!(sample.sequence(), received + lost);
            assert_eq!(sample.number, sample.sequence());
            received += 1;
        }
        received + lost == COUNT
    });
    assert_eq!(subscriber.lost(), lost);
    other.expect("published");
    other.tell("end");
    other.finish();
}

#[test]
fn a_publisher_that_is_killed_is_read_to_its_end_and_another_takes_over() {
    let domain = TempDomain::new();
    let mut subscriber = subscribe(&domain);
    let mut first = Process::start("exchange::child_publishes", &domain, &["10", "0"]);
    first.expect("ready");
    assert_eq!(subscriber.publishers().unwrap().len(), 1); // from now on its ring is mapped here too
    first.tell("go");
    first.expect("published");
    first.kill();

    let mut second = Process::start("exchange::child_publishes", &domain, &["10", "10"]);
    second.expect("ready");
    second.tell("go");
    second.expect("published");

    let numbers: Vec<_> = subscriber.try_iter().map(|sample| sample.unwrap().number).collect();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..20).collect::<Vec<_>>(), "both publishers, from their first message: {numbers:?}");
    assert_eq!(subscriber.lost(), 0);
    let publishers = subscriber.publishers().unwrap();
    assert_eq!(publishers.iter().map(|publisher| publisher.pid).collect::<Vec<_>>(), [second.id()]);

    second.tell("end");
    second.finish();
    assert_eq!(subscriber.publishers().unwrap(), []);
    drop(subscriber);
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[test]
fn cleaning_removes_what_the_dead_left_and_nothing_of_the_living() {
    let domain = TempDomain::new();
    let publisher = Publisher::<Counted>::builder("living").domain(&domain).create().unwrap();
    for topic in ["living", "exchange"] {
        let mut other = Process::start("exchange::child_holds", &domain, &[topic]);
        other.expect("ready");
        other.kill();
    }
    let entries = || std::fs::read_dir(domain.path().join("living")).unwrap().count();
    assert_eq!((domain.topics().unwrap().len(), entries()), (2, 5), "topic, schema, and three entries");
    domain.clean().unwrap();
    assert_eq!(domain.topics().unwrap().iter().map(|topic| topic.as_str()).collect::<Vec<_>>(), ["living"]);
    assert_eq!(entries(), 3, "topic, schema, and the living publisher's entry");
    let mut late = Subscriber::<Counted>::builder("living").domain(&domain).create().unwrap();
    assert_eq!(late.publishers().unwrap().len(), 1);
    drop((publisher, late));
    domain.clean().unwrap();
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

/// Has a publisher and a subscriber on the topic `argument 0`, until it is killed.
#[test]
fn child_holds() {
    testing::process(|script| {
        let topic: String = script.argument(0);
        let publisher = Publisher::<Counted>::builder(topic.as_str()).domain(script.domain()).create().unwrap();
        let subscriber = Subscriber::<Counted>::builder(topic).domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("end");
        drop((publisher, subscriber));
    });
}

#[test]
fn a_late_subscriber_starts_at_the_head_or_with_history() {
    let domain = TempDomain::new();
    let mut other = Process::start("exchange::child_publishes", &domain, &["100", "0"]);
    other.expect("ready");
    let mut early = subscribe(&domain);
    other.tell("go");
    other.expect("published");
    assert_eq!(early.try_recv().unwrap().unwrap().sequence(), 0);

    assert!(subscribe(&domain).try_recv().unwrap().is_none());
    let mut late = Subscriber::<Counted>::builder("exchange").domain(&domain).history(5).create().unwrap();
    let numbers: Vec<_> = late.try_iter().map(|sample| sample.unwrap().number).collect();
    assert_eq!(numbers, [95, 96, 97, 98, 99]);
    let mut greedy = Subscriber::<Counted>::builder("exchange").domain(&domain).history(1000).create().unwrap();
    assert_eq!(greedy.try_recv().unwrap().unwrap().number, 100 - 64, "no more than the depth");
    other.tell("end");
    other.finish();
}

#[test]
fn a_publisher_sees_subscribers_join_and_leave() {
    let domain = TempDomain::new();
    let publisher = Publisher::<Counted>::builder("exchange").domain(&domain).create().unwrap();
    assert_eq!(publisher.subscribers().unwrap(), []);
    let subscriber = Subscriber::<Counted>::builder("exchange").domain(&domain).name("left wheel").create().unwrap();
    let seen = publisher.subscribers().unwrap();
    assert_eq!(
        seen.iter().map(|peer| (peer.pid, peer.name.as_str())).collect::<Vec<_>>(),
        [(std::process::id(), "left wheel")]
    );
    drop(subscriber);
    assert_eq!(publisher.subscribers().unwrap(), []);
}
