//! Waiting for calls and responses by descriptors.

use crate::calls::{LONG, client, server};
use slotcast::WaitSet;
use slotcast::testing::TempDomain;
use std::task::Poll;

#[test]
fn both_sides_are_waited_for_in_one_set() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let mut set = WaitSet::new().unwrap();
    let of_server = set.add(&server.event_fd().unwrap()).unwrap();
    let of_client = set.add(&client.event_fd().unwrap()).unwrap();
    let mut pending = client.call(&3).unwrap();
    let (mut items, mut has_ended) = (Vec::new(), false);
    while !has_ended {
        let ready: Vec<_> = set.wait_timeout(LONG).unwrap().iter().map(|ready| ready.key).collect();
        assert!(!ready.is_empty(), "it is woken");
        if ready.contains(&of_server) {
            while let Some(call) = server.try_next().unwrap() {
                for number in 0..*call.request() {
                    assert!(call.try_send(&number).unwrap());
                }
                call.finish().unwrap();
            }
        }
        if ready.contains(&of_client) {
            while let Poll::Ready(next) = pending.try_next() {
                match next.unwrap() {
                    Some(item) => items.push(*item),
                    None => {
                        has_ended = true;
                        break;
                    }
                }
            }
        }
    }
    assert_eq!(items, [0, 1, 2]);
}

#[test]
fn a_descriptor_tells_that_a_call_is_cancelled() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let pending = client.call(&1).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    let mut set = WaitSet::new().unwrap();
    set.add(&call.event_fd().unwrap()).unwrap();
    set.wait_timeout(LONG).unwrap();
    assert!(!call.is_cancelled());
    let cancelling = std::thread::spawn(move || drop(pending));
    while !call.is_cancelled() {
        assert!(!set.wait_timeout(LONG).unwrap().is_empty(), "it is woken");
    }
    cancelling.join().unwrap();
}

#[test]
fn a_window_that_is_full_is_not_waited_for_by_try_send() {
    let domain = TempDomain::new();
    let client = client(&domain);
    let mut server = server(&domain);
    let mut pending = client.call(&1).unwrap();
    let call = server.next_timeout(LONG).unwrap().unwrap();
    assert!((0..8).all(|number| call.try_send(&number).unwrap()));
    assert!(!call.try_send(&8).unwrap());
    for number in 0..8 {
        assert_eq!(pending.next().unwrap().as_deref(), Some(&number));
    }
    assert!(call.try_send(&8).unwrap());
    call.finish().unwrap();
    assert_eq!(pending.next().unwrap().as_deref(), Some(&8));
    assert!(pending.next().unwrap().is_none());
}
