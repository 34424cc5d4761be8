//! `list`, `info`, `find`, `type` and `tree`.

use crate::messages::{Pose, State, state};
use crate::tool::run;
use serde_json::{Value, json};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Domain, Publisher, Subscriber};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// A robot: a state with a subscriber that has lost messages, a pose that nobody reads, and a topic
/// without a publisher.
struct Robot {
    _state: Publisher<State>,
    _pose: Publisher<Pose>,
    _subscriber: Subscriber<State>,
    _alone: Subscriber<u64>,
}

fn robot(domain: &Domain) -> Robot {
    let mut publisher = Publisher::builder("robot/state").domain(domain).name("driver").depth(4).create().unwrap();
    let mut subscriber = Subscriber::builder("robot/state").domain(domain).name("planner").create().unwrap();
    publisher.publish(&state(0)).unwrap();
    subscriber.recv().unwrap();
    for count in 0..20 {
        publisher.publish(&state(count)).unwrap();
    }
    subscriber.recv().unwrap();
    let pose = Publisher::builder("robot/left/pose").domain(domain).create().unwrap();
    let alone = Subscriber::builder("battery").domain(domain).create().unwrap();
    Robot { _state: publisher, _pose: pose, _subscriber: subscriber, _alone: alone }
}

fn json(domain: &Domain, arguments: &[&str]) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    serde_json::from_str(run(domain, &all).text()).unwrap()
}

#[test]
fn topics_are_listed() {
    let domain = TempDomain::new();
    let empty = run(&domain, &["list"]);
    assert_eq!((empty.code, empty.output.as_str()), (Some(1), ""));
    let said = format!("slotcast: the domain {} does not exist", domain.path().display());
    assert!(empty.errors.starts_with(&said), "{empty:?}");
    let _robot = robot(&domain);
    assert_eq!(run(&domain, &["list"]).lines(), ["battery", "robot/left/pose", "robot/state"]);
    assert_eq!(run(&domain, &["list", "/robot/*"]).lines(), ["robot/state"]);
    assert_eq!(run(&domain, &["list", "robot/**", "-t"]).lines(), ["robot/left/pose [Pose]", "robot/state [State]"]);
    assert_eq!(run(&domain, &["list", "-c"]).text(), "3\n");
    run(&domain, &["list", "nothing/*"]).fails(1, "matches \"nothing/*\"");
    run(&domain, &["tree", "battary"]).fails(1, "did you mean `battery`?");
}

#[test]
fn a_table_shows_endpoints_and_problems() {
    let domain = TempDomain::new();
    let _robot = robot(&domain);
    let table = run(&domain, &["list", "-l", "-i", "0"]);
    let words: Vec<Vec<&str>> = table.lines().iter().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["TOPIC", "TYPE", "PUBS", "SUBS", "RATE", "MEMORY", "PROBLEMS"]);
    assert_eq!((&words[1][..4], &words[1][8..]), (&["battery", "u64", "0", "1"][..], &["no", "publisher"][..]));
    assert_eq!(&words[2][..4], ["robot/left/pose", "Pose", "1", "0"]);
    assert_eq!(&words[3][..4], ["robot/state", "State", "1", "1"]);
    assert!(table.text().contains("\"planner\" has lost 16 messages"), "{}", table.text());
    let endpoints = run(&domain, &["list", "-v", "robot/state", "-i", "0"]);
    let text = endpoints.text();
    assert!(text.starts_with("robot/state [State]\n  publisher pid "), "{text}");
    assert!(text.contains("\"driver\"\n      0 Hz, 21 published, depth 4, memory "), "{text}");
    assert!(text.contains("\"planner\"\n      2 received, 16 lost, 3 behind, memory "), "{text}");
}

#[test]
fn json_has_a_stable_form() {
    let domain = TempDomain::new();
    let _robot = robot(&domain);
    let list = json(&domain, &["list", "robot/state"]);
    let topic = &list[0];
    let keys: Vec<_> = topic.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "topic",
        "type",
        "schema_hash",
        "message_bytes",
        "rate_hz",
        "memory_bytes",
        "problems",
        "publishers",
        "subscribers",
    ];
    assert_eq!(keys, expected);
    assert_eq!(
        (&topic["topic"], &topic["type"], &topic["message_bytes"]),
        (&json!("robot/state"), &json!("State"), &json!(40))
    );
    let publisher = &topic["publishers"][0];
    assert_eq!(
        (&publisher["name"], &publisher["published"], &publisher["alive"]),
        (&json!("driver"), &json!(21), &json!(true))
    );
    assert_eq!((&publisher["pid"], &publisher["qos"]["depth"]), (&json!(std::process::id()), &json!(4)));
    let subscriber = &topic["subscribers"][0];
    assert_eq!(
        [&subscriber["received"], &subscriber["lost"], &subscriber["behind"]],
        [&json!(2), &json!(16), &json!(3)]
    );
    let info = json(&domain, &["info", "robot/state", "-i", "0"]);
    assert_eq!(info[0]["schema"]["name"], "State");
    assert_eq!(json(&domain, &["type", "robot/*"]), json!({"robot/state": "State"}));
    assert_eq!(json(&domain, &["find", "pose"]), json!(["robot/left/pose"]));
    let tree = json(&domain, &["tree"]);
    assert_eq!(
        tree[1]["children"][0]["children"][0],
        json!({"name": "pose", "topic": "robot/left/pose", "type": "Pose"})
    );
}

#[test]
fn a_topic_is_described() {
    let domain = TempDomain::new();
    let _robot = robot(&domain);
    let info = run(&domain, &["info", "/robot/state", "-v", "-i", "0.01"]);
    let text = info.text();
    assert!(text.contains("    pose: Pose,    // at 0\n"), "{text}");
    assert!(text.contains("    x: f64,           // at 0, in m: Along the street.\n"), "{text}");
    assert!(text.contains("\n1 publisher\n  publisher pid "), "{text}");
    assert!(text.contains("\n1 subscriber\n  subscriber pid "), "{text}");
    assert!(text.contains("\n1 problem\n  subscriber pid "), "{text}");
    run(&domain, &["info", "robot/stat"]).fails(1, "did you mean `robot/state`?");
    run(&domain, &["info", "robot/*/imu"]).fails(1, "matches \"robot/*/imu\"");
}

#[test]
fn types_are_found() {
    let domain = TempDomain::new();
    let _robot = robot(&domain);
    assert_eq!(run(&domain, &["type", "robot/state"]).text(), "State\n");
    assert_eq!(run(&domain, &["type", "**/pose", "battery"]).lines(), ["robot/left/pose: Pose", "battery: u64"]);
    assert_eq!(run(&domain, &["find", "Pose"]).lines(), ["robot/left/pose"]);
    assert_eq!(run(&domain, &["find", "Pose", "--inside"]).lines(), ["robot/left/pose", "robot/state"]);
    assert_eq!(run(&domain, &["find", "*o?e", "-c"]).text(), "1\n");
    run(&domain, &["find", "Stat"]).fails(1, "no topic carries a type \"Stat\": did you mean `State`?");
}

#[test]
fn topics_are_a_tree() {
    let domain = TempDomain::new();
    let _robot = robot(&domain);
    let expected = "battery [u64]\nrobot\n├── left\n│   └── pose [Pose]\n└── state [State]\n";
    assert_eq!(run(&domain, &["tree"]).text(), expected);
}

#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = Publisher::builder("dead").domain(script.domain()).name("gone").create().unwrap();
        publisher.publish(&7_u64).unwrap();
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn the_dead_are_not_listed_as_living() {
    let domain = TempDomain::new();
    let mut process = Process::start("topics::child_publishes", &domain, &[]);
    process.expect("published");
    assert_eq!(run(&domain, &["list"]).lines(), ["dead"]);
    process.kill();
    let list = run(&domain, &["list"]);
    assert_eq!((list.code, list.output.as_str()), (Some(1), ""));
    let said = "slotcast: 1 topic, but all endpoints are dead: `slotcast list -v` shows them";
    assert!(list.errors.starts_with(said), "{list:?}");
    run(&domain, &["tree"]).fails(1, said);
    run(&domain, &["type", "dead"]).fails(1, "the type of topic \"dead\" is not known: it has no living endpoint");
    let verbose = run(&domain, &["list", "-v", "-i", "0"]);
    assert!(verbose.output.contains("\"gone\", dead\n"), "{verbose:?}");
    let topic = &serde_json::from_str::<Value>(&run(&domain, &["list", "--format", "json"]).output).unwrap()[0];
    assert_eq!((&topic["publishers"][0]["alive"], &topic["type"]), (&json!(false), &Value::Null));
    assert!(topic["problems"][0].as_str().unwrap().ends_with("\"gone\" is dead"), "{topic}");
    assert_eq!(domain.leftovers().len(), 1, "nothing was removed");
}

#[test]
fn a_domain_that_cannot_be_used_is_an_error() {
    let domain = TempDomain::new();
    let _robot = robot(&domain);
    std::fs::set_permissions(domain.path(), PermissionsExt::from_mode(0o777)).unwrap();
    run(&domain, &["list"]).fails(2, "is accessible to other users (mode 777)");
    run(&domain, &["echo", "robot/state"]).fails(2, "is accessible to other users (mode 777)");
    run(&domain, &["pub", "robot/state", "{}"]).fails(2, "is accessible to other users (mode 777)");
    run(&Domain::at("/dev/null"), &["list"]).fails(2, "/dev/null is not a directory");
}

#[test]
fn slow_rates_are_known_from_the_times_of_messages() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder("slow").domain(&domain).timestamps(true).create().unwrap();
    let rate = || json(&domain, &["info", "slow", "-i", "0"])[0]["rate_hz"].as_f64().unwrap();
    publisher.publish(&1_u64).unwrap();
    assert!(rate() <= 0.0);
    // However long it takes to ask: that a message is overdue is told after three intervals.
    until("the rate is known", || {
        std::thread::sleep(Duration::from_millis(200));
        publisher.publish(&2_u64).unwrap();
        let rate = rate();
        assert!(rate <= 5.0, "{rate}");
        rate > 0.0
    });
}
