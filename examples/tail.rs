//! Lines from one process to others, as they are written.
//!
//! ```text
//! cargo run --example tail -- FILE           the lines of a file
//! cargo run --example tail -- --follow FILE  and those that are added, until Ctrl-C
//! some-program | cargo run --example tail    the lines of standard input
//! cargo run --example tail -- watch          one more reader, in another terminal, after that
//! ```
//!
//! publishes the lines, and starts a second process that prints them. That process sleeps until a
//! line is published or the publisher ends: it uses no processor meanwhile. No line is lost: as in
//! a pipe, a reader that is slow or stopped makes the publisher wait. The publisher ends when
//! everything was read.

use clap::{Parser, Subcommand};
use slotcast::{Interest, MemberEvent, Publisher, ShmMessage, Str, Subscriber, WaitSet};
use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A line, or a part of a long one.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Line {
    /// The number of the line, from 1.
    number: u64,
    part: Part,
    text: Str<247>,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Part {
    /// The line continues in the next message.
    Continues,
    /// The line ends.
    Ends,
}

const TOPIC: &str = "tail/lines";
/// How many messages a reader can be behind before the publisher waits for it.
const DEPTH: u64 = 4096;
/// How often a file that is followed is read again.
const RECHECK: Duration = Duration::from_millis(50);

/// Publish the lines of a file, or of standard input, and print them in another process.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Reader>,
    /// The file [default: standard input]
    file: Option<PathBuf>,
    /// Wait for lines that are added to the file
    #[arg(long, short, requires = "file")]
    follow: bool,
}

#[derive(Subcommand)]
enum Reader {
    /// Print what is published
    Watch,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { part, file, follow } = Arguments::parse();
    match (part, file) {
        (Some(Reader::Watch), _) => watch(),
        (None, Some(file)) => publish(BufReader::new(File::open(file)?), follow),
        (None, None) => publish(io::stdin().lock(), false),
    }
}

fn publish(mut input: impl BufRead, follow: bool) -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::<Line>::builder(TOPIC).depth(DEPTH).lossless(Duration::MAX).exclusive().create()?;
    let mut reader = Command::new(std::env::current_exe()?).arg("watch").stdin(Stdio::null()).spawn()?;
    if !publisher.wait_for_subscribers(1, Duration::from_secs(10))? {
        return Err("the reader does not start".into());
    }
    let (mut number, mut line) = (1, Vec::new());
    loop {
        // A line may be added to a file in pieces: it is published when it is complete.
        let ended = input.read_until(b'\n', &mut line)? == 0;
        if line.ends_with(b"\n") || (ended && !follow && !line.is_empty()) {
            let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned();
            publish_line(&mut publisher, number, &text)?;
            number += 1;
            line.clear();
        } else if ended && !follow {
            break;
        } else if ended {
            std::thread::sleep(RECHECK);
        }
    }
    publisher.close(Duration::MAX)?; // waits until the readers have read everything
    reader.wait()?; // waits until the reader has printed everything
    Ok(())
}

/// Publishes a line in as many messages as it needs.
fn publish_line(publisher: &mut Publisher<Line>, number: u64, mut text: &str) -> Result<(), Box<dyn Error>> {
    loop {
        let end = (0..=text.len().min(247)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        let (now, later) = text.split_at(end);
        let part = if later.is_empty() { Part::Ends } else { Part::Continues };
        publisher.publish(&Line { number, part, text: now.try_into()? })?;
        if later.is_empty() {
            return Ok(());
        }
        text = later;
    }
}

fn watch() -> Result<(), Box<dyn Error>> {
    let mut subscriber = Subscriber::<Line>::builder(TOPIC).lossless().create()?;
    let mut publishers = subscriber.membership()?;
    let mut set = WaitSet::new()?;
    set.add_subscriber(&mut subscriber)?;
    set.add_descriptor(&publishers, Interest::Readable)?;
    let mut output = io::stdout().lock();
    // The publisher may have ended before this membership existed.
    let mut end = subscriber.publishers()?.is_empty().then_some(Ok(()));
    while end.is_none() {
        set.wait()?; // sleeps until a line is published, or a publisher joins, leaves or dies
        // Before the lines: when a publisher has ended, all its lines are available.
        while let Some(event) = publishers.try_next()? {
            match event {
                MemberEvent::Left(_) => end = Some(Ok(())),
                MemberEvent::Died(_) => end = Some(Err(event.to_string().into())),
                _ => {}
            }
        }
        for line in subscriber.try_iter() {
            let line = line?;
            match line.part {
                Part::Continues => write!(output, "{}", line.text)?,
                Part::Ends => writeln!(output, "{}", line.text)?,
            }
        }
        output.flush()?;
    }
    end.unwrap_or(Ok(()))
}
