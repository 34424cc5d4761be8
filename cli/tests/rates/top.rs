//! `top`: what is on the screen, and what keys do.

use crate::terminal::{CTRL_C, DOWN, ENTER, ESCAPE, Terminal};
use crate::tool::Tool;
use rustix::process::Signal;
use slotcast::testing::TempDomain;
use slotcast::{Publisher, ShmMessage, Subscriber};

#[derive(Clone, Copy, Debug, ShmMessage)]
#[repr(C)]
struct Pose {
    x: f64,
    angles: [f32; 2],
}

const POSE: Pose = Pose { x: 1.25, angles: [0.5, -3.0] };

/// Three topics, of which `robot/pose` has a message and a subscriber that has not read it.
struct Topics {
    pose: Publisher<Pose>,
    _display: Subscriber<Pose>,
    _others: [Publisher<u64>; 2],
}

fn topics(domain: &TempDomain) -> Topics {
    let mut pose = Publisher::<Pose>::builder("robot/pose").name("estimator").domain(domain).create().unwrap();
    let display = Subscriber::<Pose>::builder("robot/pose").name("display").domain(domain).create().unwrap();
    pose.publish(&POSE).unwrap();
    let other = |topic: &str| Publisher::<u64>::builder(topic).domain(domain).create().unwrap();
    Topics { pose, _display: display, _others: [other("camera/exposure"), other("zoom")] }
}

#[test]
fn topics_are_shown_with_their_rates_and_the_screen_is_restored() {
    let domain = TempDomain::new();
    let mut topics = topics(&domain);
    let mut top = Terminal::start(&domain, "top -i 0.1", (80, 24));
    assert!(top.wait_for("TOPIC").contains("RATE"));
    let first = top.wait("all topics are shown", |screen| screen.contains("zoom"));
    let lines: Vec<_> = first.lines().collect();
    assert!(lines[0].starts_with("3 topics, 4 endpoints, "), "{first}");
    let order = ["camera/exposure", "robot/pose", "zoom"];
    assert!(order.iter().zip(&lines[2..]).all(|(topic, line)| line.starts_with(topic)), "{first}");
    assert!(lines[1].contains("TREND") && lines[23].contains("q quit"), "{first}");
    assert!(lines[3].contains("1/1"), "a publisher and a subscriber: {first}");
    top.wait("a rate is shown", |screen| {
        topics.pose.publish(&POSE).unwrap();
        screen.lines().any(|line| line.starts_with("robot/pose") && line.contains("Hz") && !line.contains("0.000 Hz"))
    });
    assert!(top.has_colors());
    top.press("q");
    top.finish();
}

#[test]
fn the_detail_has_endpoints_and_the_decoded_newest_message() {
    let domain = TempDomain::new();
    let mut topics = topics(&domain);
    let mut top = Terminal::start(&domain, "top -i 0.05", (80, 24));
    top.wait_for("zoom");
    top.press(DOWN);
    top.press(ENTER);
    let screen = top.wait("the message is decoded", |screen| screen.contains("x: 1.25"));
    for text in ["robot/pose: Pose", "\"estimator\": 1 published", "\"display\": 0 received, 1 unread, 0 lost"] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    assert!(screen.contains("angles: [0.5, -3.0]") && screen.contains("message 0 of 16 B"), "{screen}");
    topics.pose.publish(&Pose { x: 77.0, ..POSE }).unwrap();
    top.wait_for("x: 77.0");
    top.press(ESCAPE);
    top.wait("the detail is closed", |screen| !screen.contains("x: 77"));
    top.press(ESCAPE);
    top.finish();
}

#[test]
fn topics_are_searched_and_sorted() {
    let domain = TempDomain::new();
    let _topics = topics(&domain);
    let mut top = Terminal::start(&domain, "top -i 0.05", (80, 24));
    top.wait_for("zoom");
    top.press("/OO");
    top.wait_for("/OO_");
    top.wait("others are gone", |screen| screen.contains("zoom") && !screen.contains("robot/pose"));
    top.press(ENTER);
    top.wait_for("only \"OO\"");
    top.press("/x\r");
    top.wait_for("no topic matches the search");
    top.press(ESCAPE);
    top.wait("all are back", |screen| screen.contains("robot/pose") && screen.contains("camera/exposure"));
    // Sorted by name in reverse, and then by what is unread.
    let topic_in_line =
        |screen: &str, line: usize, topic: &str| screen.lines().nth(line).unwrap_or("").starts_with(topic);
    top.press("r");
    top.wait("it is reversed", |screen| topic_in_line(screen, 2, "zoom") && screen.contains("TOPIC↑"));
    top.press("rssss");
    top.wait("it is sorted", |screen| topic_in_line(screen, 2, "robot/pose") && screen.contains("UNREAD↓"));
    top.press("?");
    top.wait_for("scroll these");
    top.press("?");
    top.wait("the help is gone", |screen| !screen.contains("scroll these"));
    top.press(" ");
    top.wait_for("PAUSED");
    top.press(CTRL_C);
    top.finish();
}

#[test]
fn any_size_is_possible() {
    let domain = TempDomain::new();
    let mut topics = topics(&domain);
    let mut top = Terminal::start(&domain, "top -i 0.02", (10, 3));
    top.wait("something is shown", |screen| screen.contains("3 topics"));
    for keys in ["", ENTER, "?", "/", "o", ENTER] {
        top.press(keys);
        for size in [(1, 1), (2, 2), (10, 3), (3, 10), (200, 2), (2, 60), (40, 6), (132, 50), (80, 24)] {
            topics.pose.publish(&POSE).unwrap();
            top.resize_and_wait(size);
        }
    }
    top.press("/\x7f\r?");
    top.wait("all is shown", |screen| screen.contains("camera/exposure") && screen.contains("zoom"));
    top.press("q");
    top.finish();
}

#[test]
fn keys_count_while_the_size_changes() {
    let domain = TempDomain::new();
    let _topics = topics(&domain);
    let mut top = Terminal::start(&domain, "top -i 0.05", (80, 24));
    top.wait_for("zoom");
    for (shows_help, width) in [(true, 81), (false, 80)].into_iter().cycle().take(200) {
        top.resize((width, 24));
        top.press("?");
        top.wait("the key counts", |screen| screen.contains("scroll these") == shows_help);
    }
    top.press("q");
    top.finish();
}

#[test]
fn half_a_key_does_not_stop_it() {
    let domain = TempDomain::new();
    let mut topics = topics(&domain);
    let mut top = Terminal::start(&domain, "top -i 0.05", (80, 24));
    top.wait_for("zoom");
    top.press(&DOWN[..2]);
    top.wait("rates are shown", |screen| {
        topics.pose.publish(&POSE).unwrap();
        screen.lines().any(|line| line.starts_with("robot/pose") && line.contains("Hz") && !line.contains("0.000 Hz"))
    });
    top.signal(Signal::TERM);
    top.finish();
}

#[test]
fn signals_end_it_in_order() {
    let domain = TempDomain::new();
    let _topics = topics(&domain);
    for signal in [Signal::TERM, Signal::INT] {
        let mut top = Terminal::start(&domain, "top -i 0.05 /robot/*", (80, 24));
        let screen = top.wait("it is shown", |screen| screen.contains("robot/pose"));
        assert!(!screen.contains("zoom"), "{screen}");
        top.signal(Signal::USR1);
        top.signal(signal);
        top.finish_with("robot/pose: 0 messages");
    }
}

#[test]
fn it_does_without_colour() {
    let domain = TempDomain::new();
    let _topics = topics(&domain);
    let mut top = Terminal::start_with(&domain, "top -i 0.05", (80, 24), &[("NO_COLOR", "1")]);
    top.wait_for("zoom");
    top.press(ENTER);
    top.wait_for("camera/exposure: u64");
    assert!(!top.has_colors(), "{}", top.contents());
    top.press("q");
    top.finish();
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let domain = TempDomain::new();
    let (status, _, errors) = Tool::start(&domain, "top").finish();
    assert!(status.code() == Some(2) && errors.contains("use `slotcast stat`"), "{errors}");
}
