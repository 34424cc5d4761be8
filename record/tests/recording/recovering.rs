//! Files that were cut off or damaged.

use crate::messages::{Pose, Read, all_kinds, folder, pose, read};
use proptest::prelude::*;
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Domain, Publisher};
use slotcast_record::{Recorder, recover};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

/// A finished file of many chunks, and what is in each of them.
struct Sample {
    bytes: Vec<u8>,
    /// Where each chunk is, and the messages in it.
    chunks: Vec<(usize, usize, Vec<Read>)>,
}

static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let (_folder, path) = folder();
    all_kinds(&path, |builder| builder.chunk_bytes(256));
    let bytes = fs::read(&path).unwrap();
    let summary = mcap::Summary::read(&bytes).unwrap().unwrap();
    let mut messages = read(&path).1.into_iter();
    let mut chunks = Vec::new();
    for index in &summary.chunk_indexes {
        let count = summary.stream_chunk(&bytes, index).unwrap().count();
        let start = usize::try_from(index.chunk_start_offset).unwrap();
        let end = start + usize::try_from(index.chunk_length).unwrap();
        chunks.push((start, end, messages.by_ref().take(count).collect()));
    }
    assert_eq!(messages.count(), 0);
    assert!(chunks.len() > 10, "{} chunks", chunks.len());
    Sample { bytes, chunks }
});

impl Sample {
    /// Checks that all chunks for which `is_whole` come back from a file, and that it is said when
    /// others do not. Nothing else comes back, unless it is right: the times of a chunk have no
    /// checksum, but no message depends on them.
    fn check(&self, damaged: &[u8], is_whole: impl Fn(usize, usize) -> bool) {
        let (folder, path) = folder();
        fs::write(&path, damaged).unwrap();
        let of = |is_whole: &dyn Fn(usize, usize) -> bool| -> Vec<&Read> {
            let whole = self.chunks.iter().filter(|(start, end, _)| is_whole(*start, *end));
            whole.flat_map(|(_, _, messages)| messages).collect()
        };
        let (_, messages) = read(&path);
        let (all, whole) = (of(&|_, _| true), of(&is_whole));
        let expected = if messages.len() == all.len() { &all } else { &whole };
        assert!(messages.iter().eq(expected.iter().copied()), "{} of {}", messages.len(), expected.len());
        let is_missed = expected.len() < all.len();
        let other = folder.path().join("recovered.mcap");
        let recovered = recover(&path, &other).unwrap();
        assert_eq!(recovered.messages, expected.len() as u64, "{recovered:?}");
        assert!(!is_missed || !recovered.was_whole(), "nothing is missed");
        let (recording, messages) = read(&other);
        assert!(recording.is_finished() && recording.damage().is_empty());
        assert!(messages.iter().eq(expected.iter().copied()));
        let bytes = fs::read(&other).unwrap();
        assert_eq!(mcap::MessageStream::new(&bytes).unwrap().map(Result::unwrap).count(), messages.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_cut_off_the_whole_chunks_come_back(place in 0.0..1.0_f64) {
        let sample = &*SAMPLE;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the file")]
        let cut = 8 + (place * (sample.bytes.len() - 8) as f64) as usize;
        // Without its definitions nothing is readable; they are written before the first message.
        sample.check(&sample.bytes[..cut], |_, end| end <= cut);
    }

    #[test]
    fn whatever_is_flipped_the_other_chunks_come_back(place in any::<u64>(), bit in 0..8) {
        let sample = &*SAMPLE;
        // Half of them are in what says where everything is, which is small.
        let large = sample.chunks.iter().max_by_key(|(start, end, _)| end - start).unwrap();
        let places: Vec<usize> = (8..sample.bytes.len()).filter(|at| !(large.0 + 100..large.1).contains(at)).collect();
        let at = match place % 8 {
            0 => large.0 + usize::try_from(place >> 3).unwrap() % (large.1 - large.0),
            _ => places[usize::try_from(place >> 3).unwrap() % places.len()],
        };
        let mut bytes = sample.bytes.clone();
        bytes[at] ^= 1_u8 << bit;
        let last = sample.chunks.last().unwrap().1;
        prop_assume!(at < last); // behind that is the summary, which is not needed
        let header = sample.chunks[0].0;
        prop_assume!(at >= header); // the profile has no checksum, and no message depends on it
        sample.check(&bytes, |start, end| !(start..end).contains(&at));
    }
}

#[test]
fn child_records() {
    testing::process(|script| {
        let builder = Recorder::builder().all().domain(script.domain()).chunk_time(Duration::from_millis(2));
        let path = script.argument::<String>(0);
        let recorder = builder.chunk_bytes(2000).sync(Some(Duration::from_millis(1))).start(path).unwrap();
        script.say("recording");
        script.hear("end");
        drop(recorder);
    });
}

/// Publishes until the recorder of a file has written some chunks, kills it, and checks the file.
fn kill_once(domain: &Domain, path: &Path, after: u64) {
    let mut publisher = Publisher::<Pose>::builder("pose").domain(domain).depth(1 << 16).create().unwrap();
    let mut child = Process::start("recovering::child_records", domain, &[path.to_str().unwrap()]);
    child.expect("recording");
    let active = path.with_extension("mcap.active");
    let mut number = 0;
    until("enough is written", || {
        for _ in 0..50 {
            publisher.publish(&pose(number)).unwrap();
            number += 1;
        }
        fs::metadata(&active).unwrap().len() >= after
    });
    child.kill();
    let (recording, messages) = read(&active);
    assert!(!recording.is_finished() && recording.losses().is_empty());
    let size = fs::metadata(&active).unwrap().len();
    assert!(recording.damage().iter().all(|damage| damage.to == size), "{:?}", recording.damage());
    assert!(!messages.is_empty());
    for (index, message) in messages.iter().enumerate() {
        assert_eq!(message.sequence as usize, index);
        assert_eq!(message.bytes, crate::messages::bytes_of_pose(&pose(message.sequence)));
    }
    let recovered = recover(&active, path).unwrap();
    assert_eq!(recovered.messages, messages.len() as u64);
    assert_eq!(read(path).1, messages);
    fs::remove_file(&active).unwrap();
    fs::remove_file(path).unwrap();
}

#[test]
fn a_killed_recorder_leaves_whole_chunks() {
    let (_folder, path) = folder();
    // More with SLOTCAST_CRASHES.
    let crashes = std::env::var("SLOTCAST_CRASHES").ok().and_then(|crashes| crashes.parse().ok()).unwrap_or(10);
    for crash in 0..crashes {
        let domain = TempDomain::new();
        kill_once(&domain, &path, 3000 + (crash * 7919) % 60_000);
        domain.clean().unwrap();
    }
}

#[test]
fn a_whole_file_is_said_to_be_whole() {
    let (folder, path) = folder();
    all_kinds(&path, |builder| builder);
    let other = folder.path().join("again.mcap");
    let recovered = recover(&path, &other).unwrap();
    assert!(recovered.was_whole() && recovered.messages == 43, "{recovered:?}");
    assert_eq!(read(&path).1, read(&other).1);
    assert!(recover(&path, &other).unwrap_err().to_string().contains("cannot be written: entity already exists"));
}
