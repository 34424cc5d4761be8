//! Partial messages: what is counted as valid is present and stays, whoever closes or dies.

use crate::messages::{fill, large, number, publisher, subscriber};
use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{
    Domain, PartialLoan, PartialSample, PublishError, Publisher, SendError, ShmMessage, Subscriber, Topic, topic,
};
use std::time::{Duration, Instant};

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Frame {
    number: u64,
    rows: u64,
}

const FRAMES: Topic<[u64], Frame> = topic!("frames");
const ROW: usize = 512;
const ROWS: usize = 64;

type Frames = Publisher<[u64], Frame>;

fn frames(domain: &Domain) -> Frames {
    Publisher::builder(FRAMES).domain(domain).create().unwrap()
}

fn viewer(domain: &Domain) -> Subscriber<[u64], Frame> {
    Subscriber::builder(FRAMES).domain(domain).create().unwrap()
}

fn word_of(number: u64, index: usize) -> u64 {
    number << 32 | index as u64
}

fn begin(publisher: &mut Frames, number: u64) -> PartialLoan<[u64], Frame> {
    let mut loan = publisher.loan_slice_uninit(ROW * ROWS).unwrap().assume_filled();
    *loan.header_mut() = Frame { number, rows: ROWS as u64 };
    publisher.publish_partial(loan).unwrap()
}

fn write_rows(frame: &mut PartialLoan<[u64], Frame>, rows: usize) {
    let number = frame.header().number;
    for _ in 0..rows {
        let from = frame.valid();
        for (index, word) in frame.rest_mut()[..ROW].iter_mut().enumerate() {
            *word = word_of(number, from + index);
        }
        frame.advance(ROW).unwrap();
    }
}

/// Checks what is valid of a frame. Returns how much that is.
#[track_caller]
fn check(frame: &PartialSample<[u64], Frame>) -> usize {
    let Frame { number, rows } = *frame.header();
    assert_eq!((rows, frame.total()), (ROWS as u64, ROW * ROWS));
    let elements = frame.elements();
    for (index, &word) in elements.iter().enumerate() {
        assert_eq!(word, word_of(number, index), "frame {number}, of which {} are valid, at {index}", elements.len());
    }
    elements.len()
}

/// Returns the next partial message.
fn next(subscriber: &mut Subscriber<[u64], Frame>) -> PartialSample<[u64], Frame> {
    let mut found = None;
    until("a partial message appears", || {
        found = subscriber.try_recv_partial().unwrap();
        found.is_some()
    });
    found.unwrap()
}

/// Publishes frames partially, writes a row whenever the test asks for it, until it is killed.
#[test]
fn child_publishes_partially() {
    testing::process(|script| {
        let mut publisher = frames(script.domain());
        script.say("ready");
        script.hear("begin");
        for number in 0.. {
            let mut frame = begin(&mut publisher, number);
            script.say("begun");
            while frame.valid() < frame.total() {
                script.hear("row");
                write_rows(&mut frame, 1);
                script.say("written");
            }
            script.hear("send");
            publisher.finish(frame).unwrap();
            script.say("sent");
        }
    });
}

#[test]
fn rows_are_seen_as_they_are_written() {
    let domain = TempDomain::new();
    let mut subscriber = viewer(&domain);
    let mut other = Process::start("progress::child_publishes_partially", &domain, &[]);
    other.expect("ready");
    other.tell("begin");
    for number in 0..3 {
        other.expect("begun");
        let frame = next(&mut subscriber);
        assert_eq!((frame.header().number, frame.valid()), (number, 0));
        assert!(subscriber.try_recv_partial().unwrap().is_none(), "each is given once");
        for row in 1..=ROWS {
            other.tell("row");
            other.expect("written");
            assert_eq!(check(&frame), row * ROW);
            assert!(!frame.is_complete() && !frame.is_abandoned());
        }
        assert!(subscriber.try_recv().unwrap().is_none());
        other.tell("send");
        other.expect("sent");
        assert!(frame.is_complete() && !frame.is_abandoned());
        let sample = subscriber.try_recv().unwrap().unwrap();
        assert!(frame.is_of(&sample) && sample.publisher() == frame.publisher());
        assert_eq!((sample.sequence(), &sample[..]), (number, frame.elements()));
    }
}

#[test]
fn what_a_killed_publisher_published_partially_stays() {
    let domain = TempDomain::new();
    let mut subscriber = viewer(&domain);
    let mut other = Process::start("progress::child_publishes_partially", &domain, &[]);
    other.expect("ready");
    other.tell("begin");
    other.expect("begun");
    let frame = next(&mut subscriber);
    for _ in 0..5 {
        other.tell("row");
        other.expect("written");
    }
    assert!(subscriber.is_alive(frame.publisher()));
    other.kill();
    assert!(!subscriber.is_alive(frame.publisher()));
    assert_eq!(check(&frame), 5 * ROW);
    assert!(!frame.is_complete() && !frame.is_abandoned());
    // The next publisher is seen, and the dead one is not offered again.
    let mut publisher = frames(&domain);
    let mut second = begin(&mut publisher, 9);
    write_rows(&mut second, 1);
    let seen = next(&mut subscriber);
    assert_eq!((check(&seen), seen.header().number), (ROW, 9));
    assert!(subscriber.try_recv_partial().unwrap().is_none());
    assert_eq!(check(&frame), 5 * ROW);
    drop(subscriber);
    assert_eq!(check(&frame), 5 * ROW);
}

#[test]
fn an_abandoned_message_is_kept_while_it_is_held() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (frames(&domain), viewer(&domain));
    let mut kept = Vec::new();
    for number in 0..5 {
        let mut frame = begin(&mut publisher, number);
        let seen = next(&mut subscriber);
        write_rows(&mut frame, 3);
        assert!(!seen.is_abandoned());
        drop(frame);
        assert!(seen.is_abandoned() && !seen.is_complete());
        kept.push(seen);
    }
    for number in 5..500 {
        let mut frame = begin(&mut publisher, number);
        write_rows(&mut frame, ROWS);
        if number % 2 == 0 {
            publisher.finish(frame).unwrap();
        }
    }
    for (number, seen) in kept.iter().enumerate() {
        assert_eq!((check(seen), seen.header().number), (3 * ROW, number as u64));
        assert!(seen.is_abandoned());
    }
    assert!(publisher.pool_memory() < 16 << 20, "{}", publisher.pool_memory());
}

#[test]
fn a_finished_message_is_kept_and_known_to_be_complete() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (frames(&domain), viewer(&domain));
    let mut frame = begin(&mut publisher, 0);
    write_rows(&mut frame, 2);
    let seen = next(&mut subscriber);
    publisher.finish(frame).unwrap();
    let frame = begin(&mut publisher, 1);
    let abandoned = next(&mut subscriber);
    drop(frame);
    assert_eq!(check(&abandoned), 0);
    // The first is inspected long after it was sent, when others have been published partially.
    for number in 2..50 {
        drop(begin(&mut publisher, number));
    }
    assert!(seen.is_complete());
    assert_eq!(seen.elements().len(), ROW * ROWS);
    for number in 50..200 {
        publisher.publish_slice_with(&Frame { number, rows: 0 }, &[number; ROW * ROWS]).unwrap();
    }
    assert_eq!((seen.header().number, seen.elements()[2 * ROW - 1]), (0, word_of(0, 2 * ROW - 1)));
    assert!(abandoned.is_abandoned());
}

#[test]
fn a_message_whose_line_was_reused_counts_as_abandoned() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (frames(&domain), viewer(&domain));
    let mut sent = Vec::new();
    for number in 0..2 {
        let mut frame = begin(&mut publisher, number);
        write_rows(&mut frame, ROWS);
        let seen = next(&mut subscriber);
        assert_eq!(seen.valid(), ROW * ROWS);
        publisher.finish(frame).unwrap();
        sent.push(seen);
    }
    for number in 2..66 {
        drop(begin(&mut publisher, number));
    }
    assert!(sent[0].is_abandoned() && sent[1].is_complete());
    assert_eq!((check(&sent[0]), check(&sent[1])), (ROW * ROWS, ROW * ROWS));
}

#[test]
fn a_publisher_closes_while_a_message_is_partial() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (frames(&domain), viewer(&domain));
    let mut frame = begin(&mut publisher, 0);
    write_rows(&mut frame, 2);
    let seen = next(&mut subscriber);
    drop(publisher);
    assert!(seen.is_abandoned() && !subscriber.is_alive(seen.publisher()));
    assert_eq!(check(&seen), 2 * ROW);
    write_rows(&mut frame, 1); // into memory that only this loan holds
    drop((frame, subscriber));
    assert_eq!(check(&seen), 2 * ROW);
}

#[test]
fn one_message_at_a_time_is_partial() {
    let domain = TempDomain::new();
    let mut publisher = frames(&domain);
    let frame = begin(&mut publisher, 0);
    let loan = publisher.loan_slice(ROW).unwrap();
    let error = publisher.publish_partial(loan).unwrap_err();
    assert!(matches!(error.reason, PublishError::PartialOpen { .. }));
    let text = error.to_string();
    assert!(text.ends_with("has another partial message already: finish or drop that one first"), "{text}");
    std::thread::spawn(|| drop(frame)).join().unwrap();
    let partial = publisher.publish_partial(error.into_inner()).unwrap();
    publisher.finish(partial).unwrap();
    begin(&mut publisher, 1).advance(1).unwrap();
}

#[test]
fn other_messages_are_published_meanwhile() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (frames(&domain), viewer(&domain));
    let mut frame = begin(&mut publisher, 7);
    let seen = next(&mut subscriber);
    let writer = std::thread::spawn(move || {
        for _ in 0..ROWS {
            write_rows(&mut frame, 1);
            std::thread::yield_now();
        }
        frame
    });
    let mut open = Vec::new();
    for number in 0..300 {
        open.push(publisher.loan_slice(ROW * ROWS).unwrap());
        if number % 3 == 0 {
            open.clear();
        }
        publisher.publish_slice_with(&Frame { number: 100 + number, rows: 0 }, &[1; ROW * ROWS]).unwrap();
        assert_eq!(subscriber.try_recv().unwrap().unwrap().header().number, 100 + number);
        check(&seen);
    }
    let frame = writer.join().unwrap();
    assert_eq!(publisher.finish(frame).unwrap(), 300);
    assert_eq!(check(&seen), ROW * ROWS);
    assert!(seen.is_of(&subscriber.try_recv().unwrap().unwrap()));
}

#[test]
fn messages_of_fixed_size_are_seen_as_bytes() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (publisher(&domain), subscriber(&domain));
    let message = large(5);
    let bytes: Vec<u8> = message.iter().flat_map(|word| word.to_le_bytes()).collect();
    let loan = publisher.loan_uninit().unwrap().assume_filled();
    let mut partial = publisher.publish_partial(loan).unwrap();
    assert_eq!((partial.valid(), partial.total(), partial.rest_mut().len()), (0, bytes.len(), bytes.len()));
    let seen = subscriber.try_recv_partial().unwrap().unwrap();
    for piece in bytes.chunks(1000) {
        assert!(seen.message().is_none());
        partial.rest_mut()[..piece.len()].copy_from_slice(piece);
        partial.advance(piece.len()).unwrap();
        assert_eq!(seen.bytes(), &bytes[..partial.valid()]);
    }
    assert!(seen.message().is_none() && seen.valid() == seen.total());
    publisher.finish(partial).unwrap();
    assert_eq!(number(seen.message().unwrap()), 5);
    assert_eq!(number(&subscriber.try_recv().unwrap().unwrap()[..]), 5);
}

#[test]
fn no_more_can_be_advanced_than_the_message_has() {
    let domain = TempDomain::new();
    let mut publisher = frames(&domain);
    let mut frame = begin(&mut publisher, 0);
    write_rows(&mut frame, ROWS - 1);
    let (valid, total) = (ROW * (ROWS - 1), ROW * ROWS);
    for more in [ROW + 1, usize::MAX] {
        let error = frame.advance(more).unwrap_err();
        assert_eq!((error.more, error.valid, error.total), (more, valid, total));
        assert_eq!(frame.valid(), valid);
    }
    frame.advance(0).unwrap();
    write_rows(&mut frame, 1);
    assert!(frame.rest_mut().is_empty());
    let error = frame.advance(1).unwrap_err().to_string();
    assert!(error.starts_with("cannot advance by 1: 32768 of 32768 are finished already"), "{error}");
    let empty = publisher.loan_slice(0).unwrap();
    drop(frame);
    let mut empty = publisher.publish_partial(empty).unwrap();
    assert_eq!((empty.total(), empty.rest_mut().len()), (0, 0));
    publisher.finish(empty).unwrap();
}

#[test]
fn a_loan_of_another_publisher_is_handed_back() {
    let domain = TempDomain::new();
    let (mut one, mut other) = (frames(&domain), frames(&domain));
    let loan = one.loan_slice(ROW).unwrap();
    let error = other.publish_partial(loan).unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("this loan is of another publisher: send it with the one that lent it"), "{text}");
    let partial = one.publish_partial(error.into_inner()).unwrap();
    let Err(SendError { loan: partial, reason: PublishError::ForeignLoan { .. } }) = other.finish(partial) else {
        panic!()
    };
    one.finish(partial).unwrap();
}

#[test]
fn a_message_refused_by_backpressure_stays_partial() {
    let domain = TempDomain::new();
    let builder = Publisher::builder(FRAMES).domain(&domain).depth(1).lossless(Duration::ZERO);
    let mut publisher = builder.create().unwrap();
    let mut subscriber = Subscriber::builder(FRAMES).domain(&domain).lossless().create().unwrap();
    publisher.publish_slice_with(&Frame { number: 0, rows: 0 }, &[1]).unwrap();
    let mut frame = begin(&mut publisher, 1);
    write_rows(&mut frame, 1);
    let seen = next(&mut subscriber);
    let Err(SendError { loan: mut frame, reason: PublishError::Full { .. } }) = publisher.try_finish(frame) else {
        panic!()
    };
    assert!(!seen.is_complete() && !seen.is_abandoned());
    write_rows(&mut frame, 1);
    assert_eq!(check(&seen), 2 * ROW);
    let Err(SendError { loan: frame, reason: PublishError::LagTimeout(_) }) = publisher.finish(frame) else { panic!() };
    subscriber.recv().unwrap();
    publisher.finish(frame).unwrap();
    assert!(seen.is_complete() && seen.is_of(&subscriber.recv().unwrap()));
}

#[test]
fn several_publishers_are_polled_in_turn() {
    let domain = TempDomain::new();
    let mut subscriber = viewer(&domain);
    let mut publishers: Vec<_> = (0..3).map(|_| frames(&domain)).collect();
    for round in 0..5 {
        let mut partial: Vec<_> = publishers.iter_mut().map(|publisher| begin(publisher, round)).collect();
        let seen: Vec<_> = (0..3).map(|_| next(&mut subscriber)).collect();
        assert!(subscriber.try_recv_partial().unwrap().is_none());
        for (rows, (frame, publisher)) in partial.iter_mut().zip(&publishers).enumerate() {
            write_rows(frame, rows + 1);
            let seen = seen.iter().find(|seen| seen.publisher() == publisher.id()).unwrap();
            assert_eq!(check(seen), (rows + 1) * ROW);
        }
    }
}

#[test]
fn without_a_free_pin_no_partial_message_is_received() {
    let domain = TempDomain::new();
    let mut publisher = frames(&domain);
    let mut few = Subscriber::builder(FRAMES).domain(&domain).max_samples(1).create().unwrap();
    let mut none = Subscriber::builder(FRAMES).domain(&domain).max_samples(0).create().unwrap();
    let frame = begin(&mut publisher, 0);
    let seen = next(&mut few);
    publisher.finish(frame).unwrap();
    let _frame = begin(&mut publisher, 1);
    assert!(few.try_recv_partial().unwrap().is_none() && none.try_recv_partial().unwrap().is_none());
    drop(seen);
    assert_eq!(next(&mut few).header().number, 1);
    // A later publisher does not honour pins before it has scanned.
    let mut late = viewer(&domain);
    assert!(late.try_recv_partial().unwrap().is_none());
    publisher.publish_slice_with(&Frame { number: 2, rows: 0 }, &[1]).unwrap();
    assert_eq!(next(&mut late).header().number, 1);
}

/// Publishes partially, and finishes or abandons, until it is killed.
#[test]
fn child_streams() {
    testing::process(|script| {
        let mut publisher = frames(script.domain());
        let mut random = script.argument::<u64>(0);
        script.say("ready");
        for number in 0.. {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(99);
            let mut frame = begin(&mut publisher, number);
            let rows = usize::try_from(random >> 40).unwrap() % (ROWS + 1);
            write_rows(&mut frame, rows);
            if random >> 33 & 1 == 1 {
                write_rows(&mut frame, ROWS - rows);
                publisher.finish(frame).unwrap();
            }
        }
    });
}

#[test]
fn a_stream_of_partial_messages_is_right_at_every_poll() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::builder(FRAMES).domain(&domain).max_samples(4).create().unwrap();
    let mut others: Vec<_> = ["1", "2"].map(|seed| Process::start("progress::child_streams", &domain, &[seed])).into();
    for other in &mut others {
        other.expect("ready");
    }
    let (mut polls, mut complete, mut abandoned, mut grew) = (0_u64, 0, 0, 0);
    let mut held: Vec<(PartialSample<[u64], Frame>, usize)> = Vec::new();
    let start = Instant::now();
    while (complete < 100 || abandoned < 100 || grew < 100) && start.elapsed() < PATIENCE {
        if let Some(frame) = subscriber.try_recv_partial().unwrap() {
            held.push((frame, 0));
        }
        for (frame, before) in &mut held {
            let was_abandoned = frame.is_abandoned();
            let now = check(frame);
            assert!(now >= *before, "{before} were valid, and now {now}");
            assert!(!was_abandoned || frame.is_abandoned() && frame.valid() == now);
            grew += u64::from(now > *before);
            *before = now;
            polls += 1;
        }
        if held.len() > 3 {
            let (frame, before) = held.swap_remove(usize::try_from(polls % 3).unwrap());
            assert!(frame.valid() >= before);
            complete += u64::from(frame.is_complete());
            abandoned += u64::from(frame.is_abandoned());
        }
        if let Some(sample) = subscriber.try_recv().unwrap() {
            let number = sample.header().number;
            assert!(sample.iter().enumerate().all(|(index, &word)| word == word_of(number, index)), "{number}");
        }
    }
    println!("{polls} polls, {grew} grew, {complete} complete, {abandoned} abandoned");
    assert!(complete >= 100 && abandoned >= 100 && grew >= 100);
    for mut other in others {
        other.kill();
    }
    held.iter().for_each(|(frame, before)| assert!(check(frame) >= *before));
}

#[test]
fn a_slot_of_a_finished_partial_message_is_reused() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (publisher(&domain), subscriber(&domain));
    for turn in 0..1000 {
        let loan = publisher.loan_uninit().unwrap().assume_filled();
        let mut partial = publisher.publish_partial(loan).unwrap();
        let seen = subscriber.try_recv_partial().unwrap();
        if turn % 3 == 0 {
            drop(partial);
            assert!(seen.unwrap().is_abandoned());
            continue;
        }
        let mut words = vec![0; 8192];
        fill(&mut words, turn);
        for (place, word) in partial.rest_mut().chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        publisher.finish(partial).unwrap();
        assert_eq!(number(&subscriber.try_recv().unwrap().unwrap()[..]), turn);
        assert_eq!(number(seen.unwrap().message().unwrap()), turn);
    }
    assert!(publisher.pool_memory() < 4 << 20, "{}", publisher.pool_memory());
}
