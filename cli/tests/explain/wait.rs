//! `wait`.

use crate::children::start;
use crate::root::Root;
use crate::tool::{Ended, command, run};
use rustix::process::{Pid, Signal, kill_process};
use slotcast::testing::until;
use slotcast::{Domain, Publisher, Subscriber};
use std::process::{Child, Stdio};

fn waiting(domain: &Domain, arguments: &[&str]) -> Child {
    let mut command = command(domain, arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ended(child: Child) -> Ended {
    Ended::of(child.wait_with_output().unwrap())
}

#[test]
fn what_is_there_needs_no_waiting() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _arm = start("streams", &domain, &["arm"]);
    let _subscriber = Subscriber::<u64>::builder("arm").domain(&domain).create().unwrap();
    let printed = run(&domain, &["wait", "arm"]).with(0);
    assert!(printed.starts_with("arm: 1 publisher, 1 subscriber after 0."), "{printed}");
    let arguments = ["wait", "/arm", "--publishers", "1", "--subscribers", "1", "--message", "--format", "json"];
    let printed = run(&domain, &arguments).with(0);
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&json["met"], &json["publishers"], &json["subscribers"]), (&true.into(), &1.into(), &1.into()));
    assert!(json["messages"].as_u64().unwrap() > 0);
}

#[test]
fn it_waits_for_what_comes_later() {
    let root = Root::new();
    let domain = root.domain("robot");
    let first = waiting(&domain, &["wait", "arm", "--publishers", "2"]);
    let message = waiting(&domain, &["wait", "arm", "--message"]);
    let mut arm = Publisher::<u64>::builder("arm").domain(&domain).create().unwrap();
    let _other = Publisher::<u64>::builder("arm").domain(&domain).create().unwrap();
    assert!(ended(first).with(0).starts_with("arm: 2 publishers, 0 subscribers after "));
    let mut message = message;
    until("it sees a message", || {
        arm.publish(&1).unwrap();
        message.try_wait().unwrap().is_some()
    });
    ended(message).with(0);
}

#[test]
fn when_the_time_is_over_it_says_why() {
    let root = Root::new();
    let domain = root.domain("robot");
    let ended = run(&domain, &["wait", "arm", "--timeout", "0.05"]);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{}", ended.err);
    assert!(
        ended.err.contains("with 0 publishers, 0 subscribers\n1. No publisher is on topic \"arm\""),
        "{}",
        ended.err
    );
    let mut arm = start("publishes", &domain, &["arm", "1"]);
    arm.stop();
    let printed = run(&domain, &["wait", "arm", "--message", "--timeout", "0", "--format", "json"]).with(1);
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&json["met"], &json["reasons"][0]["kind"]), (&false.into(), &"stopped".into()));
    arm.go_on();
}

#[test]
fn signals_end_it_or_make_it_say_what_is_there() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _arm = start("publishes", &domain, &["arm", "1"]);
    let child = waiting(&domain, &["wait", "arm", "--message"]);
    let pid = Pid::from_child(&child);
    // It can be signalled in order once it handles signals, which its mask of caught signals shows.
    until("it handles signals", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap();
        u64::from_str_radix(caught, 16).unwrap() & (1 << (Signal::USR1.as_raw() - 1)) != 0
    });
    kill_process(pid, Signal::USR1).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let ended = ended(child);
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{}", ended.err);
    assert!(ended.err.contains("arm: gave up after "), "{}", ended.err);
}
