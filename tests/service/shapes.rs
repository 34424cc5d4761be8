//! Requests and items of any length.

use crate::calls::LONG;
use slotcast::service::Reason;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{CallError, Client, Server, ShmMessage};

/// Repeats each request, as one item for each of its first elements.
#[test]
fn child_repeats() {
    testing::process(|script| {
        let mut server = Server::<[u32], [u32]>::builder("repeat").domain(script.domain()).create().unwrap();
        script.say("ready");
        for _ in 0..script.argument::<usize>(0) {
            let call = server.next().unwrap();
            for count in 0..=call.request().len().min(20) {
                call.send(&vec![7; count * 1000]).unwrap();
            }
            call.send(call.request()).unwrap();
            call.finish().unwrap();
        }
        script.hear("end");
    });
}

#[test]
fn slices_of_any_length_are_asked_and_answered() {
    let domain = TempDomain::new();
    let mut other = Process::start("shapes::child_repeats", &domain, &["3"]);
    other.expect("ready");
    let client = Client::<[u32], [u32]>::builder("repeat").domain(&domain).timeout(LONG).create().unwrap();
    for len in [0, 3, 100_000] {
        let request: Vec<u32> = (0..len).collect();
        let mut pending = client.call(&request).unwrap();
        for count in 0..=request.len().min(20) {
            assert_eq!(*pending.next().unwrap().unwrap(), vec![7; count * 1000]);
        }
        assert_eq!(*pending.next().unwrap().unwrap(), *request);
        assert!(pending.next().unwrap().is_none());
    }
    other.tell("end");
    other.finish();
    drop(client);
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

/// It is no `Copy`: messages need not be.
#[derive(ShmMessage, Debug, PartialEq)]
#[repr(C)]
struct Position {
    x: f64,
    y: f64,
}

#[test]
fn messages_that_are_not_copy_go_both_ways() {
    let domain = TempDomain::new();
    let mut server = Server::<Position, Position>::builder("mirror").domain(&domain).create().unwrap();
    let client = Client::<Position, Position>::builder("mirror").domain(&domain).timeout(LONG).create().unwrap();
    let pending = client.call(&Position { x: 1.0, y: 2.0 }).unwrap();
    let call = server.next().unwrap();
    let mirrored = Position { x: call.request().y, y: call.request().x };
    call.send(&mirrored).unwrap();
    call.finish().unwrap();
    assert_eq!(*pending.one().unwrap().unwrap(), Position { x: 2.0, y: 1.0 });
}

#[test]
fn a_slice_to_a_server_of_single_messages_is_refused_and_others_are_served() {
    let domain = TempDomain::new();
    let mut server = Server::<u64, u64>::builder("count").domain(&domain).create().unwrap();
    let slices = Client::<[u64], u64>::builder("count").domain(&domain).timeout(LONG).create().unwrap();
    let mut pending = slices.call(&[1, 2]).unwrap();
    let right = slices.call(&[1]).unwrap();
    assert_eq!(*server.next().unwrap().request(), 1, "one element is one message");
    let Err(CallError::Refused(reason)) = pending.next() else { panic!("it is refused") };
    assert_eq!(reason.code, Reason::MALFORMED);
    drop(right);
}

#[test]
fn an_item_that_is_a_slice_fails_at_a_client_of_single_messages() {
    let domain = TempDomain::new();
    let mut server = Server::<u64, [u64]>::builder("count").domain(&domain).create().unwrap();
    let client = Client::<u64, u64>::builder("count").domain(&domain).timeout(LONG).create().unwrap();
    let mut pending = client.call(&1).unwrap();
    server.next().unwrap().send(&[1, 2]).unwrap();
    let error = pending.next().unwrap_err();
    assert!(matches!(error, CallError::Malformed { elements: 2, .. }), "{error}");
}
