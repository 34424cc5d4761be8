//! `stat`: the page of everything.

use crate::terminal::{CTRL_C, Terminal};
use crate::tool::Tool;
use serde_json::Value;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Counters, Publisher, Subscriber};

#[test]
fn child_publishes_and_waits() {
    testing::process(|script| {
        let builder = Publisher::<[u8; 4000]>::builder("camera/front").name("camera").domain(script.domain());
        let mut publisher = builder.create().unwrap();
        publisher.publish(&[0; 4000]).unwrap();
        script.say("published");
        script.hear("end");
    });
}

fn printed(domain: &TempDomain, arguments: &str) -> (Option<i32>, Vec<String>) {
    let (status, lines, errors) = Tool::start(domain, arguments).finish();
    assert_eq!(errors, "");
    (status.code(), lines)
}

#[test]
fn one_page_has_everything() {
    let domain = TempDomain::new();
    let mut other = Process::start("stat::child_publishes_and_waits", &domain, &[]);
    other.expect("published");
    let builder = Subscriber::<[u8; 4000]>::builder("camera/front").history(1).max_samples(2).name("display");
    let mut subscriber = builder.domain(&domain).create().unwrap();
    let _clock = Publisher::<u64>::builder("clock").domain(&domain).create().unwrap();
    let mut held = None;
    testing::until("it holds one", || {
        held = subscriber.try_recv().unwrap();
        held.is_some()
    });
    let (code, lines) = printed(&domain, "stat --once -i 0.05 --format json");
    assert_eq!((code, lines.len()), (Some(0), 1));
    let page: Value = serde_json::from_str(&lines[0]).unwrap();
    let [camera, clock] = &page["topics"].as_array().unwrap()[..] else { panic!("{page}") };
    assert_eq!((&camera["topic"], &clock["topic"]), (&"camera/front".into(), &"clock".into()));
    assert_eq!(
        (&camera["publishers"], &camera["subscribers"], &clock["subscribers"]),
        (&1.into(), &1.into(), &0.into())
    );
    let [publisher, display] = &camera["endpoints"].as_array().unwrap()[..] else { panic!("{camera}") };
    assert_eq!((&publisher["pid"], &publisher["name"]), (&other.id().into(), &"camera".into()));
    assert_eq!((&publisher["messages"], &publisher["state"]), (&1.into(), &"running".into()));
    assert!(publisher["memory_bytes"].as_u64() >= Some(4000), "{publisher}");
    assert_eq!((&display["messages"], &display["unread"], &display["lost"]), (&1.into(), &0.into(), &0.into()));
    assert_eq!(camera["problems"], Value::Array(Vec::new()));

    other.stop();
    let (_, lines) = printed(&domain, "stat --once -i 0.05 camera/*");
    let text = lines.join("\n");
    assert!(text.contains("1 topic, 1 publisher, 1 subscriber") && !text.contains("clock"), "{text}");
    assert!(text.contains("\"camera\": 1 published"), "{text}");
    assert!(text.contains(&format!("is stopped: continue it with `kill -CONT {}`", other.id())), "{text}");
    let (_, lines) = printed(&domain, "stat --once -i 0.05 --summary camera/front");
    assert!(!lines.join("\n").contains("1 published"), "{lines:?}");
    drop(held);
    other.kill();
    let (_, lines) = printed(&domain, "stat --once -i 0.05 --format json camera/front");
    let page: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(page["topics"][0]["publishers"], 0, "the dead are not listed as living");
}

#[test]
fn held_samples_are_counted() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8; 4000]>::builder("camera").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u8; 4000]>::builder("camera").domain(&domain).create().unwrap();
    let stat = Tool::start(&domain, "stat -i 0.02 --format json");
    let mut held = Vec::new();
    stat.json_when("samples are held in place", |line| {
        publisher.publish(&[0; 4000]).unwrap();
        held.extend(subscriber.try_recv().unwrap());
        held.truncate(3);
        line["topics"][0]["held"].as_u64() > Some(0)
    });
    held.clear();
    stat.json_when("none is held any more", |line| line["topics"][0]["held"] == 0);
}

#[test]
fn an_empty_domain_is_an_empty_page() {
    let domain = TempDomain::new();
    let (code, lines) = printed(&domain, "stat --once -i 0.01");
    assert_eq!(code, Some(1));
    assert!(lines[0].contains("0 topics, 0 publishers, 0 subscribers"), "{lines:?}");
    assert!(!domain.path().exists(), "watching creates nothing");
}

#[test]
fn a_topic_that_cannot_be_trusted_is_a_problem_of_that_topic() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("good").domain(&domain).create().unwrap();
    let open = domain.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let stat = Tool::start(&domain, "stat -i 0.02 --format json");
    let line = stat.json_when("the good one is counted", |line| {
        publisher.publish(&1).unwrap();
        line["topics"][0]["messages"].as_u64() > Some(0)
    });
    assert_eq!((&line["topics"][0]["topic"], &line["topics"][1]["topic"]), (&"good".into(), &"open".into()));
    let problem = line["topics"][1]["problems"][0].as_str().unwrap();
    assert!(problem.contains("accessible to other users"), "{problem}");
}

#[test]
fn on_a_terminal_the_pageis_refreshed_in_place_and_cut_to_its_size() {
    let domain = TempDomain::new();
    let create = |topic: &str| Publisher::<u64>::builder(topic).domain(&domain).create().unwrap();
    let mut first = create("a");
    let mut stat = Terminal::start(&domain, "stat -i 0.02", (80, 8));
    stat.wait_for("1 topic, 1 publisher, 0 subscribers");
    first.publish(&1).unwrap();
    stat.wait_for(": 1 published");
    let others: Vec<_> = ["b", "c", "d"].map(create).into();
    let screen = stat.wait("there is not enough space", |screen| screen.contains("more lines: see `slotcast top`"));
    assert_eq!(screen.matches("TOPIC").count(), 1, "{screen}");
    assert!(screen.contains("4 topics") && screen.contains("3 more lines"), "{screen}");
    drop(others);
    stat.wait("there is again", |screen| screen.contains("1 topic,") && !screen.contains("more lines"));
    stat.press(CTRL_C);
    stat.finish();
}

#[test]
fn more_topics_than_the_usual_limit_of_descriptors_can_be_watched() {
    let domain = TempDomain::new();
    let create =
        |number| Publisher::<u64>::builder(format!("many/{number}").as_str()).domain(&domain).create().unwrap();
    let _publishers: Vec<_> = (0..80).map(create).collect();
    let script = "ulimit -S -n 40 && exec \"$0\" --domain \"$1\" stat --once -s -i 0.01 --format json";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_slotcast")]).arg(domain.path());
    let output = command.output().unwrap();
    let page: Value = serde_json::from_slice(&output.stdout).unwrap();
    let topics = page["topics"].as_array().unwrap();
    assert_eq!(topics.len(), 80);
    assert!(topics.iter().all(|topic| topic["publishers"] == 1 && topic["problems"] == Value::Array(Vec::new())));
}

#[test]
fn child_counts_until_it_is_killed() {
    testing::process(|script| {
        let counters = Counters::builder("camera").name("left").domain(script.domain()).create().unwrap();
        counters.counter("buffered", "byte").unwrap().set(4096);
        counters.report("the shutter is stuck");
        counters.report("the shutter is stuck");
        script.say("counted");
        script.hear("end");
    });
}

#[test]
fn counters_and_errors_are_shown_also_after_death() {
    let domain = TempDomain::new();
    let mut other = Process::start("stat::child_counts_until_it_is_killed", &domain, &[]);
    other.expect("counted");
    let (code, lines) = printed(&domain, "stat --once -i 0.05");
    let text = lines.join("\n");
    assert_eq!(code, Some(0));
    assert!(text.contains(&format!("camera  counted by pid {}, ", other.id())) && text.contains("\"left\""), "{text}");
    assert!(
        text.contains("  buffered: 4096 byte") && text.contains("! the shutter is stuck (2 times, last "),
        "{text}"
    );
    let stat = Tool::start(&domain, "stat -i 0.02 --format json");
    let alive = |line: &Value| line["counters"][0]["is_alive"].clone();
    let page = stat.json_when("the set is found", |line| alive(line) == true);
    assert_eq!(page["counters"][0]["counters"][0]["value"], 4096, "{page}");
    other.kill();
    let page = stat.json_when("its process has ended", |line| alive(line) == false);
    assert_eq!(page["counters"][0]["errors"][0]["count"], 2, "{page}");
    let (_, lines) = printed(&domain, "stat --once -i 0.05 --format json");
    let page: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(page["counters"], Value::Array(Vec::new()), "nobody has kept it for this one");
}
