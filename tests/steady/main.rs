//! # Safety
//!
//! In steady state neither side makes a system call or an allocation. Processes that the kernel
//! kills at their first system call, and an allocator that counts, show it. The file opts into
//! unsafe code to install both.

mod faults;
mod services;

use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Publisher, Subscriber, WaitSet};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

const MESSAGES: u64 = 1_000_000;

struct Counting;

thread_local! {
    /// Counts this thread alone: the threads of the test harness allocate at any time.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: it is the system's allocator, and a counter.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: passed on as it was called.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: passed on as it was called.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// From now on this thread can only exit the process, and compare its files with their names, which
/// endpoints do each half second to notice that the registry was removed. Any other system call
/// kills it.
fn forbid_system_calls() {
    const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
    const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    let mut program = [
        libc::sock_filter { code: LOAD, jt: 0, jf: 0, k: 0 }, // load the number of the call
        libc::sock_filter { code: EQUAL, jt: 1, jf: 0, k: u32::try_from(libc::SYS_exit_group).unwrap() },
        libc::sock_filter { code: EQUAL, jt: 0, jf: 1, k: u32::try_from(libc::SYS_fstat).unwrap() },
        libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW },
        libc::sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_KILL_PROCESS },
    ];
    let program = libc::sock_fprog { len: 5, filter: program.as_mut_ptr() };
    // SAFETY: the call takes only numbers.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(result, 0);
    // SAFETY: the program lives for the call, which copies it.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    assert_eq!(result, 0);
}

/// Runs a loop without system calls. Exits the process with 0 if it made no allocation either, else
/// with 1.
fn end_after(work: impl FnOnce()) -> ! {
    forbid_system_calls();
    let before = ALLOCATIONS.get();
    work();
    let allocations = ALLOCATIONS.get() - before;
    // SAFETY: exits the process without running anything else of it.
    unsafe { libc::_exit(i32::from(allocations != 0)) }
}

#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = Publisher::<[u64; 6]>::builder("steady")
            .domain(script.domain())
            .timestamps(script.argument(0))
            .create()
            .unwrap();
        drop(publisher.loan().unwrap()); // the first loan allocates its memory
        script.say("ready");
        script.hear("go");
        end_after(|| {
            for number in 0..MESSAGES / 2 {
                publisher.publish(&[number; 6]).unwrap();
                let mut loan = publisher.loan().unwrap();
                loan[0] = number;
                publisher.send(loan).unwrap();
            }
        });
    });
}

#[test]
fn child_subscribes() {
    testing::process(|script| {
        let mut subscriber = Subscriber::<[u64; 6]>::builder("steady").domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("go");
        end_after(|| {
            let mut seen = 0;
            while seen < MESSAGES {
                if let Some(sample) = subscriber.try_recv().unwrap() {
                    seen += 1 + sample.lost_before();
                }
            }
        });
    });
}

/// Argument: which side begins. Two lossless topics: each side answers the other's bursts, so that
/// no ring is ever full.
#[test]
fn child_answers() {
    testing::process(|script| {
        const BURST: u64 = 32;
        let begins: bool = script.argument(0);
        let (ours, theirs) = if begins { ("there", "back") } else { ("back", "there") };
        let mut subscriber =
            Subscriber::<[u64; 6]>::builder(theirs).domain(script.domain()).lossless().create().unwrap();
        let mut publisher =
            Publisher::<[u64; 6]>::builder(ours).domain(script.domain()).lossless(testing::PATIENCE).create().unwrap();
        drop(publisher.loan().unwrap());
        script.say("ready");
        script.hear("go");
        let mut exchange = |bursts: u64| {
            for burst in 0..bursts {
                for side in [begins, !begins] {
                    for number in burst * BURST..(burst + 1) * BURST {
                        if side {
                            publisher.publish(&[number; 6]).unwrap();
                        } else {
                            let sample = loop {
                                if let Some(sample) = subscriber.try_recv().unwrap() {
                                    break sample;
                                }
                            };
                            assert_eq!(sample.lost_before(), 0);
                        }
                    }
                }
            }
        };
        exchange(4); // the two find each other
        end_after(|| exchange(MESSAGES / BURST / 4));
    });
}

#[test]
fn a_lossless_stream_takes_no_system_call_and_no_allocation() {
    let domain = TempDomain::new();
    let [mut one, mut other] = ["true", "false"].map(|begins| start("child_answers", &domain, &[begins]));
    one.tell("go");
    other.tell("go");
    for mut process in [one, other] {
        let end = process.wait();
        assert!(end.success(), "{end}");
    }
}

/// 256 KiB.
type Large = [u64; 32 * 1024];

/// Messages before the filter: by then all memory was allocated and reused.
const WARM_UP: u64 = 1000;
const LARGE_MESSAGES: u64 = 100_000;
/// Lengths of messages of variable size.
const LENGTHS: [usize; 3] = [20_000, 30_000, 1_000];

#[test]
fn child_publishes_large() {
    testing::process(|script| {
        let builder = Publisher::<Large>::builder("large").domain(script.domain());
        let mut publisher = builder.max_memory(16 << 20).prefault(true).create().unwrap();
        let mut slices = Publisher::<[u64], bool>::builder("slices").domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("warm up");
        // As the book says: as many slots as are possible, or more than are ever in use at once,
        // whenever they are held.
        drop(std::iter::from_fn(|| publisher.loan_uninit().ok()).collect::<Vec<_>>());
        for length in LENGTHS {
            let slots = 32.max((1 << 21) / (8 * length)); // twice the reserve
            drop((0..slots).map(|_| slices.loan_slice_uninit(length).unwrap()).collect::<Vec<_>>());
        }
        let mut publish = |number: u64| {
            let mut loan = publisher.loan_uninit().unwrap().assume_filled();
            loan[0] = number;
            publisher.send(loan).unwrap();
            let length = LENGTHS[usize::try_from(number % 3).unwrap()];
            let mut loan = slices.loan_slice_uninit(length).unwrap().assume_filled_with(&number.is_multiple_of(2));
            loan[0] = number;
            slices.send(loan).unwrap();
            if number.is_multiple_of(100) {
                drop(publisher.loan_uninit().unwrap());
            }
        };
        (0..WARM_UP).for_each(&mut publish);
        script.say("warm");
        script.hear("go");
        end_after(|| (WARM_UP..LARGE_MESSAGES).for_each(publish));
    });
}

#[test]
fn child_subscribes_large() {
    testing::process(|script| {
        let mut subscriber = Subscriber::<Large>::builder("large").domain(script.domain()).create().unwrap();
        // The header is copied and checked.
        let mut slices = Subscriber::<[u64], bool>::builder("slices").domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("warm up");
        let mut last = (0, 0);
        let mut kept = None;
        let mut receive = |until: u64| {
            while last.0 + 1 < until || last.1 + 1 < until {
                if let Some(sample) = subscriber.try_recv().unwrap() {
                    assert!(sample.is_in_place() && sample[0] == sample.sequence());
                    last.0 = sample.sequence();
                    kept = Some(sample.clone());
                }
                if let Some(sample) = slices.try_recv().unwrap() {
                    assert!(sample.is_in_place() && sample[0] == sample.sequence());
                    assert_eq!(*sample.header(), sample[0].is_multiple_of(2));
                    last.1 = sample.sequence();
                }
            }
        };
        receive(WARM_UP);
        script.say("warm");
        script.hear("go");
        end_after(|| receive(LARGE_MESSAGES));
    });
}

#[test]
fn large_messages_take_no_system_call_and_no_allocation() {
    let domain = TempDomain::new();
    let mut publisher = start("child_publishes_large", &domain, &[]);
    let mut subscriber = start("child_subscribes_large", &domain, &[]);
    subscriber.tell("warm up");
    publisher.tell("warm up");
    publisher.expect("warm");
    subscriber.expect("warm");
    subscriber.tell("go");
    let end = end_of(publisher);
    assert!(end.success(), "the publisher: {end}");
    let end = subscriber.wait();
    assert!(end.success(), "the subscriber: {end}");
}

/// Publishes every message partially. Finishes two of three, and publishes others meanwhile.
#[test]
fn child_publishes_partially() {
    testing::process(|script| {
        let mut publisher = Publisher::<[u64]>::builder("rows").domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("warm up");
        // More slots than are ever in use at once, whenever they are held.
        drop((0..32).map(|_| publisher.loan_slice_uninit(30_000).unwrap()).collect::<Vec<_>>());
        let mut publish = |number: u64| {
            let loan = publisher.loan_slice_uninit(30_000).unwrap().assume_filled();
            let mut partial = publisher.publish_partial(loan).unwrap();
            for _ in 0..30 {
                partial.rest_mut()[0] = number;
                partial.advance(1000).unwrap();
            }
            let mut other = publisher.loan_slice_uninit(30_000).unwrap().assume_filled();
            other[0] = number;
            publisher.send(other).unwrap();
            if number.is_multiple_of(3) {
                drop(partial);
            } else {
                publisher.finish(partial).unwrap();
            }
        };
        (0..WARM_UP).for_each(&mut publish);
        script.say("warm");
        script.hear("go");
        end_after(|| (WARM_UP..LARGE_MESSAGES).for_each(&mut publish));
    });
}

#[test]
fn child_reads_partially() {
    testing::process(|script| {
        let mut subscriber = Subscriber::<[u64]>::builder("rows").domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("warm up");
        // Until the last message of all turns was received: each turn sends one, and two of three
        // send a second one.
        let mut watch = |numbers: u64| {
            let mut partials = 0_u64;
            let published = numbers + numbers - numbers.div_ceil(3);
            let mut last = 0;
            while last + 1 < published {
                if let Some(partial) = subscriber.try_recv_partial().unwrap() {
                    partials += 1;
                    while !partial.is_complete() && !partial.is_abandoned() {
                        assert!(partial.elements().iter().step_by(1000).all(|&number| number == partial.elements()[0]));
                    }
                }
                while let Some(sample) = subscriber.try_recv().unwrap() {
                    last = sample.sequence();
                }
            }
            partials
        };
        watch(WARM_UP);
        script.say("warm");
        script.hear("go");
        end_after(|| assert!(watch(LARGE_MESSAGES) > 0));
    });
}

#[test]
fn partial_messages_take_no_system_call_and_no_allocation() {
    let domain = TempDomain::new();
    let mut publisher = start("child_publishes_partially", &domain, &[]);
    let mut subscriber = start("child_reads_partially", &domain, &[]);
    subscriber.tell("warm up");
    publisher.tell("warm up");
    publisher.expect("warm");
    subscriber.expect("warm");
    subscriber.tell("go");
    let end = end_of(publisher);
    assert!(end.success(), "the publisher: {end}");
    let end = subscriber.wait();
    assert!(end.success(), "the subscriber: {end}");
}

#[test]
fn child_allocates() {
    testing::process(|script| {
        script.say("ready");
        script.hear("go");
        end_after(|| drop(std::hint::black_box(vec![1])));
    });
}

#[test]
fn child_calls() {
    testing::process(|script| {
        script.say("ready");
        script.hear("go");
        end_after(std::thread::yield_now);
    });
}

#[test]
fn a_set_that_waits_allocates_nothing() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("steady").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<u64>::builder("steady").domain(&domain).create().unwrap();
    let mut set = WaitSet::new().unwrap();
    let messages = set.add(&subscriber.event_fd().unwrap()).unwrap();
    set.deadline(messages, Duration::from_nanos(1)).unwrap();
    set.interval(Duration::from_micros(10)).unwrap();
    let (_, trigger) = set.trigger().unwrap();
    let mut cycle = |count| {
        let before = ALLOCATIONS.get();
        for number in 0..count {
            publisher.publish(&number).unwrap();
            trigger.fire();
            assert!(set.wait().unwrap().len() >= 2);
            while subscriber.try_recv().unwrap().is_some() {}
            set.wait_timeout(Duration::from_micros(20)).unwrap();
        }
        ALLOCATIONS.get() - before
    };
    cycle(100);
    assert_eq!(cycle(1000), 0);
}

/// Returns how a process ends after it was told to start.
fn end_of(mut process: Process) -> std::process::ExitStatus {
    process.tell("go");
    process.wait()
}

fn start(function: &str, domain: &TempDomain, arguments: &[&str]) -> Process {
    let mut process = Process::start(function, domain, arguments);
    process.expect("ready");
    process
}

#[test]
fn a_million_messages_take_no_system_call_and_no_allocation() {
    for timestamps in ["false", "true"] {
        let domain = TempDomain::new();
        let publisher = start("child_publishes", &domain, &[timestamps]);
        let mut subscriber = start("child_subscribes", &domain, &[]);
        subscriber.tell("go");
        assert!(end_of(publisher).success(), "the publisher, timestamps {timestamps}");
        let end = subscriber.wait();
        assert!(end.success(), "the subscriber, timestamps {timestamps}: {end}");
    }
}

/// The counters do count.
#[test]
fn an_allocation_and_a_system_call_are_noticed() {
    use std::os::unix::process::ExitStatusExt;
    let domain = TempDomain::new();
    assert_eq!(end_of(start("child_allocates", &domain, &[])).code(), Some(1));
    assert_eq!(end_of(start("child_calls", &domain, &[])).signal(), Some(libc::SIGSYS));
}
