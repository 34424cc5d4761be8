//! The publisher is in another domain, or of another user.

use super::reason::{Kind, Named, Reason};
use super::scene::Scene;
use slotcast::observer::ObservedTopic;
use slotcast::registry::{PeerName, Role};
use slotcast::{Domain, Observer};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where the default domains of users are, each below a directory `slotcast-<uid>`.
const SHARED_MEMORY: &str = "/dev/shm";
/// The most domains that are looked into.
const MAX_DOMAINS: usize = 1000;

pub(super) fn find(scene: &Scene<'_>) -> Vec<Reason> {
    // Where a publisher is here, one elsewhere explains nothing.
    if !scene.publishers.is_empty() {
        return Vec::new();
    }
    let mut reasons: Vec<Reason> =
        domains_beside(scene.context.domain.path()).iter().filter_map(|path| in_domain(scene, path)).collect();
    reasons.extend(other_users(scene));
    reasons
}

/// Returns the directories beside that of a domain, and those beside the default domain.
fn domains_beside(path: &Path) -> BTreeSet<PathBuf> {
    let default = Domain::default();
    let roots = [path, default.path()].map(Path::parent);
    let mut found = BTreeSet::new();
    for entry in roots.into_iter().flatten().filter_map(|root| fs::read_dir(root).ok()).flatten().flatten() {
        if found.len() < MAX_DOMAINS && entry.path() != path && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.insert(entry.path());
        }
    }
    found
}

fn in_domain(scene: &Scene<'_>, path: &Path) -> Option<Reason> {
    let topic = Observer::new(&Domain::at(path)).topic(scene.topic).ok()??;
    let living = living_publishers(&topic);
    let first = living.first()?;
    Some(Reason {
        kind: Kind::OtherDomain,
        text: format!("The publisher ({first}) is on this topic in another domain, {}.", path.display()),
        remedy:
            "Give all processes the same domain: the same SLOTCAST_ROOT and SLOTCAST_DOMAIN, or the same `Domain`. \
                 This tool looks there with `--domain`."
                .to_owned(),
        endpoints: living.iter().map(Named::from).collect(),
    })
}

fn living_publishers(topic: &ObservedTopic) -> Vec<PeerName> {
    let living = topic.endpoints().unwrap_or_default().into_iter().filter(|endpoint| endpoint.alive);
    let peers = living.filter_map(|endpoint| endpoint.peer.ok()).filter(|peer| peer.role == Role::Publisher);
    peers.map(|peer| peer.name).collect()
}

/// Finds the domains of other users. Whether the topic is in one can only be seen by a user who may
/// look into it.
fn other_users(scene: &Scene<'_>) -> Vec<Reason> {
    let user = rustix::process::geteuid().as_raw();
    let mut reasons = Vec::new();
    for entry in fs::read_dir(SHARED_MEMORY).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(owner) = name.strip_prefix("slotcast-").and_then(|owner| owner.parse::<u32>().ok()) else { continue };
        let is_owners = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == owner);
        if owner == user || !is_owners {
            continue;
        }
        let text = match has_publisher(&entry.path(), scene) {
            Some(false) => continue,
            Some(true) => format!("User {owner} has a publisher on this topic, in {}.", entry.path().display()),
            None => format!(
                "User {owner} has domains, too, in {}: only that user sees what is in them.",
                entry.path().display()
            ),
        };
        reasons.push(Reason {
            kind: Kind::OtherUser,
            text,
            remedy: "Processes of different users do not meet: run them as one user.".to_owned(),
            endpoints: Vec::new(),
        });
    }
    reasons
}

/// Returns whether a directory of another user has an entry of a publisher on the topic. Returns
/// `None` if this user cannot see that.
fn has_publisher(root: &Path, scene: &Scene<'_>) -> Option<bool> {
    let directory = scene.topic.as_str().replace('/', "+");
    let domains = fs::read_dir(root).ok()?;
    let entries = domains.flatten().filter_map(|domain| fs::read_dir(domain.path().join(&directory)).ok());
    Some(entries.flatten().flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("p-")))
}
