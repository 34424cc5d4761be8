//! Telling why nothing comes.

use crate::context::Context;
use crate::feed::Feed;
use crate::output::tell;
use std::time::{Duration, Instant};

/// How long nothing comes until it is told why.
const SILENT: Duration = Duration::from_secs(1);

/// Whether a topic is silent, and whether that was told.
pub(crate) struct Silence {
    since: Instant,
    is_told: bool,
}

impl Silence {
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, is_told: false }
    }

    /// Notes whether something came. Tells on stderr why nothing comes, once for each silence, if
    /// there is a reason that a look at the topic's endpoints shows.
    pub(crate) fn noticed(&mut self, came: bool, now: Instant, feed: &Feed, context: &Context) {
        if came {
            (self.since, self.is_told) = (now, false);
        } else if !self.is_told && now.duration_since(self.since) >= SILENT {
            self.is_told = true;
            if let Some(reason) = reason(feed, context) {
                tell!("{}: {reason}", feed.topic());
            }
        }
    }
}

/// Returns why nothing comes.
fn reason(feed: &Feed, context: &Context) -> Option<String> {
    let topic = context.observer().topic(feed.topic()).ok()?;
    let Some(topic) = topic else { return Some("nobody is on this topic; waiting".to_owned()) };
    let endpoints = topic.endpoints().ok()?;
    let publishers = || endpoints.iter().filter(|endpoint| endpoint.entry.starts_with("p-"));
    if publishers().all(|publisher| !publisher.alive) {
        let died = publishers().count();
        let subscribers = endpoints.iter().filter(|endpoint| endpoint.alive).count();
        return Some(match died {
            0 => format!("no publisher, {subscribers} subscribers; waiting"),
            _ => "its publisher has died; waiting for another".to_owned(),
        });
    }
    let alive = publishers().filter(|publisher| publisher.alive).filter_map(|publisher| publisher.peer.as_ref().ok());
    let published: u64 = alive.filter_map(|peer| topic.published(peer).ok()).sum();
    Some(match published {
        0 => "its publishers have not published anything yet".to_owned(),
        _ => {
            format!("its publishers are silent; they have published {published} messages (--history 1 prints the last)")
        }
    })
}
