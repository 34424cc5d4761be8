use crate::footage::Footage;
use crate::measure::memory;
use crate::messages::{FRAMES, FrameHeader};
use crate::watch::Role;
use bytesize::ByteSize;
use slotcast::{Interest, Publisher, ReadyKind, WaitSet};
use slotcast_examples::{Started, this_program, wait_for_processes};
use std::error::Error;
use std::io;
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

/// The most memory for frames: enough for the newest 8, and for all that three subscribers can
/// hold.
const MAX_MEMORY: u64 = 512 << 20;
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn run(mut footage: Footage, frames: u64, period: Duration, work: u64) -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::builder(FRAMES).name("camera").max_memory(MAX_MEMORY).exclusive().create()?;
    let mut watchers = Vec::new();
    for role in [Role::Meter, Role::Detector, Role::Viewer] {
        watchers.push(start(role, work)?);
    }
    let pids: Vec<u32> = watchers.iter().map(|watcher| watcher.id()).collect();
    wait_for_processes(&mut publisher, &pids, PATIENCE)?;
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
                        let pid = viewer.id();
                        if let Some(status) = viewer.try_wait()? {
                            println!("the viewer (pid {pid}) has ended before it was to be killed: {status}");
                        } else {
                            viewer.kill()?;
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
    // What was published stays available to those that have joined, and they notice that it was the
    // end.
    drop(publisher);
    for watcher in &mut watchers {
        watcher.wait()?;
    }
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let (rate, speed) = (number as f64 / seconds, bytes as f64 / seconds / f64::from(1 << 20));
    println!(
        "publisher: {number} frames in {seconds:.1} s, {rate:.1} Hz, {speed:.0} MiB/s; pool {pool} of {}; {memory}",
        ByteSize(MAX_MEMORY)
    );
    Ok(())
}

/// Publishes a frame, and returns its size in bytes.
fn publish(
    publisher: &mut Publisher<[u8], FrameHeader>,
    footage: &mut Footage,
    number: u64,
) -> Result<u64, Box<dyn Error>> {
    let size = footage.size()?;
    // In shared memory, and not zeroed, since all of it is written.
    let mut frame = publisher.loan_slice_uninit(size.bytes())?;
    footage.fill(frame.as_bytes_mut())?;
    let mut frame = frame.assume_filled();
    let encoding = "rgb8".try_into()?;
    *frame.header_mut() = FrameHeader { number, width: size.width, height: size.height, encoding };
    publisher.send(frame)?;
    Ok(size.bytes() as u64)
}

/// Starts a subscriber in another process.
fn start(role: Role, work: u64) -> io::Result<Started> {
    let mut command = this_program()?;
    command.args(["watch", role.name(), "--child", "--work", &work.to_string()]);
    // Ctrl-C is for the publisher only: the others read the rest, and end when it has ended.
    Started::new(command.process_group(0))
}
