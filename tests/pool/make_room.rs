//! What a publisher that is short of memory withdraws, and what it does not: no more than helps,
//! and nothing that anybody is promised or holds.

use slotcast::testing::{self, Process, Script, TempDomain};
use slotcast::{LoanError, Placement, PublishError, Publisher, Subscriber};
use slotcast_tests::random::Random;
use slotcast_tests::small_file_system::mount;
use std::fs::{self, File};
use std::io::Write;

const MIB: usize = 1 << 20;
const PAGE: usize = 4096;
/// What loans contain that are not published.
const LENT: u8 = 255;

fn publisher(domain: &TempDomain, max_memory: usize) -> Publisher<[u8]> {
    Publisher::builder("x").domain(domain).max_memory(max_memory as u64).create().unwrap()
}

fn lossless_publisher(domain: &TempDomain) -> Publisher<[u8]> {
    Publisher::builder("x").domain(domain).max_memory(MIB as u64).lossless(testing::PATIENCE).create().unwrap()
}

/// Publishes until memory is short.
fn fill(publisher: &mut Publisher<[u8]>) {
    for _ in 0..8 {
        match publisher.publish_slice(&vec![1; MIB / 5]) {
            Ok(_) => {}
            Err(PublishError::NoMemory(LoanError::PoolExhausted(_))) => return,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("there is memory for 8 messages of a fifth of it");
}

#[test]
fn no_message_is_withdrawn_for_one_that_does_not_fit_after_all() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain, 8 * MIB);
    let mut subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).max_samples(0).create().unwrap();
    let loan = publisher.loan_slice(5 * MIB).unwrap();
    for number in 0..8 {
        publisher.publish_slice(&[number; 100_000]).unwrap();
    }
    assert!(matches!(publisher.loan_slice(4 * MIB), Err(LoanError::PoolExhausted(_))));
    assert_eq!(subscriber.try_iter().map(|sample| sample.unwrap()[0]).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7]);
    drop(loan);
    publisher.publish_slice(&vec![8; 4 * MIB]).unwrap();
}

#[test]
fn no_more_messages_are_withdrawn_than_make_room() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain, MIB);
    let mut subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).max_samples(0).create().unwrap();
    for number in 0..8 {
        publisher.publish_slice(&[number; MIB / 8]).unwrap();
    }
    publisher.publish_slice(&[8; 3 * MIB / 8]).unwrap();
    assert_eq!(subscriber.try_iter().map(|sample| sample.unwrap()[0]).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8]);
    assert_eq!(subscriber.lost(), 3);
}

#[test]
fn a_partial_message_is_not_withdrawn() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain, MIB);
    let mut subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).create().unwrap();
    publisher.wait_for_subscribers(1, testing::PATIENCE).unwrap();
    let loan = publisher.loan_slice(MIB / 4).unwrap();
    let mut partial = publisher.publish_partial(loan).unwrap();
    partial.rest_mut().fill(7);
    partial.advance(MIB / 8).unwrap();
    for number in 0..100 {
        publisher.publish_slice(&[number; MIB / 4]).unwrap();
    }
    let seen = subscriber.try_recv_partial().unwrap().unwrap();
    let is_whole = |elements: &[u8]| is_full_of(elements, 7);
    assert!(seen.elements().len() == MIB / 8 && is_whole(seen.elements()));
    let sequence = publisher.finish(partial).unwrap();
    let last = subscriber.try_iter().map(Result::unwrap).last().unwrap();
    assert!(last.sequence() == sequence && last.len() == MIB / 4 && is_whole(&last));
    drop(last);
    for number in 0..100 {
        publisher.publish_slice(&[number; MIB / 4]).unwrap();
        assert!(is_whole(seen.elements()), "it is held");
    }
}

/// What was withdrawn before it came, it has not lost. So it is not told that it is not lossless,
/// either.
#[test]
fn a_subscriber_that_joins_gets_as_much_history_as_there_is() {
    let domain = TempDomain::new();
    let mut publisher = lossless_publisher(&domain);
    for number in 0..20 {
        publisher.publish_slice(&[number; MIB / 5]).unwrap();
    }
    for lossless in [false, true] {
        let builder = Subscriber::<[u8]>::builder("x").domain(&domain).history(8);
        let mut subscriber = if lossless { builder.lossless() } else { builder }.create().unwrap();
        let received: Vec<_> = subscriber.try_iter().map(|sample| sample.unwrap()[0]).collect();
        assert!(received.ends_with(&[16, 17, 18, 19]) && received.len() < 8, "{received:?}");
        assert_eq!(subscriber.lost(), 0);
    }
}

/// Whatever is held, lent and unread: what fails succeeds once that is no more, and nobody sees a
/// wrong byte.
#[test]
fn messages_of_all_sizes_pass_samples_and_loans_and_a_lossless_subscriber() {
    let domain = TempDomain::new();
    let mut random = Random::of_this_run();
    let mut publisher = lossless_publisher(&domain);
    let create = || Subscriber::<[u8]>::builder("x").domain(&domain);
    let (mut holder, mut lossless) = (create().max_samples(4).create().unwrap(), create().lossless().create().unwrap());
    publisher.wait_for_subscribers(2, testing::PATIENCE).unwrap();
    let (mut held, mut loans, mut received) = (Vec::new(), Vec::new(), 0);
    let mut failed = 0;
    for number in 0..2000_u64 {
        let byte = u8::try_from(number % 251).unwrap();
        let most = (MIB / 4) >> random.index(16);
        let message = vec![byte; 1 + random.index(most)];
        let mut read = |most| {
            for sample in lossless.try_iter().take(most) {
                let sample = sample.unwrap();
                assert_eq!(sample.sequence(), received);
                assert!(is_message(&sample, received));
                received += 1;
            }
        };
        if random.below(4) != 0 {
            read(random.index(4));
        }
        if publisher.try_publish_slice(&message).is_err() {
            failed += 1;
            read(usize::MAX);
            held.clear();
            loans.clear();
            assert_eq!(publisher.try_publish_slice(&message).unwrap_or_else(|error| panic!("{error}")), number);
        }
        held.extend(holder.try_iter().map(Result::unwrap).take(random.index(3)));
        if !held.is_empty() && random.below(3) == 0 {
            held.swap_remove(random.index(held.len()));
        }
        match random.below(8) {
            0 => loans.extend(publisher.loan_slice(1 + random.index(MIB / 16)).ok().map(|mut loan| {
                loan.fill(LENT);
                loan
            })),
            1 => drop(loans.pop()),
            _ => {}
        }
        assert!(held.iter().all(|sample| is_message(sample, sample.sequence())));
        assert!(loans.iter().all(|loan| is_full_of(loan, LENT)));
    }
    println!("{failed} messages did not fit at first, {} were lost to the other subscriber", holder.lost());
    assert_eq!(lossless.lost(), 0);
}

fn is_message(bytes: &[u8], sequence: u64) -> bool {
    is_full_of(bytes, u8::try_from(sequence % 251).unwrap())
}

/// As one comparison, since without optimisation a loop takes long.
fn is_full_of(bytes: &[u8], byte: u8) -> bool {
    bytes[0] == byte && bytes[1..] == bytes[..bytes.len() - 1]
}

#[test]
fn a_lossless_subscriber_that_has_left_keeps_no_memory() {
    let domain = TempDomain::new();
    let mut publisher = lossless_publisher(&domain);
    let subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).lossless().create().unwrap();
    fill(&mut publisher);
    drop(subscriber);
    publisher.publish_slice(&[1; MIB / 5]).unwrap();
}

#[test]
fn child_that_reads_nothing() {
    testing::process(|script| {
        let _subscriber = Subscriber::<[u8]>::builder("x").domain(script.domain()).lossless().create().unwrap();
        script.say("created");
        script.hear("never");
    });
}

#[test]
fn a_lossless_subscriber_that_was_killed_keeps_no_memory() {
    let domain = TempDomain::new();
    let mut publisher = lossless_publisher(&domain);
    let mut process = Process::start("make_room::child_that_reads_nothing", &domain, &[]);
    process.expect("created");
    fill(&mut publisher);
    process.kill();
    testing::until("its messages are withdrawn", || publisher.publish_slice(&[1; MIB / 5]).is_ok());
    assert_eq!(publisher.detached_subscribers(), 0, "it died");
}

/// For a process of its own: a publisher in a file system that has no more than so many pages left.
fn nearly_full(script: &Script, pages: usize, run: impl FnOnce(&mut Publisher<[u8]>)) {
    let domain = script.domain();
    fs::create_dir(domain.path()).unwrap();
    if let Err(error) = mount(domain.path(), 2048) {
        return script.say(&format!("skipped: no file system can be mounted: {error}"));
    }
    let mut publisher = Publisher::builder("x").domain(domain).placement(Placement::File).create().unwrap();
    let mut other = File::create(domain.path().join("other")).unwrap();
    while other.write_all(&[0; PAGE]).is_ok() {}
    let size = other.metadata().unwrap().len();
    other.set_len(size - (pages * PAGE) as u64).unwrap();
    run(&mut publisher);
    script.say("done");
}

#[test]
fn child_on_a_nearly_full_file_system() {
    testing::process(|script| {
        nearly_full(&script, 5, |publisher| {
            for number in 0..100 {
                assert_eq!(publisher.publish_slice(&[1; 3000]).unwrap(), number);
            }
            publisher.publish_slice(&[1; 5 * PAGE]).unwrap();
            assert_eq!(publisher.pool_memory(), 5 * PAGE as u64);
        });
    });
}

#[test]
fn child_whose_message_needs_what_is_left_and_what_is_withdrawn() {
    testing::process(|script| {
        nearly_full(&script, 5, |publisher| {
            publisher.publish_slice(&[1; PAGE]).unwrap();
            assert!(matches!(publisher.publish_slice(&[1; 6 * PAGE]), Err(PublishError::NoMemory(_))));
            publisher.publish_slice(&[1; 5 * PAGE]).unwrap();
            assert_eq!(publisher.pool_memory(), 5 * PAGE as u64);
        });
    });
}

fn run(child: &str) {
    let domain = TempDomain::new();
    let mut process = Process::start(&format!("make_room::{child}"), &domain, &[]);
    let said = process.listen();
    println!("{said}");
    assert!(said == "done" || said.starts_with("skipped: "), "{said}");
    process.finish();
}

#[test]
fn a_publisher_takes_as_much_as_a_nearly_full_file_system_has() {
    run("child_on_a_nearly_full_file_system");
}

#[test]
fn a_message_takes_what_a_file_system_has_left_and_what_is_withdrawn() {
    run("child_whose_message_needs_what_is_left_and_what_is_withdrawn");
}
