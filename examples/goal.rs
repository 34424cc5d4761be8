//! A goal with feedback and a result: a robot drives to a place, and tells where it is meanwhile.
//!
//! ```text
//! cargo run --example goal -- robot         in one terminal
//! cargo run --example goal -- drive 0.5     in another; Ctrl-C gives up, and the robot stops
//! ```
//!
//! The request is the goal, each item of the response is feedback, and its end is the result. The
//! robot refuses goals that it cannot reach, with the reason. If its process dies, the client is
//! told; if the client's process dies, the robot stops.

use clap::{Parser, Subcommand};
use slotcast::service::Reason;
use slotcast::{Client, Server, ServerCall, ShmMessage};
use std::error::Error;
use std::thread;
use std::time::Duration;

/// Where to drive, in metres.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Goal {
    x: f64,
}

/// Where the robot is, in metres.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Progress {
    x: f64,
    left: f64,
}

/// The end of the road.
const END: f64 = 10.0;
/// What the robot drives in a step of 20 ms.
const STEP: f64 = 0.05;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// Drive wherever clients want
    Robot,
    /// Send the robot somewhere, and tell where it is
    Drive {
        /// Where, in metres from its start
        x: f64,
    },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().part {
        Part::Robot => robot(),
        Part::Drive { x } => drive(x),
    }
}

fn robot() -> Result<(), Box<dyn Error>> {
    let mut server = Server::<Goal, Progress>::new("goal/drive")?;
    let mut x = 0.0;
    println!("robot: ready");
    loop {
        let call = server.next()?;
        let goal = call.request().x;
        println!("robot: drives to {goal:.2} m");
        match follow(&mut x, goal, call) {
            Ok(()) => println!("robot: at {x:.2} m"),
            Err(reason) => println!("robot: stops at {x:.2} m: {reason}"),
        }
    }
}

/// Drives to a goal. An error is that nobody waits for it any more.
fn follow(x: &mut f64, goal: f64, call: ServerCall<Goal, Progress>) -> Result<(), Box<dyn Error>> {
    if !(0.0..=END).contains(&goal) {
        return Ok(call.refuse(&Reason::new(1, &format!("the road goes from 0 to {END} m, not to {goal} m")))?);
    }
    while (goal - *x).abs() > f64::EPSILON {
        *x += (goal - *x).clamp(-STEP, STEP);
        call.send(&Progress { x: *x, left: (goal - *x).abs() })?;
        thread::sleep(Duration::from_millis(20));
    }
    Ok(call.finish()?)
}

fn drive(x: f64) -> Result<(), Box<dyn Error>> {
    let client = Client::<Goal, Progress>::builder("goal/drive").timeout(Duration::from_secs(60)).create()?;
    let mut pending = client.call(&Goal { x })?;
    while let Some(progress) = pending.next()? {
        println!("at {:.2} m, {:.2} m left", progress.x, progress.left);
    }
    println!("there");
    Ok(())
}
