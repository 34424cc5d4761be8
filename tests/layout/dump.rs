//! The dump in the book, created anew.

use crate::book::{self, Layout};
use crate::entry;
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Publisher, ShmMessage};
use std::fmt::Write;
use std::os::unix::fs::FileExt;

/// As in the book.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Echo {
    beam: u32,
    meters: f32,
    quality: u32,
}

#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = Publisher::<Echo>::builder("x").domain(script.domain()).depth(2).create().unwrap();
        for (beam, meters) in (0..).zip([0.5, 1.5, 2.5, 3.5, 4.5, 5.5]) {
            publisher.publish(&Echo { beam, meters, quality: 200 }).unwrap();
        }
    });
}

#[test]
fn the_dump_is_that_of_a_publisher_stopped_while_it_writes() {
    let domain = TempDomain::new();
    let mut publisher = Process::start_until("dump::child_publishes", &domain, &[], "publish.written", 6, Action::Stop);
    publisher.wait_until_stopped();
    let memory = entry::find(&domain.path().join("x"), "p-").memory();
    let mut bytes = vec![0; memory.metadata().unwrap().len().try_into().unwrap()];
    memory.read_exact_at(&mut bytes, 0).unwrap();
    let dump = dump(&bytes);
    let in_the_book = book::block("dump").trim_start_matches("```text\n").trim_end_matches("```");
    assert_eq!(in_the_book, dump, "the dump in book/src/ring.md should be\n{dump}");
}

fn dump(bytes: &[u8]) -> String {
    let (segment, cell) = (Layout::of("segment"), Layout::of("cell"));
    let random = [segment.range("nonce"), segment.range("id")];
    let ring = segment.offset("ring");
    let mut dump = String::new();
    let mut was_zero = false;
    for (index, line) in (0_u64..).zip(bytes.chunks(16)) {
        let start = 16 * index;
        let mut names = segment.names_in(start..start + 16);
        if start >= ring {
            let (number, within) = ((start - ring) / 64, (start - ring) % 64);
            names = cell.names_in(within..within + 16);
            names.iter_mut().filter(|name| **name == "stamp").for_each(|name| {
                *name = ["cell 0: stamp", "cell 1: stamp", "cell 2: stamp", "cell 3: stamp"]
                    [usize::try_from(number).unwrap()];
            });
        }
        if names.is_empty() && line.iter().all(|&byte| byte == 0) {
            if !was_zero {
                dump.push_str("*\n");
            }
            was_zero = true;
            continue;
        }
        was_zero = false;
        write!(dump, "{start:5} ").unwrap();
        for (at, byte) in (start..).zip(line) {
            let gap = if at % 8 == 0 { " " } else { "" };
            if random.iter().any(|range| range.contains(&at)) {
                write!(dump, "{gap} ..").unwrap();
            } else {
                write!(dump, "{gap} {byte:02x}").unwrap();
            }
        }
        writeln!(dump, "   {}", names.join(", ")).unwrap();
    }
    dump
}
