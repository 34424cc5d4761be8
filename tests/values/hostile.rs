//! Wrong types, and files that are not what a writer has left.

use crate::{Same, number, reader, writer};
use slotcast::testing::TempDomain;
use slotcast::{CreateError, Domain, RecvError, ShmMessage, ValueReader, ValueWriter};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Limits {
    speed: f64,
    force: f64,
}

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Newer {
    speed: f64,
    force: f32,
    _pad: [u8; 4],
}

#[test]
fn other_types_are_refused_on_either_side_with_the_field() {
    let domain = TempDomain::new();
    let mut reader = ValueReader::<Newer>::builder("limits").domain(&domain).create().unwrap();
    let mut writer = ValueWriter::<Limits>::builder("limits").domain(&domain).create().unwrap();
    writer.set(&Limits { speed: 1.0, force: 2.0 }).unwrap();
    let Err(RecvError::Mismatch(mismatch)) = reader.get() else { panic!("the types differ") };
    assert!(mismatch.to_string().contains("force"), "{mismatch}");
    assert!(reader.get().unwrap().is_none(), "it is told once");
    let late = ValueReader::<Newer>::builder("limits").domain(&domain).create();
    assert!(matches!(late, Err(CreateError::Mismatch(_))));
    let second = ValueWriter::<Newer>::builder("limits").domain(&domain).standby(std::time::Duration::MAX).create();
    assert!(matches!(second, Err(CreateError::Mismatch(_))), "it does not wait in vain");
}

/// Leaves a value, and returns the folder in which it is.
fn leave(domain: &Domain) -> PathBuf {
    let mut writer = writer(domain).survives_writer(true).create().unwrap();
    writer.set(&Same::of(1)).unwrap();
    domain.path().join("limits~value")
}

/// What cannot be used counts as nothing: no reader and no writer is held up by it.
#[track_caller]
fn check_that_it_is_as_nothing(domain: &Domain) {
    assert_eq!(number(&mut reader(domain).create().unwrap()), None);
    let mut next = writer(domain).survives_writer(true).create().unwrap();
    let mut present = reader(domain).create().unwrap();
    assert_eq!(number(&mut present), None);
    next.set(&Same::of(5)).unwrap();
    assert_eq!(number(&mut present), Some(5));
    drop(next);
    assert_eq!(number(&mut reader(domain).create().unwrap()), Some(5));
}

#[test]
fn garbage_in_place_of_what_was_left_is_nothing() {
    for bytes in [&b""[..], b"garbage", &[0; 4096], &[0xff; 1 << 16]] {
        let domain = TempDomain::new();
        let folder = leave(&domain);
        fs::remove_file(folder.join("kept")).unwrap();
        fs::write(folder.join("kept"), bytes).unwrap();
        check_that_it_is_as_nothing(&domain);
    }
}

#[test]
fn a_link_in_place_of_what_was_left_is_not_followed() {
    let domain = TempDomain::new();
    let folder = leave(&domain);
    fs::rename(folder.join("kept"), folder.join("elsewhere")).unwrap();
    symlink(folder.join("elsewhere"), folder.join("kept")).unwrap();
    assert_eq!(number(&mut reader(&domain).create().unwrap()), None);
}

#[test]
fn memory_that_is_not_the_one_that_was_left_is_nothing() {
    let domain = TempDomain::new();
    let folder = leave(&domain);
    let memory = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let memory = memory.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("k-")).unwrap();
    let bytes = fs::read(&memory).unwrap();
    fs::remove_file(&memory).unwrap();
    check_that_it_is_as_nothing(&domain);
    let domain = TempDomain::new();
    let memory = leave(&domain).join(memory.file_name().unwrap());
    fs::write(memory, bytes).unwrap(); // a copy of it under another name is removed by the next writer
    assert_eq!(number(&mut reader(&domain).create().unwrap()), Some(1));
}

/// A value of an older program stays until the newer one sets its own.
#[test]
fn what_was_left_with_another_layout_is_nothing_to_a_reader_and_replaced_by_a_writer() {
    let domain = TempDomain::new();
    leave(&domain);
    let mut reader = ValueReader::<Limits>::builder("limits").domain(&domain).create().unwrap();
    assert!(reader.get().unwrap().is_none());
    let mut writer = ValueWriter::<Limits>::builder("limits").domain(&domain).survives_writer(true).create().unwrap();
    writer.set(&Limits { speed: 1.0, force: 2.0 }).unwrap();
    assert_eq!(reader.get().unwrap().unwrap().force, 2.0);
    drop((reader, writer));
    let mut late = ValueReader::<Limits>::builder("limits").domain(&domain).create().unwrap();
    assert_eq!(late.get().unwrap().unwrap().speed, 1.0);
}
