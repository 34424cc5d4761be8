//! `record`: topics to a file.

use crate::context::{self, Context};
use crate::exit::Outcome;
use crate::output::{self, tell};
use crate::rates::units;
use crate::signals::Signals;
use crate::topics::TopicPattern;
use anyhow::{Result, bail};
use clap::{ArgGroup, Args, ValueEnum};
use slotcast_record::{Compression, DurableLog, RecordStatus, Recorder};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  slotcast record -a -o run.mcap
  slotcast record robot/imu 'camera/**' -o run.mcap --compression zstd
  slotcast record map -o map.mcap --serve

The file is an MCAP file, which Foxglove, PlotJuggler and the tools of ROS 2 read. While it is
written its name ends with `.active`. Ctrl-C finishes it; SIGUSR1 prints statistics on stderr.";

const MIB: u64 = 1 << 20;
/// How often the line of a terminal is written again.
const REFRESH: Duration = Duration::from_millis(500);

/// Record topics to a file
///
/// Topics that appear later are recorded from their beginning. No publisher waits for it, unless
/// --lossless is given. What was lost is counted exactly, and is in the file, too.
#[derive(Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct Record {
    /// Names of topics, or patterns such as 'robot/*/imu' (`**` also stands for several segments)
    #[arg(value_name = "TOPIC", group = "what")]
    topics: Vec<TopicPattern>,
    /// Record all topics
    #[arg(long, short, group = "what")]
    all: bool,
    /// The file to write; it must not exist
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// How messages are compressed
    #[arg(long, value_enum, default_value_t)]
    compression: Method,
    /// Compress messages of 256 KiB and more, too
    #[arg(long)]
    compress_large: bool,
    /// How often what was written is brought to the disk: such as 1s or 100ms, or `off`
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = sync)]
    sync: Sync,
    /// How many MiB of messages wait for a slow disk; what comes then is dropped and counted
    #[arg(long, value_name = "MIB", default_value = "256")]
    budget: u64,
    /// Make lossless publishers wait for the recorder instead of losing anything
    #[arg(long)]
    lossless: bool,
    /// Begin with the messages that were published before and can still be read
    #[arg(long)]
    history: bool,
    /// Begin another file when one has this many MiB: run-0001.mcap, run-0002.mcap and so on
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..))]
    split_size: Option<u64>,
    /// Begin another file after this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = context::seconds)]
    split_time: Option<Duration>,
    /// Keep only this many files, the newest; needs --split-size or --split-time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
    /// Remove the oldest files of this recording when all of them have more than this many MiB
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..))]
    disk_quota: Option<u64>,
    /// Also keep a log of the topics, from which durable subscribers get what they have missed; it needs
    /// as much space again in the folder of the file, as long as this runs
    #[arg(long)]
    serve: bool,
    /// End after this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = context::seconds)]
    duration: Option<Duration>,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Method {
    None,
    #[default]
    Lz4,
    Zstd,
}

#[derive(Clone, Copy)]
struct Sync(Option<Duration>);

impl Record {
    /// Records until it is stopped.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        if self.keep.is_some() && self.split_size.is_none() && self.split_time.is_none() && self.disk_quota.is_none() {
            bail!("--keep needs --split-size or --split-time: otherwise there is one file");
        }
        let signals = Signals::handle()?;
        let mut builder = Recorder::builder().domain(&context.domain);
        if let Some(mib) = self.split_size {
            builder = builder.split_bytes(mib.saturating_mul(MIB));
        }
        if let Some(time) = self.split_time {
            builder = builder.split_time(time);
        }
        if let Some(files) = self.keep {
            builder = builder.keep(files.into());
        }
        if let Some(mib) = self.disk_quota {
            builder = builder.disk_quota(mib.saturating_mul(MIB));
        }
        let log = self.serve.then(|| self.log(context)).transpose()?;
        let (patterns, all) = (self.topics, self.all);
        builder = builder
            .topics(move |topic| all || patterns.iter().any(|pattern| pattern.matches(topic)))
            .compression(match self.compression {
                Method::None => Compression::None,
                Method::Lz4 => Compression::Lz4,
                Method::Zstd => Compression::Zstd,
            })
            .compress_large(self.compress_large)
            .sync(self.sync.0)
            .budget(self.budget.saturating_mul(MIB));
        if self.lossless {
            builder = builder.lossless();
        }
        if self.history {
            builder = builder.history();
        }
        let recorder = builder.start(&self.output)?;
        let until = self.duration.and_then(|time| Instant::now().checked_add(time));
        follow(&recorder, log.as_ref(), &signals, until);
        let status = recorder.finish()?;
        tell_problems(&status, 0);
        let log = log.map(DurableLog::finish).transpose()?;
        let mut out = output::stdout();
        for (index, file) in status.files.iter().enumerate() {
            write!(out, "{}{}", if index > 0 { ", " } else { "" }, file.display())?;
        }
        writeln!(out, ": {}", summary(&status))?;
        let lossy = status.topics.iter().filter(|(_, topic)| topic.lost > 0);
        lossy.into_iter().try_for_each(|(name, topic)| {
            writeln!(out, "  {name}: {} lost of {}", topic.lost, topic.lost + topic.messages)
        })?;
        if let Some(log) = log.filter(|log| log.lost > 0) {
            writeln!(out, "  the log for durable subscribers: {} lost", log.lost)?;
        }
        Ok(Outcome::Done)
    }

    /// Starts the log for durable subscribers.
    fn log(&self, context: &Context) -> Result<DurableLog> {
        let (patterns, all) = (self.topics.clone(), self.all);
        let builder = DurableLog::builder().domain(&context.domain);
        let builder = builder.topics(move |topic| all || patterns.iter().any(|pattern| pattern.matches(topic)));
        let builder = if self.lossless { builder.lossless() } else { builder };
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        Ok(builder.start(folder.unwrap_or(Path::new(".")))?)
    }
}

/// Waits for the end, and meanwhile shows how far it is.
fn follow(recorder: &Recorder, log: Option<&DurableLog>, signals: &Signals, until: Option<Instant>) {
    let is_terminal = std::io::stderr().is_terminal();
    let mut told = 0;
    let has_failed = || recorder.has_failed() || log.is_some_and(DurableLog::has_failed);
    while !signals.is_stopped() && !has_failed() && until.is_none_or(|until| Instant::now() < until) {
        let wake = Instant::now() + REFRESH;
        signals.sleep_until(until.map_or(wake, |until| until.min(wake)));
        let status = recorder.status();
        if is_terminal && status.problems.len() > told {
            output::write_error("\r\x1b[K");
        }
        told = tell_problems(&status, told);
        if signals.wants_statistics() {
            tell!("{}", summary(&status));
        }
        if is_terminal {
            output::write_error(&format!("\r{}\x1b[K", summary(&status)));
        }
    }
    if is_terminal {
        output::write_error("\r\x1b[K");
    }
}

/// Tells the problems that were not told yet; returns how many were.
fn tell_problems(status: &RecordStatus, told: usize) -> usize {
    status.problems.iter().skip(told).for_each(|problem| tell!("{problem}"));
    status.problems.len()
}

fn summary(status: &RecordStatus) -> String {
    let messages = output::count_u64(status.messages(), "message");
    let topics = output::count(status.topics.len(), "topic");
    let (lost, written) = (status.lost(), units::bytes(status.written));
    let backlog = match status.backlog {
        0 => String::new(),
        backlog => format!(", {} to be written", units::bytes(backlog)),
    };
    format!("{messages} on {topics}, {lost} lost, {written}{backlog}")
}

/// Reads a time such as `100ms` or `1s`, or `off`.
fn sync(text: &str) -> Result<Sync, String> {
    if text == "off" {
        return Ok(Sync(None));
    }
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let seconds: f64 = number.parse().map_err(|_| format!("`{text}` is no time such as 100ms or 1s, and not `off`"))?;
    let time = Duration::try_from_secs_f64(seconds * unit).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("it would never be done with that".to_owned()) } else { Ok(Sync(Some(time))) }
}
