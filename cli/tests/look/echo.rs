//! `echo`: what it prints.

use crate::messages::{Pose, State, state};
use crate::tool::{Tool, run};
use slotcast::schema::{InvalidValue, Schema};
use slotcast::tensor::{DType, Tensor};
use slotcast::testing::TempDomain;
use slotcast::{Domain, Publisher, ShmMessage};

fn publisher<T: ShmMessage>(domain: &Domain, topic: &str) -> Publisher<T> {
    Publisher::builder(topic).domain(domain).create().unwrap()
}

/// Publishes states, numbered from 0.
fn states(domain: &Domain, topic: &str, number: u32) -> Publisher<State> {
    let mut publisher = publisher(domain, topic);
    for count in 0..number {
        publisher.publish(&state(count)).unwrap();
    }
    publisher
}

fn last(domain: &Domain, arguments: &[&str]) -> String {
    let mut all = vec!["echo", "--history", "1", "--once"];
    all.extend(arguments);
    run(domain, &all).text().to_owned()
}

const JSON: &str = r#"{"pose":{"x":1.5,"y":-0.5,"flags":[true,false,false,true],"heading":0.1},"count":2,"mode":"Driving","name":"left"}"#;
const YAML: &str = "\
pose:
  x: 1.5
  y: -0.5
  flags: [true, false, false, true]
  heading: 0.1
count: 2
mode: Driving
name: left
---
";
const CSV: &str = "\
pose.x,pose.y,pose.flags[0],pose.flags[1],pose.flags[2],pose.flags[3],pose.heading,count,mode,name
1.5,-0.5,true,false,false,true,0.1,2,Driving,left
";

#[test]
fn messages_are_printed_in_every_form() {
    let domain = TempDomain::new();
    let publisher = states(&domain, "robot/state", 3);
    assert_eq!(last(&domain, &["robot/state"]), format!("{JSON}\n"), "into a pipe");
    assert_eq!(last(&domain, &["/robot/state", "--format", "json"]), format!("{JSON}\n"));
    assert_eq!(last(&domain, &["robot/state", "--format", "yaml"]), YAML);
    assert_eq!(last(&domain, &["robot/state", "--csv"]), CSV);
    let flow = last(&domain, &["robot/state", "--format", "yaml", "--flow-style"]);
    assert_eq!(
        flow,
        "{pose: {x: 1.5, y: -0.5, flags: [true, false, false, true], heading: 0.1}, count: 2, mode: Driving, name: left}\n---\n"
    );
    let several = last(&domain, &["robot/*"]);
    assert_eq!(several, format!("{{\"topic\":\"robot/state\",\"value\":{JSON}}}\n"));
    let meta = last(&domain, &["robot/state", "--meta"]);
    let id = publisher.id();
    let expected = format!(
        "{{\"topic\":\"robot/state\",\"publisher\":\"{id}\",\"sequence\":2,\"lost_before\":0,\"value\":{JSON}}}\n"
    );
    assert_eq!(meta, expected);
    let meta = last(&domain, &["robot/state", "--meta", "--format", "yaml"]);
    assert_eq!(meta, format!("# robot/state, message 2 of {id}\n{YAML}"));
}

#[test]
fn raw_bytes_are_those_in_memory() {
    let domain = TempDomain::new();
    let mut publisher = publisher::<[u8; 4]>(&domain, "letters");
    publisher.publish(b"abc\n").unwrap();
    publisher.publish(b"def\n").unwrap();
    let both = run(&domain, &["echo", "letters", "--history", "all", "-n", "2", "--raw"]);
    assert_eq!(both.text(), "abc\ndef\n");
    let field = run(&domain, &["echo", "letters", "--history", "1", "-n", "1", "--format", "raw", "--field", "[1]"]);
    assert_eq!(field.text().trim_end(), "e");
}

#[test]
fn fields_are_printed_alone() {
    let domain = TempDomain::new();
    let _publisher = states(&domain, "robot/state", 3);
    assert_eq!(last(&domain, &["robot/state", "--field", "pose.flags[3]"]), "true\n");
    assert_eq!(last(&domain, &["robot/state", "--field", "mode", "--format", "yaml"]), "Driving\n---\n");
    let two = last(&domain, &["robot/state", "--field", "count", "--field", "pose.x"]);
    assert_eq!(two, "{\"count\":2,\"pose.x\":1.5}\n");
    assert_eq!(
        last(&domain, &["robot/state", "--csv", "--field", "pose.flags"]).lines().next(),
        Some("pose.flags[0],pose.flags[1],pose.flags[2],pose.flags[3]")
    );
    run(&domain, &["echo", "robot/state", "--field", "pose.heding"]).fails(2, "did you mean `pose.heading`?");
}

#[test]
fn messages_are_filtered() {
    let domain = TempDomain::new();
    let _publisher = states(&domain, "robot/state", 20);
    let filter = "count >= 5 and not (count == 6 or count == 7) and mode == Driving and name == 'left'";
    let found =
        run(&domain, &["echo", "robot/state", "--history", "all", "-n", "3", "--filter", filter, "--field", "count"]);
    assert_eq!(found.lines(), ["5", "8", "9"]);
    run(&domain, &["echo", "robot/state", "--filter", "cont > 5"]).fails(2, "did you mean `count`?");
    run(&domain, &["echo", "robot/state", "--filter", "count >"]).fails(2, "after `count >`: expected a field");
}

#[test]
fn long_messages_are_shortened() {
    let domain = TempDomain::new();
    let mut long = publisher::<[u16; 300]>(&domain, "long");
    long.publish(&[7; 300]).unwrap();
    assert_eq!(last(&domain, &["long"]).len(), 602, "whole in a pipe");
    assert_eq!(last(&domain, &["long", "-l", "3"]), "[7,7,7,\"...\"]\n");
    assert_eq!(last(&domain, &["long", "--no-arr"]), "\"<list of 300 integers>\"\n");
    let _publisher = states(&domain, "robot/state", 1);
    let short = last(&domain, &["robot/state", "--field", "name", "--no-str"]);
    assert_eq!(short, "\"<text of 4 bytes>\"\n");
}

#[test]
fn elements_of_messages_of_variable_size_are_printed() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8], Tensor>::builder("tensor").domain(&domain).create().unwrap();
    let header = Tensor::new(DType::U8, &[2, 2]).unwrap();
    publisher.publish_slice_with(&header, &[1, 2, 3, 4]).unwrap();
    assert_eq!(last(&domain, &["tensor", "--field", "elements"]), "[1,2,3,4]\n");
    assert_eq!(last(&domain, &["tensor", "--field", "elements[3]"]), "4\n");
    assert_eq!(last(&domain, &["tensor", "--field", "elements[4]"]), "null\n");
    assert_eq!(last(&domain, &["tensor", "--field", "header.shape[0]"]), "2\n");
    let table = last(&domain, &["tensor", "--csv", "--field", "elements", "--field", "header.ndim"]);
    assert_eq!(table, "elements,header.ndim\n\"[1,2,3,4]\",2\n");
}

#[test]
fn only_the_newest_message_is_printed_if_that_is_enough() {
    let domain = TempDomain::new();
    let _publisher = states(&domain, "robot/state", 10);
    let newest = run(&domain, &["echo", "robot/state", "--history", "all", "--latest", "--once", "--field", "count"]);
    assert_eq!(newest.lines(), ["9"]);
}

#[test]
fn topics_that_come_later_are_followed_from_their_first_message() {
    let domain = TempDomain::new();
    let echo = Tool::start(&domain, &["echo", "robot/*", "-n", "4", "--field", "count"]);
    let told = echo.error_line();
    assert!(told.contains("matches \"robot/*\": that domain does not exist"), "{told}");
    let _left = states(&domain, "robot/left", 2);
    let mut lines = vec![echo.line(), echo.line()];
    let _right = states(&domain, "robot/right", 2);
    lines.extend([echo.line(), echo.line()]);
    assert_eq!(lines[0], "{\"topic\":\"robot/left\",\"value\":0}");
    assert_eq!(lines[3], "{\"topic\":\"robot/right\",\"value\":1}");
    assert_eq!(echo.end().code, Some(0));
}

#[test]
fn a_topic_that_comes_back_with_another_type_is_followed() {
    let domain = TempDomain::new();
    let echo = Tool::start(&domain, &["echo", "thing", "-n", "2"]);
    echo.error_line(); // it waits
    let publisher = states(&domain, "thing", 1);
    assert!(echo.line().starts_with("{\"pose\""));
    drop(publisher);
    let mut other = self::publisher::<Pose>(&domain, "thing");
    other.publish(&state(0).pose).unwrap();
    assert!(echo.line().starts_with("{\"x\":1.5"));
    assert_eq!(echo.end().code, Some(0));
}

/// A byte that claims to be a `bool`.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Liar(u8);

// SAFETY: it is laid out as a `bool`, of one byte, and any byte is a value of it. What its schema
// claims beyond that is what receivers have to check.
unsafe impl ShmMessage for Liar {
    const SCHEMA: &'static Schema = bool::SCHEMA;

    fn validate(_: &[u8]) -> Result<(), InvalidValue> {
        Ok(())
    }
}

#[test]
fn messages_that_are_not_valid_are_told() {
    let domain = TempDomain::new();
    let mut publisher = publisher::<Liar>(&domain, "on");
    for byte in [1, 2, 0] {
        publisher.publish(&Liar(byte)).unwrap();
    }
    let ended = run(&domain, &["echo", "on", "--history", "all", "-n", "2"]);
    assert_eq!((ended.code, ended.output.as_str()), (Some(0), "true\nfalse\n"), "{ended:?}");
    let expected = format!("slotcast: on: message 1 of {} is not valid: the message is 2, not a bool", publisher.id());
    assert!(ended.errors.starts_with(&expected), "{ended:?}");
}
