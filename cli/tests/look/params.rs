//! `param`: latest values, of writers that live and of those that have ended.

use crate::messages::{State, state};
use crate::tool::run;
use serde_json::{Value, json};
use slotcast::testing::{TempDomain, until};
use slotcast::{Domain, Parameter, ValueReader, ValueWriter};

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

/// Answers what others want until the end of the test.
fn owner(domain: &Domain) -> impl Drop {
    struct Owner(Option<(std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>)>);
    impl Drop for Owner {
        fn drop(&mut self) {
            let (end, thread) = self.0.take().unwrap();
            drop(end);
            thread.join().unwrap();
        }
    }
    let builder = Parameter::builder("robot/state", state(1)).domain(domain).name("planner");
    let mut owner =
        builder.validate(|state| if state.count < 100 { Ok(()) } else { Err("below 100".into()) }).create().unwrap();
    let (end, ended) = std::sync::mpsc::channel();
    let serve = move || {
        while ended.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            owner.wait(std::time::Duration::from_millis(5)).unwrap();
        }
    };
    Owner(Some((end, std::thread::spawn(serve))))
}

#[test]
fn fields_are_set_by_their_owner_and_others_stay() {
    let domain = TempDomain::new();
    let _owner = owner(&domain);
    let before = get(&domain);
    assert_eq!(text(&domain, &["param", "set", "robot/state", "count=7"]), "# version 2\n");
    let after = get(&domain);
    assert_eq!((&after["value"]["count"], &after["version"]), (&json!(7), &json!(2)));
    let without_count = |mut found: Value| {
        found["value"].as_object_mut().unwrap().remove("count");
        found["value"].take()
    };
    assert_eq!(without_count(before), without_count(after.clone()));
    let whole = json!(after["value"]).to_string().replace("\"count\":7", "\"count\":8");
    assert_eq!(text(&domain, &["param", "set", "robot/state", &whole]), "# version 3\n");
    assert_eq!(get(&domain)["value"]["count"], json!(8));
}

#[test]
fn what_is_not_set_is_said_with_the_reason() {
    let domain = TempDomain::new();
    run(&domain, &["param", "set", "robot/state", "count=7"]).fails(1, "there is no value \"robot/state\"");
    {
        let _owner = owner(&domain);
        let set = |assignments: &[&str]| run(&domain, &[&["param", "set", "robot/state"], assignments].concat());
        set(&["count=100"]).fails(1, "\"robot/state\" stays as it is: below 100");
        set(&["cuont=1"]).fails(2, "did you mean `count`");
        set(&["count=seven"]).fails(2, "count");
        set(&["count=1", "seven"]).fails(2, "`seven` is no field and its value");
        assert_eq!(get(&domain)["version"], json!(1));
    }
    let mut alone = writer(&domain);
    alone.set(&state(1)).unwrap();
    let refused = run(&domain, &["param", "set", "robot/state", "count=7"]);
    refused.fails(1, "which takes no requests: it is no `Parameter`");
    drop(alone);
    run(&domain, &["param", "set", "robot/state", "count=7"]).fails(1, "\"robot/state\" has no owner now: start it");
}
