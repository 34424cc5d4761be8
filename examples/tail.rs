//! Lines from one process to others, as they come.
//!
//! ```text
//! cargo run --example tail -- FILE           the lines of a file
//! cargo run --example tail -- --follow FILE  and those that are added, until Ctrl-C
//! some-program | cargo run --example tail    the lines of standard input
//! cargo run --example tail -- watch          one more reader, in another terminal
//! ```
//!
//! publishes the lines, and starts a second process that prints them. That one sleeps until a line comes, or the publisher
//! is gone: it uses no processor meanwhile.

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
    /// Of the line, from 1.
    number: u64,
    part: Part,
    text: Str<247>,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Part {
    /// The line goes on in the next message.
    GoesOn,
    /// The line ends.
    Ends,
    /// There are no more lines.
    Over,
}

const TOPIC: &str = "tail/lines";
/// How many messages a reader can be behind.
const DEPTH: u64 = 4096;
/// How often a file that is followed is looked at.
const LOOK: Duration = Duration::from_millis(50);

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
    let mut publisher = Publisher::<Line>::builder(TOPIC).depth(DEPTH).exclusive().create()?;
    let mut reader = Command::new(std::env::current_exe()?).arg("watch").stdin(Stdio::null()).spawn()?;
    if !publisher.wait_for_subscribers(1, Duration::from_secs(10))? {
        return Err("the reader does not come".into());
    }
    let (mut number, mut line) = (1, Vec::new());
    loop {
        // A line that is added to a file may come in pieces: it is published when it is whole.
        let ended = input.read_until(b'\n', &mut line)? == 0;
        if line.ends_with(b"\n") || (ended && !follow && !line.is_empty()) {
            let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(&line)).into_owned();
            publish_line(&mut publisher, number, &text)?;
            number += 1;
            line.clear();
        } else if ended && !follow {
            break;
        } else if ended {
            std::thread::sleep(LOOK);
        }
    }
    publisher.publish(&Line { number, part: Part::Over, text: Str::default() })?;
    reader.wait()?; // what it has not read goes with this process
    Ok(())
}

/// Publishes a line in as many messages as it needs.
fn publish_line(publisher: &mut Publisher<Line>, number: u64, mut text: &str) -> Result<(), Box<dyn Error>> {
    loop {
        let end = (0..=text.len().min(247)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
        let (now, later) = text.split_at(end);
        let part = if later.is_empty() { Part::Ends } else { Part::GoesOn };
        publisher.publish(&Line { number, part, text: now.try_into()? })?;
        if later.is_empty() {
            return Ok(());
        }
        text = later;
    }
}

fn watch() -> Result<(), Box<dyn Error>> {
    let mut subscriber = Subscriber::<Line>::new(TOPIC)?;
    let mut publishers = subscriber.membership()?;
    let mut set = WaitSet::new()?;
    set.add(&subscriber.event_fd()?)?;
    set.add_descriptor(&publishers, Interest::Readable)?;
    let mut output = io::stdout().lock();
    loop {
        set.wait()?; // asleep until a line or a publisher comes, or one has gone
        for line in subscriber.try_iter() {
            let line = line?;
            if line.lost_before() > 0 {
                writeln!(output, "[{} messages lost]", line.lost_before())?;
            }
            match line.part {
                Part::GoesOn => write!(output, "{}", line.text)?,
                Part::Ends => writeln!(output, "{}", line.text)?,
                Part::Over => return Ok(()),
            }
        }
        output.flush()?;
        while let Some(event) = publishers.try_next()? {
            if let MemberEvent::Died(_) = event {
                return Err(event.to_string().into());
            }
        }
    }
}
