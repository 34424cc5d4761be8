//! Latest values between real processes: whole, never older than before, whoever dies when.

mod hostile;
mod orphans;
mod standby;
mod storm;
mod waiting;

use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{
    CreateError, Domain, ShmMessage, TopicName, ValueReader, ValueReaderBuilder, ValueWriter, ValueWriterBuilder,
};
use std::time::Instant;

/// Fields that are all the same: a value that is put together from two shows.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Same<const N: usize> {
    fields: [u64; N],
}

impl<const N: usize> Same<N> {
    fn of(number: u64) -> Self {
        Self { fields: [number; N] }
    }

    #[track_caller]
    fn number(&self) -> u64 {
        assert!(self.fields.iter().all(|&field| field == self.fields[0]), "it is torn: {:?}", self.fields);
        self.fields[0]
    }
}

/// Of 48 bytes, as in the ring.
type Small = Same<6>;

/// Returns the topic in which they meet.
fn topic() -> TopicName {
    TopicName::with_part("limits~value").unwrap()
}

fn writer(domain: &Domain) -> ValueWriterBuilder<Small> {
    ValueWriter::builder("limits").domain(domain)
}

fn reader(domain: &Domain) -> ValueReaderBuilder<Small> {
    ValueReader::builder("limits").domain(domain)
}

#[track_caller]
fn number(reader: &mut ValueReader<Small>) -> Option<u64> {
    reader.get().unwrap().map(|value| value.number())
}

fn write_for_ever<const N: usize>(domain: &Domain, say: impl Fn(&str)) {
    let mut writer = ValueWriter::<Same<N>>::builder("limits").domain(domain).create().unwrap();
    writer.set(&Same::of(1)).unwrap();
    say("writes");
    for number in 2.. {
        writer.set(&Same::of(number)).unwrap();
    }
}

/// Argument: how many words a value has. Writes until it is killed.
#[test]
fn child_writes() {
    testing::process(|script| {
        let say = |line: &str| script.say(line);
        match script.argument(0) {
            6 => write_for_ever::<6>(script.domain(), say),
            128 => write_for_ever::<128>(script.domain(), say),
            _ => write_for_ever::<8192>(script.domain(), say),
        }
    });
}

fn read_while_it_is_written<const N: usize>() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_writes", &domain, &[&N.to_string()]);
    other.expect("writes");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut reader = ValueReader::<Same<N>>::builder("limits").domain(&domain).create().unwrap();
                let (mut last, mut reads, begin) = ((0, 0), 0, Instant::now());
                // Until the writer has had its turn, too: the first value was there before.
                while reads < 20_000 || last.0 < 100 {
                    assert!(begin.elapsed() < PATIENCE, "it is being written");
                    reads += 1;
                    let value = reader.get().unwrap().expect("it was set before");
                    let now = (value.number(), value.version().number());
                    assert!(now.0 >= last.0, "{now:?} after {last:?}");
                    assert_eq!(now.0, now.1, "each version has its value");
                    last = now;
                }
            });
        }
    });
    other.kill();
}

#[test]
fn a_small_value_is_whole_and_never_older_than_before() {
    read_while_it_is_written::<6>();
}

#[test]
fn so_is_one_of_one_kib() {
    read_while_it_is_written::<128>();
}

#[test]
fn and_one_that_is_read_in_place() {
    read_while_it_is_written::<8192>();
}

#[test]
fn what_was_set_before_reading_began_is_read() {
    let domain = TempDomain::new();
    let (mut writer, mut reader) = (writer(&domain).create().unwrap(), reader(&domain).create().unwrap());
    assert!(reader.get().unwrap().is_none());
    for number in 1..1000 {
        writer.set(&Same::of(number)).unwrap();
        if number % 3 != 0 {
            let value = reader.get().unwrap().unwrap();
            assert_eq!((value.number(), value.version()), (number, writer.version().unwrap()));
        }
    }
}

#[test]
fn a_value_tells_its_version_its_age_and_whether_its_writer_lives() {
    let domain = TempDomain::new();
    let (mut writer, mut reader) = (writer(&domain).create().unwrap(), reader(&domain).create().unwrap());
    writer.set(&Same::of(1)).unwrap();
    let first = {
        let value = reader.get().unwrap().unwrap();
        assert!(value.age().unwrap() < PATIENCE && !value.is_orphaned());
        value.version()
    };
    assert!(!reader.changed_since(first).unwrap());
    writer.set(&Same::of(1)).unwrap();
    assert!(reader.changed_since(first).unwrap(), "the same value, set again, has another version");
    assert_eq!(reader.writer().unwrap().unwrap().id, writer.id());
    drop(writer);
    assert!(reader.get().unwrap().unwrap().is_orphaned());
    assert!(reader.writer().unwrap().is_none());
    assert_eq!(number(&mut reader), Some(1));
}

#[test]
fn a_second_writer_is_refused_with_the_name_of_the_first() {
    let domain = TempDomain::new();
    let first = writer(&domain).name("planner").create().unwrap();
    let Err(CreateError::Exclusive { publisher: Some(publisher), .. }) = writer(&domain).create() else {
        panic!("there is one writer");
    };
    assert_eq!((publisher.id, &*publisher.name), (first.id(), "planner"));
}

#[test]
fn a_value_that_does_not_survive_goes_with_its_writer() {
    let domain = TempDomain::new();
    let mut writer = writer(&domain).create().unwrap();
    writer.set(&Same::of(1)).unwrap();
    drop(writer);
    assert_eq!(number(&mut reader(&domain).create().unwrap()), None);
}

#[test]
fn a_large_value_is_lent_and_set_without_a_copy() {
    let domain = TempDomain::new();
    type Map = [f32; 10_000];
    let mut reader = ValueReader::<Map>::builder("map").domain(&domain).create().unwrap();
    let mut writer = ValueWriter::<Map>::builder("map").domain(&domain).create().unwrap();
    let mut held = Vec::new();
    for number in 0..20_u8 {
        let loan = writer.loan_uninit().unwrap().write([f32::from(number); 10_000]);
        writer.set_loan(loan).unwrap();
        let value = reader.get().unwrap().unwrap();
        if number < 5 {
            held.push(value.sample().clone());
        }
        assert_eq!(value[9_999], f32::from(number));
    }
    assert!(held.iter().zip(0_u8..).all(|(map, number)| map[5000] == f32::from(number)), "what is held stays");
}
