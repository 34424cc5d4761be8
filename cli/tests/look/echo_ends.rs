//! `echo`: how it ends, and what it tells.

use crate::messages::state;
use crate::tool::{Tool, command, run};
use rustix::process::Signal;
use slotcast::Publisher;
use slotcast::testing::{TempDomain, until};
use std::process::{Command, Stdio};

#[test]
fn signals_end_it_in_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let domain = TempDomain::new();
        let mut publisher = Publisher::builder("count").domain(&domain).create().unwrap();
        let echo = Tool::start(&domain, &["echo", "count", "--history", "all"]);
        publisher.publish(&7_u64).unwrap();
        assert_eq!(echo.line(), "7");
        echo.signal(Signal::USR1);
        echo.signal(signal);
        let ended = echo.end();
        assert_eq!((ended.code, ended.output.as_str()), (Some(0), ""), "{ended:?}");
    }
}

#[test]
fn statistics_are_printed_on_request() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder("count").domain(&domain).create().unwrap();
    publisher.publish(&7_u64).unwrap();
    let echo = Tool::start(&domain, &["echo", "count", "--history", "all"]);
    assert_eq!(echo.line(), "7"); // it handles signals before it prints anything
    echo.signal(Signal::USR1);
    let expected = "slotcast: count: 1 printed, 0 filtered out, 0 lost, 0 skipped, 0 invalid";
    assert_eq!(echo.error_line(), expected);
}

#[test]
fn nobody_has_to_read_what_it_tells() {
    let domain = TempDomain::new();
    let mut command = command(&domain, &["echo", "count", "--timeout", "0.1"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stderr(writer);
    assert_eq!(Tool::of(command).end().code, Some(1));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder("count").domain(&domain).depth(1024).create().unwrap();
    for number in 0..1000_u64 {
        publisher.publish(&number).unwrap();
    }
    let mut echo = command(&domain, &["echo", "count", "--history", "all"]);
    let mut echo = echo.stdin(Stdio::null()).spawn().unwrap();
    let head = Command::new("head").args(["-n", "2"]).stdin(echo.stdout.take().unwrap()).output().unwrap();
    assert_eq!(head.stdout, b"0\n1\n");
    let mut status = None;
    until("it notices", || {
        publisher.publish(&0).unwrap();
        status = echo.try_wait().unwrap();
        status.is_some()
    });
    let mut errors = String::new();
    std::io::Read::read_to_string(&mut echo.stderr.take().unwrap(), &mut errors).unwrap();
    assert_eq!(status.unwrap().code(), Some(0), "{errors}");
    assert!(!errors.contains("ipe"), "{errors}");
}

#[test]
fn losses_are_told() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder("count").domain(&domain).depth(4).create().unwrap();
    publisher.publish(&0_u64).unwrap();
    let echo = Tool::start(&domain, &["echo", "count", "--history", "all", "-n", "5"]);
    assert_eq!(echo.line(), "0");
    echo.signal(Signal::STOP);
    for number in 1..=100_u64 {
        publisher.publish(&number).unwrap();
    }
    echo.signal(Signal::CONT);
    let ended = echo.end();
    // It may have read some before it stopped.
    assert!(ended.errors.contains("slotcast: count: ") && ended.errors.contains(" messages lost, "), "{ended:?}");
    assert_eq!(ended.output.lines().last(), Some("100"), "{ended:?}");
}

#[test]
fn silence_is_explained_and_ends_after_a_timeout() {
    let domain = TempDomain::new();
    let nobody = Tool::start(&domain, &["echo", "count", "--timeout", "0.1"]).end();
    nobody.fails(1, "there is no topic \"count\" in ");
    nobody.fails(1, "no message for 100ms");
    let mut publisher = Publisher::builder("count").domain(&domain).create().unwrap();
    let told = || {
        let echo = Tool::start(&domain, &["echo", "count"]);
        assert_eq!(echo.error_line(), "slotcast: count: nothing comes");
        echo.error_line()
    };
    let nothing = told();
    assert!(nothing.contains("1. The publisher (pid ") && nothing.contains("published nothing so far"), "{nothing}");
    publisher.publish(&0_u64).unwrap();
    let silent = told();
    assert!(silent.contains("1. The publisher (pid ") && silent.contains("after 1 message"), "{silent}");
    run(&domain, &["echo", "cuont", "--timeout", "0.1"]).fails(1, "slotcast: waiting: there is no topic \"cuont\" in ");
}

#[test]
fn a_publisher_that_leaves_is_told() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder("state").domain(&domain).create().unwrap();
    publisher.publish(&state(1)).unwrap();
    let echo = Tool::start(&domain, &["echo", "state", "--history", "all", "--field", "count"]);
    assert_eq!(echo.line(), "1");
    drop(publisher);
    assert_eq!(echo.error_line(), "slotcast: state: nothing comes");
    let told = echo.error_line();
    assert!(told.starts_with("1. No publisher is on topic \"state\""), "{told}");
    echo.signal(Signal::INT);
    assert_eq!(echo.end().code, Some(0));
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let domain = TempDomain::new();
    run(&domain, &["echo", "a", "b", "--csv"]).fails(2, "no place for the names of several topics");
    run(&domain, &["echo", "a", "--csv", "--meta"]).fails(2, "--meta is for yaml and ndjson");
    run(&domain, &["echo", "a", "--once", "-n", "2"]).fails(2, "cannot be used with");
    run(&domain, &["echo", "a", "-n", "0"]).fails(2, "invalid value '0'");
    run(&domain, &["echo", "a", "--history", "some"]).fails(2, "is not a number of messages, nor `all`");
    run(&domain, &["echo", "a//b"]).fails(2, "it has an empty segment at byte 2");
    run(&domain, &["echo"]).fails(2, "<TOPIC>...");
}
