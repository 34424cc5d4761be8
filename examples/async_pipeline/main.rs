//! Three processes that hand on work, each with tasks of tokio. The first finds the files of a
//! directory, the second reads them, and the third sums them up by kind.
//!
//! ```text
//! cargo run --release --example async_pipeline            this directory
//! cargo run --release --example async_pipeline -- DIR     another one
//! ```
//!
//! Publishing never waits, so the first process limits the number of files in flight. The third
//! reports each file that it has summed up on a topic of its own, and the first counts these
//! reports.

mod count;
mod find;
mod messages;
mod sum;

use clap::{Parser, ValueEnum};
use slotcast_examples::{Started, this_program};
use std::error::Error;
use std::path::PathBuf;
use std::process::Stdio;

/// Count the bytes and lines of all files below a directory, in three processes.
#[derive(Parser)]
struct Arguments {
    /// The directory
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Which stage to be [default: run all three]
    #[arg(long, hide = true)]
    stage: Option<Stage>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Stage {
    Find,
    Count,
    Sum,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { directory, stage } = Arguments::parse();
    match stage {
        Some(Stage::Find) => find::run(&directory).await,
        Some(Stage::Count) => count::run(&directory).await,
        Some(Stage::Sum) => sum::run().await,
        None => all(&directory),
    }
}

fn all(directory: &PathBuf) -> Result<(), Box<dyn Error>> {
    let start = |stage| Started::new(this_program()?.args(["--stage", stage]).arg(directory).stdin(Stdio::piped()));
    let mut stages = [start("sum")?, start("count")?, start("find")?];
    // The last stage receives the last message, and ends first. What the others have published
    // stays available until they end, and they end when their standard input does.
    for stage in &mut stages {
        drop(stage.stdin.take());
        let status = stage.wait()?;
        if !status.success() {
            return Err(format!("a stage has failed: {status}").into());
        }
    }
    Ok(())
}

/// Waits until no stage needs what this one has published.
async fn until_input_ends() -> Result<(), Box<dyn Error>> {
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}
