//! Large messages and pins, read according to the book's text alone.

use crate::book::Layout;
use crate::entry;
use slotcast::testing::TempDomain;
use slotcast::{Publisher, Sample, Subscriber};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Returns the cell of a sequence, of a publisher with the default depth for large messages.
fn descriptor(segment: &Layout, file: &File, sequence: u64) -> [u64; 3] {
    assert_eq!((segment.word(file, 0, "depth"), segment.word(file, 0, "cells")), (8, 16));
    assert_eq!(segment.word(file, 0, "payload"), 24);
    let cell = segment.offset("ring") + sequence % 16 * 64;
    assert_eq!(Layout::of("cell").word(file, cell, "stamp"), 2 * sequence + 2);
    let message = cell + Layout::of("cell").offset("message");
    ["offset", "bytes", "count"].map(|field| Layout::of("descriptor").word(file, message, field))
}

fn message(segment: &Layout, file: &File, [offset, bytes, _]: [u64; 3]) -> Vec<u8> {
    assert!(offset % 64 == 0 && offset + bytes <= segment.word(file, 0, "pool_bytes"));
    let mut message = vec![0; usize::try_from(bytes).unwrap()];
    file.read_exact_at(&mut message, segment.word(file, 0, "pool") + offset).unwrap();
    message
}

#[test]
fn large_messages_are_where_the_book_says() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u16; 1000]>::builder("x").domain(&domain).max_memory(1 << 20).create().unwrap();
    let entry = entry::find(&domain.path().join("x"), "p-");
    let (file, segment) = (entry.memory(), Layout::of("segment"));
    assert_eq!(segment.word(&file, 0, "flags"), 1 | 2);
    assert_eq!(segment.word(&file, 0, "pool"), (4096 + 16 * 64_u64).next_multiple_of(4096));
    assert_eq!(segment.word(&file, 0, "pool_bytes"), 1 << 20);
    assert_eq!(segment.word(&file, 0, "size"), 8192 + (1 << 20));
    for number in 0..100_u8 {
        publisher.publish(&[u16::from(number); 1000]).unwrap();
        let found = descriptor(&segment, &file, number.into());
        assert_eq!(found[1..], [2000, 1]);
        assert_eq!(message(&segment, &file, found), [number, 0].repeat(1000));
    }
}

#[test]
fn a_partial_message_is_where_the_book_says() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u16]>::builder("x").domain(&domain).create().unwrap();
    let entry = entry::find(&domain.path().join("x"), "p-");
    let (file, segment, line) = (entry.memory(), Layout::of("segment"), Layout::of("partial"));
    let word = |field| line.word(&file, segment.offset("partial"), field);
    assert_eq!((word("stamp"), word("valid"), word("sent")), (0, 0, 0));
    let mut sent = 0;
    for n in 0..100 {
        let loan = publisher.loan_slice(1000).unwrap();
        let mut partial = publisher.publish_partial(loan).unwrap();
        assert_eq!((word("stamp"), word("valid"), word("sent")), (4 * n + 2, 0, sent));
        partial.rest_mut()[..100].fill(7);
        partial.advance(100).unwrap();
        assert_eq!((word("stamp"), word("valid")), (4 * n + 2, 100));
        let place = segment.offset("partial") + line.offset("place");
        let found = ["offset", "bytes", "count"].map(|field| Layout::of("descriptor").word(&file, place, field));
        assert_eq!(found[1..], [2000, 1000]);
        assert_eq!(message(&segment, &file, found)[..200], [7, 0].repeat(100));
        let is_sent = n % 3 == 0;
        if is_sent {
            let sequence = publisher.finish(partial).unwrap();
            assert_eq!(descriptor(&segment, &file, sequence), found);
        } else {
            drop(partial);
        }
        assert_eq!((word("stamp"), word("valid")), (if is_sent { 4 * n + 3 } else { 4 * n + 4 }, 100));
        sent = sent << 1 | u64::from(is_sent);
    }
}

#[test]
fn messages_of_variable_size_are_as_the_book_says() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u16], u64>::builder("x").domain(&domain).create().unwrap();
    let entry = entry::find(&domain.path().join("x"), "p-");
    let (file, segment) = (entry.memory(), Layout::of("segment"));
    assert_eq!(segment.word(&file, 0, "flags"), 1 | 2 | 4);
    publisher.publish_slice_with(&0x0102, &[3, 4, 5]).unwrap();
    let found = descriptor(&segment, &file, 0);
    assert_eq!(found[1..], [70, 3]);
    let mut expected = vec![0; 70];
    expected[..2].copy_from_slice(&[2, 1]);
    expected[64..].copy_from_slice(&[3, 0, 4, 0, 5, 0]);
    assert_eq!(message(&segment, &file, found), expected);
}

#[test]
fn pins_are_where_the_book_says() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u16; 1000]>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u16; 1000]>::builder("x").domain(&domain).max_samples(5).create().unwrap();
    let directory = domain.path().join("x");
    let (control, segment) = (entry::find(&directory, "s-"), entry::find(&directory, "p-"));
    let (page, memory) = (control.memory(), segment.memory());
    assert_eq!(Layout::of("control").word(&page, 0, "pins"), 5);
    let id = control.number("id");
    let names = || -> Vec<(u64, u64)> {
        let at = |index: u64| 61440 + (64 * u64::try_from(id % 64).unwrap() + 8 * index) % 4096;
        let pin = Layout::of("pin");
        (0..5).map(|index| (pin.word(&page, at(index), "slot"), pin.word(&page, at(index), "tag"))).collect()
    };
    assert_eq!(names(), [(0, 0); 5]);
    let mut samples: Vec<Sample<_>> = Vec::new();
    let mut slots = Vec::new();
    for sequence in 0..3 {
        publisher.publish(&[7; 1000]).unwrap();
        samples.push(subscriber.try_recv().unwrap().unwrap());
        slots.push(descriptor(&Layout::of("segment"), &memory, sequence)[0] / 64 + 1);
    }
    let grant = Layout::of("segment").offset("grants");
    assert_eq!(Layout::of("grant").number(&memory, grant, "subscriber"), id);
    assert_eq!(Layout::of("grant").word(&memory, grant, "start"), 1 << 63);
    let tag = u64::try_from(publisher.id().0 % (1 << 32)).unwrap();
    let held: Vec<_> = names().into_iter().filter(|name| name.0 != 0).collect();
    assert_eq!(held, slots.iter().map(|&slot| (slot, tag)).collect::<Vec<_>>());
    samples.remove(1);
    let held: Vec<_> = names().into_iter().filter(|name| name.0 != 0).collect();
    assert_eq!(held, [(slots[0], tag), (slots[2], tag)]);
    drop(samples);
    assert_eq!(names(), [(0, 0); 5]);
}
