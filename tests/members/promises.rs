//! Publishers that promise to show that they are alive.

use crate::{joined, next, nothing, subscriber};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{MemberEvent, Membership, Publisher};
use std::time::Duration;

const PROMISED: Duration = Duration::from_millis(400);

/// Argument: how to show that it is alive.
#[test]
fn child_promises() {
    testing::process(|script| {
        let builder = Publisher::<u64>::builder("x").domain(script.domain()).alive_every(PROMISED);
        let mut publisher = builder.create().unwrap();
        script.say("ready");
        let way: String = script.argument(0);
        loop {
            match way.as_str() {
                "publish" => drop(publisher.publish(&7).unwrap()),
                "assert" => publisher.assert_alive(),
                _ => {}
            }
            std::thread::sleep(PROMISED / 20);
        }
    });
}

#[track_caller]
fn quiet(membership: &mut Membership) {
    match next(membership) {
        MemberEvent::Quiet { promised, silent, .. } => {
            assert_eq!(promised, PROMISED);
            assert!(silent >= PROMISED, "{silent:?}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_stopped_publisher_is_quiet_and_resumes() {
    for way in ["publish", "assert"] {
        let domain = TempDomain::new();
        let mut membership = subscriber(&domain).membership().unwrap();
        let mut other = Process::start("promises::child_promises", &domain, &[way]);
        other.expect("ready");
        let name = joined(&mut membership);
        for _ in 0..2 {
            other.stop();
            quiet(&mut membership);
            assert!(membership.next_timeout(2 * PROMISED).unwrap().is_none(), "reported once");
            other.go_on();
            assert!(matches!(next(&mut membership), MemberEvent::Active(peer) if peer == name));
        }
        other.stop();
        quiet(&mut membership);
        other.kill();
        assert!(matches!(next(&mut membership), MemberEvent::Died(peer) if peer == name));
        nothing(&mut membership);
    }
}

#[test]
fn a_publisher_that_never_shows_anything_is_quiet() {
    let domain = TempDomain::new();
    let mut membership = subscriber(&domain).membership().unwrap();
    let mut other = Process::start("promises::child_promises", &domain, &["nothing"]);
    other.expect("ready");
    joined(&mut membership);
    quiet(&mut membership);
    other.kill();
}

#[test]
fn a_publisher_that_promises_nothing_may_be_silent() {
    let domain = TempDomain::new();
    let _publisher = crate::publisher(&domain);
    let mut membership = subscriber(&domain).membership().unwrap();
    joined(&mut membership);
    assert!(membership.next_timeout(PROMISED).unwrap().is_none());
}

#[test]
fn what_can_be_promised() {
    let domain = TempDomain::new();
    let make = |time| Publisher::<u64>::builder("x").domain(&domain).alive_every(time).create().map(drop);
    for time in [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(86_401), Duration::MAX] {
        let text = make(time).unwrap_err().to_string();
        assert!(text.contains("a publisher can promise to be alive every 1 ms to 24 h, not every"), "{text}");
    }
    for time in [Duration::from_millis(1), Duration::from_secs(86_400)] {
        make(time).unwrap();
    }
}
