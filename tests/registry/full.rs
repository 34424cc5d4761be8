//! A full file system. Runs only where one can be mounted.

use slotcast::registry::Placement;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Domain, LoanError, PublishError, Publisher, Subscriber};
use slotcast_tests::small_file_system::mount;
use std::fs;
use std::io::Write;

const TOPIC: &str = "full";
const PAGE: usize = 4096;

/// Fills the file system but for `free` pages.
fn fill(domain: &Domain, free: usize) {
    let path = domain.path().join("ballast");
    let mut file = fs::File::create(&path).unwrap();
    while file.write_all(&[1; PAGE]).is_ok() {}
    let pages = usize::try_from(file.metadata().unwrap().len()).unwrap() / PAGE;
    file.set_len(((pages - free) * PAGE) as u64).unwrap();
}

/// Returns whether only the ballast is left.
fn is_clean(domain: &Domain) -> bool {
    fs::read_dir(domain.path()).unwrap().all(|entry| entry.unwrap().file_name() == "ballast")
}

#[test]
fn child_fills_a_small_file_system() {
    testing::process(|script| {
        let domain = script.domain();
        fs::create_dir(domain.path()).unwrap();
        if let Err(error) = mount(domain.path(), 64) {
            return script.say(&format!("skipped: no file system can be mounted: {error}"));
        }
        let subscribe = || Subscriber::<u64>::builder(TOPIC).domain(domain);
        let publish = || Publisher::<u64>::builder(TOPIC).domain(domain);
        // How many pages are free, and what fails for lack of more.
        let full = "the file system is full; free some space, or choose another directory with `Domain::at`";
        for free in 0..3 {
            fill(domain, free);
            if let Err(error) = subscribe().create() {
                let error = error.to_string();
                assert!(error.contains(full), "{free} pages: {error}");
                assert!(free < 2, "{free} pages: {error}");
            }
            assert!(is_clean(domain), "{free} pages");
            if let Err(error) = publish().create() {
                let error = error.to_string();
                assert!(error.contains(full), "{free} pages: {error}");
                assert!(free < 3, "{free} pages: {error}");
            }
            assert!(is_clean(domain), "{free} pages");
            let error = publish().placement(Placement::File).create().unwrap_err().to_string();
            assert!(error.contains("No space left on device"), "{free} pages: {error}");
            assert!(is_clean(domain), "{free} pages");
        }
        fill(domain, 4);
        let error = publish().placement(Placement::File).create().unwrap_err().to_string();
        assert!(error.contains("No space left on device"), "{error}");
        assert!(is_clean(domain));
        fill(domain, 8);
        let mut subscriber = subscribe().create().unwrap();
        let mut publisher = publish().placement(Placement::File).create().unwrap();
        fill(domain, 0);
        for number in 0..1000 {
            publisher.publish(&number).unwrap();
        }
        assert!(subscriber.try_recv().unwrap().is_some(), "existing endpoints work on");
        drop((subscriber, publisher));
        assert!(is_clean(domain));
        script.say("done");
    });
}

#[test]
fn a_full_file_system_is_a_clear_error_and_nothing_is_left() {
    let domain = TempDomain::new();
    let mut process = Process::start("full::child_fills_a_small_file_system", &domain, &[]);
    let line = process.listen();
    println!("{line}");
    assert!(line == "done" || line.starts_with("skipped: "), "{line}");
    process.finish();
}

/// 16 KiB.
type Large = [u64; 2048];

#[test]
fn child_fills_a_small_file_system_with_a_pool() {
    testing::process(|script| {
        let domain = script.domain();
        fs::create_dir(domain.path()).unwrap();
        if let Err(error) = mount(domain.path(), 1024) {
            return script.say(&format!("skipped: no file system can be mounted: {error}"));
        }
        let builder = Publisher::<Large>::builder(TOPIC).domain(domain).placement(Placement::File).depth(1);
        let mut publisher = builder.create().unwrap(); // up to 1 GiB, allocated as needed
        let mut subscriber = Subscriber::<Large>::builder(TOPIC).domain(domain).create().unwrap();
        let mut loans: Vec<_> = std::iter::from_fn(|| publisher.loan().ok()).collect();
        assert!((40..64).contains(&loans.len()), "{} of 16 KiB", loans.len());
        for loan in &mut loans {
            loan.fill(7); // all of it is allocated
        }
        let memory = publisher.pool_memory();
        for _ in 0..100 {
            let error = publisher.loan().unwrap_err();
            let LoanError::Memory { bytes, reason, .. } = &error else { panic!("{error}") };
            assert_eq!(*bytes, 16 << 10);
            assert!(reason.contains("No space left on device"), "{reason}");
            assert!(error.to_string().contains(": no memory for a slot of 16384 bytes, in which"), "{error}");
            assert!(error.to_string().ends_with("or free some of the file system"), "{error}");
        }
        let error = publisher.publish(&[0; 2048]).unwrap_err();
        assert!(matches!(error, PublishError::NoMemory(LoanError::Memory { .. })), "{error}");
        assert_eq!(publisher.pool_memory(), memory);
        // The memory that exists is reused.
        let last = loans.pop().unwrap();
        assert_eq!(publisher.send(last).unwrap(), 0);
        loans.truncate(loans.len() - 6);
        for number in 1..100 {
            publisher.publish(&[number; 2048]).unwrap();
            let sample = subscriber.try_recv().unwrap();
            assert!(sample.is_none_or(|sample| sample.iter().all(|&word| word == sample[0])));
        }
        assert_eq!(publisher.pool_memory(), memory);
        drop((loans, publisher, subscriber));
        // What was freed in the file system can be allocated again.
        let builder = Publisher::<Large>::builder(TOPIC).domain(domain).placement(Placement::File).depth(1);
        fill(domain, 20);
        let mut publisher = builder.create().unwrap();
        let first: Vec<_> = std::iter::from_fn(|| publisher.loan().ok()).collect();
        fill(domain, 100);
        let more: Vec<_> = std::iter::from_fn(|| publisher.loan().ok()).collect();
        assert!(more.len() >= 16, "{} and {}", first.len(), more.len());
        drop((first, more, publisher));
        assert!(is_clean(domain));
        script.say("done");
    });
}

#[test]
fn a_pool_without_more_memory_is_a_clear_error_and_continues_with_what_it_has() {
    let domain = TempDomain::new();
    let mut process = Process::start("full::child_fills_a_small_file_system_with_a_pool", &domain, &[]);
    let line = process.listen();
    println!("{line}");
    assert!(line == "done" || line.starts_with("skipped: "), "{line}");
    process.finish();
}
