//! Video frames of 6 MB, written once and read in place by three processes: one is fast, one is too
//! slow, and one is killed.
//!
//! ```text
//! cargo run --release --example frames                  drawn frames
//! cargo run --release --example frames -- FILE...       frames of files: PPM images, or raw RGB
//! cargo run --release --example frames -- watch meter   one more subscriber, in another terminal
//!
//! ffmpeg -i FILM -f rawvideo -pix_fmt rgb24 film.rgb    any film, as raw RGB
//! cargo run --release --example frames -- --size 1280x720 film.rgb
//! ```
//!
//! Raw frames do not contain their size: without `--size` it is 1920x1080.
//!
//! The publisher waits for nobody. Neither the slow subscriber, which learns how many frames it has
//! lost, nor the one that is killed while it holds frames costs it any time. Everything takes five
//! seconds, or until Ctrl-C. A subscriber in another terminal may start first: it waits for the
//! publisher.

mod footage;
mod measure;
mod messages;
mod publish;
mod watch;

use clap::{Parser, Subcommand};
use footage::{Footage, Size};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use watch::Role;

/// Publish video frames, and watch them in three other processes.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// PPM images (P6, 8 bits a colour), or raw RGB, published over and over [default: drawn
    /// frames]
    files: Vec<PathBuf>,
    /// Width and height of raw frames, in pixels
    #[arg(long, default_value_t = Size::FULL_HD)]
    size: Size,
    /// How many frames to publish
    #[arg(long, default_value_t = 300)]
    frames: u64,
    /// Frames a second
    #[arg(long, default_value_t = 60.0, value_parser = rate)]
    rate: f64,
    /// How long the detector works on each frame, in milliseconds
    #[arg(long, default_value_t = 100)]
    work: u64,
}

#[derive(Subcommand)]
enum Part {
    /// Watch what is published
    Watch {
        role: Role,
        /// How long a detector works on each frame, in milliseconds
        #[arg(long, default_value_t = 100)]
        work: u64,
        /// Was started by the publisher: ends if the publisher has already ended
        #[arg(long, hide = true)]
        child: bool,
    },
}

fn main() -> ExitCode {
    slotcast_examples::report("frames", run(Arguments::parse()))
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { part, files, size, frames, rate, work } = arguments;
    match part {
        Some(Part::Watch { role, work, child }) => watch::run(role, Duration::from_millis(work), child),
        None => publish::run(Footage::new(files, size)?, frames, Duration::from_secs_f64(1.0 / rate), work),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.1..=1000.0).contains(rate));
    rate.ok_or_else(|| "a number from 0.1 to 1000 is needed".into())
}
