//! Files that exist, that cannot be created, and that are not finished.

use crate::messages::{Pose, all_kinds, folder, pose, read, record, wait};
use slotcast::Publisher;
use slotcast::testing::{TempDomain, until};
use slotcast_record::{ReadError, RecordError, Recorder, Recording};
use std::fs;
use std::time::Duration;

#[test]
fn a_file_is_named_active_until_it_is_finished() {
    let (folder, path) = folder();
    let active = folder.path().join("run.mcap.active");
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Pose>::builder("pose").domain(&domain).create().unwrap();
    let recorder = record(&domain, &path, |builder| builder.chunk_time(Duration::from_millis(1)));
    assert!(active.exists() && !path.exists());
    publisher.publish(&pose(1)).unwrap();
    until("the message can be read", || read(&active).1.len() == 1);
    let (recording, _) = read(&active);
    assert!(!recording.is_finished() && recording.damage().is_empty());
    let again = Recorder::builder().all().domain(&domain).start(&path).unwrap_err();
    assert!(matches!(again, RecordError::Active { .. }), "{again}");
    recorder.finish().unwrap();
    assert!(!active.exists() && read(&path).0.is_finished());
    let again = Recorder::builder().all().domain(&domain).start(&path).unwrap_err();
    assert!(matches!(again, RecordError::Exists { .. }), "{again}");
}

#[test]
fn a_dropped_recorder_has_finished_its_file() {
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Pose>::builder("pose").domain(&domain).create().unwrap();
    let recorder = record(&domain, &path, |builder| builder);
    publisher.publish(&pose(1)).unwrap();
    wait(&recorder, 1);
    drop(recorder);
    assert!(read(&path).0.is_finished());
}

#[test]
fn what_is_no_recording_is_refused() {
    let (_folder, path) = folder();
    fs::write(&path, "not an MCAP file").unwrap();
    assert!(matches!(Recording::open(&path), Err(ReadError::NotMcap { .. })));
    fs::write(&path, "").unwrap();
    assert!(matches!(Recording::open(&path), Err(ReadError::NotMcap { .. })));
}

#[test]
fn the_library_reads_the_summary() {
    let (_folder, path) = folder();
    all_kinds(&path, |builder| builder.chunk_bytes(256));
    let bytes = fs::read(&path).unwrap();
    let summary = mcap::Summary::read(&bytes).unwrap().unwrap();
    let statistics = summary.stats.clone().unwrap();
    assert_eq!((statistics.message_count, summary.channels.len(), summary.schemas.len()), (43, 5, 5));
    assert_eq!(statistics.chunk_count as usize, summary.chunk_indexes.len());
    // Each message is found by its index.
    let mut found = 0;
    for chunk in &summary.chunk_indexes {
        for entries in summary.read_message_indexes(&bytes, chunk).unwrap().values() {
            for entry in entries {
                let message = summary.seek_message(&bytes, chunk, entry).unwrap();
                assert_eq!(message.log_time, entry.log_time);
                found += 1;
            }
        }
    }
    assert_eq!(found, 43);
    assert_eq!(mcap::MessageStream::new(&bytes).unwrap().map(Result::unwrap).count(), 43);
}
