//! Deadlines, and the death of either side.

use crate::calls::{LONG, client, server};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{CallError, Client, Server};
use std::time::{Duration, Instant};

/// Takes a call, sends one item, and is killed.
#[test]
fn child_never_ends() {
    testing::process(|script| {
        let mut server = server(script.domain());
        script.say("ready");
        let call = server.next().unwrap();
        call.send(&42).unwrap();
        script.say("sent");
        script.hear("end");
    });
}

/// Makes a call, and is killed.
#[test]
fn child_calls() {
    testing::process(|script| {
        let client = client(script.domain());
        let _pending = client.call(&1).unwrap();
        script.say("called");
        script.hear("end");
    });
}

#[test]
fn what_a_killed_server_sent_is_received_and_then_its_death() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut other = Process::start("ends::child_never_ends", &domain, &[]);
    other.expect("ready");
    let mut pending = client.call(&1).unwrap();
    other.expect("sent");
    other.kill();
    assert_eq!(pending.next().unwrap().as_deref(), Some(&42));
    let begun = Instant::now();
    assert!(matches!(pending.next(), Err(CallError::ServerDied { .. })));
    assert!(begun.elapsed() < LONG / 2, "not the deadline ended it");
    assert!(matches!(client.try_call(&1), Err(CallError::NoServer { .. })));
}

#[test]
fn a_call_is_not_repeated_to_the_server_that_takes_over() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let first = server(&domain);
    let mut pending = client.call(&1).unwrap();
    drop(first);
    let mut second = server(&domain);
    assert!(matches!(pending.next(), Err(CallError::ServerReplaced { .. })));
    assert!(second.try_next().unwrap().is_none());
    drop(pending);
    let _next = client.call(&2).unwrap();
    assert_eq!(*second.next_timeout(LONG).unwrap().unwrap().request(), 2);
}

#[test]
fn a_killed_client_cancels_its_calls() {
    let domain = TempDomain::new();
    let mut server = server(&domain);
    let mut other = Process::start("ends::child_calls", &domain, &[]);
    other.expect("called");
    let call = server.next_timeout(LONG).unwrap().unwrap();
    assert!(!call.is_cancelled());
    other.kill();
    until("the call is cancelled", || call.is_cancelled());
}

#[test]
fn a_server_that_never_answers_lets_the_call_expire_and_what_has_expired_is_skipped() {
    let domain = TempDomain::new();
    let client = Client::<u64, u64>::builder("count").domain(&domain).create().unwrap();
    let mut server = server(&domain);
    let mut pending = client.call_within(&1, Duration::from_millis(30)).unwrap();
    assert!(matches!(pending.next(), Err(CallError::Expired(_))));
    assert!(matches!(pending.next(), Err(CallError::Expired(_))), "an end is final");
    assert!(server.try_next().unwrap().is_none());
}

#[test]
fn a_deadline_travels() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let _limited = client.call(&1).unwrap();
    let left = server.next_timeout(LONG).unwrap().unwrap().remaining();
    assert!(left <= LONG && !left.is_zero(), "{left:?}");
    let _unlimited = client.call_within(&1, Duration::MAX).unwrap();
    assert_eq!(server.next_timeout(LONG).unwrap().unwrap().remaining(), Duration::MAX);
}

#[test]
fn a_call_that_the_server_drops_is_refused() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let mut pending = client.call(&1).unwrap();
    drop(server.next_timeout(LONG).unwrap().unwrap());
    let Err(CallError::Refused(reason)) = pending.next() else { panic!("it is refused") };
    assert_eq!(reason.code, slotcast::service::Reason::ABANDONED);
}

#[test]
fn a_server_that_stands_by_takes_over() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut other = Process::start("ends::child_never_ends", &domain, &[]);
    other.expect("ready");
    std::thread::scope(|scope| {
        let standby = scope.spawn(|| {
            let builder = Server::<u64, u64>::builder("count").domain(&domain).standby(Duration::MAX);
            let mut server = builder.create().unwrap();
            server.next_timeout(LONG).unwrap().unwrap().send(&7).unwrap();
        });
        let mut pending = client.call(&1).unwrap();
        other.expect("sent");
        other.kill();
        assert_eq!(pending.next().unwrap().as_deref(), Some(&42));
        assert!(matches!(pending.next(), Err(CallError::ServerDied { .. } | CallError::ServerReplaced { .. })));
        let mut next = None;
        until("the standby serves", || {
            next = client.try_call(&2).ok(); // dropping it would cancel it
            next.is_some()
        });
        assert_eq!(next.unwrap().next().unwrap().as_deref(), Some(&7));
        standby.join().unwrap();
    });
}
