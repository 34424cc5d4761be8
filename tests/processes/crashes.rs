//! A process that is killed at any step harms nobody and leaves nothing behind.

use crate::messages::Counted;
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Publisher, Subscriber};

/// The failpoints that a publisher passes, from its creation to its end.
const PUBLISHER: &[&str] = &[
    "enter.written",
    "enter.linked",
    "agree.locked",
    "agree.unlinked",
    "agree.recorded",
    "segment.sealed",
    "announce.written",
    "announce.linked",
    "publish.written",
    "close.marked",
    "close.left",
    "close.unlinked",
    "leave.alone",
    "leave.emptied",
    "leave.unlinked",
];

#[test]
fn child_lives_as_publisher() {
    testing::process(|script| {
        let mut publisher = Publisher::<Counted>::builder("crash").domain(script.domain()).create().unwrap();
        publisher.publish(&Counted::new(0)).unwrap();
        drop(publisher);
        script.say("survived");
    });
}

#[test]
fn child_lives_as_subscriber() {
    testing::process(|script| {
        drop(Subscriber::<Counted>::builder("crash").domain(script.domain()).create().unwrap());
        script.say("survived");
    });
}

/// Checks that others can use the topic after a death, and that nothing is left at the end.
fn check_after_death(domain: &TempDomain) {
    let mut subscriber = Subscriber::<Counted>::builder("crash").domain(domain).create().unwrap();
    let mut publisher = Publisher::<Counted>::builder("crash").domain(domain).exclusive().create().unwrap();
    publisher.publish(&Counted::new(7)).unwrap();
    assert_eq!(subscriber.try_recv().unwrap().unwrap().number, 7);
    assert!(subscriber.try_recv().unwrap().is_none());
    drop((publisher, subscriber));
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[test]
fn a_publisher_killed_at_any_step_harms_nobody_and_leaves_nothing() {
    for point in PUBLISHER {
        let domain = TempDomain::new();
        let mut other = Process::start_until("crashes::child_lives_as_publisher", &domain, &[], point, 1, Action::Kill);
        let status = other.wait();
        assert!(!status.success(), "{point} was not reached");
        check_after_death(&domain);
    }
}

#[test]
fn a_subscriber_killed_at_any_step_harms_nobody_and_leaves_nothing() {
    let points = PUBLISHER.iter().filter(|point| {
        ["enter", "announce", "leave"].iter().any(|step| point.starts_with(step))
            || ["close.left", "close.unlinked"].contains(point)
    });
    for point in points {
        let domain = TempDomain::new();
        let mut other =
            Process::start_until("crashes::child_lives_as_subscriber", &domain, &[], point, 1, Action::Kill);
        let status = other.wait();
        assert!(!status.success(), "{point} was not reached");
        check_after_death(&domain);
    }
}

#[test]
fn a_publisher_killed_at_any_step_does_not_disturb_an_earlier_subscriber() {
    for point in PUBLISHER.iter().filter(|point| !point.starts_with("enter") && !point.starts_with("leave")) {
        let domain = TempDomain::new();
        let mut subscriber = Subscriber::<Counted>::builder("crash").domain(&domain).create().unwrap();
        let mut other = Process::start_until("crashes::child_lives_as_publisher", &domain, &[], point, 1, Action::Kill);
        assert!(!other.wait().success(), "{point} was not reached");
        let from_dead = subscriber.try_iter().map(Result::unwrap).filter(|sample| sample.is_whole()).count();
        assert!(from_dead <= 1, "{point}");
        let mut publisher = Publisher::<Counted>::builder("crash").domain(&domain).create().unwrap();
        publisher.publish(&Counted::new(7)).unwrap();
        assert_eq!(subscriber.try_iter().last().unwrap().unwrap().number, 7, "{point}");
        drop((publisher, subscriber));
        assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0], "{point}");
    }
}

#[test]
fn a_process_stopped_while_it_removes_the_topic_is_reported_by_the_next() {
    let domain = TempDomain::new();
    let mut other =
        Process::start_until("crashes::child_lives_as_publisher", &domain, &[], "leave.alone", 1, Action::Stop);
    other.wait_until_stopped();
    let error = Subscriber::<Counted>::builder("crash").domain(&domain).create().unwrap_err().to_string();
    assert!(error.contains("another process has been removing files in"), "{error}");
    other.go_on();
    other.expect("survived");
    other.finish();
    check_after_death(&domain);
}
