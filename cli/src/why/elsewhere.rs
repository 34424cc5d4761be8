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
pub(crate) fn domains_beside(path: &Path) -> BTreeSet<PathBuf> {
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

/// Finds other users whose publisher is on the topic, as far as this user may look there.
fn other_users(scene: &Scene<'_>) -> Vec<Reason> {
    let theirs = domains_of_others().into_iter().filter(|(path, _)| has_publisher(path, scene) == Some(true));
    let text =
        |(path, owner): (PathBuf, u32)| format!("User {owner} has a publisher on this topic, in {}.", path.display());
    theirs.map(|theirs| of_another_user(text(theirs))).collect()
}

/// Returns which other users have domains that this user cannot look into: what remains where
/// nothing else explains that there is no publisher.
pub(super) fn hints(scene: &Scene<'_>) -> Vec<Reason> {
    let hidden = domains_of_others().into_iter().filter(|(path, _)| has_publisher(path, scene).is_none());
    let text = |(path, owner): (PathBuf, u32)| {
        format!("User {owner} has domains, too, in {}: only that user sees what is in them.", path.display())
    };
    hidden.map(|hidden| of_another_user(text(hidden))).collect()
}

/// Returns the directories of other users' domains, and whose they are.
fn domains_of_others() -> Vec<(PathBuf, u32)> {
    let user = rustix::process::geteuid().as_raw();
    let entries = fs::read_dir(SHARED_MEMORY).into_iter().flatten().flatten();
    let others = entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix("slotcast-")?.parse::<u32>().ok().filter(|owner| *owner != user)?;
        let is_owners = entry.metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == owner);
        is_owners.then(|| (entry.path(), owner))
    });
    others.collect()
}

fn of_another_user(text: String) -> Reason {
    let remedy = "Processes of different users do not meet: run them as one user.".to_owned();
    Reason { kind: Kind::OtherUser, text, remedy, endpoints: Vec::new() }
}

/// Returns whether a directory of another user has an entry of a publisher on the topic. Returns
/// `None` if this user cannot see that.
fn has_publisher(root: &Path, scene: &Scene<'_>) -> Option<bool> {
    let directory = scene.topic.as_str().replace('/', "+");
    let domains = fs::read_dir(root).ok()?;
    let entries = domains.flatten().filter_map(|domain| fs::read_dir(domain.path().join(&directory)).ok());
    Some(entries.flatten().flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("p-")))
}
