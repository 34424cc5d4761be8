//! A lossy publisher that is short of memory: it frees what nobody is promised, and goes on.

use slotcast::testing::{self, Process, TempDomain};
use slotcast::{LoanError, PublishError, Publisher, Subscriber};
use slotcast_tests::random::Random;
use slotcast_tests::small_file_system::mount;
use std::fs;

const MIB: u64 = 1 << 20;

#[test]
fn a_stream_of_large_messages_that_nobody_reads_goes_on() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8]>::builder("x").domain(&domain).max_memory(8 * MIB).create().unwrap();
    let message = vec![1; 600_000];
    for number in 0..100 {
        assert_eq!(publisher.publish_slice(&message).unwrap(), number);
    }
    assert!(publisher.pool_memory() <= 8 * MIB);
}

#[test]
fn a_stream_of_any_sizes_that_fit_never_fails_for_good() {
    let domain = TempDomain::new();
    let mut random = Random::of_this_run();
    for depth in [1, 2, 8, 64] {
        let builder = Publisher::<[u8]>::builder("x").domain(&domain).max_memory(MIB).depth(depth);
        let mut publisher = builder.create().unwrap();
        let mut subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).max_samples(0).create().unwrap();
        for number in 0..500 {
            // Up to a half of the memory: two of that size are there while one takes the other's
            // place.
            let most = usize::try_from(MIB / 2).unwrap() >> random.index(16);
            let bytes = 1 + random.index(most);
            let message = vec![u8::try_from(number % 251).unwrap(); bytes];
            let sequence = publisher.publish_slice(&message);
            assert_eq!(sequence.unwrap_or_else(|error| panic!("depth {depth}, {bytes} bytes: {error}")), number);
            if random.below(3) == 0 {
                for sample in subscriber.try_iter() {
                    let sample = sample.unwrap();
                    assert!(sample.iter().all(|&byte| u64::from(byte) == sample.sequence() % 251));
                }
            }
        }
    }
}

#[test]
fn what_a_subscriber_holds_is_never_overwritten_for_want_of_memory() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).create().unwrap();
    let mut publisher = Publisher::<[u8]>::builder("x").domain(&domain).max_memory(MIB).create().unwrap();
    let mut held = Vec::new();
    for number in 0..100_u8 {
        match publisher.publish_slice(&vec![number; 200_000]) {
            Ok(_) => held.extend(subscriber.try_iter().map(Result::unwrap).filter(|sample| sample.is_in_place())),
            Err(PublishError::NoMemory(LoanError::PoolExhausted(_))) => {
                assert!(!held.is_empty(), "somebody must hold what is missing");
                held.remove(0);
            }
            Err(error) => panic!("{error}"),
        }
        for sample in &held {
            assert!(sample.iter().all(|&byte| u64::from(byte) == u64::from(sample[0])), "{}", sample.sequence());
        }
    }
}

#[test]
fn what_a_lossless_subscriber_has_not_read_is_never_withdrawn() {
    let domain = TempDomain::new();
    let builder = Publisher::<[u8]>::builder("x").domain(&domain).max_memory(MIB);
    let mut publisher = builder.lossless(testing::PATIENCE).create().unwrap();
    let mut subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).lossless().create().unwrap();
    let (mut published, mut received) = (0, 0);
    for _ in 0..100 {
        loop {
            match publisher.publish_slice(&vec![u8::try_from(published).unwrap(); 200_000]) {
                Ok(sequence) => assert_eq!(sequence, published),
                Err(PublishError::NoMemory(LoanError::PoolExhausted(_))) => break,
                Err(error) => panic!("{error}"),
            }
            published += 1;
            assert!(published < 250, "1 MiB is not enough for all of them");
        }
        assert!(received < published, "one fits, once all were read");
        for sample in subscriber.try_iter().take(2) {
            let sample = sample.unwrap();
            assert!(sample.iter().all(|&byte| u64::from(byte) == received));
            received += 1;
        }
    }
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn child_on_a_full_file_system() {
    testing::process(|script| {
        let domain = script.domain();
        fs::create_dir(domain.path()).unwrap();
        if let Err(error) = mount(domain.path(), 2048) {
            return script.say(&format!("skipped: no file system can be mounted: {error}"));
        }
        let builder = Publisher::<[u8]>::builder("x").domain(domain);
        let mut publisher = builder.placement(slotcast::Placement::File).create().unwrap();
        for number in 0..100 {
            assert_eq!(publisher.publish_slice(&vec![1; 300_000]).unwrap(), number);
        }
        for number in 100..200 {
            assert_eq!(publisher.publish_slice(&[1; 100]).unwrap(), number, "small ones, too");
        }
        script.say("done");
    });
}

#[test]
fn a_stream_goes_on_where_the_file_system_is_full() {
    let domain = TempDomain::new();
    let mut process = Process::start("lossy_short::child_on_a_full_file_system", &domain, &[]);
    let said = process.listen();
    println!("{said}");
    assert!(said == "done" || said.starts_with("skipped: "), "{said}");
    process.finish();
}
