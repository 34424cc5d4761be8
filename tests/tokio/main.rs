//! # Safety
//!
//! Receivers that are tasks of tokio. The file opts into unsafe code to fork.

use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::tokio::{AsyncError, Subscriber};
use slotcast::{Domain, Publisher, RecvError};
use std::future::Future;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_stream::StreamExt;

fn publisher(domain: &Domain, topic: &str) -> Publisher<u64> {
    Publisher::builder(topic).domain(domain).create().unwrap()
}

/// To be called in a runtime.
fn subscriber(domain: &Domain, topic: &str) -> Subscriber<u64> {
    slotcast::Subscriber::builder(topic).domain(domain).create().unwrap().try_into().unwrap()
}

/// A runtime of one thread, or of several.
fn runtime(kind: &str) -> Runtime {
    let mut builder = if kind == "one" { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// In a runtime of each kind, and not for ever.
fn in_both<F: Future<Output = ()>>(test: impl Fn(TempDomain) -> F) {
    for kind in ["one", "many"] {
        let limited = async { timeout(PATIENCE, test(TempDomain::new())).await };
        assert!(runtime(kind).block_on(limited).is_ok(), "nothing comes");
    }
}

/// How long it takes until a task looks though nothing has rung: so who waits longer was not woken.
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
    // A machine can be so busy that some time passes now and then.
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

/// A wait that is dropped at any time has taken nothing.
#[test]
fn waits_can_be_cancelled() {
    const COUNT: u64 = 2_000;
    in_both(|domain| async move {
        let mut subscriber = subscriber(&domain, "x");
        let mut publisher = publisher(&domain, "x");
        let publishing = std::thread::spawn(move || {
            for number in 0..COUNT {
                publisher.publish(&number).unwrap();
                if number % 8 == 0 {
                    std::thread::yield_now();
                }
                if number % 32 == 31 {
                    std::thread::sleep(Duration::from_micros(300)); // so that a reader that keeps going is not overtaken
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
    in_both(|domain| async move {
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
fn a_message_is_looked_at_before_it_is_awaited() {
    in_both(|domain| async move {
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
    in_both(|domain| async move {
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
        // Each message that is received makes the next: nothing is ever waited for.
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
    in_both(|domain| async move {
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
fn publishers_that_come_and_go_are_followed() {
    in_both(|domain| async move {
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
    let refused = Subscriber::try_from(subscriber).err().unwrap();
    assert!(matches!(refused, AsyncError::NoRuntime), "{refused}");
}

#[test]
fn nothing_of_it_is_there_without_the_feature() {
    let tree = |features: &[&str]| {
        let arguments = ["tree", "--offline", "--package", "slotcast", "--edges", "normal", "--prefix", "none"];
        let output = Command::new(env!("CARGO")).args(arguments).args(features).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let is_there =
        |tree: &str| tree.lines().any(|line| line.starts_with("tokio ") || line.starts_with("futures-core "));
    assert!(!is_there(&tree(&[])));
    assert!(is_there(&tree(&["--features", "tokio"])));
}

/// Whenever it is closed, before, while or after its task falls asleep.
#[test]
fn closing_is_never_missed() {
    in_both(|domain| async move {
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
            // SAFETY: this process has one thread that matters; the child drops its copy and ends.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: it is not used again in the child.
                drop(unsafe { std::ptr::read(&raw const subscriber) });
                // SAFETY: it takes a number. Nothing of the parent's is run at the end.
                unsafe { libc::_exit(0) };
            }
            let mut status = -1;
            // SAFETY: it writes one number, for which there is room.
            let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!((waited, status), (child, 0));
            let mut publisher = publisher(script.domain(), "x");
            let publishing = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(20)); // perhaps it waits then
                publisher.publish(&7).unwrap();
                publisher
            });
            assert_eq!(*timeout(PATIENCE, subscriber.recv()).await.expect("it is woken").unwrap(), 7);
            drop(publishing.join().unwrap());
        });
        script.say("done");
    });
}

/// What a child drops is registered with the runtime of its parent, still.
#[test]
fn a_child_does_not_put_the_task_of_its_parent_to_sleep() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_forks", &domain, &[]);
    other.expect("done");
    other.finish();
}
