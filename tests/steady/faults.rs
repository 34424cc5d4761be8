//! Page faults: after a few messages there are none, if all memory is allocated from the start.

use super::{LENGTHS, Large, start};
use slotcast::testing::{self, TempDomain};
use slotcast::{Placement, Publisher, Subscriber};

/// By then both sides have touched every slot that is in use.
const WARM_UP: u64 = 1_000;
const MESSAGES: u64 = 4_000;
/// How many the kernel may cause by itself, while 256 000 pages are touched on each side.
const FEW: i64 = 50;

/// Returns how many page faults this thread has had.
fn faults() -> i64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call writes one `struct rusage`.
    let result = unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
    assert_eq!(result, 0);
    // SAFETY: it was written, and any bytes are valid.
    let usage = unsafe { usage.assume_init() };
    usage.ru_minflt + usage.ru_majflt
}

/// Without memory allocated from the start, a slot is allocated before it is lent.
#[test]
fn a_fresh_loan_is_filled_without_a_page_fault() {
    for placement in [Placement::Sealed, Placement::File] {
        let domain = TempDomain::new();
        let mut large = Publisher::<Large>::builder("large").domain(&domain).placement(placement).create().unwrap();
        let mut slices = Publisher::<[u64]>::builder("slices").domain(&domain).placement(placement).create().unwrap();
        let mut count = 0;
        let (mut loans, mut others) = (Vec::new(), Vec::new());
        for length in (0..20).map(|number| 1000 + 3000 * number) {
            let mut loan = large.loan_uninit().unwrap().assume_filled();
            let before = faults();
            loan.fill(1);
            count += faults() - before;
            loans.push(loan);
            let mut loan = slices.loan_slice_uninit(length).unwrap().assume_filled();
            let before = faults();
            loan.fill(1);
            count += faults() - before;
            others.push(loan);
        }
        // Out of some 2400 pages.
        assert!(count < 5, "{count} page faults, {placement:?}");
    }
}

#[test]
fn child_publishes_prefaulted() {
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
fn child_subscribes_prefaulted() {
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
fn large_messages_take_no_page_fault_where_all_memory_is_allocated() {
    let domain = TempDomain::new();
    let mut publisher = start("faults::child_publishes_prefaulted", &domain, &[]);
    let mut subscriber = start("faults::child_subscribes_prefaulted", &domain, &[]);
    publisher.tell("go");
    let count: i64 = publisher.listen().parse().unwrap();
    assert!(count <= FEW, "the publisher had {count} page faults");
    let count: i64 = subscriber.listen().parse().unwrap();
    assert!(count <= FEW, "the subscriber had {count} page faults");
    publisher.tell("end");
    publisher.finish();
    subscriber.finish();
}

/// Lengths of messages of variable size: first all lengths, then random ones.
fn length(kind: &str, number: u64) -> usize {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    match kind {
        "few" => LENGTHS[usize::try_from(number % 3).unwrap()],
        _ => 1 + usize::try_from(scattered % 30_000).unwrap(),
    }
}

#[test]
fn child_publishes_slices_prefaulted() {
    testing::process(|script| {
        let kind: String = script.argument(0);
        let builder = Publisher::<[u64]>::builder("slices").domain(script.domain());
        let builder = builder.max_memory(script.argument::<u64>(1) << 20).prefault(true).lossless(testing::PATIENCE);
        let mut publisher = builder.create().unwrap();
        script.say("ready");
        script.hear("go");
        let mut publish = |number: u64| {
            let mut loan = publisher.loan_slice_uninit(length(&kind, number)).unwrap().assume_filled();
            loan.fill(number);
            publisher.send(loan).unwrap();
        };
        (0..MESSAGES).for_each(&mut publish);
        let before = faults();
        (MESSAGES..2 * MESSAGES).for_each(publish);
        script.say(&(faults() - before).to_string());
        script.hear("end");
    });
}

#[test]
fn child_subscribes_slices_prefaulted() {
    testing::process(|script| {
        let kind: String = script.argument(0);
        let builder = Subscriber::<[u64]>::builder("slices").domain(script.domain()).lossless();
        let mut subscriber = builder.create().unwrap();
        script.say("ready");
        let mut next = 0;
        let mut receive = |until: u64| {
            while next < until {
                if let Some(sample) = subscriber.try_recv().unwrap() {
                    assert_eq!((sample.sequence(), sample.len()), (next, length(&kind, next)));
                    assert!(sample.is_in_place() && sample.iter().all(|&word| word == next));
                    next += 1;
                }
            }
        };
        receive(MESSAGES);
        let before = faults();
        receive(2 * MESSAGES);
        script.say(&(faults() - before).to_string());
    });
}

/// Once where each size has as many slots as it needs, and once where the pool is so small that
/// slots are cut anew all the time.
#[test]
fn messages_of_variable_size_take_no_page_fault_where_all_memory_is_allocated() {
    for (kind, mib) in [("few", "24"), ("any", "64"), ("any", "16")] {
        let domain = TempDomain::new();
        let mut publisher = start("faults::child_publishes_slices_prefaulted", &domain, &[kind, mib]);
        let mut subscriber = start("faults::child_subscribes_slices_prefaulted", &domain, &[kind]);
        publisher.tell("go");
        for (side, process) in [("publisher", &mut publisher), ("subscriber", &mut subscriber)] {
            let count: i64 = process.listen().parse().unwrap();
            println!("{kind}, {mib} MiB: {count} of the {side}");
            // The publisher's own tables grow now and then.
            assert!(count <= FEW, "the {side} had {count} page faults, {kind} lengths in {mib} MiB");
        }
        publisher.tell("end");
        publisher.finish();
        subscriber.finish();
    }
}
