//! A forked child owns nothing of its parent: its handles are refused, dropping them removes
//! nothing, and the parent's death is noticed although the child lives.

use slotcast::registry::{RegistryError, TopicDirectory};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{LoanError, PublishError, Publisher, RecvError, Subscriber, TopicName};
use slotcast_tests::holdings::{assert_nothing_left, names, wait_until_exited};
use slotcast_tests::message::Counted;
use slotcast_tests::segment::announcement;
use slotcast_tests::system_calls;
use std::panic::{AssertUnwindSafe, catch_unwind};

const TOPIC: &str = "forks";

/// Forks. The child runs `act`, and exits with 0 if it did not panic. Returns its pid.
pub(crate) fn fork(act: impl FnOnce()) -> i32 {
    // SAFETY: the child runs `act` and exits; this crate's fork handlers leave it what it needs.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        // SAFETY: the call takes only numbers. A child that hangs does not outlive its test.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        let result = catch_unwind(AssertUnwindSafe(act));
        // SAFETY: exits the child without running anything else of it.
        unsafe { libc::_exit(i32::from(result.is_err())) };
    }
    pid
}

/// Waits for a child, which must have ended in order.
#[track_caller]
pub(crate) fn wait_for(pid: i32) {
    let status = status(pid);
    assert_eq!(status, 0, "the child failed (status {status:#x})");
}

/// Waits for a child. Returns how it ended.
fn status(pid: i32) -> i32 {
    let mut status = -1;
    testing::until("the child ends", || {
        // SAFETY: the call writes one number.
        unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) == pid }
    });
    status
}

fn publish(domain: &slotcast::Domain) -> Publisher<Counted> {
    Publisher::builder(TOPIC).domain(domain).create().unwrap()
}

fn subscribe(domain: &slotcast::Domain) -> Subscriber<Counted> {
    Subscriber::builder(TOPIC).domain(domain).create().unwrap()
}

/// Forking is done in separate processes: the test harness has threads.
fn in_a_process(function: &str) {
    let domain = TempDomain::new();
    let mut process = Process::start(function, &domain, &[]);
    process.expect("done");
    process.finish();
    assert_nothing_left(&domain);
}

#[test]
fn child_is_refused() {
    testing::process(|script| {
        let (mut publisher, mut subscriber) = (publish(script.domain()), subscribe(script.domain()));
        publisher.publish(&Counted::new(0)).unwrap();
        let before = std::fs::read_dir(script.domain().path().join(TOPIC)).unwrap().count();
        let loan = publisher.loan().unwrap();
        wait_for(fork(|| {
            assert!(matches!(publisher.publish(&Counted::new(99)), Err(PublishError::Forked { .. })));
            assert!(matches!(publisher.send(loan).unwrap_err().reason, PublishError::Forked { .. }));
            assert!(matches!(publisher.loan(), Err(LoanError::Forked { .. })));
            assert!(matches!(subscriber.try_recv(), Err(RecvError::Forked { .. })));
            assert!(matches!(subscriber.try_take(), Err(RecvError::Forked { .. })));
            assert!(matches!(subscriber.take_many(&mut [Counted::new(0)]), Err(RecvError::Forked { .. })));
            assert!(matches!(subscriber.drain(|_, _| ()), Err(RecvError::Forked { .. })));
            assert!(matches!(subscriber.publishers(), Err(RecvError::Forked { .. })));
            assert!(matches!(publisher.readers(), Err(RegistryError::Forked { .. })));
            assert!(matches!(subscriber.sources(), Err(RecvError::Forked { .. })));
            assert!(!publisher.refresh().unwrap());
            assert!(!subscriber.refresh().unwrap());
            let text = subscriber.try_recv().unwrap_err().to_string();
            assert!(text.contains("forked from: create a new one"), "{text}");
            // SAFETY: both are not used again in the child.
            drop(unsafe { std::ptr::read(&raw const publisher) });
            // SAFETY: as above.
            drop(unsafe { std::ptr::read(&raw const subscriber) });
        }));
        assert_eq!(std::fs::read_dir(script.domain().path().join(TOPIC)).unwrap().count(), before, "nothing removed");
        publisher.publish(&Counted::new(1)).unwrap();
        let numbers: Vec<_> = subscriber.try_iter().map(|sample| sample.unwrap().number).collect();
        assert_eq!(numbers, [0, 1], "the parent goes on, and the child wrote nothing");
        assert_eq!(publisher.subscribers().unwrap().len(), 1);
        drop((publisher, subscriber));
        script.say("done");
    });
}

#[test]
fn a_childs_copies_are_refused_and_dropping_them_removes_nothing() {
    in_a_process("child::child_is_refused");
}

/// What a child does with its copy of a partial message is not seen, and dropping it does not
/// abandon the message.
#[test]
fn child_publishes_partially() {
    testing::process(|script| {
        let mut publisher = Publisher::<[u64]>::builder(TOPIC).domain(script.domain()).create().unwrap();
        let mut subscriber = Subscriber::<[u64]>::builder(TOPIC).domain(script.domain()).create().unwrap();
        let (loan, other) = (publisher.loan_slice(1000).unwrap(), publisher.loan_slice(1000).unwrap());
        let mut shown = publisher.publish_partial(loan).unwrap();
        shown.rest_mut()[..10].fill(7);
        shown.advance(10).unwrap();
        let seen = subscriber.try_recv_partial().unwrap().unwrap();
        wait_for(fork(|| {
            assert!(matches!(publisher.publish_partial(other).unwrap_err().reason, PublishError::Forked { .. }));
            assert!(matches!(subscriber.try_recv_partial(), Err(RecvError::Forked { .. })));
            // SAFETY: it is not used again in the child.
            let mut copy = unsafe { std::ptr::read(&raw const shown) };
            copy.rest_mut().fill(9);
            copy.advance(100).unwrap();
            let error = publisher.finish(copy).unwrap_err();
            assert!(matches!(error.reason, PublishError::Forked { .. }), "{error}");
            drop(error.loan);
        }));
        assert_eq!(seen.elements(), [7; 10]);
        assert!(!seen.is_abandoned());
        assert_eq!(shown.rest_mut().len(), 990);
        assert!(shown.rest_mut().iter().all(|&element| element == 0));
        shown.advance(990).unwrap();
        publisher.finish(shown).unwrap();
        assert!(seen.is_complete() && seen.is_of(&subscriber.try_recv().unwrap().unwrap()));
        drop((seen, publisher, subscriber));
        script.say("done");
    });
}

#[test]
fn a_partial_message_belongs_to_the_parent() {
    in_a_process("child::child_publishes_partially");
}

/// A child that closes neither makes its parent's descriptor readable nor stops its clock.
#[test]
fn child_closes() {
    testing::process(|script| {
        let mut subscriber = subscribe(script.domain());
        let event_fd = subscriber.event_fd().unwrap();
        let closer = subscriber.closer();
        assert!(subscriber.try_recv().unwrap().is_none());
        wait_for(fork(|| {
            closer.close();
            assert!(subscriber.event_fd().is_err(), "it is the parent's");
        }));
        let is_readable = |time| {
            let time = rustix::event::Timespec::try_from(time).unwrap();
            let mut fds = [rustix::event::PollFd::new(&event_fd, rustix::event::PollFlags::IN)];
            rustix::event::poll(&mut fds, Some(&time)).unwrap() == 1
        };
        assert!(!is_readable(std::time::Duration::ZERO));
        assert!(subscriber.try_recv().unwrap().is_none());
        assert!(is_readable(testing::PATIENCE), "the clock has stopped");
        assert!(!closer.is_closed());
        drop(subscriber);
        script.say("done");
    });
}

#[test]
fn a_child_cannot_close_what_its_parent_waits_for() {
    in_a_process("child::child_closes");
}

#[test]
fn child_creates_its_own_endpoints() {
    testing::process(|script| {
        let (mut publisher, mut subscriber) = (publish(script.domain()), subscribe(script.domain()));
        wait_for(fork(|| {
            let (mut mine, mut listening) = (publish(script.domain()), subscribe(script.domain()));
            assert_eq!(mine.subscribers().unwrap().len(), 2);
            assert_eq!(listening.publishers().unwrap().len(), 2);
            mine.publish(&Counted::new(7)).unwrap();
            assert_eq!(listening.try_recv().unwrap().unwrap().number, 7);
            // A grandchild, too.
            wait_for(fork(|| {
                assert!(matches!(mine.publish(&Counted::new(99)), Err(PublishError::Forked { .. })));
                publish(script.domain()).publish(&Counted::new(8)).unwrap();
            }));
            assert_eq!(listening.publishers().unwrap().len(), 2);
            mine.publish(&Counted::new(8)).unwrap();
            assert_eq!(listening.try_recv().unwrap().unwrap().number, 8);
            drop((mine, listening));
        }));
        publisher.publish(&Counted::new(9)).unwrap();
        let numbers: Vec<_> = subscriber.try_iter().map(|sample| sample.unwrap().number).collect();
        assert_eq!(numbers, [9], "the others were gone before they were looked for");
        drop((publisher, subscriber));
        script.say("done");
    });
}

#[test]
fn a_child_can_create_endpoints_of_its_own() {
    in_a_process("child::child_creates_its_own_endpoints");
}

#[test]
fn child_uses_the_registry() {
    testing::process(|script| {
        let topic = TopicDirectory::enter(script.domain(), &TopicName::new(TOPIC).unwrap()).unwrap();
        let id = slotcast::EndpointId(5);
        let registration = topic.announce(&announcement::<u64>(id, None)).unwrap();
        let joins = topic.joins(slotcast::registry::Role::Publisher);
        // Moved into the child alone: the copy that is left here is forgotten there.
        let mut registration = Some(registration);
        let pid = fork(|| {
            assert_eq!(topic.joins(slotcast::registry::Role::Publisher), 0, "no fault, and no number");
            let error = topic.announce(&announcement::<u64>(slotcast::EndpointId(6), None)).unwrap_err();
            assert!(error.to_string().contains("forked from: enter it again"), "{error}");
            topic.withdraw(registration.take().unwrap());
        });
        wait_for(pid);
        assert_eq!(topic.joins(slotcast::registry::Role::Publisher), joins);
        assert!(topic.open(registration.as_ref().unwrap().name()).unwrap().live().is_some());
        topic.withdraw(registration.unwrap());
        drop(topic);
        script.say("done");
    });
}

#[test]
fn directories_and_registrations_belong_to_the_parent() {
    in_a_process("child::child_uses_the_registry");
}

/// Has endpoints, forks a child that lives on, and waits to be killed.
#[test]
fn child_is_survived_by_its_own() {
    testing::process(|script| {
        let mut publisher = publish(script.domain());
        let subscriber = subscribe(script.domain());
        publisher.publish(&Counted::new(1)).unwrap();
        let child = fork(|| {
            // SAFETY: the call takes only numbers. The child outlives its parent, but not the test.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, 0) };
            std::thread::sleep(testing::PATIENCE);
        });
        script.say(&child.to_string());
        script.hear("end");
        drop((publisher, subscriber));
    });
}

#[test]
fn the_death_of_a_parent_is_noticed_though_its_child_lives() {
    let domain = TempDomain::new();
    let mut subscriber = subscribe(&domain);
    let publisher = publish(&domain);
    let mut parent = Process::start("child::child_is_survived_by_its_own", &domain, &[]);
    let child: i32 = parent.listen().parse().unwrap();
    assert_eq!(subscriber.publishers().unwrap().len(), 2);
    assert_eq!(publisher.subscribers().unwrap().len(), 2);
    parent.kill();
    assert_eq!(subscriber.try_iter().map(Result::unwrap).count(), 1);
    // A child that has not run yet still holds what its parent did.
    testing::until("the publisher is gone", || subscriber.publishers().unwrap().len() == 1);
    testing::until("the subscriber is gone", || publisher.subscribers().unwrap().len() == 1);
    assert_eq!(names(&domain, TOPIC).len(), 4, "the dead are removed");
    let alone = || Publisher::<Counted>::builder(TOPIC).domain(&domain).exclusive().create();
    assert!(alone().is_err());
    drop((subscriber, publisher));
    assert_nothing_left(&domain);
    drop(alone().unwrap());
    // SAFETY: the call takes only numbers.
    assert_eq!(unsafe { libc::kill(child, libc::SIGKILL) }, 0, "it lived until now");
    wait_until_exited(u32::try_from(child).unwrap());
}

/// Forks where the kernel refuses the child memory to replace its parent's, or refuses even to
/// remove that.
#[test]
fn child_is_short_of_memory() {
    testing::process(|script| {
        let is_to_run = script.argument::<String>(0) == "none";
        let mut publisher = publish(script.domain());
        let mut subscriber = subscribe(script.domain());
        publisher.publish(&Counted::new(0)).unwrap();
        system_calls::refuse_mapping_over(is_to_run.then_some(libc::PROT_READ | libc::PROT_WRITE));
        let child = fork(|| {
            assert!(matches!(publisher.publish(&Counted::new(99)), Err(PublishError::Forked { .. })));
            assert!(matches!(subscriber.try_recv(), Err(RecvError::Forked { .. })));
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            let written = maps.lines().filter(|line| line.contains("memfd:") && line.contains(" rw-s "));
            assert_eq!(written.count(), 0, "{maps}");
        });
        let status = status(child);
        assert_eq!(status, if is_to_run { 0 } else { 71 << 8 }, "{status:#x}");
        publisher.publish(&Counted::new(1)).unwrap();
        let numbers: Vec<_> = subscriber.try_iter().map(|sample| sample.unwrap().number).collect();
        assert_eq!(numbers, [0, 1]);
        drop((publisher, subscriber));
        script.say("done");
    });
}

/// Forks where the child gets no memory to replace its parent's, and drops there what the parent
/// holds.
#[test]
fn child_drops_without_memory() {
    testing::process(|script| {
        let mut publisher = Publisher::<[u64]>::builder(TOPIC).domain(script.domain()).create().unwrap();
        let mut subscriber = Subscriber::<[u64]>::builder(TOPIC).domain(script.domain()).create().unwrap();
        publisher.publish_slice(&[7; 1000]).unwrap();
        let mut sample = subscriber.try_recv().unwrap();
        assert!(sample.as_ref().unwrap().is_in_place());
        let loan = publisher.loan_slice(1000).unwrap();
        let mut shown = Some(publisher.publish_partial(loan).unwrap());
        let mut loan = Some(publisher.loan_slice(1000).unwrap());
        system_calls::refuse_mapping_over(Some(libc::PROT_READ | libc::PROT_WRITE));
        let child = fork(|| {
            publisher.assert_alive();
            assert!(shown.as_mut().unwrap().advance(1).is_ok());
            drop((sample.take(), shown.take(), loan.take()));
        });
        assert_eq!(status(child), 0);
        // They still belong to the parent.
        assert_eq!(subscriber.try_recv_partial().unwrap().unwrap().valid(), 0);
        for _ in 0..100 {
            publisher.publish_slice(&[8; 1000]).unwrap();
        }
        assert_eq!(sample.unwrap()[..], [7; 1000]);
        drop((shown, loan));
        script.say("done");
    });
}

#[test]
fn a_child_without_memory_drops_what_its_parent_holds() {
    let domain = TempDomain::new();
    let mut process = Process::start("child::child_drops_without_memory", &domain, &[]);
    process.expect("done");
    process.finish();
    assert_nothing_left(&domain);
}

#[test]
fn a_child_without_memory_does_not_keep_its_parents() {
    for allowed in ["none", "nothing"] {
        let domain = TempDomain::new();
        let mut process = Process::start("child::child_is_short_of_memory", &domain, &[allowed]);
        process.expect("done");
        process.finish();
        assert_nothing_left(&domain);
    }
}
