//! Why nothing comes on a topic. Each kind of reason is found by a file of its own, in what a
//! [`Scene`] has gathered.

mod absent;
mod dead;
mod elsewhere;
mod lossless;
mod mismatch;
mod permission;
mod pool;
mod reason;
mod scene;
mod silent;
mod stopped;

pub(crate) use elsewhere::domains_beside;
pub(crate) use reason::{Kind, Reason, print};

use crate::context::Context;
use scene::Scene;
use slotcast::TopicName;
use slotcast::registry::RegistryError;

/// What was found out about a topic.
pub(crate) struct Explanation {
    /// How many messages were published while it was watched, in [`WATCHED`].
    pub(crate) messages: u64,
    /// How many publishers live.
    pub(crate) publishers: usize,
    /// Why nothing comes, or not everywhere; the most likely reason first.
    pub(crate) reasons: Vec<Reason>,
}

/// Returns why nothing comes on a topic, the most likely reason first, for a caller that has seen
/// nothing come for [`WATCHED`]. Takes milliseconds at most, unless there are very many domains.
pub(crate) fn explain(context: &Context, topic: &TopicName) -> Vec<Reason> {
    reasons(&Scene::of(context, topic))
}

/// Watches the publishers of a topic for up to [`WATCHED`], and returns what was seen. There are no
/// reasons if messages come and every subscriber can read them.
pub(crate) fn examine(context: &Context, topic: &TopicName) -> Explanation {
    let mut scene = Scene::of(context, topic);
    scene::watch(std::slice::from_mut(&mut scene));
    Explanation { messages: scene.messages(), publishers: scene.publishers.len(), reasons: reasons(&scene) }
}

/// Finds all reasons, in order of likelihood: what certainly prevents messages comes before what
/// may.
fn reasons(scene: &Scene<'_>) -> Vec<Reason> {
    let kinds: [fn(&Scene<'_>) -> Vec<Reason>; 9] = [
        permission::find,
        stopped::find,
        dead::find,
        mismatch::find,
        lossless::find,
        pool::find,
        elsewhere::find,
        silent::find,
        absent::find,
    ];
    let mut reasons: Vec<Reason> = kinds.iter().flat_map(|find| find(scene)).collect();
    if reasons.iter().all(|reason| reason.kind == Kind::NoPublisher) && !reasons.is_empty() {
        reasons.extend(elsewhere::hints(scene));
    }
    reasons
}

/// Returns every topic of the domain, with what is wrong on it whether messages are expected or
/// not. Watches all publishers for a second together. Opens a few descriptors for each endpoint.
///
/// # Errors
/// When the domain exists and cannot be read or trusted.
pub(crate) fn survey(context: &Context) -> Result<Vec<(TopicName, Vec<Reason>)>, RegistryError> {
    let topics = context.observer().topics()?;
    let mut scenes: Vec<Scene<'_>> = topics.iter().map(|topic| Scene::of(context, topic)).collect();
    scene::watch(&mut scenes);
    let kinds: [fn(&Scene<'_>) -> Vec<Reason>; 5] =
        [permission::find, stopped::find, mismatch::find, lossless::find, pool::find];
    let reasons = |scene: &Scene<'_>| kinds.iter().flat_map(|find| find(scene)).collect();
    Ok(scenes.iter().map(|scene| (scene.topic.clone(), reasons(scene))).collect())
}
