//! How fast recording is: beside a bare `write` of the same bytes, and beside the writer of
//! `rosbags`, a package of Python. Everything is written to memory (`/dev/shm`), so that no disk is
//! measured.
//!
//! ```sh
//! cargo bench -p slotcast-record --bench speed
//! ```

use slotcast::testing::TempDomain;
use slotcast::{Publisher, ShmMessage};
use slotcast_record::{Compression, RecordStatus, Recorder};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const IMAGE: usize = 1 << 20;
const IMAGES: usize = 1000;
const SMALL: u64 = 2_000_000;

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Sample {
    numbers: [u64; 8],
}

fn main() {
    let rate = |bytes: usize, time: Duration| bytes as f64 / 1e9 / time.as_secs_f64();
    let bare = median(|| rate(IMAGE * IMAGES, bare_write()));
    println!("bare write of images of 1 MiB:          {bare:.2} GB/s");
    let recorded = median(|| rate(IMAGE * IMAGES, images()));
    println!("recorded, nothing lost:                 {recorded:.2} GB/s, {:.2} of the bare write", recorded / bare);
    match rosbags() {
        Some(rate) => {
            println!("written by rosbags:                     {rate:.2} GB/s, {:.2} of ours", rate / recorded);
        }
        None => println!("written by rosbags: it is not here (SLOTCAST_PYTHON names a Python that has it)"),
    }
    for compression in [Compression::None, Compression::Lz4] {
        let (status, time) = small(compression);
        println!(
            "1 M messages of 64 bytes a second, {compression:?}: {} of {} lost, {:.2} s of processor a second",
            status.lost(),
            SMALL,
            time
        );
    }
    let (alone, recorded) = (median(|| publish(false)), median(|| publish(true)));
    println!("publishing 10 000 times a second:       {alone:.0} ns each alone, {recorded:.0} ns while recorded");
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut values: Vec<f64> = (0..3).map(|_| measure()).collect();
    values.sort_by(f64::total_cmp);
    values[1]
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let path = folder.path().join("run.mcap");
    (folder, path)
}

fn bare_write() -> Duration {
    let (_folder, path) = folder();
    let image = vec![7; IMAGE];
    let begun = Instant::now();
    let mut file = File::create(path).expect("a file");
    (0..IMAGES).for_each(|_| file.write_all(&image).expect("memory"));
    begun.elapsed()
}

/// Publishes as fast as the recorder takes it.
fn images() -> Duration {
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let builder = Publisher::<[u8]>::builder("camera").domain(&domain).lossless(Duration::from_secs(60));
    let mut publisher = builder.create().expect("a publisher");
    let recorder = start(&domain, &path, Compression::Lz4, true);
    let image = vec![7; IMAGE];
    let begun = Instant::now();
    for _ in 0..IMAGES {
        publisher.publish_slice(&image).expect("it is published");
    }
    let status = recorder.finish().expect("it is recorded");
    assert_eq!((status.messages(), status.lost()), (IMAGES as u64, 0));
    begun.elapsed()
}

/// Publishes a million messages a second, and returns how much processor time a second the process
/// took beyond that of publishing.
fn small(compression: Compression) -> (RecordStatus, f64) {
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let builder = Publisher::<Sample>::builder("samples").domain(&domain).depth(1 << 16);
    let mut publisher = builder.create().expect("a publisher");
    let recorder = start(&domain, &path, compression, false);
    let (begun, before) = (Instant::now(), processor_time());
    for number in 0..SMALL {
        if number.is_multiple_of(1000) {
            let due = begun + Duration::from_micros(number);
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        publisher.publish(&Sample { numbers: [number; 8] }).expect("it is published");
    }
    let status = recorder.finish().expect("it is recorded");
    let time = (processor_time() - before) / begun.elapsed().as_secs_f64();
    (status, time)
}

/// Returns how many nanoseconds a message takes to be published, 10 000 times a second.
fn publish(is_recorded: bool) -> f64 {
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Sample>::builder("samples").domain(&domain).create().expect("a publisher");
    let recorder = is_recorded.then(|| start(&domain, &path, Compression::Lz4, false));
    let mut time = Duration::ZERO;
    let begun = Instant::now();
    for number in 0..5000_u32 {
        let due = begun + number * Duration::from_micros(100);
        while Instant::now() < due {
            std::hint::spin_loop();
        }
        let start = Instant::now();
        publisher.publish(&Sample { numbers: [1; 8] }).expect("it is published");
        time += start.elapsed();
    }
    drop(recorder);
    time.as_nanos() as f64 / 5000.0
}

fn start(domain: &TempDomain, path: &Path, compression: Compression, lossless: bool) -> Recorder {
    let builder = Recorder::builder().all().domain(domain).compression(compression);
    let builder = if lossless { builder.lossless() } else { builder };
    builder.start(path).expect("it records")
}

/// Returns the processor time of this process in seconds.
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("it has numbers of this process");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = [fields[11], fields[12]].iter().map(|ticks| ticks.parse::<f64>().unwrap_or_default()).sum();
    ticks / 100.0
}

/// Returns how many GB/s the writer of `rosbags` writes.
fn rosbags() -> Option<f64> {
    let python = std::env::var_os("SLOTCAST_PYTHON").unwrap_or("python3".into());
    let (folder, _) = folder();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/write_bag.py");
    let output = Command::new(python).arg(script).arg(folder.path().join("bag")).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
