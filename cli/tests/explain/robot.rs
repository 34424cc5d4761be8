//! The robot of the book's story, as processes.

use slotcast::testing::{self, Process};
use slotcast::{Domain, Publisher, ShmMessage, Subscriber};
use std::thread;
use std::time::Duration;

/// Acceleration and rate of turn, as the sensor measures them.
#[derive(ShmMessage, Clone, Copy, Debug, Default)]
#[repr(C)]
struct Imu {
    /// When it was measured.
    #[shm(unit = "ns")]
    stamp: u64,
    #[shm(unit = "m/s^2")]
    accel: [f32; 3],
    #[shm(unit = "rad/s")]
    gyro: [f32; 3],
}

/// Where the joints are to go.
#[derive(ShmMessage, Clone, Copy, Debug, Default)]
#[repr(C)]
struct ArmCommand {
    #[shm(unit = "rad")]
    joints: [f64; 6],
}

/// What the arm does.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
enum Mode {
    Idle = 0,
    Moving = 1,
}

/// Where the joints are.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct ArmState {
    /// When it was measured.
    #[shm(unit = "ns")]
    stamp: u64,
    #[shm(unit = "rad")]
    joints: [f64; 6],
    /// The temperature of the hottest motor.
    #[shm(unit = "°C")]
    temperature: f32,
    mode: Mode,
}

/// What the logger was built with.
mod old {
    use super::Mode;

    #[derive(slotcast::ShmMessage, Clone, Copy, Debug)]
    #[repr(C)]
    pub(super) struct ArmState {
        stamp: u64,
        joints: [f64; 6],
        temperature: u32,
        mode: Mode,
    }
}

/// The processes of the robot.
pub(crate) struct Robot {
    pub(crate) planner: Process,
    pub(crate) camera: Process,
    _others: Vec<Process>,
}

impl Robot {
    /// Starts all, in an order that makes what is printed the same each time.
    pub(crate) fn start(domain: &Domain) -> Self {
        let start = |function: &str| {
            let mut process = Process::start(&format!("robot::{function}"), domain, &[]);
            process.expect("ready");
            process
        };
        let (logger, arm, imu) = (start("logger"), start("arm"), start("imu"));
        let (planner, camera) = (start("planner"), start("camera"));
        Self { planner, camera, _others: vec![logger, arm, imu] }
    }
}

/// Publishes until it is killed.
fn publish<T: ShmMessage>(
    script: &testing::Script,
    topic: &str,
    name: &str,
    every: Duration,
    mut value: impl FnMut(u64) -> T,
) {
    let builder = Publisher::<T>::builder(topic).domain(script.domain()).name(name).timestamps(true);
    let mut publisher = builder.create().unwrap();
    script.say("ready");
    for number in 0.. {
        publisher.publish(&value(number)).unwrap();
        thread::sleep(every);
    }
}

#[test]
fn imu() {
    testing::process(|script| {
        publish(&script, "robot/imu", "imu", Duration::from_millis(1), |number| Imu {
            stamp: 1_000_000 * number,
            accel: [0.0, 0.0, 9.81],
            gyro: [0.0; 3],
        });
    });
}

#[test]
fn planner() {
    testing::process(|script| {
        let every = Duration::from_millis(10);
        publish(&script, "robot/arm/command", "planner", every, |_| ArmCommand { joints: [0.0; 6] });
    });
}

/// Reads commands, and publishes its state.
#[test]
fn arm() {
    testing::process(|script| {
        let builder = Subscriber::<ArmCommand>::builder("robot/arm/command").domain(script.domain()).name("arm");
        let mut commands = builder.create().unwrap();
        publish(&script, "robot/arm/state", "arm", Duration::from_millis(10), |number| {
            let is_moving = commands.try_iter().count() > 0;
            ArmState {
                stamp: 10_000_000 * number,
                joints: [0.0, 0.7, -1.4, 0.0, 0.7, 0.0],
                temperature: 41.5,
                mode: if is_moving { Mode::Moving } else { Mode::Idle },
            }
        });
    });
}

/// Was built with another `ArmState`. It came first, so it was not refused.
#[test]
fn logger() {
    testing::process(|script| {
        let builder = Subscriber::<old::ArmState>::builder("robot/arm/state").domain(script.domain()).name("logger");
        let _subscriber = builder.create().unwrap();
        script.say("ready");
        script.hear("end");
    });
}

#[test]
fn camera() {
    testing::process(|script| {
        publish(&script, "robot/camera", "camera", Duration::from_millis(30), |number| number);
    });
}
