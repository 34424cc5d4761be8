//! Latest values without a type, beside typed ones.

use crate::messages::{Pose, pose};
use slotcast::dynamic::{self, Layout, OpenError, SetError, Value};
use slotcast::schema::Schema;
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{CreateError, ShmMessage, ValueReader, ValueWriter};
use std::time::Duration;

fn writer(domain: &TempDomain) -> dynamic::ValueWriterBuilder {
    dynamic::ValueWriter::builder("pose", &Layout::of::<Pose>().unwrap()).domain(domain)
}

fn reader(domain: &TempDomain) -> dynamic::ValueReaderBuilder {
    dynamic::ValueReader::builder("pose").domain(domain)
}

#[test]
fn a_writer_without_a_type_is_read_by_type() {
    let domain = TempDomain::new();
    let mut typed = ValueReader::<Pose>::builder("pose").domain(&domain).create().unwrap();
    let mut writer = writer(&domain).create().unwrap();
    assert!(typed.get().unwrap().is_none() && writer.version().is_none());
    let mut value = Layout::of::<Pose>().unwrap().decode(&[0; 24]).unwrap();
    for number in 1..=3_u64 {
        if let Value::Struct(fields) = &mut value {
            fields[0].1 = Value::F64(number as f64);
        }
        writer.set(&value).unwrap();
        let read = typed.get().unwrap().unwrap();
        assert_eq!((read.x, read.version().number()), (number as f64, number));
        assert_eq!(Some(read.version()), writer.version());
        assert!(read.age().is_some());
    }
    assert_eq!(writer.readers().unwrap().len(), 1);
}

#[test]
fn a_reader_without_a_type_finds_it_by_itself() {
    let domain = TempDomain::new();
    let mut typed = ValueWriter::<Pose>::builder("pose").domain(&domain).create().unwrap();
    let mut untyped = reader(&domain).create().unwrap();
    assert!(untyped.get().unwrap().is_none());
    typed.set(&Pose { x: 1.5, ..pose() }).unwrap();
    let value = untyped.get().unwrap().unwrap();
    let version = value.version();
    assert_eq!((value.value().unwrap().get("x"), Some(version)), (Some(&Value::F64(1.5)), typed.version()));
    assert!(!value.is_orphaned());
    assert!(!untyped.changed_since(version).unwrap());
    for number in 0..100 {
        typed.set(&Pose { x: f64::from(number), ..pose() }).unwrap();
    }
    assert!(untyped.changed_since(version).unwrap());
    let newest = untyped.wait_for_change(version, Duration::ZERO).unwrap().unwrap();
    assert_eq!((newest.version().number(), newest.value().unwrap().get("x")), (101, Some(&Value::F64(99.0))));
    let version = newest.version();
    assert!(untyped.wait_for_change(version, Duration::from_millis(1)).unwrap().is_none());
    drop(typed);
    until("the writer has ended", || untyped.writer().unwrap().is_none());
    assert!(untyped.get().unwrap().unwrap().is_orphaned(), "what was read stays");
}

#[test]
fn large_values_are_read_where_they_are() {
    let domain = TempDomain::new();
    let layout = Layout::of::<[u32; 10_000]>().unwrap();
    let mut writer = dynamic::ValueWriter::builder("map", &layout).domain(&domain).create().unwrap();
    let mut reader = dynamic::ValueReader::builder("map").layout(&layout).domain(&domain).create().unwrap();
    let bytes = |number: u32| number.to_le_bytes().repeat(10_000);
    writer.set_bytes(&bytes(0)).unwrap();
    reader.get().unwrap().unwrap();
    for number in 1..100 {
        writer.set_bytes(&bytes(number)).unwrap();
        let value = reader.get().unwrap().unwrap();
        assert_eq!(value.bytes(), bytes(number));
        assert!(number < 10 || value.is_in_place());
    }
}

#[test]
fn what_is_no_value_is_refused() {
    let domain = TempDomain::new();
    assert!(
        matches!(reader(&domain).create(), Err(OpenError::NoPublisher { topic }) if topic.as_str() == "pose~value")
    );
    let slices = Layout::new(Schema::slice_of(None, u8::SCHEMA.clone()).unwrap()).unwrap();
    let error = dynamic::ValueWriter::builder("pose", &slices).domain(&domain).create().unwrap_err();
    assert!(error.to_string().contains("a value has a fixed size, and [u8] varies in size"), "{error}");
    let mut first = writer(&domain).create().unwrap();
    assert!(matches!(writer(&domain).create(), Err(CreateError::Exclusive { .. })));
    assert!(matches!(first.set(&Value::Int(1)), Err(SetError::Write(_))));
    let error = first.set_bytes(&[0; 23]).unwrap_err().to_string();
    assert!(error.contains("23 bytes"), "{error}");
    let other = Layout::of::<u64>().unwrap();
    let error = reader(&domain).layout(&other).create().unwrap_err();
    assert!(matches!(&error, OpenError::Create(CreateError::Mismatch(_))), "{error}");
}

#[test]
fn child_leaves_a_pose() {
    testing::process(|script| {
        let layout = Layout::of::<Pose>().unwrap();
        let writer = dynamic::ValueWriter::builder("pose", &layout).domain(script.domain()).survives_writer(true);
        let mut writer = writer.create().unwrap();
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&7.5_f64.to_le_bytes());
        writer.set_bytes(&bytes).unwrap();
        script.say("set");
        script.hear("never");
    });
}

#[test]
fn a_value_survives_its_killed_writer_and_the_next_one_removes_it() {
    let domain = TempDomain::new();
    let mut child = Process::start("latest::child_leaves_a_pose", &domain, &[]);
    child.expect("set");
    child.kill();
    let mut untyped = reader(&domain).create().expect("the value that was left says its layout");
    let value = untyped.get().unwrap().unwrap();
    assert!(value.is_orphaned());
    assert_eq!(value.value().unwrap().get("x"), Some(&Value::F64(7.5)));
    let mut next = writer(&domain).create().unwrap();
    next.set_bytes(&[0; 24]).unwrap();
    assert_eq!(untyped.get().unwrap().unwrap().version(), next.version().unwrap());
    drop((next, untyped));
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}
