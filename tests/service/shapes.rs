//! Requests and items of any length.

use crate::calls::LONG;
use slotcast::dynamic::{self, ClientError, Layout, Value};
use slotcast::schema::Schema;
use slotcast::service::Reason;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{CallError, Client, PublishError, SendError, ServeError, Server, ShmMessage};
use std::time::Duration;

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

/// The size of an image.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Size {
    width: u32,
    height: u32,
}

type Image = (Size, [u8]);

/// Turns each image by a quarter, and sends it in two items: written in place, and as a copy.
#[test]
fn child_turns() {
    testing::process(|script| {
        let mut server = Server::<Image, Image>::builder("turn").domain(script.domain()).create().unwrap();
        script.say("ready");
        for _ in 0..script.argument::<usize>(0) {
            let call = server.next().unwrap();
            let Size { width, height } = *call.header();
            let mut turned = call.loan_slice_uninit(call.request().len() + 5).unwrap();
            *turned.header_mut() = Size { width: height, height: width };
            for (index, pixel) in call.request().iter().enumerate() {
                let (row, column) = (index / width as usize, index % width as usize);
                turned[column * height as usize + row] = *pixel;
            }
            turned.truncate(call.request().len());
            let (header, copy) = (*turned.header(), turned.to_vec());
            call.send_loan(turned).unwrap();
            let ended = call.respond_with(&header, &copy);
            assert!(matches!(ended, Ok(()) | Err(ServeError::Cancelled)), "{ended:?}");
        }
        script.hear("end");
    });
}

#[test]
fn slices_with_headers_go_both_ways_in_place_and_as_copies() {
    let domain = TempDomain::new();
    let mut other = Process::start("shapes::child_turns", &domain, &["4"]);
    other.expect("ready");
    let client = Client::<Image, Image>::builder("turn").domain(&domain).timeout(LONG).create().unwrap();
    let size = Size { width: 3, height: 2 };
    let mut image = client.loan_slice(100).unwrap();
    assert_eq!((*image.header(), image[99]), (Size { width: 0, height: 0 }, 0), "all is zero at first");
    image.truncate(6);
    image.copy_from_slice(&[1, 2, 3, 4, 5, 6]);
    *image.header_mut() = size;
    let calls = [client.call_loan(image).unwrap(), client.call_with(&size, &[1, 2, 3, 4, 5, 6]).unwrap()];
    for mut pending in calls {
        for _ in 0..2 {
            let item = pending.next().unwrap().unwrap();
            assert_eq!(*item, [1, 4, 2, 5, 3, 6]);
            assert_eq!(*item.header(), Size { width: 2, height: 3 });
        }
        assert!(pending.next().unwrap().is_none());
    }
    let large: Vec<u8> = (0..200_000).map(|index| u8::try_from(index % 251).unwrap()).collect();
    let mut pending = client.call_with(&Size { width: 200, height: 1000 }, &large).unwrap();
    let first = pending.next().unwrap().unwrap();
    assert_eq!((first.len(), first[1], first[1000]), (200_000, large[200], large[1]));
    drop(pending); // its last item is told to be of no use
    // A tool that knows no type calls it, too.
    let tool = dynamic::Client::new("turn", &domain).unwrap();
    let header = Value::from([("width", 1.into()), ("height", 2.into())]);
    let image = Value::from([("header", header), ("elements", Value::Bytes(vec![7, 8]))]);
    let mut pending = tool.call(&image, LONG).unwrap();
    for _ in 0..2 {
        let item = pending.next().unwrap().unwrap().value().unwrap();
        assert_eq!(item.to_string(), "{header: {width: 2, height: 1}, elements: [7, 8]}");
    }
    assert!(pending.next().unwrap().is_none());
    assert!(matches!(tool.call(&Value::Bytes(vec![7, 8]), LONG), Err(ClientError::Request(_))));
    for bytes in [0, 7, 63] {
        assert!(tool.call_bytes(&vec![0; bytes], LONG).is_err(), "{bytes} bytes are no header");
    }
    drop(pending);
    other.tell("end");
    other.finish();
    drop((client, first, tool));
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[test]
fn single_messages_are_written_in_place_too() {
    let domain = TempDomain::new();
    let mut server = Server::<[u64; 512], [u64; 512]>::builder("twice").domain(&domain).create().unwrap();
    let client = Client::<[u64; 512], [u64; 512]>::builder("twice").domain(&domain).timeout(LONG).create().unwrap();
    let mut request = client.loan().unwrap();
    request[511] = 21;
    let mut pending = client.try_call_loan(request).unwrap();
    let call = server.next().unwrap();
    let mut item = call.loan().unwrap();
    item[511] = 2 * call.request()[511];
    assert!(call.try_send_loan(item).unwrap().is_none(), "the window is open");
    call.finish().unwrap();
    assert_eq!(pending.next().unwrap().unwrap()[511], 42);
    assert!(pending.next().unwrap().is_none());
}

#[test]
fn what_cannot_be_sent_is_handed_back() {
    let domain = TempDomain::new();
    let mut server = Server::<u64, u64>::builder("count").domain(&domain).create().unwrap();
    let create = |window| Client::<u64, u64>::builder("count").domain(&domain).window(window).timeout(LONG).create();
    let (client, other) = (create(1).unwrap(), create(1).unwrap());
    let mut loan = client.loan().unwrap();
    *loan = 5;
    let SendError { loan, reason } = other.try_call_loan(loan).unwrap_err();
    assert!(matches!(reason, CallError::Publish(PublishError::ForeignLoan { .. })), "{reason}");
    let first = client.call(&1).unwrap();
    let SendError { loan, reason } = client.try_call_loan(loan).unwrap_err();
    assert!(matches!(reason, CallError::Full { window: 1, .. }), "{reason}");
    let SendError { loan, reason } = client.call_loan_within(loan, Duration::ZERO).unwrap_err();
    assert!(matches!(reason, CallError::ZeroDeadline { .. }), "{reason}");
    drop(first);
    let mut pending = client.call_loan(loan).unwrap();
    let call = server.next().unwrap();
    assert_eq!(*call.request(), 5);
    for item in 0..1 {
        assert!(call.try_send(&item).unwrap());
    }
    let late = call.try_send_loan(call.loan().unwrap()).unwrap().expect("the client has not taken the first item");
    assert_eq!(*pending.next().unwrap().unwrap(), 0);
    call.respond_loan(late).unwrap();
    assert!(pending.next().unwrap().is_some());
    assert!(pending.next().unwrap().is_none());
}

#[test]
fn a_server_keeps_items_where_they_are_until_they_are_acknowledged() {
    const ITEM: usize = 100_000;
    let domain = TempDomain::new();
    let mut server = Server::<u64, [u8]>::builder("stream").domain(&domain).create().unwrap();
    let create = || Client::<u64, [u8]>::builder("stream").domain(&domain).timeout(LONG).window(4).create().unwrap();
    let (slow, fast) = (create(), create());
    let mut unread = slow.call(&0).unwrap();
    let call = server.next().unwrap();
    for item in 0..4 {
        call.send(&vec![item; ITEM]).unwrap();
    }
    // So many responses to another client overwrite what the slow one has not seen.
    for number in 0..300 {
        let pending = fast.call(&number).unwrap();
        server.next().unwrap().respond(&number.to_le_bytes()).unwrap();
        assert_eq!(*pending.one().unwrap().unwrap(), number.to_le_bytes());
    }
    let taking = std::thread::spawn(move || {
        let mut items = Vec::new();
        while let Some(item) = unread.next().unwrap() {
            items.push((item[0], item[ITEM - 1], item.len()));
        }
        items
    });
    // It sees what the client asks for while it has something to do.
    while !taking.is_finished() {
        if call.try_send(&vec![4; ITEM]).unwrap() {
            call.finish().unwrap();
            break;
        }
        std::thread::yield_now();
    }
    let expected: Vec<_> = (0..5).map(|item| (item, item, ITEM)).collect();
    while !taking.is_finished() {
        assert!(server.next_timeout(Duration::from_millis(1)).unwrap().is_none());
    }
    assert_eq!(taking.join().unwrap(), expected);
}

/// A server without a type, of slices with headers, to clients with one.
#[test]
fn slices_with_headers_are_served_without_a_type() {
    let domain = TempDomain::new();
    let schema = Schema::slice_of(Some(Size::SCHEMA.clone()), u8::SCHEMA.clone()).unwrap();
    let layout = Layout::new(schema).unwrap();
    let mut server = dynamic::Server::builder("turn", &layout, &layout).domain(&domain).create().unwrap();
    let client = Client::<Image, Image>::builder("turn").domain(&domain).timeout(LONG).create().unwrap();
    let size = Size { width: 3, height: 1 };
    let mut pending = client.call_with(&size, &[1, 2, 3]).unwrap();
    let call = server.next().unwrap();
    let request = call.request().value().unwrap();
    assert_eq!(request.to_string(), "{header: {width: 3, height: 1}, elements: [1, 2, 3]}");
    call.send(&request).unwrap();
    call.finish().unwrap();
    let item = pending.next().unwrap().unwrap();
    assert_eq!((*item.header(), &*item), (size, &[1, 2, 3][..]));
    assert!(pending.next().unwrap().is_none());
}
