//! Calls in threads of their own: none waits for the others.

use crate::calls::{LONG, client, server};
use slotcast::service::Reason;
use slotcast::testing::{TempDomain, until};
use slotcast::{CallError, Client, Server, Wait};
use std::time::{Duration, Instant};

#[test]
fn a_thread_that_waits_for_calls_does_not_hold_up_those_that_respond() {
    const ITEMS: u64 = 2000;
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let mut pending = client.call(&1).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    let waiting = std::thread::spawn(move || server.next_timeout(LONG).unwrap().map(|call| *call.request()));
    let sending = std::thread::spawn(move || {
        for number in 0..ITEMS {
            call.send(&number).unwrap();
        }
        call.finish().unwrap();
    });
    let begun = Instant::now();
    for number in 0..ITEMS {
        assert_eq!(pending.next().unwrap().as_deref(), Some(&number));
    }
    // Were the lock held while the other one waits, each window of 8 would take 20 ms: 5 s.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    sending.join().unwrap();
    let _second = client.call(&2).unwrap();
    assert_eq!(waiting.join().unwrap(), Some(2));
}

#[test]
fn calls_of_one_client_are_waited_for_in_several_threads() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let calls: Vec<_> = (0..8_u64).map(|number| client.call(&number).unwrap()).collect();
    let waiting: Vec<_> = calls
        .into_iter()
        .map(|mut call| {
            std::thread::spawn(move || {
                let mut sum = 0;
                while let Some(item) = call.next().unwrap() {
                    sum += *item;
                }
                sum
            })
        })
        .collect();
    for _ in 0..8 {
        let call = server.next_timeout(LONG).unwrap().unwrap();
        for _ in 0..100 {
            call.send(call.request()).unwrap();
        }
        call.finish().unwrap();
    }
    let sums: Vec<_> = waiting.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(sums, (0..8).map(|number| number * 100).collect::<Vec<u64>>());
}

#[test]
fn a_dropped_server_finishes_what_it_has_begun_and_takes_no_more() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let mut begun = client.call(&1).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    let mut waiting = client.call(&2).unwrap();
    until("the second call has come", || !call.is_cancelled() && client.try_call(&9).is_ok());
    drop(server);
    let closed = |error| matches!(error, CallError::Refused(reason) if reason.code == Reason::CLOSED);
    call.send(&10).unwrap();
    call.finish().unwrap();
    assert!(closed(waiting.next().unwrap_err()));
    assert_eq!(begun.next().unwrap().as_deref(), Some(&10));
    assert!(begun.next().unwrap().is_none());
    assert!(matches!(client.try_call(&3), Err(CallError::NoServer { .. })), "nothing of it is left");
}

#[test]
fn polling_and_sleeping_are_chosen() {
    let domain = TempDomain::new();
    for wait in [Wait::Spin, Wait::Sleep] {
        let mut server = Server::<u64, u64>::builder("wait").domain(&domain).wait(wait).create().unwrap();
        let client = Client::<u64, u64>::builder("wait").domain(&domain).wait(wait).timeout(LONG).create().unwrap();
        let serving = std::thread::spawn(move || {
            for _ in 0..20 {
                let call = server.next_timeout(LONG).unwrap().unwrap();
                let square = call.request().pow(2);
                call.respond(&square).unwrap();
            }
        });
        for number in 0..20 {
            assert_eq!(*client.call(&number).unwrap().one().unwrap().unwrap(), number * number);
        }
        serving.join().unwrap();
    }
}
