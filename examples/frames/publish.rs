use crate::footage::Footage;
use crate::measure::memory;
use crate::messages::{FRAMES, FrameHeader};
use crate::watch::Role;
use bytesize::ByteSize;
use slotcast::{Interest, Publisher, ReadyKind, WaitSet};
use std::error::Error;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// What frames may take: enough for the newest 8, and for all that three subscribers can hold.
const MAX_MEMORY: u64 = 512 << 20;
const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look who has come, besides whenever one comes.
const LOOK_EVERY: Duration = Duration::from_millis(50);

pub(crate) fn run(mut footage: Footage, frames: u64, period: Duration, work: u64) -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::builder(FRAMES).name("camera").max_memory(MAX_MEMORY).exclusive().create()?;
    let mut watchers = Vec::new();
    for role in [Role::Meter, Role::Detector, Role::Viewer] {
        watchers.push(Watcher::start(role, work)?);
    }
    let pids: Vec<u32> = watchers.iter().map(|watcher| watcher.0.id()).collect();
    wait_for(&mut publisher, &pids)?;
    let [.., viewer] = &mut watchers[..] else { return Ok(()) };

    let mut audience = publisher.membership()?;
    let mut set = WaitSet::new()?;
    set.interval(period)?;
    set.add_descriptor(&audience, Interest::Readable)?;
    let (_, interrupt) = set.trigger()?;
    ctrlc::set_handler(move || interrupt.fire())?;

    let (start, mut number, mut bytes) = (Instant::now(), 0, 0);
    'publishing: while number < frames {
        for ready in set.wait()? {
            match ready.kind {
                ReadyKind::Interval { .. } => {
                    bytes += publish(&mut publisher, &mut footage, number)?;
                    number += 1;
                    if number == frames / 2 {
                        let pid = viewer.0.id();
                        if let Some(status) = viewer.0.try_wait()? {
                            println!("the viewer (pid {pid}) has ended before it was to be killed: {status}");
                        } else {
                            viewer.0.kill()?;
                            println!("the viewer (pid {pid}) is killed after {number} frames");
                        }
                    }
                }
                ReadyKind::Descriptor { .. } => {
                    while let Some(event) = audience.try_next()? {
                        println!("publisher: {event}");
                    }
                }
                ReadyKind::Triggered => break 'publishing,
                _ => {}
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let (pool, memory) = (ByteSize(publisher.pool_memory()), memory()?);
    // What was published stays for those who have joined, and they see that there will be no more.
    drop(publisher);
    for watcher in &mut watchers {
        watcher.0.wait()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let (rate, speed) = (number as f64 / seconds, bytes as f64 / seconds / f64::from(1 << 20));
    println!(
        "publisher: {number} frames in {seconds:.1} s, {rate:.1} Hz, {speed:.0} MiB/s; pool {pool} of {}; {memory}",
        ByteSize(MAX_MEMORY)
    );
    Ok(())
}

/// Waits until these processes subscribe. Others may do so, too.
fn wait_for(publisher: &mut Publisher<[u8], FrameHeader>, pids: &[u32]) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    loop {
        let there = publisher.subscribers()?;
        if pids.iter().all(|pid| there.iter().any(|peer| peer.pid == *pid)) {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err("the subscribers do not come".into());
        }
        publisher.wait_for_subscribers(there.len() + 1, LOOK_EVERY)?;
    }
}

/// Publishes a frame, and returns how many bytes it has.
fn publish(
    publisher: &mut Publisher<[u8], FrameHeader>,
    footage: &mut Footage,
    number: u64,
) -> Result<u64, Box<dyn Error>> {
    let size = footage.size()?;
    // In shared memory, and not zeroed: all of it is written.
    let mut frame = publisher.loan_slice_uninit(size.bytes())?;
    footage.fill(frame.as_bytes_mut())?;
    let mut frame = frame.assume_filled();
    let encoding = "rgb8".try_into()?;
    *frame.header_mut() = FrameHeader { number, width: size.width, height: size.height, encoding };
    publisher.send(frame)?;
    Ok(size.bytes() as u64)
}

/// A subscriber in a process of its own, which ends with this.
struct Watcher(Child);

impl Watcher {
    fn start(role: Role, work: u64) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["watch", role.name(), "--child", "--work", &work.to_string()]);
        // Ctrl-C is for the publisher: the others read the rest, and end when it has ended.
        Ok(Self(command.process_group(0).spawn()?))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
