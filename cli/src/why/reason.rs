use serde::Serialize;
use slotcast::registry::PeerName;
use std::io::{self, Write};

/// Why nothing comes, and what to do about it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reason {
    /// What kind of reason it is, for programs.
    pub(crate) kind: Kind,
    /// What is the case, as a sentence.
    pub(crate) text: String,
    /// What to do, as a sentence.
    pub(crate) remedy: String,
    /// The endpoints that it is about.
    pub(crate) endpoints: Vec<Named>,
}

/// The kinds of reasons. Their names in JSON are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The registry, an entry, or memory cannot be read.
    Permission,
    /// The process of an endpoint is stopped.
    Stopped,
    /// The process of a publisher has died.
    Dead,
    /// Two sides have different layouts.
    Mismatch,
    /// A lossless publisher waits for a subscriber.
    Lossless,
    /// Subscribers hold the memory of a publisher.
    Pool,
    /// A publisher is in another domain.
    OtherDomain,
    /// Another user has domains.
    OtherUser,
    /// A publisher lives, and publishes nothing.
    Silent,
    /// There is no publisher.
    NoPublisher,
}

/// An endpoint, as programs want it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Named {
    role: String,
    pid: u32,
    program: String,
    name: String,
}

impl From<&PeerName> for Named {
    fn from(peer: &PeerName) -> Self {
        Self { role: peer.role.to_string(), pid: peer.pid, program: peer.program.clone(), name: peer.name.clone() }
    }
}

/// Prints reasons for people.
pub(crate) fn print(out: &mut impl Write, reasons: &[Reason]) -> io::Result<()> {
    for (index, Reason { text, remedy, .. }) in reasons.iter().enumerate() {
        writeln!(out, "{}. {text}\n   {remedy}", index + 1)?;
    }
    Ok(())
}
