//! `service` and `call`: which services there are, and calling one; and that services are no topics.

use crate::tool::run;
use serde_json::{Value, json};
use slotcast::service::Reason;
use slotcast::testing::TempDomain;
use slotcast::{Client, Domain, Server, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Step {
    distance: f64,
    count: u64,
}

/// Serves until `calls` have come: `count` items for each, and a refusal if that is 0.
fn serve(domain: &Domain, calls: usize) -> std::thread::JoinHandle<()> {
    let mut server = Server::<Step, Step>::builder("gate/steps").domain(domain).name("walker").create().unwrap();
    std::thread::spawn(move || {
        for _ in 0..calls {
            let call = server.next().unwrap();
            let Step { distance, count } = *call.request();
            if count == 0 {
                call.refuse(&Reason::new(4, "it stands still")).unwrap();
                continue;
            }
            for count in 1..=count {
                // A tool that takes fewer items cancels the rest.
                if call.send(&Step { distance: distance / 2.0, count }).is_err() {
                    break;
                }
            }
            call.finish().unwrap();
        }
    })
}

#[test]
fn a_service_is_called_and_its_items_are_printed() {
    let domain = TempDomain::new();
    let serving = serve(&domain, 5);
    let printed = run(&domain, &["call", "gate/steps", "{distance: 3, count: 2}"]);
    assert_eq!(printed.text(), "{distance: 1.5, count: 1}\n{distance: 1.5, count: 2}\n");
    let many = run(&domain, &["call", "gate/steps", r#"{"distance": 1, "count": 1000}"#, "--format", "json"]);
    let last: Value = serde_json::from_str(many.text().lines().last().unwrap()).unwrap();
    assert_eq!((many.text().lines().count(), &last), (1000, &json!({"distance": 0.5, "count": 1000})));
    let some = run(&domain, &["call", "gate/steps", "{distance: 3, count: 1000}", "-n", "3"]);
    assert_eq!(some.text().lines().count(), 3);
    let refused = run(&domain, &["call", "gate/steps", "{distance: 3, count: 0}"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.errors.contains("the server refuses: it stands still (code 4)"), "{}", refused.errors);
    let wrong = run(&domain, &["call", "gate/steps", "{distance: 3, counts: 0}"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.errors.contains("count"), "{}", wrong.errors);
    assert_eq!(run(&domain, &["call", "gate/steps", "{distance: 3, count: 1}"]).code, Some(0));
    serving.join().unwrap();
}

#[test]
fn slices_with_headers_are_listed_and_called() {
    let domain = TempDomain::new();
    let mut server = Server::<(Step, [u8]), u64>::builder("sum").domain(&domain).create().unwrap();
    let serving = std::thread::spawn(move || {
        let call = server.next().unwrap();
        let sum = call.header().count + call.request().iter().map(|&byte| u64::from(byte)).sum::<u64>();
        call.respond(&sum).unwrap();
        server
    });
    let list = run(&domain, &["service", "list"]);
    assert!(list.text().starts_with("sum [(Step, [u8]) → u64]\n"), "{}", list.text());
    for wrong in ["[1, 2]", "{elements: [1]}", "{header: {distance: 0}, elements: [1]}"] {
        assert_eq!(run(&domain, &["call", "sum", wrong]).code, Some(2), "{wrong}");
    }
    let request = "{header: {distance: 0, count: 40}, elements: [1, 1]}";
    assert_eq!(run(&domain, &["call", "sum", request]).text(), "42\n");
    drop(serving.join().unwrap());
}

#[test]
fn without_a_server_the_answer_is_no_and_a_silent_one_lets_the_call_expire() {
    let domain = TempDomain::new();
    let none = run(&domain, &["call", "gate/steps", "1"]);
    assert_eq!(none.code, Some(1));
    assert!(none.errors.contains("service \"gate/steps\" has no server: start one"), "{}", none.errors);
    let _silent = Server::<u64, u64>::builder("gate/steps").domain(&domain).create().unwrap();
    let expired = run(&domain, &["call", "gate/steps", "1", "--deadline", "0.1"]);
    assert_eq!(expired.code, Some(1));
    assert!(expired.errors.contains("the call has expired"), "{}", expired.errors);
}

#[test]
fn services_are_listed_by_themselves_and_not_as_topics() {
    let domain = TempDomain::new();
    let list = ["service", "list"];
    assert_eq!(run(&domain, &list).code, Some(1));
    let server = Server::<Step, [u8]>::builder("gate/steps").domain(&domain).name("walker").create().unwrap();
    let client = Client::<Step, [u8]>::builder("gate/steps").domain(&domain).name("asker").create().unwrap();
    let listed: Value = serde_json::from_str(run(&domain, &["service", "list", "--format", "json"]).text()).unwrap();
    let found = &listed[0];
    assert_eq!(
        (&found["service"], &found["request"], &found["response"]),
        (&json!("gate/steps"), &json!("Step"), &json!("u8"))
    );
    assert_eq!((&found["servers"][0]["name"], &found["clients"][0]["name"]), (&json!("walker"), &json!("asker")));
    drop(client);
    let listed = run(&domain, &list);
    let lines: Vec<&str> = listed.text().lines().collect();
    assert_eq!((lines[0], lines.len()), ("gate/steps [Step → u8]", 2));
    assert!(lines[1].starts_with(&format!("  server pid {}, ", std::process::id())), "{}", lines[1]);
    let topics = run(&domain, &["list", "--format", "json"]);
    assert_eq!(topics.output.trim(), "[]");
    let asked = run(&domain, &["info", "gate/steps"]);
    assert_eq!(asked.code, Some(1));
    assert!(asked.errors.contains("but what `slotcast service list` shows has this name"), "{}", asked.errors);
    drop(server);
}

#[test]
fn what_a_service_is_asked_is_seen_like_a_topic() {
    let domain = TempDomain::new();
    let _server = Server::<u64, u64>::builder("gate/steps").domain(&domain).create().unwrap();
    let client = Client::<u64, u64>::builder("gate/steps").domain(&domain).create().unwrap();
    let _pending = client.call(&77).unwrap();
    let info = run(&domain, &["info", "gate/steps~requests"]);
    assert_eq!(info.code, Some(0), "{}", info.errors);
    assert!(info.output.contains("gate/steps~requests"), "{}", info.output);
    assert!(!info.output.contains("damaged"), "{}", info.output);
}
