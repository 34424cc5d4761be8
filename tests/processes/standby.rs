//! Hot standby: publishers that wait for an exclusive one, and take over when it ends.

use slotcast::registry::{Peer, Role, TopicDirectory};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{CreateError, Domain, Publisher, PublisherBuilder, Subscriber, TopicName};
use std::time::{Duration, Instant};

/// The process that has published it, and its number there.
type Message = [u64; 2];

fn builder(domain: &Domain) -> PublisherBuilder<Message> {
    Publisher::builder("leader").domain(domain).exclusive()
}

fn subscriber(domain: &Domain) -> Subscriber<Message> {
    Subscriber::builder("leader").domain(domain).create().unwrap()
}

#[track_caller]
fn next(subscriber: &mut Subscriber<Message>) -> Message {
    *subscriber.recv_timeout(PATIENCE).unwrap().expect("a message")
}

/// Argument: how many messages it publishes when it is told to, after a first one.
#[test]
fn child_leads() {
    testing::process(|script| {
        script.say("stands by");
        let mut publisher = builder(script.domain()).depth(1024).wait(Duration::MAX).create().unwrap();
        let me = u64::from(std::process::id());
        publisher.publish(&[me, 0]).unwrap();
        script.hear("publish");
        for number in 1..=script.argument(0) {
            publisher.publish(&[me, number]).unwrap();
        }
        script.say("published");
        script.hear("end");
    });
}

fn stand_by(domain: &Domain) -> Process {
    let mut process = Process::start("standby::child_leads", domain, &["500"]);
    process.expect("stands by");
    process
}

/// Three stand by in each round. One takes over, after all that was published is delivered.
#[test]
fn of_several_one_takes_over_and_nothing_is_lost() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain);
    let mut processes: Vec<Process> = (0..3).map(|_| stand_by(&domain)).collect();
    let mut slowest = Duration::ZERO;
    for round in 0..25 {
        let [pid, number] = next(&mut subscriber);
        assert_eq!(number, 0, "round {round}");
        let at = processes.iter().position(|process| u64::from(process.id()) == pid).unwrap();
        let mut leader = processes.swap_remove(at);
        leader.tell("publish");
        leader.expect("published");
        if round % 2 == 0 {
            let begun = Instant::now();
            leader.kill();
            let standing = successors(&domain, pid);
            slowest = slowest.max(begun.elapsed());
            assert_eq!(standing, 1, "one publisher at a time");
        } else {
            leader.tell("end");
            leader.finish();
        }
        for number in 1..=500 {
            assert_eq!(next(&mut subscriber), [pid, number], "round {round}");
        }
        assert_eq!(subscriber.lost(), 0);
        processes.push(stand_by(&domain));
    }
    println!("the slowest hand-over took {slowest:?}");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

/// Waits until another process than `dead` publishes, and returns how many do.
fn successors(domain: &Domain, dead: u64) -> usize {
    let mut count = 0;
    testing::until("another one publishes", || {
        count = publishers(domain).iter().filter(|peer| u64::from(peer.name.pid) != dead).count();
        count != 0
    });
    count
}

/// Returns the publishers that live.
fn publishers(domain: &Domain) -> Vec<Peer> {
    let topic = TopicDirectory::enter(domain, &TopicName::new("leader").unwrap()).unwrap();
    let names = topic.names(Role::Publisher).unwrap();
    names.iter().filter_map(|name| topic.open(name).unwrap().live()).collect()
}

#[test]
fn whoever_waits_too_long_is_refused_and_told_by_whom() {
    let domain = TempDomain::new();
    let leader = builder(&domain).name("first").create().unwrap();
    let begun = Instant::now();
    let Err(CreateError::Exclusive { publisher: Some(publisher), .. }) =
        builder(&domain).wait(Duration::from_millis(50)).create()
    else {
        panic!("the first one lives");
    };
    assert!(begun.elapsed() >= Duration::from_millis(50));
    assert_eq!(publisher.id, leader.id());
    let zero = builder(&domain).wait(Duration::ZERO).create();
    assert!(matches!(zero, Err(CreateError::Exclusive { .. })));
}

/// One that is not exclusive waits for one that is.
#[test]
fn the_place_is_free_as_soon_as_the_first_one_is_dropped() {
    let domain = TempDomain::new();
    let leader = builder(&domain).create().unwrap();
    let waiting = Publisher::<Message>::builder("leader").domain(&domain).wait(PATIENCE);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| waiting.create().unwrap());
        drop(leader);
        waiting.join().unwrap();
    });
}

#[test]
fn another_layout_is_refused_before_the_first_one_ends() {
    let domain = TempDomain::new();
    let _leader = builder(&domain).create().unwrap();
    let other = Publisher::<u64>::builder("leader").domain(&domain).exclusive().wait(Duration::MAX);
    assert!(matches!(other.create(), Err(CreateError::Mismatch(_))));
}

#[test]
fn a_standby_follows_a_topic_that_is_removed_from_outside() {
    let domain = TempDomain::new();
    let _leader = builder(&domain).create().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| builder(&domain).wait(PATIENCE).create().unwrap());
        std::thread::sleep(Duration::from_millis(20)); // not needed: it may wait already, or not
        std::fs::remove_dir_all(domain.path().join("leader")).unwrap();
        let publisher = waiting.join().unwrap();
        assert!(publishers(&domain).iter().any(|peer| peer.id == publisher.id()));
    });
}
