//! Events between real processes: nothing is lost, whoever sleeps, joins late or dies.

mod hostile;
mod ids;
mod waiting;

use slotcast::testing::{self, Action, PATIENCE, Process, TempDomain};
use slotcast::{Domain, EndpointId, Listener, Notice, Notifier};
use slotcast_tests::random::Random;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn notifier(domain: &Domain) -> Notifier {
    Notifier::builder("door").domain(domain).create().unwrap()
}

fn listener(domain: &Domain) -> Listener {
    Listener::builder("door").domain(domain).create().unwrap()
}

/// Returns the next notice.
#[track_caller]
fn next(listener: &mut Listener) -> Notice {
    listener.recv_timeout(PATIENCE).unwrap().expect("something is heard")
}

/// Adds up how often an event is heard, until the notifier has ended. Returns that, and whether it
/// has died.
fn hear_to_the_end(listener: &mut Listener, id: u8) -> (u64, bool) {
    let mut heard = 0;
    loop {
        match next(listener) {
            Notice::Event { id: told, count, .. } if told == id => heard += count,
            Notice::Event { .. } | Notice::Joined(_) => {}
            Notice::Left(_) => return (heard, false),
            Notice::Died(_) => return (heard, true),
            other => panic!("{other}"),
        }
    }
}

/// Argument: how often. Tells of event 7 when it is told to, and leaves at the end.
#[test]
fn child_notifies() {
    testing::process(|script| {
        let mut notifier = notifier(script.domain());
        script.say("ready");
        script.hear("notify");
        for _ in 0..script.argument(0) {
            notifier.notify(7).unwrap();
        }
        script.say("notified");
        script.hear("end");
    });
}

#[test]
fn a_million_events_are_coalesced_and_none_is_lost() {
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    let mut other = Process::start("child_notifies", &domain, &["1000000"]);
    other.expect("ready");
    assert!(matches!(next(&mut listener), Notice::Joined(_)));
    other.tell("notify");
    let mut heard = 0;
    while heard < 1_000_000 {
        let (id, count) = next(&mut listener).event().unwrap();
        assert_eq!(id, 7);
        heard += count;
    }
    other.expect("notified");
    other.tell("end");
    assert_eq!(heard, 1_000_000);
    assert!(matches!(next(&mut listener), Notice::Left(_)));
    other.finish();
}

#[test]
fn a_killed_notifiers_last_events_are_heard_before_its_death() {
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    let mut other = Process::start("child_notifies", &domain, &["1000"]);
    other.expect("ready");
    assert!(matches!(next(&mut listener), Notice::Joined(_)));
    other.tell("notify");
    other.expect("notified");
    other.kill();
    assert_eq!(next(&mut listener).event(), Some((7, 1000)));
    assert!(matches!(next(&mut listener), Notice::Died(_)));
    assert!(listener.try_recv().unwrap().is_none());
}

/// At each point of the protocol the event is either told or was never begun.
#[test]
fn a_death_at_each_point_loses_nothing() {
    let points = ["notify.counted", "notify.grouped"];
    for (point, visit) in points.into_iter().flat_map(|point| [1, 5, 700].map(|visit| (point, visit))) {
        let domain = TempDomain::new();
        let mut listener = listener(&domain);
        let mut other = Process::start_until("child_notifies", &domain, &["1000"], point, visit, Action::Kill);
        other.expect("ready");
        assert!(matches!(next(&mut listener), Notice::Joined(_)));
        other.tell("notify");
        assert_eq!(hear_to_the_end(&mut listener, 7), (visit, true), "{point}");
    }
}

/// A death is told soon: it is not waited for longer than a slice.
#[test]
fn a_sleeping_listener_is_told_of_a_death() {
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    let mut other = Process::start("child_notifies", &domain, &["1"]);
    other.expect("ready");
    assert!(matches!(next(&mut listener), Notice::Joined(_)));
    let start = Instant::now();
    other.kill();
    assert!(matches!(next(&mut listener), Notice::Died(_)));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn who_joins_late_hears_from_then_on_or_everything() {
    let domain = TempDomain::new();
    let mut notifier = notifier(&domain);
    notifier.notify(1).unwrap();
    notifier.notify(1).unwrap();
    let mut late = listener(&domain);
    let mut curious = Listener::<u8>::builder("door").domain(&domain).from_start().create().unwrap();
    notifier.notify(1).unwrap();
    assert_eq!(notifier.count(1), 3);
    for (listener, count) in [(&mut late, 1), (&mut curious, 3)] {
        assert!(matches!(next(listener), Notice::Joined(_)));
        assert_eq!(next(listener).event(), Some((1, count)));
        assert!(listener.try_recv().unwrap().is_none());
    }
    assert!(notifier.wait_for_listeners(2, PATIENCE).unwrap());
}

/// Arguments: a seed, and how often at least. Tells of all ids at random for a while, and leaves.
#[test]
fn child_storms() {
    testing::process(|script| {
        let mut notifier = notifier(script.domain());
        script.say("ready");
        script.hear("notify");
        let mut random = Random::new(script.argument(0));
        let (start, mut rest) = (Instant::now(), script.argument::<u64>(1));
        while start.elapsed() < Duration::from_millis(300) || rest > 0 {
            rest = rest.saturating_sub(100);
            for _ in 0..100 {
                notifier.notify(u8::try_from(random.next() >> 56).unwrap()).unwrap();
            }
        }
        let all: Vec<String> = (0..=u8::MAX).map(|id| notifier.count(id).to_string()).collect();
        script.say(&all.join(" "));
    });
}

/// What a listener has heard of a notifier, and whether that has died.
struct Heard {
    counts: [u64; 256],
    has_died: Option<bool>,
}

/// Hears until all that are known have ended.
fn hear_all(listener: &mut Listener, mut heard: BTreeMap<EndpointId, Heard>) -> BTreeMap<EndpointId, Heard> {
    while heard.values().any(|heard| heard.has_died.is_none()) {
        match next(listener) {
            Notice::Event { id, count, notifier } => {
                let heard = heard.get_mut(&notifier.id).expect("it has joined");
                assert!(heard.has_died.is_none(), "an event after the end");
                heard.counts[usize::from(id)] += count;
            }
            Notice::Left(notifier) => heard.get_mut(&notifier.id).expect("it has joined").has_died = Some(false),
            Notice::Died(notifier) => heard.get_mut(&notifier.id).expect("it has joined").has_died = Some(true),
            other => panic!("{other}"),
        }
    }
    heard
}

/// Several tell at once; two of them are killed, each at another point of the protocol.
#[test]
fn in_a_storm_each_listener_hears_each_event_once() {
    const KILLS: [(&str, u64); 2] = [("notify.counted", 70_001), ("notify.grouped", 30_003)];
    let domain = TempDomain::new();
    let mut listeners = [listener(&domain), listener(&domain)];
    let mut others = ["1", "2", "3"].map(|seed| Process::start("child_storms", &domain, &[seed, "0"]));
    let mut killed = KILLS.map(|(point, visit)| {
        let least = (visit + 1).to_string();
        Process::start_until("child_storms", &domain, &["4", &least], point, visit, Action::Kill)
    });
    others.iter_mut().chain(&mut killed).for_each(|other| other.expect("ready"));
    // They are found while they live: what nobody has opened dies with its owner.
    let known = listeners.each_mut().map(|listener| {
        let mut joined = || match next(listener) {
            Notice::Joined(notifier) => (notifier.id, Heard { counts: [0; 256], has_died: None }),
            other => panic!("{other}"),
        };
        (0..others.len() + killed.len()).map(|_| joined()).collect::<BTreeMap<_, _>>()
    });
    others.iter_mut().chain(&mut killed).for_each(|other| other.tell("notify"));
    let heard = std::thread::scope(|scope| {
        let mut known = known.into_iter();
        let hearing = listeners.each_mut().map(|listener| {
            let known = known.next().unwrap();
            scope.spawn(move || hear_all(listener, known))
        });
        hearing.map(|hearing| hearing.join().unwrap())
    });
    let mut told: Vec<Vec<u64>> = others.iter_mut().map(|other| numbers(&other.listen())).collect();
    told.sort();
    let of = |heard: &BTreeMap<EndpointId, Heard>, has_died: bool| {
        let ended = heard.values().filter(|heard| heard.has_died == Some(has_died));
        let mut counts: Vec<Vec<u64>> = ended.map(|heard| heard.counts.to_vec()).collect();
        counts.sort();
        counts
    };
    for heard in &heard {
        assert_eq!(of(heard, false), told);
        let mut totals: Vec<u64> = of(heard, true).iter().map(|counts| counts.iter().sum()).collect();
        totals.sort_unstable();
        let mut visits = KILLS.map(|(_, visit)| visit);
        visits.sort_unstable();
        assert_eq!(totals, visits, "the event during which each was killed is the last");
    }
    assert_eq!(of(&heard[0], true), of(&heard[1], true));
}

fn numbers(text: &str) -> Vec<u64> {
    text.split(' ').map(|number| number.parse().unwrap()).collect()
}

#[test]
fn a_registry_that_was_removed_is_restored() {
    let domain = TempDomain::new();
    let (mut notifier, mut listener) = (notifier(&domain), listener(&domain));
    assert!(matches!(next(&mut listener), Notice::Joined(_)));
    std::fs::remove_dir_all(domain.path()).unwrap();
    assert!(notifier.refresh().unwrap());
    assert!(listener.refresh().unwrap());
    notifier.notify(3).unwrap();
    assert_eq!(next(&mut listener).event(), Some((3, 1)));
    let mut new = crate::listener(&domain);
    assert!(matches!(next(&mut new), Notice::Joined(_)));
}
