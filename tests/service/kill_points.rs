//! Each step of a call at which either side can die.

use crate::calls::{LONG, client, server};
use slotcast::CallError;
use slotcast::testing::{self, Action, Process, TempDomain, until};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

/// Sends two items in response to one call.
#[test]
fn child_serves_one() {
    testing::process(|script| {
        let mut server = server(script.domain());
        script.say("ready");
        let call = server.next().unwrap();
        call.send(&1).unwrap();
        call.respond(&2).unwrap();
        script.hear("end");
    });
}

/// Makes a call and drops it.
#[test]
fn child_calls_once() {
    testing::process(|script| {
        let client = client(script.domain());
        script.say("ready");
        drop(client.call(&1).unwrap());
        script.hear("end");
    });
}

#[test]
fn a_server_killed_at_any_step_has_sent_what_it_had_sent_and_no_more() {
    for (point, visit, items, is_whole) in
        [("serve.taken", 1, 0, false), ("serve.sent", 1, 1, false), ("serve.sent", 2, 2, true)]
    {
        let domain = TempDomain::new();
        let client = client(&domain);
        let mut other = Process::start_until("kill_points::child_serves_one", &domain, &[], point, visit, Action::Kill);
        other.expect("ready");
        let mut pending = client.call(&7).unwrap();
        for item in 1..=items {
            assert_eq!(pending.next().unwrap().as_deref(), Some(&item), "{point} {visit}");
        }
        match pending.next() {
            Ok(None) => assert!(is_whole, "{point} {visit}"),
            Err(CallError::ServerDied { .. }) => assert!(!is_whole, "{point} {visit}"),
            other => panic!("{point} {visit}: {other:?}"),
        }
        assert_eq!(other.wait().signal(), Some(libc::SIGKILL), "it dies there");
        // Its call is over, and the next one is another's.
        let mut second = server(&domain);
        assert!(second.try_next().unwrap().is_none());
        let mut next = client.call(&8).unwrap();
        second.next_timeout(LONG).unwrap().unwrap().respond(&9).unwrap();
        assert_eq!(next.next().unwrap().as_deref(), Some(&9));
    }
}

#[test]
fn a_client_killed_at_any_step_cancels_its_call() {
    for point in ["call.sent", "call.dropped"] {
        let domain = TempDomain::new();
        let mut server = server(&domain);
        let mut other = Process::start_until("kill_points::child_calls_once", &domain, &[], point, 1, Action::Kill);
        other.expect("ready");
        let call = server.next_timeout(Duration::from_secs(1)).unwrap();
        assert_eq!(other.wait().signal(), Some(libc::SIGKILL), "it dies there");
        // A request whose client has died may be skipped, and that is as well.
        if let Some(call) = call {
            assert_eq!(*call.request(), 1);
            until("the call is cancelled", || call.is_cancelled());
        }
        let client = client(&domain);
        let mut next = client.call(&2).unwrap();
        server.next_timeout(LONG).unwrap().unwrap().respond(&3).unwrap();
        assert_eq!(next.next().unwrap().as_deref(), Some(&3));
    }
}
