//! Each way to wait: asleep, by a descriptor, in a wait set, in tasks; and how waits end.

use crate::{listener, next, notifier};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{ListenError, Listener, Notice, Wait, WaitSet};
use std::time::Duration;

/// Argument: how to wait. Says that it has found the notifier, hears event 7 until that has left, and
/// says how often.
#[test]
fn child_listens() {
    testing::process(|script| {
        let how = script.argument::<String>(0);
        let wait = if how == "spin" { Wait::Spin } else { Wait::Sleep };
        let mut listener = Listener::builder("door").domain(script.domain()).wait(wait).create().unwrap();
        let mut set = WaitSet::new().unwrap();
        if how == "set" {
            set.add_subscriber(&mut listener).unwrap();
        }
        script.say("ready");
        let (mut heard, mut has_left) = (0, false);
        while !has_left {
            let notice = if how == "set" {
                match listener.try_recv().unwrap() {
                    Some(notice) => notice,
                    None => {
                        set.wait_timeout(PATIENCE).unwrap();
                        continue;
                    }
                }
            } else {
                next(&mut listener)
            };
            match notice {
                Notice::Event { id: 7, count, .. } => heard += count,
                Notice::Joined(_) => script.say("joined"),
                Notice::Left(_) => has_left = true,
                _ => {}
            }
        }
        script.say(&heard.to_string());
    });
}

#[test]
fn whoever_waits_is_woken_by_each_event() {
    for how in ["spin", "sleep", "set"] {
        let domain = TempDomain::new();
        let mut other = Process::start("waiting::child_listens", &domain, &[how]);
        other.expect("ready");
        let mut notifier = notifier(&domain);
        other.expect("joined");
        for _ in 0..200 {
            notifier.notify(7).unwrap();
            std::thread::sleep(Duration::from_micros(300)); // so that it sleeps again
        }
        drop(notifier);
        other.expect("200");
        other.finish();
    }
}

#[test]
fn a_wait_set_tells_of_a_death() {
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    let mut set = WaitSet::new().unwrap();
    set.add_subscriber(&mut listener).unwrap();
    let mut other = Process::start("child_notifies", &domain, &["5"]);
    other.expect("ready");
    assert!(matches!(listener.try_recv().unwrap(), Some(Notice::Joined(_))));
    other.tell("notify");
    other.expect("notified");
    other.kill();
    let mut heard = 0;
    loop {
        match listener.try_recv().unwrap() {
            Some(Notice::Event { count, .. }) => heard += count,
            Some(Notice::Died(_)) => break,
            Some(_) => {}
            None => assert!(!set.wait_timeout(PATIENCE).unwrap().is_empty()),
        }
    }
    assert_eq!(heard, 5);
}

#[test]
fn a_closer_ends_a_wait() {
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    let closer = listener.closer();
    let waiting = std::thread::spawn(move || listener.recv());
    closer.close();
    assert!(matches!(waiting.join().unwrap(), Err(ListenError::Closed { .. })));
}

#[test]
fn a_timeout_ends_a_wait() {
    let domain = TempDomain::new();
    let mut listener = listener(&domain);
    assert!(listener.recv_timeout(Duration::from_millis(20)).unwrap().is_none());
    assert!(listener.recv_timeout(Duration::ZERO).unwrap().is_none());
}

#[test]
fn tasks_are_woken() {
    let domain = TempDomain::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut other = Process::start("child_notifies", &domain, &["9"]);
    let (heard, has_died) = runtime.block_on(async {
        let mut listener = slotcast::tokio::Listener::try_from(listener(&domain)).unwrap();
        other.expect("ready");
        other.tell("notify");
        let mut heard = 0;
        loop {
            match tokio::time::timeout(PATIENCE, listener.recv()).await.unwrap().unwrap() {
                Notice::Event { count, .. } => heard += count,
                Notice::Died(_) => break (heard, true),
                Notice::Left(_) => break (heard, false),
                _ => {}
            }
            if heard == 9 {
                other.tell("end");
            }
        }
    });
    assert_eq!((heard, has_died), (9, false));
}
