//! Calls, their streams and their windows.

use slotcast::service::{Reason, ServeError};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{CallError, Client, PublishError, Server};
use std::time::Duration;

/// A generous limit: nothing depends on it being short.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) fn client(domain: &slotcast::Domain) -> Client<u64, u64> {
    Client::builder("count").domain(domain).timeout(LONG).create().unwrap()
}

pub(crate) fn server(domain: &slotcast::Domain) -> Server<u64, u64> {
    Server::builder("count").domain(domain).create().unwrap()
}

/// Counts to each request, and refuses 0, until the test ends it.
#[test]
fn child_counts() {
    testing::process(|script| {
        let mut server = server(script.domain());
        script.say("ready");
        for _ in 0..script.argument::<u64>(0) {
            let call = server.next().unwrap();
            match *call.request() {
                0 => call.refuse(&Reason::new(7, "nothing to count")).unwrap(),
                count => {
                    for number in 0..count {
                        call.send(&number).unwrap();
                    }
                    call.finish().unwrap();
                }
            }
        }
        script.hear("end");
    });
}

#[test]
fn responses_of_another_process_stream_and_end_or_are_refused() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut other = Process::start("calls::child_counts", &domain, &["3"]);
    other.expect("ready");
    for count in [1, 10_000] {
        let mut pending = client.call(&count).unwrap();
        for number in 0..count {
            assert_eq!(pending.next().unwrap().as_deref(), Some(&number));
        }
        assert!(pending.next().unwrap().is_none());
        assert!(pending.next().unwrap().is_none(), "an end is final");
    }
    let refused = client.call(&0).unwrap().one().unwrap_err();
    let CallError::Refused(reason) = refused else { panic!("{refused}") };
    assert_eq!((reason.code, reason.text.as_str()), (7, "nothing to count"));
    other.tell("end");
    other.finish();
    drop(client);
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[test]
fn a_client_that_stops_reading_stalls_its_own_call_alone_and_loses_nothing() {
    const OTHERS: u64 = 2000; // many times the responses that stay readable
    let domain = TempDomain::new();
    let (slow, fast) = (client(&domain), client(&domain));
    let mut server = server(&domain);
    let mut stalled = slow.call(&1).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    for number in 0..8 {
        call.send(&number).unwrap();
    }
    let mut busy = fast.call(&2).unwrap();
    let other = server.next_timeout(LONG).unwrap().unwrap();
    for number in 0..OTHERS {
        other.send(&number).unwrap();
        assert_eq!(busy.next().unwrap().as_deref(), Some(&number));
    }
    other.finish().unwrap();
    assert!(busy.next().unwrap().is_none());
    // What was overwritten meanwhile is repeated to the slow one.
    let serving = std::thread::spawn(move || {
        call.send(&8).unwrap();
        call.finish().unwrap();
        server.next_timeout(Duration::ZERO).unwrap();
        server
    });
    for number in 0..9 {
        assert_eq!(stalled.next().unwrap().as_deref(), Some(&number));
    }
    let mut server = serving.join().unwrap();
    let ending = std::thread::spawn(move || stalled.next().unwrap().is_none());
    until("the end has come", || {
        server.try_next().unwrap();
        ending.is_finished()
    });
    assert!(ending.join().unwrap());
}

#[test]
fn a_full_window_is_reported_or_waited_for() {
    let domain = TempDomain::new();
    let builder = Client::<u64, u64>::builder("count").domain(&domain).window(2);
    let client = builder.create().unwrap();
    let _server = server(&domain);
    let first = client.call(&1).unwrap();
    let _second = client.call(&1).unwrap();
    assert!(matches!(client.try_call(&1), Err(CallError::Full { window: 2, .. })));
    let waited = client.call_within(&1, Duration::from_millis(5));
    assert!(matches!(waited, Err(CallError::Full { .. })), "{waited:?}");
    drop(first);
    client.try_call(&1).unwrap();
}

#[test]
fn a_dropped_call_is_cancelled_at_the_server() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let pending = client.call(&1).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    assert!(!call.is_cancelled());
    drop(pending);
    assert!(call.is_cancelled());
    assert!(matches!(call.send(&1), Err(ServeError::Cancelled)));
    drop(client.call(&2).unwrap());
    assert!(server.try_next().unwrap().is_none(), "what is cancelled before it is seen is skipped");
}

#[test]
fn several_servers_take_turns() {
    let domain = TempDomain::new();
    let any = || Server::<u64, u64>::builder("count").domain(&domain).any().create().unwrap();
    let mut servers = [any(), any()];
    let client = client(&domain);
    let _calls: Vec<_> = (0..4).map(|number| client.call(&number).unwrap()).collect();
    for server in &mut servers {
        let mut mine = 0;
        while server.try_next().unwrap().is_some() {
            mine += 1;
        }
        assert_eq!(mine, 2);
    }
}

/// One of several servers: answers with the id of its process.
#[test]
fn child_answers_with_its_id() {
    testing::process(|script| {
        let mut server = Server::<u64, u32>::builder("who").domain(script.domain()).any().create().unwrap();
        script.say("ready");
        loop {
            let call = server.next().unwrap();
            let answered = call.respond(&std::process::id());
            assert!(matches!(answered, Ok(()) | Err(ServeError::Cancelled | ServeError::Expired)), "{answered:?}");
        }
    });
}

/// Calls go to the server that answers, many more than fit between the client and the one that is
/// stopped. Once it goes on it is called again.
#[test]
fn a_stopped_server_holds_up_no_calls_to_others() {
    const CALLS: u64 = 1000;
    let domain = TempDomain::new();
    let mut servers = [0, 1].map(|_| Process::start("calls::child_answers_with_its_id", &domain, &[]));
    servers.iter_mut().for_each(|server| server.expect("ready"));
    let client = Client::<u64, u32>::builder("who").domain(&domain).create().unwrap();
    let call = |timeout| client.call_within(&1, timeout).and_then(|call| Ok(*call.one()?.expect("one item")));
    let [stopped, other] = [servers[0].id(), servers[1].id()];
    while call(LONG).unwrap() != stopped {} // both are known
    servers[0].stop();
    servers[0].wait_until_stopped();
    let (mut answered, mut failed) = (0, 0);
    while answered < CALLS {
        match call(Duration::from_millis(200)) {
            Ok(id) => {
                assert_eq!(id, other);
                answered += 1;
            }
            Err(CallError::Expired(_) | CallError::Publish(PublishError::Full { .. })) => failed += 1,
            Err(error) => panic!("{error}"),
        }
    }
    println!("{failed} calls failed, {answered} were answered");
    assert!(failed < CALLS / 10, "{failed} of {CALLS}");
    servers[0].go_on();
    until("it is called again", || call(Duration::from_millis(200)).is_ok_and(|id| id == stopped));
    servers.iter_mut().for_each(|server| _ = server.kill());
}

#[test]
fn a_client_that_takes_one_item_of_several_fails_no_end() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let pending = client.call(&1).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    call.send(&5).unwrap();
    assert_eq!(pending.one().unwrap().as_deref(), Some(&5));
    assert!(call.is_cancelled());
    call.finish().unwrap();
}

#[test]
fn one_item_and_the_end_are_one_message() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let mut pending = client.call(&4).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    call.respond(&16).unwrap();
    assert_eq!(pending.next().unwrap().as_deref(), Some(&16));
    assert!(pending.next().unwrap().is_none());
}
