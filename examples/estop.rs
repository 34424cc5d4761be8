//! An emergency stop: a button, and machines that obey it.
//!
//! ```text
//! cargo run --example estop -- machine      in one terminal, or several
//! cargo run --example estop -- button       in another; each line that is entered presses it
//! ```
//!
//! A machine works only while there is a button that was not pressed. It stops when the button is
//! pressed, and when the button's process ends in any way, `kill -9` included. Nothing is lost: each
//! machine hears of every press, however busy it was.

use clap::Parser;
use slotcast::{EventId, Listener, Notice, Notifier, ShmMessage};
use std::collections::HashMap;
use std::error::Error;
use std::io;

#[derive(ShmMessage, EventId, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Button {
    Stop = 1,
    Resume = 2,
}

/// An emergency stop
#[derive(Parser)]
enum Part {
    /// Press the button with each line that is entered: stop, resume, stop …
    Button,
    /// Work until the button is pressed or gone
    Machine,
}

fn main() -> Result<(), Box<dyn Error>> {
    match Part::parse() {
        Part::Button => press(),
        Part::Machine => work(),
    }
}

fn press() -> Result<(), Box<dyn Error>> {
    let mut notifier = Notifier::<Button>::new("estop")?;
    let mut is_stopped = false;
    println!("Enter presses the button; end the input to leave");
    for line in io::stdin().lines() {
        line?;
        is_stopped = !is_stopped;
        notifier.notify(if is_stopped { Button::Stop } else { Button::Resume })?;
        println!("{}", if is_stopped { "pressed" } else { "released" });
    }
    Ok(())
}

fn work() -> Result<(), Box<dyn Error>> {
    let mut listener = Listener::<Button>::new("estop")?;
    // How often each button was pressed and released. Notices of different ids have no order, but the
    // counts are exact: a button is pressed as long as it was pressed more often.
    let mut buttons = HashMap::<_, (u64, u64)>::new();
    println!("stopped: there is no button");
    loop {
        match listener.recv()? {
            Notice::Joined(peer) => drop(buttons.insert(peer.id, (0, 0))),
            Notice::Event { id, count, notifier } => {
                let (pressed, released) = buttons.entry(notifier.id).or_default();
                *(if id == Button::Stop { pressed } else { released }) += count;
            }
            Notice::Left(peer) | Notice::Died(peer) => drop(buttons.remove(&peer.id)),
            _ => {}
        }
        let can_work = !buttons.is_empty() && buttons.values().all(|(pressed, released)| pressed <= released);
        println!("{}", if can_work { "working" } else { "stopped" });
    }
}
