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

/// Records 200 large messages, whose files are split, and returns the files.
fn split(
    set: impl FnOnce(slotcast_record::RecorderBuilder) -> slotcast_record::RecorderBuilder,
) -> (tempfile::TempDir, Vec<std::path::PathBuf>) {
    let (folder, path) = folder();
    let domain = TempDomain::new();
    let builder = Publisher::<[u64]>::builder("blocks").domain(&domain).lossless(slotcast::testing::PATIENCE);
    let mut publisher = builder.create().unwrap();
    let builder = |builder: slotcast_record::RecorderBuilder| {
        builder.lossless().compression(slotcast_record::Compression::None).chunk_bytes(1)
    };
    let recorder = record(&domain, &path, |recorder| set(builder(recorder)));
    for number in 0..200 {
        publisher.publish_slice(&[number; 1000]).unwrap();
    }
    wait(&recorder, 200);
    let status = recorder.finish().unwrap();
    assert_eq!(status.lost(), 0);
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names, status.files);
    (folder, names)
}

/// Returns the numbers in files, each of which is whole by itself.
fn numbers(files: &[std::path::PathBuf]) -> Vec<u64> {
    let mut numbers = Vec::new();
    for file in files {
        let (recording, messages) = read(file);
        assert!(recording.is_finished() && recording.damage().is_empty());
        numbers.extend(messages.iter().map(|message| u64::from_le_bytes(message.bytes[..8].try_into().unwrap())));
        let bytes = fs::read(file).unwrap();
        assert_eq!(mcap::MessageStream::new(&bytes).unwrap().map(Result::unwrap).count(), messages.len());
    }
    numbers
}

#[test]
fn a_recording_is_split_by_size() {
    let (folder, files) = split(|builder| builder.split_bytes(200_000));
    assert_eq!(files[0], folder.path().join("run-0001.mcap"));
    assert!(files.len() > 5, "{files:?}");
    assert_eq!(numbers(&files), (0..200).collect::<Vec<_>>());
    let status =
        slotcast_record::Player::builder().domain(&TempDomain::new()).rate(f64::INFINITY).play(&files).unwrap();
    assert_eq!(status.messages(), 200);
}

#[test]
fn a_recording_is_split_by_time() {
    let (_folder, files) = split(|builder| builder.split_time(Duration::ZERO));
    assert!(files.len() > 100, "{files:?}");
    assert_eq!(numbers(&files), (0..200).collect::<Vec<_>>());
}

#[test]
fn only_the_newest_files_are_kept() {
    let (_folder, files) = split(|builder| builder.split_bytes(200_000).keep(3));
    assert_eq!(files.len(), 3);
    let kept = numbers(&files);
    assert_eq!(kept, (kept[0]..200).collect::<Vec<_>>());
    assert!(kept[0] > 100);
    let (_folder, files) = split(|builder| builder.disk_quota(800_000));
    let size: u64 = files.iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    let kept = numbers(&files);
    assert!(size < 850_000 && kept.len() > 60 && files.len() > 5, "{size} {kept:?}");
    assert_eq!(kept, (kept[0]..200).collect::<Vec<_>>());
}
