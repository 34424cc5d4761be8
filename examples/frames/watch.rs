use crate::measure::{memory, milliseconds};
use crate::messages::{FRAMES, FrameHeader};
use clap::ValueEnum;
use slotcast::{Sample, Subscriber};
use slotcast_examples::follow_publisher;
use std::collections::VecDeque;
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_64;

/// How many samples a subscriber can hold in place by default: see `max_samples`.
const HELD: usize = 8;
/// The meter reads one pixel of this many in each direction.
const GRID: usize = 8;

/// What a subscriber does with frames.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    /// Fast: measures the brightness of each frame
    Meter,
    /// Slow: works on each frame for a while, and loses others meanwhile
    Detector,
    /// Holds the newest frames
    Viewer,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Meter => "meter",
            Self::Detector => "detector",
            Self::Viewer => "viewer",
        }
    }
}

type Frame = Sample<[u8], FrameHeader>;

/// Watches until the publisher has ended, or until Ctrl-C.
pub(crate) fn run(role: Role, work: Duration, child: bool) -> Result<(), Box<dyn Error>> {
    let mut subscriber = Subscriber::builder(FRAMES).name(role.name()).create()?;
    follow_publisher(&mut subscriber, role.name(), child)?;
    let mut watcher = Watcher {
        role,
        work,
        received: Received::default(),
        brightness: 0,
        memory: String::new(),
        held: VecDeque::new(),
    };
    for frame in subscriber.iter_to_end() {
        watcher.watch(frame?)?;
    }
    let Watcher { received, brightness, memory, .. } = watcher;
    print!("{}: {} lost, {received}", role.name(), subscriber.lost());
    if received.frames > 0 {
        if let Role::Meter = role {
            print!("; the last is {brightness} of 255 bright");
        }
        print!("; {memory}");
    }
    println!();
    Ok(())
}

struct Watcher {
    role: Role,
    work: Duration,
    received: Received,
    brightness: u64,
    /// The memory of this process while it received frames.
    memory: String,
    held: VecDeque<Frame>,
}

impl Watcher {
    fn watch(&mut self, frame: Frame) -> Result<(), Box<dyn Error>> {
        self.received.count(&frame);
        let FrameHeader { number, width, height, encoding, .. } = *frame.header();
        if &*encoding != "rgb8" || frame.len() != width as usize * height as usize * 3 {
            return Err(format!("frame {number} is not {width}×{height} pixels of rgb8").into());
        }
        match self.role {
            Role::Meter => self.brightness = brightness(&frame, width as usize),
            Role::Detector => {
                // Whatever the publisher does meanwhile, a frame that is held does not change.
                let hash = xxh3_64(&frame);
                thread::sleep(self.work);
                if xxh3_64(&frame) != hash {
                    return Err(format!("frame {number} has changed while it was held").into());
                }
            }
            Role::Viewer => {
                self.held.push_back(frame);
                if self.held.len() == HELD {
                    self.held.pop_front(); // before the next one arrives, which is held, too
                }
            }
        }
        if self.received.frames % 16 == 1 {
            self.memory = memory()?;
        }
        Ok(())
    }
}

/// Returns the mean of all colours, of some pixels.
fn brightness(frame: &[u8], width: usize) -> u64 {
    let pixels = || frame.chunks_exact(width * 3).step_by(GRID).flat_map(|row| row.chunks_exact(3).step_by(GRID));
    let sum: u64 = pixels().flatten().map(|colour| u64::from(*colour)).sum();
    sum / (pixels().count() as u64 * 3)
}

/// What was received, and when.
#[derive(Default)]
struct Received {
    frames: u64,
    in_place: u64,
    /// When the first and the last frame arrived.
    times: Option<(Instant, Instant)>,
    /// From publishing to receiving.
    ages: Vec<Duration>,
}

impl Received {
    fn count(&mut self, frame: &Frame) {
        self.ages.extend(frame.age());
        let now = Instant::now();
        self.times = Some((self.times.map_or(now, |times| times.0), now));
        self.frames += 1;
        self.in_place += u64::from(frame.is_in_place());
    }
}

impl std::fmt::Display for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut ages = self.ages.clone();
        ages.sort_unstable();
        let [median, most] =
            [ages.get(ages.len() / 2), ages.last()].map(|age| milliseconds(age.copied().unwrap_or_default()));
        let seconds = self.times.map_or(0.0, |(first, last)| (last - first).as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let rate = self.frames.saturating_sub(1) as f64 / seconds.max(1e-9);
        let Self { frames, in_place, .. } = self;
        if *frames == 0 {
            return f.write_str("none received");
        }
        write!(f, "{frames} received, {rate:.1} Hz, {in_place} in place; {median:.2} ms old, at most {most:.2} ms")
    }
}
