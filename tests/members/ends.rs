//! Leaving and dying, of small and large processes, visible and hidden.

use crate::{A_WHILE, died, joined, left, next, nothing, publisher, subscriber};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{MemberEvent, Membership, Publisher};
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

/// Returns the memberships of both sides: of publishers on "x", and of subscribers to "y".
fn both(domain: &TempDomain) -> [Membership; 2] {
    let subscriber = subscriber(domain);
    let publisher = Publisher::<u64>::builder("y").domain(domain).create().unwrap();
    // They outlive their handles.
    [subscriber.membership().unwrap(), publisher.membership().unwrap()]
}

#[test]
fn present_endpoints_come_first_and_each_is_reported_once() {
    let domain = TempDomain::new();
    let [one, two] = [publisher(&domain), publisher(&domain)];
    let subscriber = subscriber(&domain);
    let (mut publishers, mut subscribers) = (subscriber.membership().unwrap(), one.membership().unwrap());
    let mut present = [joined(&mut publishers).id, joined(&mut publishers).id];
    let mut ids = [one.id(), two.id()];
    present.sort();
    ids.sort();
    assert_eq!(present, ids);
    let name = joined(&mut subscribers);
    assert_eq!(name.pid, std::process::id());
    nothing(&mut publishers);
    nothing(&mut subscribers);
    let id = one.id();
    drop(one);
    assert_eq!(left(&mut publishers), id);
    drop(subscriber);
    assert_eq!(left(&mut subscribers), name.id);
    let three = publisher(&domain);
    assert_eq!(joined(&mut publishers).id, three.id());
    nothing(&mut publishers);
    nothing(&mut subscribers);
    drop((two, three, publishers, subscribers));
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[test]
fn the_topic_stays_while_a_membership_exists() {
    let domain = TempDomain::new();
    let [mut publishers, subscribers] = both(&domain);
    drop(subscribers);
    assert_eq!(domain.leftovers().len(), 1);
    let id = publisher(&domain).id();
    // It joined and left between two scans: both are reported, or neither.
    if let Some(event) = publishers.next_timeout(A_WHILE).unwrap() {
        assert!(matches!(&event, MemberEvent::Joined(peer) if peer.id == id), "{event}");
        assert_eq!(left(&mut publishers), id);
    }
    drop(publishers);
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

fn leaving_and_dying(placement: &str) {
    let domain = TempDomain::new();
    let mut members = both(&domain);
    let mut other = Process::start("child_is_present", &domain, &[placement, "0"]);
    let ids = members.each_mut().map(|membership| joined(membership).id);
    other.expect("ready");
    other.tell("end");
    assert_eq!(members.each_mut().map(left), ids);
    other.expect("left");
    other.tell("end");
    other.finish();

    let mut other = Process::start("child_is_present", &domain, &[placement, "0"]);
    let ids = members.each_mut().map(|membership| joined(membership).id);
    other.expect("ready");
    other.stop();
    for membership in &mut members {
        assert!(membership.next_timeout(A_WHILE).unwrap().is_none(), "a stopped process is not dead");
    }
    other.kill_without_reaping();
    assert_eq!(members.each_mut().map(died), ids, "though nobody has waited for it");
    members.iter_mut().for_each(nothing);
}

#[test]
fn leaving_is_distinguished_from_dying() {
    leaving_and_dying("sealed");
}

#[test]
fn leaving_is_distinguished_from_dying_in_hidden_processes() {
    leaving_and_dying("file");
}

/// The kernel frees the locks of a process only after it has reclaimed its memory: 100 ms for each
/// GiB or so.
#[test]
fn the_death_of_a_large_process_is_reported_at_once() {
    let free = std::fs::read_to_string("/proc/meminfo").unwrap();
    let free = free.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    let free: u64 = free.trim().trim_end_matches(" kB").parse().unwrap();
    let size = if free > 6 << 20 { "2048" } else { "512" };
    let mut times = Vec::new();
    for _ in 0..3 {
        let domain = TempDomain::new();
        let mut members = both(&domain);
        let mut other = Process::start("child_is_present", &domain, &["sealed", size]);
        other.expect("ready");
        let ids = members.each_mut().map(|membership| joined(membership).id);
        // It may have been small when it was first seen. It is measured each second.
        std::thread::sleep(Duration::from_millis(1100));
        members.iter_mut().for_each(nothing);
        let start = Instant::now();
        other.kill_without_reaping();
        assert_eq!(died(&mut members[0]), ids[0]);
        times.push(start.elapsed());
        // Its entry, which is still locked, is not taken for a new one.
        let new = publisher(&domain);
        assert_eq!(joined(&mut members[0]).id, new.id());
        assert_eq!(died(&mut members[1]), ids[1]);
        other.wait();
        members.iter_mut().for_each(nothing);
    }
    // The best of three, as machines may be busy.
    assert!(times.iter().any(|time| *time < Duration::from_millis(100)), "{times:?}");
}

#[test]
fn an_endpoint_stopped_while_it_leaves_has_left() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain);
    let mut membership = subscriber.membership().unwrap();
    let mut other =
        Process::start_until("child_is_present", &domain, &["sealed", "0"], "close.left", 1, testing::Action::Stop);
    let id = joined(&mut membership).id;
    other.expect("ready");
    other.tell("end");
    other.wait_until_stopped();
    assert_eq!(left(&mut membership), id);
    nothing(&mut subscriber.membership().unwrap());
    assert!(!subscriber.wait_for_publishers(1, Duration::ZERO).unwrap());
    other.kill();
    nothing(&mut membership);
    nothing(&mut subscriber.membership().unwrap());
}

#[test]
fn child_forgets() {
    testing::process(|script| {
        let publisher = publisher(script.domain());
        script.say("ready");
        script.hear("end");
        std::mem::forget(publisher);
        match script.argument::<String>(0).as_str() {
            "exit" => std::process::exit(0),
            "become another program" => panic!("{}", std::process::Command::new("sleep").arg("1000").exec()),
            _ => std::process::abort(),
        }
    });
}

#[test]
fn a_process_that_ends_without_leaving_has_died() {
    for way in ["exit", "abort", "become another program"] {
        let domain = TempDomain::new();
        let mut membership = subscriber(&domain).membership().unwrap();
        let mut other = Process::start("ends::child_forgets", &domain, &[way]);
        other.expect("ready");
        let id = joined(&mut membership).id;
        other.tell("end");
        assert_eq!(died(&mut membership), id, "{way}");
    }
}

#[test]
fn one_of_several_endpoints_of_a_process_can_leave() {
    let domain = TempDomain::new();
    let mut membership = subscriber(&domain).membership().unwrap();
    let publishers: Vec<_> = (0..20).map(|_| publisher(&domain)).collect();
    let mut ids: Vec<_> = publishers.iter().map(Publisher::id).collect();
    let mut reported: Vec<_> = ids.iter().map(|_| joined(&mut membership).id).collect();
    ids.sort();
    reported.sort();
    assert_eq!(ids, reported);
    for publisher in publishers {
        let id = publisher.id();
        drop(publisher);
        assert_eq!(left(&mut membership), id);
    }
    nothing(&mut membership);
}

#[test]
fn events_are_displayed_as_sentences() {
    let domain = TempDomain::new();
    let publisher = Publisher::<u64>::builder("x").domain(&domain).name("left wheel").create().unwrap();
    let mut membership = subscriber(&domain).membership().unwrap();
    let event = next(&mut membership);
    assert_eq!(event.peer().unwrap().id, publisher.id());
    assert!(event.to_string().starts_with(&format!("pid {}, members", std::process::id())), "{event}");
    assert!(event.to_string().ends_with("\"left wheel\" has joined"), "{event}");
    drop(publisher);
    assert!(next(&mut membership).to_string().ends_with(" has left"));
}
