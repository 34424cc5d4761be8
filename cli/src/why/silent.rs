//! A publisher lives, and publishes nothing.

use super::reason::{Kind, Named, Reason};
use super::scene::{Scene, Watched};
use crate::output;
use slotcast::ProcessState;
use std::time::Duration;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    let silent = scene.publishers.iter().filter(|watched| watched.messages() == 0);
    // That it is stopped is said elsewhere.
    silent.filter(|watched| watched.publisher.state() != Some(ProcessState::Stopped)).map(reason).collect()
}

fn reason(watched: &Watched) -> Reason {
    let (publisher, peer) = (&watched.publisher, watched.publisher.peer());
    let published = publisher.published();
    let last = publisher.messages_since(published.saturating_sub(1)).find_map(|message| message.time);
    let since = last.map(|time| Duration::from_nanos(slotcast::now_ns().saturating_sub(time)));
    let how_long = since.unwrap_or(watched.time()).as_secs_f64();
    let text = match published {
        0 => format!("The publisher ({}) lives, and has published nothing so far", peer.name),
        count => {
            format!(
                "The publisher ({}) lives, and has published nothing for {how_long:.1} s, after {}",
                peer.name,
                output::count_u64(count, "message")
            )
        }
    };
    let promised = Duration::from_nanos(peer.qos.alive_every_ns);
    let alive = match watched.is_active().filter(|_| !promised.is_zero()) {
        None => String::new(),
        Some(true) => "; it shows that it is alive, as it has promised".to_owned(),
        Some(false) => {
            format!("; it promised a sign of life every {promised:?}, and has given none while it was watched")
        }
    };
    let remedy = match published {
        0 => "See what its program waits for.".to_owned(),
        _ => "See what its program waits for. `slotcast echo --history 1` prints the newest message.".to_owned(),
    };
    Reason { kind: Kind::Silent, text: format!("{text}{alive}."), remedy, endpoints: vec![Named::from(&peer.name)] }
}
