//! `event`: who tells of events, telling, and watching; and that events are no topics.

use crate::tool::{Tool, run};
use rustix::process::Signal;
use serde_json::{Value, json};
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{Domain, Listener, Notice, Notifier, Publisher};

fn notifier(domain: &Domain) -> Notifier {
    Notifier::builder("gate/door").domain(domain).name("button").create().unwrap()
}

fn listener(domain: &Domain) -> Listener {
    Listener::builder("gate/door").domain(domain).name("machine").create().unwrap()
}

#[test]
fn notifiers_and_listeners_are_listed() {
    let domain = TempDomain::new();
    let list = ["event", "list"];
    assert_eq!(run(&domain, &list).code, Some(1));
    let (notifier, _listener) = (notifier(&domain), listener(&domain));
    let text = run(&domain, &list).text().to_owned();
    let pid = std::process::id();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "gate/door [u8]");
    assert!(lines[1].starts_with(&format!("  notifier pid {pid}, ")) && lines[1].ends_with(" \"button\""), "{text}");
    assert!(lines[2].starts_with(&format!("  listener pid {pid}, ")) && lines[2].ends_with(" \"machine\""), "{text}");
    drop(notifier);
    let listed: Value = serde_json::from_str(run(&domain, &["event", "list", "--format", "json"]).text()).unwrap();
    assert_eq!(listed[0]["events"], "gate/door");
    assert_eq!((&listed[0]["ids"], &listed[0]["notifiers"]), (&json!("u8"), &json!([])));
    assert_eq!(
        (&listed[0]["listeners"][0]["pid"], &listed[0]["listeners"][0]["name"]),
        (&json!(pid), &json!("machine"))
    );
}

/// Their memory is not that of publishers and subscribers: no command takes it for damaged.
#[test]
fn events_are_no_topics() {
    let domain = TempDomain::new();
    let _events = (notifier(&domain), listener(&domain));
    let _topic = Publisher::<u64>::builder("gate/count").domain(&domain).create().unwrap();
    assert_eq!(run(&domain, &["list"]).lines(), ["gate/count"]);
    for command in [["list", "-v"], ["tree", "gate"], ["find", "u8"], ["stat", "--once"], ["doctor", "--format=json"]] {
        let ended = run(&domain, &command);
        let shown = ended.output + &ended.errors;
        assert!(!shown.contains("door") && !shown.contains("damaged"), "{command:?}: {shown}");
    }
    let asked = run(&domain, &["info", "gate/door"]);
    assert!(asked.errors.contains("but what `slotcast event list` shows has this name"), "{}", asked.errors);
    for command in ["info", "echo", "hz", "why", "type"] {
        run(&domain, &[command, "gate/door~events"]).fails(2, "`slotcast event watch gate/door` shows them");
    }
}

#[test]
fn events_are_sent_and_watched() {
    let domain = TempDomain::new();
    run(&domain, &["event", "send", "gate/door", "7"]).fails(1, "nobody listens to gate/door");
    run(&domain, &["event", "send", "gate/door", "300"]).fails(2, "300 is not in 0..=255");
    let mut heard = listener(&domain);
    let sender = Tool::start(&domain, &["event", "send", "gate/door", "7", "--times", "3", "--stay", "60"]);
    let mut count = 0;
    while count < 3 {
        if let Notice::Event { id, count: more, .. } = heard.recv_timeout(PATIENCE).unwrap().unwrap() {
            assert_eq!(id, 7);
            count += more;
        }
    }
    sender.signal(Signal::INT);
    assert_eq!(sender.end().errors, "slotcast: told 1 listener of event 7, 3 times\n");
    drop(heard);
    let mut told = notifier(&domain);
    let watch = Tool::start(&domain, &["event", "watch", "gate/door", "9", "-n", "2"]);
    assert!(told.wait_for_listeners(1, PATIENCE).unwrap());
    told.notify(8).unwrap();
    told.notify(9).unwrap();
    let printed = watch.end();
    let lines = printed.lines();
    assert!(lines[0].ends_with(" \"button\" has joined") && lines[1].starts_with("event 9 × 1  (pid "), "{lines:?}");
}
