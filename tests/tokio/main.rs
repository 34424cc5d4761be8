//! # Safety
//!
//! Receivers that are tasks of tokio. The file opts into unsafe code to fork.

mod parameters;
mod services;

use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::tokio::{AsyncError, Subscriber};
use slotcast::{Domain, Publisher, RecvError};
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_stream::StreamExt;

fn publisher(domain: &Domain, topic: &str) -> Publisher<u64> {
    Publisher::builder(topic).domain(domain).create().unwrap()
}

/// Creates a subscriber. Must be called in a runtime.
fn subscriber(domain: &Domain, topic: &str) -> Subscriber<u64> {
    slotcast::Subscriber::builder(topic).domain(domain).create().unwrap().try_into().unwrap()
}

/// Creates a runtime of one thread, or of several.
fn runtime(kind: &str) -> Runtime {
    let mut builder = if kind == "one" { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Runs something in a runtime of each kind, with a time limit.
fn in_both_runtimes<F: Future<Output = ()>>(test: impl Fn(TempDomain) -> F) {
    for kind in ["one", "many"] {
        let limited = async { timeout(PATIENCE, test(TempDomain::new())).await };
        assert!(runtime(kind).block_on(limited).is_ok(), "nothing comes");
    }
}

/// How long a task takes to poll without a wake-up. A wait this long was not woken.
const UNWOKEN: Duration = Duration::from_millis(900);

#[test]
fn child_echoes() {
    testing::process(|script| {
        let kind: String = script.argument(0);
        runtime(&kind).block_on(async {
            let mut requests = subscriber(script.domain(), "request");
            let mut replies = publisher(script.domain(), "reply");
            script.say("ready");
            let mut unwoken = 0;
            loop {
                let before = Instant::now();
                let number = *requests.recv().await.unwrap();
                unwoken += u32::from(before.elapsed() >= UNWOKEN);
                replies.publish(&number).unwrap();
                if number == u64::MAX {
                    break;
                }
            }
            script.say(&unwoken.to_string());
        });
    });
}

fn exchange(kind: &str) {
    let domain = TempDomain::new();
    let answered = runtime(kind).block_on(async {
        let mut replies = subscriber(&domain, "reply");
        let mut requests = publisher(&domain, "request");
        let mut other = Process::start("child_echoes", &domain, &[kind]);
        other.expect("ready");
        for number in (0..5_000).chain([u64::MAX]) {
            requests.publish(&number).unwrap();
            let reply = timeout(PATIENCE, replies.recv()).await.expect("a reply").unwrap();
            assert_eq!(*reply, number);
        }
        let unwoken: u32 = other.listen().parse().unwrap();
        other.finish();
        unwoken
    });
    // On a busy machine a wait takes longer now and then.
    assert!(answered <= 3, "{answered} were woken by the clock alone");
}

#[test]
fn processes_wake_each_others_tasks() {
    exchange("one");
}

#[test]
fn processes_wake_each_others_tasks_in_many_threads() {
    exchange("many");
}

/// A wait that is dropped at any time has consumed nothing.
#[test]
fn waits_can_be_cancelled() {
    const COUNT: u64 = 2_000;
    in_both_runtimes(|domain| async move {
        let mut subscriber = subscriber(&domain, "x");
        let mut publisher = publisher(&domain, "x");
        let publishing = std::thread::spawn(move || {
            for number in 0..COUNT {
                publisher.publish(&number).unwrap();
                if number % 8 == 0 {
                    std::thread::yield_now();
                }
                if number % 32 == 31 {
                    std::thread::sleep(Duration::from_micros(300)); // so that a reader that keeps up is not overtaken
                }
            }
            publisher
        });
        let (mut expected, mut cancelled) = (0, 0);
        while expected < COUNT {
            tokio::select! {
                biased;
                () = tokio::task::yield_now(), if cancelled % 3 != 2 => cancelled += 1,
                received = subscriber.recv() => {
                    let sample = received.unwrap();
                    assert_eq!(*sample, expected + sample.lost_before());
                    expected = *sample + 1;
                    cancelled += 1;
                }
            }
        }
        assert!(cancelled > COUNT / 2);
        drop(publishing.join().unwrap());
    });
}

#[test]
fn a_stream_ends_when_its_subscriber_is_closed() {
    in_both_runtimes(|domain| async move {
        let mut subscriber = subscriber(&domain, "x");
        let mut publisher = publisher(&domain, "x");
        let closer = subscriber.closer();
        let reading = tokio::spawn(async move {
            let mut seen = Vec::new();
            while let Some(sample) = subscriber.next().await {
                seen.push(*sample.unwrap());
            }
            assert!(matches!(subscriber.recv().await, Err(RecvError::Closed { .. })));
            (seen, subscriber)
        });
        tokio::task::yield_now().await;
        publisher.publish(&1).unwrap();
        publisher.publish(&2).unwrap();
        closer.close();
        let (seen, subscriber) = reading.await.unwrap();
        let mut subscriber = subscriber.into_inner();
        let rest: Vec<u64> = subscriber.try_iter().map(|sample| *sample.unwrap()).collect();
        assert_eq!([seen, rest].concat(), [1, 2]);
        publisher.publish(&3).unwrap();
        assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 3, "it goes on without a task");
    });
}

#[test]
fn an_available_message_is_received_before_anything_is_awaited() {
    in_both_runtimes(|domain| async move {
        let mut publisher = Publisher::<[u64]>::builder("x").domain(&domain).create().unwrap();
        let subscriber = slotcast::Subscriber::<[u64]>::builder("x").domain(&domain).create().unwrap();
        let mut subscriber = Subscriber::try_from(subscriber).unwrap();
        let loan = publisher.loan_slice(10).unwrap();
        let mut shown = publisher.publish_partial(loan).unwrap();
        let seen = subscriber.get_mut().try_recv_partial().unwrap().unwrap();
        assert!(subscriber.get_mut().try_recv().unwrap().is_none());
        shown.rest_mut().fill(7);
        shown.advance(10).unwrap();
        assert_eq!(seen.elements(), [7; 10]);
        let sending = std::thread::spawn(move || publisher.finish(shown).map(|_| publisher));
        assert!(seen.is_of(&subscriber.recv().await.unwrap()));
        drop(sending.join().unwrap().unwrap());
    });
}

#[test]
fn a_stream_that_never_pauses_lets_others_run() {
    in_both_runtimes(|domain| async move {
        let mut subscriber = subscriber(&domain, "x");
        let mut publisher = publisher(&domain, "x");
        publisher.publish(&0).unwrap();
        let done = std::rc::Rc::new(std::cell::Cell::new(false));
        let local = tokio::task::LocalSet::new();
        let seen = std::rc::Rc::clone(&done);
        local.spawn_local(async move {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            seen.set(true);
        });
        // Each received message causes the next one: nothing is ever waited for.
        let endless = async {
            while !done.get() {
                let sample = subscriber.recv().await.unwrap();
                publisher.publish(&(*sample + 1)).unwrap();
            }
        };
        local.run_until(endless).await;
    });
}

#[test]
fn hundreds_of_topics_are_waited_for_at_once() {
    in_both_runtimes(|domain| async move {
        let mut readers = Vec::new();
        let mut publishers = Vec::new();
        for index in 0..200 {
            let topic = format!("topic/{index}");
            let mut subscriber = subscriber(&domain, &topic);
            publishers.push(publisher(&domain, &topic));
            readers.push(tokio::spawn(async move { *subscriber.recv().await.unwrap() }));
        }
        tokio::task::yield_now().await;
        for (number, publisher) in (0..).zip(&mut publishers) {
            publisher.publish(&number).unwrap();
        }
        for (number, reader) in (0..).zip(readers) {
            assert_eq!(reader.await.unwrap(), number);
        }
    });
}

#[test]
fn publishers_that_join_and_leave_are_followed() {
    in_both_runtimes(|domain| async move {
        let mut subscriber = subscriber(&domain, "x");
        for number in 0..20 {
            let mut publisher = publisher(&domain, "x");
            publisher.publish(&number).unwrap();
            assert_eq!(*subscriber.recv().await.unwrap(), number);
        }
    });
}

#[test]
fn it_needs_a_runtime() {
    let domain = TempDomain::new();
    let subscriber = slotcast::Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    let refused = Subscriber::try_from(subscriber).unwrap_err();
    assert!(matches!(refused, AsyncError::NoRuntime), "{refused}");
}

/// Whenever it is closed: before, while or after its task falls asleep.
#[test]
fn closing_is_never_missed() {
    in_both_runtimes(|domain| async move {
        let mut unwoken = 0;
        for _ in 0..300 {
            let mut subscriber = subscriber(&domain, "x");
            let closer = subscriber.closer();
            let start = Instant::now();
            let closing = std::thread::spawn(move || closer.close());
            assert!(matches!(subscriber.recv().await, Err(RecvError::Closed { .. })));
            unwoken += u32::from(start.elapsed() >= UNWOKEN);
            closing.join().unwrap();
        }
        assert!(unwoken <= 2, "{unwoken} were woken by the clock alone");
    });
}

#[test]
fn child_forks() {
    testing::process(|script| {
        runtime("one").block_on(async {
            let mut subscriber = subscriber(script.domain(), "x");
            assert!(timeout(Duration::from_millis(1), subscriber.recv()).await.is_err());
            // SAFETY: only one thread of this process matters; the child drops its copy and exits.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: it is not used again in the child.
                drop(unsafe { std::ptr::read(&raw const subscriber) });
                // SAFETY: the call takes a number. Nothing of the parent is run at the end.
                unsafe { libc::_exit(0) };
            }
            let mut status = -1;
            // SAFETY: the call writes one number, for which `status` has space.
            let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!((waited, status), (child, 0));
            let mut publisher = publisher(script.domain(), "x");
            let publishing = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(20)); // it may be waiting by then
                publisher.publish(&7).unwrap();
                publisher
            });
            assert_eq!(*timeout(PATIENCE, subscriber.recv()).await.expect("it is woken").unwrap(), 7);
            drop(publishing.join().unwrap());
        });
        script.say("done");
    });
}

/// What a child drops is still registered with the runtime of its parent.
#[test]
fn a_forked_child_does_not_put_the_task_of_its_parent_to_sleep() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_forks", &domain, &[]);
    other.expect("done");
    other.finish();
}

#[test]
fn a_builder_creates_what_tasks_wait_for() {
    in_both_runtimes(|domain| async move {
        let mut publisher = publisher(&domain, "x");
        publisher.publish(&1).unwrap();
        let builder = slotcast::Subscriber::<u64>::builder("x").domain(&domain).history(1);
        let mut subscriber = builder.create_async().unwrap();
        assert_eq!(*subscriber.recv().await.unwrap(), 1);
        publisher.publish(&2).unwrap();
        assert_eq!(*subscriber.next().await.unwrap().unwrap(), 2);
    });
    let domain = TempDomain::new();
    let error = slotcast::Subscriber::<u64>::builder("x").domain(&domain).create_async().unwrap_err();
    assert!(matches!(error, AsyncError::NoRuntime), "{error}");
    let error = slotcast::Subscriber::<u64>::builder("/x").domain(&domain).create_async().unwrap_err();
    assert!(matches!(error, AsyncError::Create(_)), "{error}");
}
