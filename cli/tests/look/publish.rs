//! `pub`: what it publishes, and how it ends.

use crate::messages::{Mode, State, state};
use crate::tool::{Tool, run};
use rustix::process::Signal;
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{Domain, Publisher, ShmMessage, Subscriber};

fn subscriber<T: ShmMessage>(domain: &Domain, topic: &str) -> Subscriber<T> {
    Subscriber::builder(topic).domain(domain).create().unwrap()
}

fn next<T: ShmMessage + Copy>(subscriber: &mut Subscriber<T>) -> T {
    *subscriber.recv_timeout(PATIENCE).unwrap().expect("it was published")
}

#[test]
fn one_message_is_published_and_not_lost() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber::<State>(&domain, "state");
    // Its type is that of the subscriber.
    let arguments = ["pub", "/state", "{pose: {x: 1, heading: .nan}, mode: Fault, count: 0x10}", "--once"];
    let tool = Tool::start(&domain, &arguments);
    let state = next(&mut subscriber);
    assert_eq!((state.pose.x, state.count, state.mode, state.pose.y), (1.0, 16, Mode::Fault, 0.0));
    assert!(state.pose.heading.is_nan() && state.name.is_empty());
    assert_eq!(tool.end().text(), "");
    assert!(domain.leftovers().len() == 1, "the subscriber's topic");
}

#[test]
fn it_tells_who_has_not_read_in_the_end() {
    let domain = TempDomain::new();
    let subscriber = subscriber::<u64>(&domain, "count");
    let ended = run(&domain, &["pub", "count", "5", "-1"]);
    ended.fails(1, "has not begun to read in 5");
    drop(subscriber);
}

#[test]
fn it_publishes_as_often_as_it_should() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber::<i64>(&domain, "count");
    let tool = Tool::start(&domain, &["pub", "count", "-5", "-t", "3", "-r", "1000", "-p", "2", "-w", "1"]);
    for _ in 0..3 {
        assert_eq!(next(&mut subscriber), -5);
    }
    assert_eq!(tool.end().text(), "# 2\n-5\n---\n");
    assert!(subscriber.try_recv().unwrap().is_none());
}

#[test]
fn it_publishes_until_it_is_stopped() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber::<u64>(&domain, "count");
    let tool = Tool::start(&domain, &["pub", "count", "5", "-r", "1000"]);
    for _ in 0..5 {
        assert_eq!(next(&mut subscriber), 5);
    }
    tool.signal(Signal::USR1);
    assert!(tool.error_line().ends_with(" messages published"));
    tool.signal(Signal::INT);
    assert_eq!(tool.end().code, Some(0));
}

#[test]
fn what_it_reads_is_published_as_it_comes() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber::<State>(&domain, "state");
    let mut tool = Tool::start(&domain, &["pub", "state", "--stdin", "-w", "1"]);
    tool.write("# first\npose:\n  x: 2\ncount: 1\nmode: Driving\n---\n");
    assert_eq!(next(&mut subscriber).pose.x, 2.0);
    tool.write("{\"count\": 2, \"mode\": \"Off\"}\n");
    assert_eq!(next(&mut subscriber).count, 2);
    tool.write("{count: 3,\n mode: 7}");
    tool.close_input();
    assert_eq!((next(&mut subscriber).mode, tool.end().code), (Mode::Fault, Some(0)));
}

#[test]
fn a_file_is_published() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber::<u64>(&domain, "count");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("counts.yaml");
    std::fs::write(&file, "1\n---\n2\n---\n3").unwrap();
    let tool = Tool::start(&domain, &["pub", "count", "--file", file.to_str().unwrap()]);
    assert_eq!([(); 3].map(|()| next(&mut subscriber)), [1, 2, 3]);
    assert_eq!(tool.end().text(), "");
    run(&domain, &["pub", "count", "--file", "/nowhere"]).fails(2, "cannot open /nowhere: No such file");
}

#[test]
fn it_waits_for_subscribers() {
    let domain = TempDomain::new();
    let _publisher = Publisher::<u64>::builder("count").domain(&domain).create().unwrap();
    let tool = Tool::start(&domain, &["pub", "count", "7", "--once", "--wait-for", "2"]);
    let mut first = subscriber::<u64>(&domain, "count");
    let mut second = subscriber::<u64>(&domain, "count");
    assert_eq!((next(&mut first), next(&mut second)), (7, 7));
    assert_eq!(tool.end().text(), "");
    drop((first, second));
    let alone =
        run(&domain, &["pub", "count", "7", "--once", "--wait-matching-subscriptions", "1", "--timeout", "0.1"]);
    alone.fails(1, "count has 0 subscribers after ");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder("state").domain(&domain).create().unwrap();
    publisher.publish(&state(1)).unwrap();
    let fails = |value: &str, text: &str| run(&domain, &["pub", "state", value, "--once"]).fails(2, text);
    fails("{pose: {headng: 1}}", "field `pose.headng` is unknown");
    fails("{pose: {headng: 1}}", "did you mean `pose.heading`?");
    fails("{count: -1, mode: Off}", "field `count`: -1 does not fit u32 (0 to 4294967295)");
    fails("{mode: Parked}", "field `mode`: \"Parked\" is not `Mode` (Off, Driving, Fault)");
    fails(
        "{count: 1}",
        "field `mode` is 0, not a `Mode` (1 Off, 2 Driving, 7 Fault); a field that is not given is zero",
    );
    fails("{\"count\": 1 \"mode\": \"Off\"}", "expected `,` or `}` at line 1 column 13");
    fails("{count: [1, 2}", "line 1 column 9");
    fails("{\"count\": }", "expected value at line 1 column 11");
    fails("{count: }", "line 1 column 2");
    fails("", "the value is empty");
    fails("5", "the message: 5 is not `State`");
    let mut tool = Tool::start(&domain, &["pub", "state", "--stdin"]);
    tool.write("{\"mode\": \"Off\"}\nmode: Off\ncount: [\n---\n");
    tool.end().fails(2, "stdin, in the message that begins at line 2");
    run(&domain, &["pub", "nothing", "1", "--once"]).fails(1, "has no publisher and no subscriber");
    run(&domain, &["pub", "state", "1", "--stdin"]).fails(2, "cannot be used with");
    run(&domain, &["pub", "state"]).fails(2, "required");
    run(&domain, &["pub", "sta*", "1"]).fails(2, "it is a pattern; name one topic");
    run(&domain, &["pub", "state", "1", "-r", "0"]).fails(2, "0 messages a second are not possible");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("schema.json");
    std::fs::write(&file, "{\"size\": 1,").unwrap();
    run(&domain, &["pub", "new", "1", "--schema", file.to_str().unwrap()])
        .fails(2, "schema.json is no schema as `slotcast schema TOPIC --format json` writes it: EOF while parsing a value at line 1 column 11");
}
