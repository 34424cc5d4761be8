//! `event`: tells of events, and shows who tells and what is told.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output::{self, Format, HEADING};
use crate::signals::Signals;
use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;
use slotcast::registry::{PeerName, Role};
use slotcast::{ListenError, Listener, Notice, Notifier, TopicName};
use std::io::Write;
use std::time::{Duration, Instant};

/// How long a wait lasts before it asks for signals.
const STEP: Duration = Duration::from_millis(100);

/// Tell of events, or show who tells and what is told
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast event list\n  \
    slotcast event watch estop\n  \
    slotcast event watch estop 1 2\n  \
    slotcast event send estop 1\n  \
    slotcast event send estop 1 --times 3")]
pub(crate) struct Event {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the names of events, with their notifiers and listeners
    ///
    /// The exit code is 1 if there are none.
    List {
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell of an event
    ///
    /// Listeners find it while it lives, so it stays for a moment. The exit code is 1 if nobody
    /// listens.
    Send {
        /// The name of the events
        #[arg(value_name = "NAME")]
        name: TopicName,
        /// Which event: 0 to 255
        #[arg(value_name = "ID")]
        id: u8,
        /// How often
        #[arg(long, value_name = "N", default_value_t = 1)]
        times: u64,
        /// Seconds for which it stays, so that listeners find it
        #[arg(long, value_name = "SECONDS", value_parser = crate::context::seconds, default_value = "0.3")]
        stay: Duration,
    },
    /// Print events, and which notifiers join, leave and die, until it is interrupted
    Watch {
        /// The name of the events
        #[arg(value_name = "NAME")]
        name: TopicName,
        /// Only these events [default: all]
        #[arg(value_name = "ID")]
        ids: Vec<u8>,
        /// Also what was told before
        #[arg(long)]
        from_start: bool,
        /// End after as many notices
        #[arg(long, short = 'n', value_name = "N")]
        count: Option<u64>,
    },
}

impl Event {
    /// Sends or watches.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self.action {
            Action::List { format } => list(context, format),
            Action::Send { name, id, times, stay } => send(context, &name, id, times, stay),
            Action::Watch { name, ids, from_start, count } => watch(context, &name, &ids, from_start, count),
        }
    }
}

/// The notifiers and listeners of a name. Those that are dead are left out.
#[derive(Serialize)]
struct Events {
    events: String,
    ids: Option<String>,
    notifiers: Vec<Peer>,
    listeners: Vec<Peer>,
}

#[derive(Serialize)]
struct Peer {
    pid: u32,
    program: String,
    name: String,
}

fn list(context: &Context, format: Format) -> Result<Outcome> {
    let mut found = Vec::new();
    for topic in context.observer().events()? {
        let Some(observed) = context.observer().topic(&topic)? else { continue };
        let mut events =
            Events { events: topic.split().0.to_owned(), ids: None, notifiers: Vec::new(), listeners: Vec::new() };
        let living = observed.endpoints()?.into_iter().filter(|endpoint| endpoint.alive);
        for peer in living.filter_map(|endpoint| endpoint.peer.ok()) {
            events.ids.get_or_insert_with(|| peer.schema.type_name().to_string());
            let PeerName { pid, program, name, .. } = peer.name;
            let peers = if peer.role == Role::Publisher { &mut events.notifiers } else { &mut events.listeners };
            peers.push(Peer { pid, program, name });
        }
        if !events.notifiers.is_empty() || !events.listeners.is_empty() {
            found.push(events);
        }
    }
    let mut out = output::stdout();
    if format == Format::Json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
    } else {
        found.iter().try_for_each(|events| print_events(&mut out, events))?;
    }
    Ok(if found.is_empty() { Outcome::No } else { Outcome::Done })
}

fn print_events(out: &mut impl Write, events: &Events) -> Result<()> {
    let Events { events, ids, notifiers, listeners } = events;
    let ids = ids.as_ref().map_or_else(String::new, |ids| format!(" [{ids}]"));
    writeln!(out, "{HEADING}{events}{HEADING:#}{ids}")?;
    for (role, peers) in [("notifier", notifiers), ("listener", listeners)] {
        for Peer { pid, program, name } in peers {
            let name = if name.is_empty() { String::new() } else { format!(" \"{}\"", name.escape_debug()) };
            writeln!(out, "  {role} pid {pid}, {}{name}", program.escape_debug())?;
        }
    }
    Ok(())
}

fn send(context: &Context, name: &TopicName, id: u8, times: u64, stay: Duration) -> Result<Outcome> {
    let signals = Signals::handle()?;
    let mut notifier = Notifier::<u8>::builder(name).domain(&context.domain).name("slotcast event send").create()?;
    for _ in 0..times {
        notifier.notify(id)?;
    }
    let listeners = notifier.listeners()?.len();
    if listeners == 0 {
        output::tell!("nobody listens to {name}");
        return Ok(Outcome::No);
    }
    signals.sleep(stay);
    output::tell!("told {} of event {id}, {times} times", output::count(listeners, "listener"));
    Ok(Outcome::Done)
}

fn watch(context: &Context, name: &TopicName, ids: &[u8], from_start: bool, count: Option<u64>) -> Result<Outcome> {
    let signals = Signals::handle()?;
    let mut builder = Listener::<u8>::builder(name).domain(&context.domain).name("slotcast event watch");
    if !ids.is_empty() {
        builder = builder.ids(ids.iter().copied());
    }
    if from_start {
        builder = builder.from_start();
    }
    let mut listener = builder.create()?;
    let deadline = context.timeout.map(|timeout| Instant::now() + timeout);
    let mut printed = 0;
    while !signals.is_stopped() && count.is_none_or(|count| printed < count) {
        let left = deadline.map_or(STEP, |deadline| deadline.saturating_duration_since(Instant::now()).min(STEP));
        match listener.recv_timeout(left) {
            Ok(Some(notice)) => {
                print(&notice)?;
                printed += 1;
            }
            Ok(None) if left.is_zero() => return Ok(Outcome::No),
            Ok(None) => {}
            Err(error @ (ListenError::Closed { .. } | ListenError::Forked { .. })) => return Err(error.into()),
            Err(error) => output::tell!("{error}"),
        }
    }
    Ok(Outcome::Done)
}

fn print(notice: &Notice) -> Result<()> {
    let mut out = output::stdout();
    match notice {
        Notice::Event { id, count, notifier } => writeln!(out, "event {id} × {count}  ({notifier})")?,
        notice => writeln!(out, "{notice}")?,
    }
    Ok(out.flush()?)
}
