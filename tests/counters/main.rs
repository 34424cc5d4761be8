//! Counters and errors of real processes, as others see them: exact, after death too, whatever is in
//! the memory.

mod storm;

use slotcast::observer::CounterSet;
use slotcast::registry::{Role, TopicDirectory};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{CounterError, Counters, CreateError, Domain, EndpointId, Observer, Publisher, ShmMessage, now_ns};
use slotcast_tests::segment::{NONCE, SEALS, Segment, announcement, word};

fn counters(domain: &Domain) -> Counters {
    Counters::builder("camera").domain(domain).name("left").create().unwrap()
}

/// Returns the only set that is announced.
#[track_caller]
fn only(domain: &Domain) -> CounterSet {
    let mut sets = Observer::new(domain).counters().unwrap();
    assert_eq!(sets.len(), 1);
    sets.pop().unwrap()
}

/// Counts and reports, and does what it is told each time.
#[test]
fn child_counts() {
    testing::process(|script| {
        let counters = counters(script.domain());
        let frames = counters.counter("frames", "").unwrap();
        let size = counters.counter("size", "byte").unwrap();
        loop {
            script.hear("count");
            frames.add(1);
            size.set(-5);
            counters.report("the shutter is stuck");
            script.say("counted");
        }
    });
}

#[test]
fn others_read_what_a_process_counts_also_after_it_was_killed() {
    let domain = TempDomain::new();
    let begin = now_ns();
    let mut other = Process::start("child_counts", &domain, &[]);
    for _ in 0..3 {
        other.tell("count");
        other.expect("counted");
    }
    let set = only(&domain);
    assert_eq!((set.name().as_str(), &*set.owner().name, set.owner().pid), ("camera", "left", other.id()));
    other.tell("count");
    other.expect("counted");
    let check = || {
        let rows: Vec<_> = set.counters().into_iter().map(|row| (row.label, row.unit, row.value)).collect();
        assert_eq!(rows, [("frames".into(), String::new(), 4), ("size".into(), "byte".into(), -5)]);
        let [error] = &set.errors()[..] else { panic!("there is one") };
        assert_eq!((&*error.text, error.count), ("the shutter is stuck", 4));
        assert!(begin <= error.first_ns && error.first_ns <= error.last_ns && error.last_ns <= now_ns());
    };
    assert!(set.is_alive());
    check();
    other.kill();
    assert!(!set.is_alive());
    check();
    assert!(Observer::new(&domain).counters().unwrap().is_empty(), "it is found no more");
    check();
}

#[test]
fn threads_add_without_losing_anything() {
    let domain = TempDomain::new();
    let counters = counters(&domain);
    let frames = counters.counter("frames", "").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let (frames, counters) = (frames.clone(), &counters);
            scope.spawn(move || {
                for number in 0..10_000 {
                    frames.add(if number % 2 == 0 { 3 } else { -1 });
                    if number % 100 == 0 {
                        counters.report(format_args!("error {}", number / 1000));
                        counters.counter(&format!("thread {}", number / 1000), "").unwrap().add(1);
                    }
                }
            });
        }
    });
    let set = only(&domain);
    assert_eq!(set.counters().len(), 11);
    assert_eq!((frames.get(), set.counters()[0].value), (40_000, 40_000));
    assert!(set.counters()[1..].iter().all(|row| row.value == 40));
    assert_eq!(set.errors().iter().map(|error| error.count).collect::<Vec<_>>(), [40; 10]);
}

#[test]
fn a_label_is_one_counter_in_one_unit() {
    let domain = TempDomain::new();
    let counters = counters(&domain);
    counters.counter("exposure", "us").unwrap().add(1);
    counters.counter("exposure", "us").unwrap().add(1);
    assert_eq!(only(&domain).counters().len(), 1);
    assert_eq!(only(&domain).counters()[0].value, 2);
    assert_eq!(
        counters.counter("exposure", "ms").unwrap_err().to_string(),
        "counters \"camera~counters\": \"exposure\" is counted in \"us\" already, and not in \"ms\""
    );
    for (label, unit) in [("", "us"), (&*"l".repeat(105), ""), ("a", &*"u".repeat(17)), ("a\0", ""), ("a", "\0")] {
        let error = counters.counter(label, unit).unwrap_err();
        assert!(matches!(error, CounterError::Text { .. }), "{error}");
    }
    counters.counter(&"l".repeat(104), &"u".repeat(16)).unwrap();
    for number in 2..128 {
        counters.counter(&format!("counter {number}"), "").unwrap();
    }
    assert_eq!(
        counters.counter("one more", "").unwrap_err().to_string(),
        "counters \"camera~counters\": there are 128 already, so there is none for \"one more\": create another set"
    );
    assert_eq!(only(&domain).counters()[1].label, "l".repeat(104));
}

#[test]
fn errors_beyond_those_that_are_kept_are_counted() {
    let domain = TempDomain::new();
    let counters = counters(&domain);
    for number in 0..70 {
        counters.report(format_args!("error {number}"));
        counters.report("again");
    }
    let set = only(&domain);
    assert_eq!((set.errors().len(), set.unlisted_errors()), (64, 7));
    assert_eq!((&*set.errors()[1].text, set.errors()[1].count), ("again", 70));
}

#[test]
fn long_texts_are_cut_between_characters() {
    let domain = TempDomain::new();
    let counters = counters(&domain);
    let long = "é".repeat(200);
    counters.report(format_args!("-{long}"));
    counters.report(format_args!("-{long} and more"));
    counters.report("with\0zero");
    let errors = only(&domain).errors();
    assert_eq!((&*errors[0].text, errors[0].count), (&*format!("-{}", "é".repeat(115)), 2));
    assert_eq!(errors[1].text, "withzero");
}

#[test]
fn several_processes_have_sets_of_one_name_and_their_end_leaves_nothing() {
    let domain = TempDomain::new();
    let (left, right) = (counters(&domain), Counters::builder("camera").domain(&domain).create().unwrap());
    assert_eq!(Observer::new(&domain).counters().unwrap().len(), 2);
    let known = only_of(&domain, left.id());
    let new = Observer::new(&domain).counters_but(|id| id == known.id()).unwrap();
    assert!(new.len() == 1 && new[0].id() == right.id());
    drop((left, right));
    assert!(!known.is_alive() && Observer::new(&domain).counters().unwrap().is_empty());
    assert!(!domain.path().join("camera~counters").exists());
}

fn only_of(domain: &Domain, id: EndpointId) -> CounterSet {
    Observer::new(domain).counters().unwrap().into_iter().find(|set| set.id() == id).unwrap()
}

#[test]
fn a_set_whose_entry_was_removed_is_announced_again_by_request() {
    let domain = TempDomain::new();
    let counters = counters(&domain);
    let frames = counters.counter("frames", "").unwrap();
    frames.add(1);
    assert!(!counters.refresh().unwrap());
    std::fs::remove_dir_all(domain.path().join("camera~counters")).unwrap();
    assert!(Observer::new(&domain).counters().unwrap().is_empty());
    assert!(counters.refresh().unwrap());
    frames.add(1);
    assert_eq!(only(&domain).counters()[0].value, 2);
}

#[test]
fn names_that_are_parts_are_refused() {
    let domain = TempDomain::new();
    let events = slotcast::TopicName::with_part("camera~events").unwrap();
    let error = Counters::builder(events).domain(&domain).create().unwrap_err();
    assert!(matches!(error, CreateError::Setting { .. }), "{error}");
}

const FORGED: EndpointId = EndpointId(0xbad);
/// Words of the memory, by index, as the book's page "Counters" says.
const ROWS: usize = 8;
const ERRORS: usize = 9;
const FIRST_COUNTER: usize = 16;
const BYTES: usize = 64 + 8 * (8 + 128 * 16 + 64 * 32);

/// Whatever a process claims, a reader finds at most as many rows as there can be, with some text.
#[test]
fn rows_of_any_content_are_read() {
    let domain = TempDomain::new();
    let memory = Segment::new(BYTES, SEALS);
    memory.set(word::MAGIC, u64::from_le_bytes(*b"slotcnt\x01"));
    memory.set(word::BYTES, BYTES as u64);
    memory.set(word::NONCE, NONCE);
    memory.set_whole(word::ID, FORGED.0);
    memory.set_whole(word::HASH, i64::HASH.0);
    let name = slotcast::TopicName::with_part("camera~counters").unwrap();
    let topic = TopicDirectory::enter(&domain, &name).unwrap();
    let registration = topic.announce(&announcement::<i64>(FORGED, Some(memory.memory()))).unwrap();
    let set = only(&domain);
    assert_eq!((set.counters().len(), set.errors().len()), (0, 0));
    memory.set(ROWS, u64::MAX);
    memory.set(ERRORS, 1 << 40);
    (FIRST_COUNTER..BYTES / 8).for_each(|index| memory.set(index, u64::MAX));
    assert_eq!((set.counters().len(), set.errors().len()), (128, 64));
    assert!(set.counters()[127].label.chars().all(|character| character == '\u{fffd}'));
    assert_eq!((set.counters()[0].value, set.errors()[63].count), (-1, u64::MAX));
    topic.withdraw(registration);
    assert_eq!(topic.names(Role::Publisher).unwrap().len(), 0);
}

/// What is in the place of a set, and is none, is left out.
#[test]
fn memory_that_is_not_that_of_counters_is_left_out() {
    let domain = TempDomain::new();
    let name = slotcast::TopicName::with_part("camera~counters").unwrap();
    let topic = TopicDirectory::enter(&domain, &name).unwrap();
    for (index, value) in [(word::MAGIC, 7), (word::BYTES, 8), (word::NONCE, !NONCE)] {
        let memory = Segment::new(BYTES, SEALS);
        memory.set(word::MAGIC, u64::from_le_bytes(*b"slotcnt\x01"));
        memory.set(word::BYTES, BYTES as u64);
        memory.set(word::NONCE, NONCE);
        memory.set_whole(word::ID, FORGED.0);
        memory.set_whole(word::HASH, i64::HASH.0);
        memory.set(index, value);
        let registration = topic.announce(&announcement::<i64>(FORGED, Some(memory.memory()))).unwrap();
        assert!(Observer::new(&domain).counters().unwrap().is_empty());
        topic.withdraw(registration);
    }
    let memory = Segment::new(BYTES - 8, SEALS);
    let registration = topic.announce(&announcement::<i64>(FORGED, Some(memory.memory()))).unwrap();
    assert!(Observer::new(&domain).counters().unwrap().is_empty());
    topic.withdraw(registration);
    drop(Publisher::<i64>::builder(name).domain(&domain).create().map(|_publisher| {
        assert!(Observer::new(&domain).counters().unwrap().is_empty(), "a publisher is no set");
    }));
}
