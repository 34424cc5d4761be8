//! What a black box has of processes that die, stop, or publish what it waits for.

use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{Publisher, Subscriber, TopicName};
use slotcast_record::{BlackBox, BlackBoxBuilder, IncidentReport, Overview, RecordError, Recording};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Publishes numbers, as many as it is told to each time, on a topic of its own.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let topic: String = script.argument(0);
        let topic = TopicName::new(&topic).unwrap();
        let mut publisher =
            Publisher::<[u64; 4]>::builder(topic).depth(64).domain(script.domain()).name("child").create().unwrap();
        let mut next = 0;
        script.say("ready");
        loop {
            let mut command = String::new();
            std::io::stdin().read_line(&mut command).unwrap();
            for _ in 0..command.trim().parse::<u64>().unwrap() {
                publisher.publish(&[next; 4]).unwrap();
                next += 1;
            }
            script.say("published");
        }
    });
}

fn child(domain: &TempDomain, topic: &str) -> Process {
    let mut child = Process::start("child_publishes", domain, &[topic]);
    child.expect("ready");
    child
}

fn publish(child: &mut Process, messages: u64) {
    child.tell(&messages.to_string());
    child.expect("published");
}

fn builder(domain: &TempDomain) -> BlackBoxBuilder {
    BlackBox::builder().all().domain(domain).after(Duration::from_millis(30))
}

/// Returns the numbers of a topic's messages in a file, each of which must be whole.
fn numbers(file: &Path, topic: &str) -> Vec<u64> {
    let mut recording = Recording::open(file).unwrap();
    let mut numbers = Vec::new();
    while let Some(message) = recording.next_message().unwrap() {
        if message.channel.topic == topic {
            let bytes = message.bytes().expect("its layout is known").unwrap();
            let words: Vec<_> = bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
            assert!(words.iter().all(|&word| word == words[0]), "{words:?}");
            numbers.push(words[0]);
        }
    }
    numbers
}

#[track_caller]
fn one_incident(black_box: BlackBox) -> IncidentReport {
    assert!(black_box.wait_for_incidents(1, PATIENCE), "{:?}", black_box.status());
    let mut status = black_box.finish().unwrap();
    assert_eq!((status.incidents.len(), &status.problems[..]), (1, &[] as &[String]));
    status.incidents.pop().unwrap()
}

/// What is in the rings of a process that was killed is in the file, to the last message, and nothing was
/// copied before.
#[test]
fn rings_are_written_after_their_publisher_was_killed() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let (mut dies, mut lives) = (child(&domain, "dies"), child(&domain, "lives"));
    publish(&mut dies, 1000);
    let black_box = builder(&domain).on_crash().start(&folder).unwrap();
    until("both are watched", || black_box.status().topics == 2);
    publish(&mut dies, 500);
    publish(&mut lives, 10);
    assert_eq!((black_box.status().messages, black_box.status().kept), (0, 0), "nothing is received");
    dies.kill();
    let incident = one_incident(black_box);
    assert_eq!(numbers(&incident.file, "dies"), (1436..1500).collect::<Vec<_>>(), "its depth is 64");
    assert_eq!(numbers(&incident.file, "lives"), (0..10).collect::<Vec<_>>());
    assert_eq!((incident.messages, incident.topics, incident.lost), (74, 2, 0));
    let [reason] = &incident.reasons[..] else { panic!("{:?}", incident.reasons) };
    assert!(reason.contains(&format!("pid {}", dies.id())) && reason.ends_with("of topic \"dies\" died"), "{reason}");
    assert_eq!(Overview::of(&incident.file).unwrap().triggers, incident.reasons);
}

#[test]
fn seconds_before_are_kept_beyond_the_depth() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let mut dies = child(&domain, "dies");
    let black_box = builder(&domain).before(Duration::from_secs(3600)).on_crash().start(&folder).unwrap();
    for round in 1..=50 {
        publish(&mut dies, 40);
        assert!(black_box.wait_for_messages(40 * round, PATIENCE), "{:?}", black_box.status());
    }
    publish(&mut dies, 7); // and dies before anybody need have read them
    dies.kill();
    let incident = one_incident(black_box);
    assert_eq!(numbers(&incident.file, "dies"), (0..2007).collect::<Vec<_>>());
    assert_eq!((incident.lost, incident.is_short), (0, false));
}

#[test]
fn memory_is_bounded_and_what_is_left_out_is_said() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let mut child = child(&domain, "counter");
    let builder = builder(&domain).before(Duration::from_secs(3600)).memory(64 << 10);
    let black_box = builder.start(&folder).unwrap();
    for round in 1..=50 {
        publish(&mut child, 40);
        assert!(black_box.wait_for_messages(40 * round, PATIENCE));
    }
    until("it is told", || black_box.status().is_short);
    assert!(black_box.status().kept <= 64 << 10);
    black_box.trigger("enough");
    let incident = one_incident(black_box);
    let numbers = numbers(&incident.file, "counter");
    assert!(incident.is_short && numbers.len() > 50 && numbers.len() < 1000, "{}", numbers.len());
    assert_eq!(numbers, (2000 - numbers.len() as u64..2000).collect::<Vec<_>>(), "the newest are there");
}

#[test]
fn only_what_is_young_enough_is_written() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let mut child = child(&domain, "counter");
    let black_box = builder(&domain).before(Duration::from_secs(2)).start(&folder).unwrap();
    publish(&mut child, 5);
    assert!(black_box.wait_for_messages(5, PATIENCE));
    until("they are forgotten", || black_box.status().kept == 0);
    publish(&mut child, 1);
    black_box.trigger("now");
    let incident = one_incident(black_box);
    assert_eq!(numbers(&incident.file, "counter"), [5]);
}

#[test]
fn what_happens_meanwhile_makes_the_file_longer_and_loses_nothing() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let mut child = child(&domain, "counter");
    let builder = builder(&domain).before(Duration::from_secs(3600)).after(Duration::MAX); // until it is finished
    let black_box = builder.start(&folder).unwrap();
    for round in 0..5 {
        publish(&mut child, 30);
        black_box.trigger(&format!("round {round}"));
        assert!(black_box.wait_for_messages(30 * (round + 1), PATIENCE));
    }
    let incidents = black_box.finish().unwrap().incidents;
    let [incident] = &incidents[..] else { panic!("{incidents:?}") };
    assert_eq!(incident.reasons, (0..5).map(|round| format!("round {round}")).collect::<Vec<_>>());
    assert_eq!(numbers(&incident.file, "counter"), (0..150).collect::<Vec<_>>());
}

#[test]
fn incidents_that_do_not_overlap_have_files_of_their_own() {
    for before in [None, Some(Duration::from_secs(3600))] {
        let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
        let mut child = child(&domain, "counter");
        let builder = builder(&domain).after(Duration::from_millis(10));
        let black_box = if let Some(time) = before { builder.before(time) } else { builder }.start(&folder).unwrap();
        for number in 1..=3 {
            publish(&mut child, 10);
            black_box.trigger("again");
            assert!(black_box.wait_for_incidents(number, PATIENCE));
        }
        let incidents = black_box.finish().unwrap().incidents;
        let files: Vec<_> = incidents.iter().map(|incident| numbers(&incident.file, "counter")).collect();
        let ten = |from: u64| (from..from + 10).collect::<Vec<_>>();
        assert_eq!(files, [ten(0), ten(10), ten(20)], "each message is in one file");
    }
}

#[test]
fn a_publisher_that_stops_or_leaves_is_a_reason_if_it_should_be() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let mut child = child(&domain, "counter");
    let mut local = Publisher::<u64>::builder("local").domain(&domain).create().unwrap();
    let black_box = builder(&domain).on_stop().start(&folder).unwrap();
    until("both are watched", || black_box.status().topics == 2);
    publish(&mut child, 3);
    child.stop();
    assert!(black_box.wait_for_incidents(1, PATIENCE));
    local.publish(&7).unwrap();
    drop(local);
    assert!(black_box.wait_for_incidents(2, PATIENCE));
    child.kill();
    let incidents = black_box.finish().unwrap().incidents;
    assert!(incidents[0].reasons[0].ends_with("of topic \"counter\" was stopped"), "{incidents:?}");
    assert!(incidents[1].reasons[0].ends_with("of topic \"local\" left"), "{incidents:?}");
    assert_eq!((incidents[0].messages, incidents[1].messages), (3, 1));
}

#[test]
fn a_message_with_certain_contents_is_a_reason() {
    for before in [None, Some(Duration::from_secs(3600))] {
        let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
        let mut child = child(&domain, "counter");
        let builder = builder(&domain).after(Duration::MAX).on_message(|topic, sample| {
            let is_wanted = topic.as_str() == "counter" && sample.bytes()[..8] == 33_u64.to_le_bytes();
            is_wanted.then(|| "number 33 came".to_owned())
        });
        let black_box = if let Some(time) = before { builder.before(time) } else { builder }.start(&folder).unwrap();
        until("it is watched", || black_box.status().topics == 1);
        publish(&mut child, 30);
        publish(&mut child, 10);
        until("a file is begun", || std::fs::read_dir(&folder).unwrap().count() == 1);
        let incidents = black_box.finish().unwrap().incidents;
        let [incident] = &incidents[..] else { panic!("{incidents:?}") };
        assert_eq!(incident.reasons, ["number 33 came"]);
        assert_eq!(numbers(&incident.file, "counter"), (0..40).collect::<Vec<_>>());
    }
}

/// A subscriber that dies is a crash, too; and one that watches is noticed by nobody.
#[test]
fn nobody_notices_it_and_subscribers_can_crash() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let publisher = Publisher::<[u64; 4]>::builder("counter").domain(&domain).create().unwrap();
    let mut other = Process::start("child_subscribes", &domain, &[]);
    other.expect("subscribed");
    let black_box = builder(&domain).before(Duration::from_secs(1)).on_crash().start(&folder).unwrap();
    assert_eq!(publisher.subscribers().unwrap().len(), 1, "the black box is none");
    other.kill();
    let incident = one_incident(black_box);
    assert!(incident.reasons[0].starts_with("the subscriber") && incident.messages == 0, "{incident:?}");
}

#[test]
fn child_subscribes() {
    testing::process(|script| {
        let _subscriber = Subscriber::<[u64; 4]>::builder("counter").domain(script.domain()).create().unwrap();
        script.say("subscribed");
        script.hear("end");
    });
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_at_once() {
    let domain = TempDomain::new();
    let error = builder(&domain).start("/no/such/folder").unwrap_err();
    assert!(matches!(error, RecordError::Create { .. }), "{error}");
    assert!(error.to_string().starts_with("/no/such/folder/"), "{error}");
}

#[test]
fn finishing_writes_what_is_open() {
    let (folder, domain) = (TempDir::new().unwrap(), TempDomain::new());
    let mut child = child(&domain, "counter");
    let black_box = builder(&domain).after(Duration::MAX).start(&folder).unwrap();
    until("it is watched", || black_box.status().topics == 1);
    publish(&mut child, 3);
    black_box.trigger("the end");
    let incidents = black_box.finish().unwrap().incidents;
    assert_eq!(numbers(&incidents[0].file, "counter"), [0, 1, 2]);
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [incidents[0].file.clone()]);
}
