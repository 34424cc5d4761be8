//! What `info` prints of files.

use crate::output::{self, Format, HEADING, PROBLEM};
use crate::rates::{self, units};
use anyhow::Result;
use serde::Serialize;
use slotcast_record::{Overview, TopicOverview};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Returns whether an argument names a file and no topic: its name ends as those of recordings do,
/// or it begins with `./` or `../`.
pub(crate) fn is_file(argument: &str) -> bool {
    let ends = [".mcap", ".active"].iter().any(|end| argument.ends_with(end));
    ends || argument.starts_with("./") || argument.starts_with("../")
}

/// A file, as JSON.
#[derive(Serialize)]
struct File<'a> {
    file: &'a Path,
    bytes: u64,
    profile: &'a str,
    finished: bool,
    start_ns: Option<u64>,
    end_ns: Option<u64>,
    messages: u64,
    /// What had happened, if a black box has written it.
    triggers: &'a [String],
    damage: Vec<String>,
    topics: Vec<Topic<'a>>,
}

#[derive(Serialize)]
struct Topic<'a> {
    topic: &'a str,
    types: Vec<&'a str>,
    hashes: Vec<&'a str>,
    encoding: &'a str,
    playable: bool,
    publishers: u64,
    messages: u64,
    bytes: u64,
    rate_hz: f64,
    longest_gap_ns: u128,
    lost: u64,
    missing: u64,
}

/// Prints files, one after the other.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn print(files: &[PathBuf], format: Format) -> Result<()> {
    let overviews = files.iter().map(Overview::of).collect::<Result<Vec<_>, _>>()?;
    let mut out = output::stdout();
    if format == Format::Json {
        let files: Vec<_> = files.iter().zip(&overviews).map(|(file, overview)| json(file, overview)).collect();
        writeln!(out, "{}", serde_json::to_string(&files)?)?;
        return Ok(());
    }
    for (index, (file, overview)) in files.iter().zip(&overviews).enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        text(&mut out, file, overview)?;
    }
    Ok(())
}

fn json<'a>(file: &'a Path, overview: &'a Overview) -> File<'a> {
    File {
        file,
        bytes: overview.size,
        profile: &overview.profile,
        finished: overview.is_finished,
        start_ns: overview.times.map(|times| times.0),
        end_ns: overview.times.map(|times| times.1),
        messages: overview.messages(),
        triggers: &overview.triggers,
        damage: overview.damage.iter().map(ToString::to_string).collect(),
        topics: overview.topics.iter().map(|(name, topic)| of_topic(name, topic)).collect(),
    }
}

fn of_topic<'a>(name: &'a str, topic: &'a TopicOverview) -> Topic<'a> {
    Topic {
        topic: name,
        types: topic.types.iter().map(|(name, _)| name.as_str()).collect(),
        hashes: topic.types.iter().filter_map(|(_, hash)| hash.as_deref()).collect(),
        encoding: &topic.encoding,
        playable: topic.why_not_played.is_none(),
        publishers: topic.publishers,
        messages: topic.messages,
        bytes: topic.bytes,
        rate_hz: topic.rate(),
        longest_gap_ns: topic.longest_gap.as_nanos(),
        lost: topic.lost,
        missing: topic.missing,
    }
}

fn text(out: &mut impl Write, file: &Path, overview: &Overview) -> Result<()> {
    write!(out, "{HEADING}{}{HEADING:#}, {}", file.display(), units::bytes(overview.size))?;
    let (messages, time) = (output::count_u64(overview.messages(), "message"), overview.duration());
    writeln!(out, ", {messages} in {:.3} s", time.as_secs_f64())?;
    overview.triggers.iter().try_for_each(|trigger| writeln!(out, "  {trigger}"))?;
    for (name, topic) in &overview.topics {
        writeln!(out, "\n{HEADING}{name}{HEADING:#}")?;
        for (ty, hash) in &topic.types {
            let hash = hash.as_ref().map(|hash| format!(", schema hash {hash}")).unwrap_or_default();
            writeln!(out, "  {}, {}{hash}", if ty.is_empty() { "no type" } else { ty }, topic.encoding)?;
        }
        let (messages, bytes) = (output::count_u64(topic.messages, "message"), units::bytes(topic.bytes));
        write!(out, "  {messages}, {bytes}, {:.1} Hz", topic.rate())?;
        let publishers = output::count_u64(topic.publishers, "publisher");
        writeln!(out, ", longest gap {}, {publishers}", rates::duration(nanoseconds(topic.longest_gap)))?;
        write!(out, "  {} lost while it was recorded", topic.lost)?;
        match topic.missing {
            0 => writeln!(out)?,
            missing => writeln!(out, "; {missing} missing between those that are here")?,
        }
        if let Some(reason) = &topic.why_not_played {
            writeln!(out, "  {PROBLEM}cannot be played: {reason}{PROBLEM:#}")?;
        }
    }
    problems(out, file, overview)
}

fn problems(out: &mut impl Write, file: &Path, overview: &Overview) -> Result<()> {
    let mut problems: Vec<String> = overview.damage.iter().map(ToString::to_string).collect();
    if !overview.is_finished {
        let file = file.display();
        problems
            .push(format!("it is not finished: `slotcast recover {file}` finishes it if nobody records it any more"));
    }
    if overview.backwards > 0 {
        problems.push(format!("its time runs backwards at {}", output::count_u64(overview.backwards, "message")));
    }
    if !problems.is_empty() {
        writeln!(out, "\n{HEADING}{}{HEADING:#}", output::count(problems.len(), "problem"))?;
        problems.iter().try_for_each(|problem| writeln!(out, "  {PROBLEM}{problem}{PROBLEM:#}"))?;
    }
    Ok(())
}

fn nanoseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
