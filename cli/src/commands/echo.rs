//! `echo`: what is published on topics.

use crate::context::Context;
use crate::exit::Outcome;
use crate::feed::Start;
use crate::filter::Expression;
use crate::follow::{Follow, Limits};
use crate::printer::{MessageFormat, Printer};
use crate::topics::TopicArgs;
use crate::values::shorten::Shorten;
use anyhow::{Result, bail};
use clap::Args;
use std::io::{self, IsTerminal};

/// How many elements or characters are printed on a terminal.
const TRUNCATED: usize = 128;

const EXAMPLES: &str = "\
Examples:
  slotcast echo robot/imu                              every message from now on
  slotcast echo robot/imu --history 10 -n 10           the last ten
  slotcast echo 'robot/*/imu' --field accel.z          one field, of several topics
  slotcast echo robot/state --filter 'mode == Fault or battery.volts < 11.5'
  slotcast echo robot/imu --format csv > imu.csv       a table
  slotcast echo robot/imu --format yaml | slotcast pub robot/imu_again --stdin

A topic that does not exist yet is waited for. Lost messages are reported on stderr.
SIGUSR1 prints statistics there. Ctrl-C ends it.";

/// Print the messages of topics
///
/// On a terminal as YAML, with long lists cut and tensors and images summarized; into a file or a
/// pipe as lines of JSON, whole. Publishers and subscribers do not notice it.
///
/// With one topic, each line of JSON is a message. With several, or with --meta, it is an object
/// with the topic and the message as `value`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Echo {
    #[command(flatten)]
    topics: TopicArgs,
    /// How to print [default: yaml on a terminal, otherwise ndjson]
    #[arg(long, value_enum)]
    format: Option<MessageFormat>,
    /// The same as --format csv
    #[arg(long, conflicts_with_all = ["format", "raw"])]
    csv: bool,
    /// The same as --format raw
    #[arg(long, conflicts_with = "format")]
    raw: bool,
    /// Print this field only, such as `pose.flags[2]`; may be given several times
    #[arg(long = "field", value_name = "PATH")]
    fields: Vec<String>,
    /// Print only messages for which this holds, such as `speed > 1.5 and mode == Driving`
    #[arg(long, value_name = "EXPRESSION", value_parser = expression)]
    filter: Option<Expression>,
    /// End after one message; the same as -n 1
    #[arg(long, short = '1', conflicts_with = "count")]
    once: bool,
    /// End after this many messages
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Begin with up to this many earlier messages of each publisher, or with `all` that they keep
    #[arg(long, value_name = "N|all", default_value = "0", value_parser = history, hide_default_value = true)]
    history: u64,
    /// Skip to the newest message whenever there are several: for displays
    #[arg(long)]
    latest: bool,
    /// Print lists as their length
    #[arg(long)]
    no_arr: bool,
    /// Print texts as their length
    #[arg(long)]
    no_str: bool,
    /// Cut lists and texts after this many elements or characters [default: 128 on a terminal]
    #[arg(long, short = 'l', value_name = "N", conflicts_with = "full_length")]
    truncate_length: Option<usize>,
    /// Print everything, also on a terminal
    #[arg(long, short = 'f')]
    full_length: bool,
    /// Print each message of YAML in one line
    #[arg(long)]
    flow_style: bool,
    /// Also print the sequence, publisher and time of each message
    #[arg(long, visible_alias = "include-message-info")]
    meta: bool,
    /// Do not report lost messages
    #[arg(long)]
    no_lost_messages: bool,
}

impl Echo {
    /// Prints messages until it is stopped.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let is_terminal = io::stdout().is_terminal();
        let format = match (self.format, self.csv, self.raw) {
            (Some(format), ..) => format,
            (_, true, _) => MessageFormat::Csv,
            (.., true) => MessageFormat::Raw,
            _ if is_terminal => MessageFormat::Yaml,
            _ => MessageFormat::Ndjson,
        };
        let several_topics = self.topics.single().is_none();
        if matches!(format, MessageFormat::Csv | MessageFormat::Raw) {
            if several_topics {
                bail!("csv and raw have no place for the names of several topics: name one, or use ndjson");
            }
            if self.meta {
                bail!("--meta is for yaml and ndjson");
            }
        }
        if format == MessageFormat::Raw && is_terminal {
            bail!("raw bytes are not for a terminal: write them into a file or a pipe");
        }
        let is_whole = self.full_length || !is_terminal;
        let shorten = Shorten {
            limit: self.truncate_length.or((!is_whole).then_some(TRUNCATED)),
            no_lists: self.no_arr,
            no_texts: self.no_str,
            summaries: !is_whole,
        };
        let printer = Printer {
            format,
            fields: self.fields,
            filter: self.filter,
            shorten,
            flow: self.flow_style,
            meta: self.meta,
            several_topics,
        };
        let limits =
            Limits { count: if self.once { Some(1) } else { self.count }, tell_losses: !self.no_lost_messages };
        let start = Start { history: self.history, latest: self.latest };
        Follow::new(context, self.topics, start, printer, limits)?.run()
    }
}

fn expression(text: &str) -> Result<Expression, String> {
    text.parse().map_err(|error: anyhow::Error| error.to_string())
}

fn history(text: &str) -> Result<u64, String> {
    match text {
        "all" => Ok(u64::MAX),
        number => number.parse().map_err(|_| format!("`{number}` is not a number of messages, nor `all`")),
    }
}
