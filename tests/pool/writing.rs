//! The ways to write a message of variable size: truncated to what was filled, element by element,
//! and without waiting.

use crate::messages::{fill, number};
use slotcast::dynamic::{self, Layout};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{PublishError, Publisher, ShmMessage, Subscriber};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Reports the header and the elements of as many messages as the test asks for.
#[test]
fn child_reports() {
    testing::process(|script| {
        let mut subscriber = Subscriber::<[u64], u32>::builder("x").domain(script.domain()).create().unwrap();
        script.say("ready");
        for _ in 0..script.argument(0) {
            let sample = subscriber.recv().unwrap();
            assert!(sample.is_empty() || number(&sample) == u64::from(*sample.header()));
            script.say(&format!("{}: {} in place: {}", sample.header(), sample.len(), sample.is_in_place()));
        }
    });
}

#[test]
fn only_what_was_filled_of_a_loan_arrives() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u64], u32>::builder("x").domain(&domain).create().unwrap();
    let lengths = [100, 10_000, 1, 0, 99_999, 100_000, 7];
    let mut other = Process::start("writing::child_reports", &domain, &[&lengths.len().to_string()]);
    other.expect("ready");
    for (header, length) in (0..).zip(lengths) {
        let mut loan = publisher.loan_slice(100_000).unwrap();
        *loan.header_mut() = header;
        loan.truncate(100_001); // longer than the message: no effect
        assert_eq!(loan.len(), 100_000);
        if length > 0 {
            fill(&mut loan[..length], header.into());
        }
        loan.truncate(length);
        loan.truncate(length + 1);
        assert_eq!(loan.len(), length);
        publisher.send(loan).unwrap();
    }
    for (header, length) in lengths.iter().enumerate() {
        other.expect(&format!("{header}: {length} in place: true"));
    }
    other.finish();
    // The slots keep their size.
    assert!((0..8).all(|_| publisher.loan_slice(100_000).unwrap().len() == 100_000));
    assert!(publisher.pool_memory() < 20 << 20, "{}", publisher.pool_memory());
}

#[test]
fn a_loan_can_be_truncated_before_it_becomes_partial() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u64]>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u64]>::builder("x").domain(&domain).create().unwrap();
    let mut loan = publisher.loan_slice(1000).unwrap();
    loan.truncate(10);
    let mut partial = publisher.publish_partial(loan).unwrap();
    let seen = subscriber.try_recv_partial().unwrap().unwrap();
    assert_eq!((partial.total(), seen.total()), (10, 10));
    fill(partial.rest_mut(), 3);
    assert!(partial.advance(11).is_err());
    partial.advance(4).unwrap();
    assert_eq!(seen.valid(), 4);
    publisher.finish(partial).unwrap();
    assert!(seen.is_complete());
    let sample = subscriber.try_recv().unwrap().unwrap();
    assert!(seen.is_of(&sample));
    assert_eq!((number(seen.elements()), number(&sample), sample.len()), (3, 3, 10));
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Cell {
    Free = 1,
    Taken = 2,
}

#[test]
fn elements_that_have_to_be_validated_are_written_in_place() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[Cell], char>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[Cell], char>::builder("x").domain(&domain).create().unwrap();
    let cells = [Cell::Free, Cell::Taken, Cell::Taken];
    for (header, length) in [('a', 3), ('b', 2)] {
        let loan = publisher.loan_slice_uninit(3).unwrap();
        let mut loan = match header {
            'a' => loan.write_slice_with(&header, &cells),
            _ => loan.write_each_with(&header, |index| cells[index]),
        };
        loan.truncate(length);
        publisher.send(loan).unwrap();
        let sample = subscriber.try_recv().unwrap().unwrap();
        assert_eq!((sample.header(), &sample[..]), (&header, &cells[..length]));
    }
    let loan = publisher.loan_slice_uninit(4).unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| loan.write_slice_with(&'c', &cells))).is_err(), "of another length");
    let loan = publisher.loan_slice_uninit(3).unwrap();
    let write =
        AssertUnwindSafe(|| loan.write_each_with(&'d', |index| if index < 2 { cells[index] } else { panic!() }));
    assert!(catch_unwind(write).is_err());
    assert!(subscriber.try_recv().unwrap().is_none());

    let mut publisher = Publisher::<[u64]>::builder("y").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u64]>::builder("y").domain(&domain).create().unwrap();
    let squares = publisher.loan_slice_uninit(5).unwrap().write_each(|index| (index * index) as u64);
    publisher.send(squares).unwrap();
    let copies = publisher.loan_slice_uninit(2).unwrap().write_slice(&[7, 8]);
    publisher.send(copies).unwrap();
    assert_eq!(&subscriber.try_recv().unwrap().unwrap()[..], [0, 1, 4, 9, 16]);
    assert_eq!(&subscriber.try_recv().unwrap().unwrap()[..], [7, 8]);
}

#[test]
fn try_methods_never_wait() {
    let domain = TempDomain::new();
    let builder = Publisher::<[u64], u32>::builder("x").domain(&domain).depth(1).lossless(Duration::MAX);
    let mut publisher = builder.create().unwrap();
    let builder = Publisher::<[u64]>::builder("y").domain(&domain).depth(1).lossless(Duration::MAX);
    let mut headless = builder.create().unwrap();
    let layout = Layout::published("y", &domain).unwrap();
    let builder = dynamic::Publisher::builder("y", &layout).domain(&domain).depth(1).lossless(Duration::MAX);
    let mut dynamic = builder.create().unwrap();
    let _first = Subscriber::<[u64], u32>::builder("x").domain(&domain).lossless().create().unwrap();
    let _second = Subscriber::<[u64]>::builder("y").domain(&domain).lossless().create().unwrap();
    assert_eq!(publisher.try_publish_slice_with(&1, &[2]), Ok(0));
    assert!(matches!(publisher.try_publish_slice_with(&1, &[2]), Err(PublishError::Full { .. })));
    assert_eq!(headless.try_publish_slice(&[2]), Ok(0));
    assert!(matches!(headless.try_publish_slice(&[2]), Err(PublishError::Full { .. })));
    assert_eq!(dynamic.try_publish_bytes(&[0; 8]), Ok(0));
    let error = dynamic.try_publish_bytes(&[0; 8]).unwrap_err();
    assert!(matches!(error, dynamic::PublishError::Publish(PublishError::Full { .. })));
    assert_eq!((dynamic.pool_memory(), dynamic.pages()), (64 << 10, headless.pages()));
}
