//! Subscribers that die, stop, fork or fall silent.

use crate::{LONG, TOPIC, numbers, publisher, subscriber};
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{LaggardPolicy, ProcessState, PublishError, Publisher, RecvError, Subscriber};
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(30);

/// Subscribes, reads `argument 0` messages, and does nothing more.
#[test]
fn child_reads_some() {
    testing::process(|script| {
        let mut subscriber = subscriber(script.domain()).name("some").create().unwrap();
        script.say("ready");
        for number in 0..script.argument(0) {
            assert_eq!(*subscriber.recv().unwrap(), number);
        }
        script.say("read");
        script.hear("go on");
        match subscriber.recv() {
            Ok(sample) => script.say(&sample.to_string()),
            Err(error) => script.say(&error.to_string()),
        }
        script.hear("end");
    });
}

fn start(domain: &TempDomain, messages: u64) -> Process {
    let mut other = Process::start("laggards::child_reads_some", domain, &[&messages.to_string()]);
    other.expect("ready");
    other
}

/// Publishes from `first` on until there is no capacity.
fn fill(publisher: &mut Publisher<u64>, mut next: u64) -> u64 {
    while publisher.try_publish(&next).is_ok() {
        next += 1;
    }
    next
}

#[test]
fn the_dead_block_no_publisher() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(8).create().unwrap();
    let mut next = 0;
    for is_reaped in [true, false] {
        let mut other = start(&domain, 0);
        other.expect("read");
        next = fill(&mut publisher, next);
        if is_reaped {
            other.kill();
        } else {
            other.kill_without_reaping();
        }
        let begin = Instant::now();
        for _ in 0..20 {
            assert_eq!(publisher.publish(&next).unwrap(), next);
            next += 1;
        }
        assert!(begin.elapsed() < LONG / 2, "{:?}", begin.elapsed());
    }
    assert_eq!(publisher.subscribers().unwrap(), []);
}

#[test]
fn a_subscriber_that_dies_while_it_is_waited_for_is_dropped() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(8).create().unwrap();
    let mut other = start(&domain, 0);
    other.expect("read");
    let next = fill(&mut publisher, 0);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(SHORT);
            other.kill();
        });
        assert_eq!(publisher.publish(&next).unwrap(), next);
    });
}

/// It never waits, and so checks now and then.
#[test]
fn a_publisher_that_never_waits_notices_a_death_too() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(8).create().unwrap();
    let mut other = start(&domain, 0);
    other.expect("read");
    fill(&mut publisher, 0);
    other.kill();
    testing::until("there is capacity again", || publisher.try_publish(&7).is_ok());
}

#[test]
fn stopped_subscribers_are_named_as_such_and_can_be_detached() {
    for policy in [LaggardPolicy::Error, LaggardPolicy::Detach] {
        let domain = TempDomain::new();
        let mut publisher = publisher(&domain).depth(8).lossless(SHORT).laggards(policy).create().unwrap();
        let mut other = start(&domain, 3);
        for number in 0..3 {
            publisher.publish(&number).unwrap();
        }
        other.expect("read");
        other.stop();
        let next = fill(&mut publisher, 3);
        assert_eq!(next, 11);
        let mut result = publisher.publish(&next);
        if policy == LaggardPolicy::Error {
            let Err(PublishError::LagTimeout(behind)) = result else { panic!("{result:?}") };
            assert_eq!((behind.worst.state, behind.worst.unread), (ProcessState::Stopped, 8));
            assert_eq!(behind.worst.subscriber.pid, other.id());
            let text = behind.to_string();
            assert!(text.contains("is stopped; continue that process (`kill -CONT`) or end it"), "{text}");
            assert!(!text.contains("raise"), "no time suffices: {text}");
            other.tell("go on");
            other.go_on();
            other.expect("3");
            result = publisher.publish(&next);
            assert_eq!(result, Ok(next));
        } else {
            assert_eq!(result, Ok(next));
            (12..40).for_each(|number| assert_eq!(publisher.try_publish(&number), Ok(number)));
            other.go_on();
            other.tell("go on");
            other.expect("32");
        }
        other.tell("end");
        other.finish();
    }
}

#[test]
fn what_a_dead_publisher_promised_is_read_to_the_end() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut other = Process::start("laggards::child_publishes_some", &domain, &[]);
    other.expect("published");
    assert_eq!(*subscriber.recv().unwrap(), 0);
    other.kill();
    assert_eq!(numbers(&mut subscriber), (1..50).collect::<Vec<_>>());
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn child_publishes_some() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain()).create().unwrap();
        (0..50).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
        script.say("published");
        script.hear("end");
    });
}

/// A publisher that dies while it grants leaves nothing that harms its subscriber or other
/// publishers.
#[test]
fn a_publisher_killed_while_it_grants_harms_nobody() {
    for point in ["grant.opened", "grant.given"] {
        let domain = TempDomain::new();
        let mut subscriber = subscriber(&domain).create().unwrap();
        let mut dead = Process::start_until("laggards::child_publishes_some", &domain, &[], point, 1, Action::Kill);
        assert!(!dead.wait().success(), "{point} was not reached");
        let mut publisher = publisher(&domain).depth(4).create().unwrap();
        assert_eq!(fill(&mut publisher, 0), 4, "{point}");
        assert_eq!(numbers(&mut subscriber), [0, 1, 2, 3], "{point}");
    }
}

/// The subscriber of a publisher that is stopped while it grants reads from others.
#[test]
fn a_publisher_stopped_while_it_grants_blocks_nobody() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut other =
        Process::start_until("laggards::child_publishes_some", &domain, &[], "grant.given", 1, Action::Stop);
    other.wait_until_stopped();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    assert_eq!(fill(&mut publisher, 100), 104);
    assert_eq!(numbers(&mut subscriber), [100, 101, 102, 103]);
    other.go_on();
    other.expect("published");
    assert_eq!(numbers(&mut subscriber), (0..50).collect::<Vec<_>>());
    assert_eq!(subscriber.lost(), 0);
}

/// A lossless subscriber that meets a lossy publisher.
#[test]
fn a_subscriber_without_a_promise_is_told_once() {
    let domain = TempDomain::new();
    let mut early = Publisher::<u64>::builder(TOPIC).domain(&domain).name("early").create().unwrap();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let error = subscriber.try_recv().unwrap_err();
    assert!(matches!(error, RecvError::NotLossless { .. }), "{error}");
    assert!(error.to_string().contains("\"early\"") && error.to_string().contains("lossless(timeout)"), "{error}");
    let mut late = Publisher::<u64>::builder(TOPIC).domain(&domain).name("late").create().unwrap();
    let error = subscriber.try_recv().unwrap_err();
    assert!(error.to_string().contains("\"late\""), "{error}");
    early.publish(&1).unwrap();
    late.publish(&2).unwrap();
    let mut got = numbers(&mut subscriber);
    got.sort_unstable();
    assert_eq!(got, [1, 2]);
}

#[test]
fn child_forks() {
    testing::process(|script| {
        let mut publisher = publisher(script.domain()).depth(4).create().unwrap();
        let mut subscriber = subscriber(script.domain()).create().unwrap();
        publisher.publish(&0).unwrap();
        // SAFETY: the child uses only what this crate allows in a child, and exits.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let refused = matches!(publisher.publish(&1), Err(PublishError::Forked { .. }))
                && matches!(publisher.try_publish(&1), Err(PublishError::Forked { .. }))
                && matches!(subscriber.try_recv(), Err(RecvError::Forked { .. }))
                && matches!(publisher.close(SHORT), Err(slotcast::CloseError::Forked { .. }));
            // SAFETY: exits the child without running anything else of it.
            unsafe { libc::_exit(i32::from(!refused)) };
        }
        let mut status = -1;
        // SAFETY: the call writes one number.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
        assert_eq!(fill(&mut publisher, 1), 4);
        assert_eq!(numbers(&mut subscriber), [0, 1, 2, 3]);
        assert_eq!(fill(&mut publisher, 4), 8);
        script.say("done");
    });
}

#[test]
fn a_forked_child_has_no_share_in_the_promise_to_its_parent() {
    let domain = TempDomain::new();
    let mut process = Process::start("laggards::child_forks", &domain, &[]);
    process.expect("done");
    process.finish();
}

/// Forks, and lives on only in the child.
#[test]
fn child_subscribes_and_forks() {
    testing::process(|script| {
        let _subscriber: Subscriber<u64> = subscriber(script.domain()).create().unwrap();
        // SAFETY: the child only sleeps.
        let child = unsafe { libc::fork() };
        if child == 0 {
            std::thread::sleep(testing::PATIENCE);
        }
        script.say(&child.to_string());
        script.hear("end");
    });
}

#[test]
fn the_death_of_a_parent_is_noticed_though_its_child_lives() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(4).create().unwrap();
    let mut other = Process::start("laggards::child_subscribes_and_forks", &domain, &[]);
    let child: i32 = other.listen().parse().unwrap();
    assert_eq!(fill(&mut publisher, 0), 4);
    other.kill();
    assert_eq!(publisher.publish(&4), Ok(4));
    // SAFETY: the call takes only numbers.
    assert_eq!(unsafe { libc::kill(child, libc::SIGKILL) }, 0, "it lived until now");
}

/// Publishes more than is kept, and waits for nobody.
#[test]
fn child_publishes_and_ends() {
    testing::process(|script| {
        let mut publisher = Publisher::<u64>::builder(TOPIC).domain(script.domain()).depth(4).create().unwrap();
        (0..50).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
        drop(publisher);
        script.say("ended");
    });
}

#[test]
fn a_subscriber_without_a_promise_is_told_even_if_the_publisher_has_just_closed() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut other =
        Process::start_until("laggards::child_publishes_and_ends", &domain, &[], "close.marked", 1, Action::Stop);
    other.wait_until_stopped();
    let error = subscriber.try_recv().unwrap_err();
    assert!(matches!(error, RecvError::NotLossless { .. }), "before anything that was lost: {error}");
    let sample = subscriber.try_recv().unwrap().unwrap();
    assert_eq!((*sample, sample.lost_before()), (46, 46));
    assert_eq!(numbers(&mut subscriber), [47, 48, 49]);
    other.go_on();
    other.expect("ended");
}
