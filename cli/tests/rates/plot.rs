//! `plot`: the chart on the screen.

use crate::terminal::{CTRL_C, Terminal};
use crate::tool::Tool;
use rustix::process::Signal;
use slotcast::testing::TempDomain;
use slotcast::{Publisher, ShmMessage, Str};

#[derive(Clone, Copy, Debug, ShmMessage)]
#[repr(C)]
struct Pose {
    position: [f64; 2],
    label: Str<8>,
    count: u64,
}

fn pose(x: f64) -> Pose {
    Pose { position: [x, -2.5], label: "home".parse().unwrap(), count: 7 }
}

fn publisher(domain: &TempDomain) -> Publisher<Pose> {
    Publisher::builder("robot/pose").timestamps(true).domain(domain).create().unwrap()
}

fn has_braille(screen: &str) -> bool {
    screen.contains(|character: char| ('\u{2801}'..='\u{28ff}').contains(&character))
}

#[test]
fn fields_are_drawn_with_legend_and_axes() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    publisher.publish(&pose(10.5)).unwrap();
    let mut plot = Terminal::start(&domain, "plot /robot/pose position count --seconds 8", (80, 24));
    let screen = plot.wait("the chart is drawn", |screen| screen.contains("now"));
    let legend = screen.lines().next().unwrap();
    for text in ["robot/pose", "position[0] 10.5", "position[1] -2.500", "count 7.000"] {
        assert!(legend.contains(text), "{text}: {screen}");
    }
    // The axes: time, and values from the least to the greatest.
    for text in ["-8.000 s", "-4.000 s", "-2.500", "10.5", "│", "└"] {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    publisher.publish(&pose(99.5)).unwrap();
    let screen = plot.wait("the newest value is drawn", |screen| screen.matches("99.5").count() == 2);
    assert!(has_braille(&screen) && plot.has_colors(), "{screen}");
    plot.press("+");
    plot.wait_for("-16.0 s");
    plot.press("--");
    plot.wait_for("-4.000 s");
    plot.press(" ");
    plot.wait_for("PAUSED");
    plot.press("q");
    plot.finish();
}

#[test]
fn a_topic_is_waited_for_and_followed() {
    let domain = TempDomain::new();
    let mut plot = Terminal::start(&domain, "plot robot/pose position[0] --min -5 --max 5", (80, 24));
    plot.wait_for("there is no topic \"robot/pose\"");
    let mut first = publisher(&domain);
    first.publish(&pose(1.0)).unwrap();
    let screen = plot.wait("it is drawn", |screen| screen.contains("position[0] 1.000"));
    assert!(screen.contains("-5.000│") && screen.contains("5.000 │"), "{screen}");
    drop(first);
    let mut second = publisher(&domain);
    plot.wait("the second one is drawn", |screen| {
        second.publish(&pose(2.0)).unwrap();
        screen.contains("position[0] 2.000")
    });
    plot.signal(Signal::TERM);
    plot.finish();
}

#[test]
fn any_size_is_possible_with_and_without_colour() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    publisher.publish(&pose(1.0)).unwrap();
    for variables in [&[][..], &[("NO_COLOR", "1")]] {
        let mut plot = Terminal::start_with(&domain, "plot robot/pose position count", (10, 3), variables);
        plot.wait("it is drawn", |screen| screen.contains("robot/pose"));
        for size in [(1, 1), (2, 2), (3, 10), (200, 2), (10, 5), (40, 7), (80, 24)] {
            publisher.publish(&pose(1.5)).unwrap();
            plot.resize_and_wait(size);
        }
        let screen = plot.wait("it is drawn in full", |screen| screen.contains("now") && screen.contains("count 7"));
        assert_eq!(plot.has_colors(), variables.is_empty(), "{screen}");
        if !variables.is_empty() {
            assert!(screen.contains("• position[1]") && screen.contains("█ count"), "{screen}");
        }
        plot.press(CTRL_C);
        plot.finish();
    }
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain);
    publisher.publish(&pose(1.0)).unwrap();
    for (arguments, text) in [
        ("plot robot/pose positoin", "did you mean `position`"),
        ("plot robot/pose label", "`label` is not a number; numbers are `position[0]`, `position[1]`, `count`"),
        ("plot robot/* count", "this draws one topic"),
        ("plot robot/pose count --min 2 --max 1", "must be less than"),
        ("plot robot/pose count --min nan", "`nan` is not a number"),
        ("plot", "<TOPIC>"),
    ] {
        let terminal = Terminal::start(&domain, arguments, (120, 24));
        terminal.end_with(2, text);
    }
    Terminal::start(&domain, "plot robot/nothing x --timeout 0.01", (120, 24))
        .end_with(1, "no message of robot/nothing");
    let (status, _, errors) = Tool::start(&domain, "plot robot/pose count").finish();
    assert!(status.code() == Some(2) && errors.contains("use `slotcast echo --field`"), "{errors}");
}
