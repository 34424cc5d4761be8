//! Three processes that hand on work, each with tasks of tokio: the files of a directory are found by the first, read by
//! the second, and summed up by kind by the third.
//!
//! ```text
//! cargo run --release --example async_pipeline            this directory
//! cargo run --release --example async_pipeline -- DIR     another one
//! ```
//!
//! Publishing never waits, so the first keeps no more than a window of files under way: it counts those that the third has
//! summed up, which tells it so on a topic of its own.

mod count;
mod find;
mod messages;
mod sum;

use clap::{Parser, ValueEnum};
use std::error::Error;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Count the bytes and lines of all files below a directory, in three processes.
#[derive(Parser)]
struct Arguments {
    /// The directory
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// What to be of the three; all without it
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
    let start = |stage: &str| -> Result<Running, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        Ok(Running(command.args(["--stage", stage]).arg(directory).stdin(Stdio::piped()).spawn()?))
    };
    let mut stages = [start("sum")?, start("count")?, start("find")?];
    // The last one to get anything ends first. What the others have published stays as long as they do: until their
    // standard input ends.
    for stage in &mut stages {
        drop(stage.0.stdin.take());
        let status = stage.0.wait()?;
        if !status.success() {
            return Err(format!("a stage has failed: {status}").into());
        }
    }
    Ok(())
}

/// Waits until nobody needs what this stage has published.
async fn until_told_to_end() -> Result<(), Box<dyn Error>> {
    tokio::io::copy(&mut tokio::io::stdin(), &mut tokio::io::sink()).await?;
    Ok(())
}

/// A stage. None outlives this process, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
