//! Page faults: after some messages there are none, if the memory is there from the start.

use super::{Large, start};
use slotcast::testing::{self, TempDomain};
use slotcast::{Publisher, Subscriber};

/// Until every slot that is used was looked at by both.
const WARM_UP: u64 = 1_000;
const MESSAGES: u64 = 4_000;
/// What the kernel may do by itself: of 256 000 pages that are touched on each side.
const FEW: i64 = 50;

/// How many page faults this thread has had.
fn faults() -> i64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: it writes one `struct rusage`.
    let result = unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
    assert_eq!(result, 0);
    // SAFETY: it was written, and any bytes are one.
    let usage = unsafe { usage.assume_init() };
    usage.ru_minflt + usage.ru_majflt
}

#[test]
fn publishing_all_there() {
    testing::process(|script| {
        let builder = Publisher::<Large>::builder("large").domain(script.domain());
        // Lossless, so that every message is read.
        let builder = builder.max_memory(16 << 20).prefault(true).lossless(testing::PATIENCE);
        let mut publisher = builder.create().unwrap();
        script.say("ready");
        script.hear("go");
        let mut publish = |number: u64| {
            let mut loan = publisher.loan_uninit().unwrap().assume_filled();
            loan.fill(number);
            publisher.send(loan).unwrap();
        };
        (0..WARM_UP).for_each(&mut publish);
        let before = faults();
        (WARM_UP..WARM_UP + MESSAGES).for_each(publish);
        script.say(&(faults() - before).to_string());
        script.hear("end");
    });
}

#[test]
fn subscribing_all_there() {
    testing::process(|script| {
        let builder = Subscriber::<Large>::builder("large").domain(script.domain()).lossless();
        let mut subscriber = builder.create().unwrap();
        script.say("ready");
        let mut last = 0;
        let mut receive = |until: u64| {
            while last + 1 < until {
                if let Some(sample) = subscriber.try_recv().unwrap() {
                    assert_eq!(sample.lost_before(), 0);
                    assert!(sample.is_in_place() && sample.iter().all(|&word| word == sample.sequence()));
                    last = sample.sequence();
                }
            }
        };
        receive(WARM_UP);
        let before = faults();
        receive(WARM_UP + MESSAGES);
        script.say(&(faults() - before).to_string());
    });
}

#[test]
fn large_messages_take_no_page_fault_where_all_memory_is_there() {
    let domain = TempDomain::new();
    let mut publisher = start("faults::publishing_all_there", &domain, &[]);
    let mut subscriber = start("faults::subscribing_all_there", &domain, &[]);
    publisher.tell("go");
    let count: i64 = publisher.listen().parse().unwrap();
    assert!(count <= FEW, "the publisher had {count} page faults");
    let count: i64 = subscriber.listen().parse().unwrap();
    assert!(count <= FEW, "the subscriber had {count} page faults");
    publisher.tell("end");
    publisher.finish();
    subscriber.finish();
}
