//! `param`: latest values, of writers that live and of those that have ended.

use crate::messages::{State, state};
use crate::tool::run;
use serde_json::{Value, json};
use slotcast::testing::{TempDomain, until};
use slotcast::{Domain, ValueReader, ValueWriter};

fn writer(domain: &Domain) -> ValueWriter<State> {
    let builder = ValueWriter::builder("robot/state").domain(domain).name("planner");
    builder.survives_writer(true).create().unwrap()
}

fn text(domain: &Domain, arguments: &[&str]) -> String {
    run(domain, arguments).text().to_owned()
}

fn get(domain: &Domain) -> Value {
    serde_json::from_str(&text(domain, &["param", "get", "robot/state", "--format", "json"])).unwrap()
}

#[track_caller]
fn cleans_nothing(domain: &Domain, arguments: &[&str]) {
    let ended = run(domain, arguments);
    assert!(ended.code == Some(0) && ended.output.is_empty(), "{ended:#?}");
}

#[test]
fn a_value_is_printed_with_its_version_and_its_writer() {
    let domain = TempDomain::new();
    run(&domain, &["param", "get", "robot/state"]).fails(1, "\"robot/state\" has no value");
    let mut writer = writer(&domain);
    run(&domain, &["param", "get", "robot/state"]).fails(1, "\"robot/state\" has no value");
    writer.set(&state(1)).unwrap();
    writer.set(&state(2)).unwrap();
    let found = get(&domain);
    assert_eq!(
        (&found["value"]["count"], &found["version"], &found["orphaned"]),
        (&json!(2), &json!(2), &json!(false))
    );
    assert_eq!(found["writer"], json!(writer.id().to_string()));
    let printed = text(&domain, &["param", "get", "robot/state"]);
    assert!(printed.contains("count: 2\n") && printed.contains("# version 2, set "), "{printed}");
    assert!(printed.contains("planner"), "{printed}");
    drop(writer);
    assert_eq!((&get(&domain)["value"]["count"], &get(&domain)["orphaned"]), (&json!(2), &json!(true)));
    let printed = text(&domain, &["param", "get", "robot/state"]);
    assert!(printed.ends_with("ago, orphaned\n"), "{printed}");
}

#[test]
fn values_are_listed_with_writer_and_readers() {
    let domain = TempDomain::new();
    assert_eq!(run(&domain, &["param", "list"]).code, Some(1));
    let mut writer = writer(&domain);
    let _reader = ValueReader::<State>::builder("robot/state").domain(&domain).create().unwrap();
    let _other = ValueReader::<u64>::builder("mode").domain(&domain).create().unwrap();
    writer.set(&state(1)).unwrap();
    let list = |arguments: &[&str]| text(&domain, &[&["param", "list"], arguments].concat());
    let printed = list(&[]);
    assert!(printed.contains("mode  no writer, 1 reader\n"), "{printed}");
    assert!(printed.contains("robot/state [") && printed.contains("planner"), "{printed}");
    drop(writer);
    let rows: Value = serde_json::from_str(&list(&["robot/*", "--format", "json"])).unwrap();
    assert_eq!((&rows[0]["orphaned"], &rows[0]["writer"], &rows[1]), (&json!(true), &Value::Null, &Value::Null));
}

#[test]
fn a_value_that_was_left_is_removed_by_request_alone() {
    let domain = TempDomain::new();
    let mut writer = writer(&domain);
    writer.set(&state(1)).unwrap();
    cleans_nothing(&domain, &["clean", "--values"]); // its writer lives
    drop(writer);
    cleans_nothing(&domain, &["clean"]);
    assert_eq!(get(&domain)["value"]["count"], json!(1));
    let path = domain.path().join("robot+state~value").join("kept");
    let told = format!("{}\n", path.display());
    assert_eq!(text(&domain, &["clean", "--values", "--dry-run"]), told);
    assert_eq!(get(&domain)["value"]["count"], json!(1));
    assert_eq!(text(&domain, &["clean", "--values"]), told);
    until("nothing is left", || !path.parent().unwrap().exists());
    run(&domain, &["param", "get", "robot/state"]).fails(1, "\"robot/state\" has no value");
}

#[test]
fn echo_prints_values_as_they_are_set() {
    let domain = TempDomain::new();
    let mut writer = writer(&domain);
    writer.set(&state(5)).unwrap();
    let echo = || text(&domain, &["echo", "robot/state~value", "--history", "1", "-1", "--field", "count"]);
    assert!(echo().contains('5'), "{}", echo());
    drop(writer);
    assert!(echo().contains('5'), "it was left");
}
