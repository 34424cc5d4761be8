//! `param`: latest values.

mod get;
mod list;
mod set;

use crate::context::Context;
use crate::exit::Outcome;
use crate::topics::TopicPattern;
use anyhow::Result;
use clap::{Args, Subcommand};
use slotcast::TopicName;
use slotcast::observer::ObservedTopic;
use slotcast::registry::Peer;
use slotcast::registry::Role;

/// List, print and set latest values
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast param list\n  \
    slotcast param list 'robot/**'\n  \
    slotcast param get robot/limits\n  \
    slotcast param get robot/limits --format json | jq .value.speed\n  \
    slotcast param set robot/limits speed=0.7\n\n\
    `slotcast echo robot/limits~value` prints each value as it is set.")]
pub(crate) struct Param {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(list::List),
    Get(get::Get),
    Set(set::Set),
}

impl Param {
    /// Lists, prints or sets.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        match self.action {
            Action::List(action) => action.run(context),
            Action::Get(action) => action.run(context),
            Action::Set(action) => action.run(context),
        }
    }
}

/// Returns the names of the values that match one of the patterns, or of all.
fn names(context: &Context, patterns: &[TopicPattern]) -> Result<Vec<TopicName>> {
    let names = context.observer().values()?.into_iter();
    Ok(names.filter(|name| patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(name))).collect())
}

/// Returns the endpoints of a value that live: the writer, if there is one, and the readers.
fn endpoints(topic: &ObservedTopic) -> Result<(Option<Peer>, Vec<Peer>)> {
    let (mut writer, mut readers) = (None, Vec::new());
    for endpoint in topic.endpoints()?.into_iter().filter(|endpoint| endpoint.alive) {
        match endpoint.peer {
            Ok(peer) if peer.role == Role::Publisher => writer = Some(peer),
            Ok(peer) => readers.push(peer),
            Err(_) => {} // `why` and `info` tell of it
        }
    }
    Ok((writer, readers))
}
