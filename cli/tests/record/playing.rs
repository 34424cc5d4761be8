//! Playing with keys, and in lockstep.

use crate::recording::{Speed, folder, speed, speeds};
use crate::terminal::{CTRL_C, Terminal};
use crate::tool::run;
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{Clock, Subscriber};

fn subscriber(domain: &TempDomain) -> Subscriber<Speed> {
    Subscriber::builder("robot/speed").domain(domain).history(200).create().unwrap()
}

/// Receives the next message, and expects its number.
#[track_caller]
fn expect(subscriber: &mut Subscriber<Speed>, number: u64) {
    assert_eq!(*subscriber.recv_timeout(PATIENCE).unwrap().expect("another message"), speed(number));
}

#[test]
fn keys_step_play_pause_and_quit() {
    let (_folder, file) = folder();
    speeds(&file);
    let domain = TempDomain::new();
    let (mut subscriber, mut clock) = (subscriber(&domain), Clock::in_domain(&domain));
    // So slow that nothing is played by itself.
    let arguments = format!("play {} --paused --clock --rate 0.001 --keep-alive 0", file.display());
    let mut terminal = Terminal::start(&domain, &arguments, (120, 10));
    terminal.wait_for("paused at 0.001x; space: go on or pause");
    for number in 0..3 {
        terminal.press("s");
        expect(&mut subscriber, number);
    }
    let time = clock.now().unwrap();
    assert!(clock.source().unwrap().is_some_and(|source| source.program == "slotcast"));
    assert!(subscriber.try_recv().unwrap().is_none() && clock.now().unwrap() == time);
    terminal.press("+");
    terminal.wait_for("paused at 0.002x");
    terminal.press(&"+".repeat(30));
    terminal.wait_for("paused at 1000x");
    terminal.press(" ");
    for number in 3..100 {
        expect(&mut subscriber, number);
    }
    terminal.finish_with("100 messages on 1 topic");
    let mut terminal = Terminal::start(&domain, &arguments, (120, 10));
    terminal.wait_for("paused");
    terminal.press("s");
    expect(&mut subscriber, 0);
    terminal.press(" ");
    terminal.wait_for("playing at 0.001x");
    terminal.press(" ");
    terminal.wait_for("paused at 0.001x");
    terminal.press(CTRL_C);
    terminal.finish_with("1 message on 1 topic");
}

#[test]
fn without_a_terminal_there_are_no_keys() {
    let (_folder, file) = folder();
    speeds(&file);
    let file = file.to_str().unwrap();
    run(&TempDomain::new(), &["play", file, "--paused"]).fails(2, "standard input is not a terminal");
}

/// Receives all messages losslessly, and then waits, without reading, until it is told to end.
#[test]
fn child_receives() {
    testing::process(|script| {
        let builder = Subscriber::<Speed>::builder("robot/speed").domain(script.domain());
        let mut subscriber = builder.lossless().create().unwrap();
        let mut clock = Clock::in_domain(script.domain());
        script.say("ready");
        let mut last = 0;
        for number in 0..100 {
            expect(&mut subscriber, number);
            let time = clock.now().unwrap();
            assert!(clock.source().unwrap().is_some() && time >= last, "{time} follows {last}");
            last = time;
            // The next one has to wait.
            assert!(subscriber.try_recv().unwrap().is_none());
        }
        script.say("received");
        script.hear("end");
    });
}

#[test]
fn in_lockstep_the_consumer_sets_the_pace() {
    let (_folder, file) = folder();
    speeds(&file);
    let domain = TempDomain::new();
    let mut other = Process::start("playing::child_receives", &domain, &[]);
    other.expect("ready");
    let file = file.to_str().unwrap();
    let played = ["play", file, "--lockstep", "--wait-for", "1", "--keep-alive", "0"];
    assert_eq!(run(&domain, &played).text(), "100 messages on 1 topic\n");
    other.expect("received");
    // It does not read now, and that is told.
    run(&domain, &["play", file, "--lockstep", "--timeout", "0.1"]).fails(2, "has not read 1 message");
    other.tell("end");
    other.finish();
}
