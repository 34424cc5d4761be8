//! Where commands find a schema: at the endpoints of a topic, or in a file.

use crate::context::Context;
use crate::exit::NotFound;
use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use slotcast::dynamic::Layout;
use slotcast::observer::Endpoint;
use slotcast::registry::{Peer, Role};
use slotcast::schema::{Difference, Schema};
use slotcast::{TopicName, check_topic_name};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// A larger file is no schema.
const MAX_FILE: u64 = 16 << 20;

/// Returns the layout that a topic's messages have: that of a living publisher; without one, that
/// which a living subscriber expects; without that, the one of an endpoint that has died. Returns
/// `None` if the topic has no endpoint.
pub(crate) fn of_topic(context: &Context, name: &TopicName) -> Result<Option<Layout>> {
    let Some(topic) = context.observer().topic(name)? else { return Ok(None) };
    let mut endpoints = topic.endpoints()?;
    endpoints.sort_by_key(|endpoint| (!endpoint.alive, !is_publisher(endpoint)));
    let Some(peer) = endpoints.into_iter().find_map(|endpoint| endpoint.peer.ok()) else { return Ok(None) };
    let layout = Layout::new(peer.schema).with_context(|| {
        format!("topic \"{name}\": the layout that the {} ({}) claims is invalid", peer.role, peer.name)
    })?;
    Ok(Some(layout))
}

fn is_publisher(endpoint: &Endpoint) -> bool {
    endpoint.peer.as_ref().is_ok_and(|peer| peer.role == Role::Publisher)
}

/// Returns the layout in a file of JSON, as `schema --format json` writes it.
pub(crate) fn of_file(path: &Path) -> Result<Layout> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
    let mut text = String::new();
    let length = file.take(MAX_FILE + 1).read_to_string(&mut text).with_context(|| format!("cannot read {name}"))?;
    if length as u64 > MAX_FILE {
        bail!("{name} is no schema: it has more than {MAX_FILE} bytes");
    }
    let schema: Schema = serde_json::from_str(&text)
        .with_context(|| format!("{name} is no schema as `slotcast schema TOPIC --format json` writes it"))?;
    Layout::new(schema).with_context(|| name.to_string())
}

/// Returns the layout that an argument names: that of a topic, if one of that name has endpoints;
/// otherwise that in a file.
pub(crate) fn of_argument(context: &Context, argument: &str) -> Result<Layout> {
    let topic = argument.strip_prefix('/').unwrap_or(argument);
    let is_topic_name = check_topic_name(topic).is_ok();
    if is_topic_name && let Some(layout) = of_topic(context, &TopicName::new(topic)?)? {
        return Ok(layout);
    }
    let path = Path::new(argument);
    if path.exists() {
        return of_file(path);
    }
    if is_topic_name {
        let text = format!(
            "no endpoint is on topic \"{topic}\" in {}, and there is no file {argument}: `slotcast list` shows the topics",
            context.domain.path().display()
        );
        return Err(NotFound(text).into());
    }
    Err(NotFound(format!("there is no file {argument}, and it is not a valid topic name")).into())
}

/// Returns the endpoints of a topic that live now, publishers first.
pub(crate) fn living(context: &Context, name: &TopicName) -> Result<Vec<Peer>> {
    let Some(topic) = context.observer().topic(name)? else { return Ok(Vec::new()) };
    let living = topic.endpoints()?.into_iter().filter(|endpoint| endpoint.alive);
    Ok(living.filter_map(|endpoint| endpoint.peer.ok()).collect())
}

/// One difference between two schemas, as commands print it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct DifferenceLine {
    /// The path of the field; empty for the message itself.
    pub(crate) path: String,
    /// Both sides, as a sentence.
    pub(crate) text: String,
}

/// Returns all differences between two schemas. `sides` are their names with a verb, such as "the
/// publisher has".
pub(crate) fn differences(first: &Schema, second: &Schema, sides: [&str; 2]) -> Vec<DifferenceLine> {
    let line = |difference: &Difference| DifferenceLine {
        path: difference.path.clone(),
        text: difference.between(sides[0], sides[1]).to_string(),
    };
    first.differences(second).iter().map(line).collect()
}
