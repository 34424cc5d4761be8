//! The publishers of a topic agree on one schema: the first one states it, the others have the same or fail.
//!
//! Agreement happens under a lock that one publisher holds at a time, and the lock that marks it as a publisher
//! is taken under it. So exactly one of any number of publishers that disagree wins; and one that is killed on
//! the way leaves either no publisher, in which case its record counts for nothing, or a whole agreement.

use crate::endpoint::{CreateError, Mismatch};
use crate::registry::{Agreed, Peer, RegistryError, Role, TopicDirectory};
use crate::schema::Schema;
use crate::sys::file;
use serde::{Deserialize, Serialize};
use std::fs::File;

/// The largest record, in bytes.
const LIMIT: usize = 1 << 20;

/// What the publishers of a topic have agreed on.
#[derive(Serialize, Deserialize)]
struct Record {
    schema: Schema,
}

/// Makes this endpoint a publisher of the topic, if its schema is the one that live publishers agreed on.
pub(crate) fn become_publisher(topic: &TopicDirectory, ours: &Schema, exclusive: bool) -> Result<(), CreateError> {
    let agreed = topic.become_publisher(exclusive, |agreed| -> Result<_, Failure> {
        let is_recorded = matches!(agreed, Agreed::Record(_));
        let theirs = match agreed {
            Agreed::Nobody => None,
            Agreed::Record(record) => Some(read(topic, &record)?),
            // One of those who agreed tells.
            Agreed::Removed => anyone(topic).map(|peer| peer.schema),
        };
        match theirs {
            Some(theirs) if !theirs.same_layout(ours) => Err(Failure::Disagree(Box::new(theirs))),
            _ if is_recorded => Ok(None),
            _ => {
                let record = serde_json::to_vec(&Record { schema: ours.clone() });
                Ok(Some(record.expect("strings, numbers and their lists are JSON")))
            }
        }
    });
    match agreed {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(CreateError::Exclusive { topic: topic.name().clone(), publisher: anyone(topic).map(|peer| peer.name) })
        }
        Err(Failure::Registry(reason)) => Err(CreateError::Registry { topic: topic.name().clone(), reason }),
        Err(Failure::Damaged(found)) => Err(refuse(topic, &format!("its schema record is damaged: {found}"))),
        Err(Failure::Disagree(theirs)) => Err(Box::new(Mismatch {
            topic: topic.name().clone(),
            role: Role::Publisher,
            ours: ours.clone(),
            peer_role: Role::Publisher,
            peer: anyone(topic).map(|peer| peer.name),
            theirs: *theirs,
        })
        .into()),
    }
}

fn read(topic: &TopicDirectory, record: &File) -> Result<Schema, Failure> {
    let damaged = |error: &dyn std::fmt::Display| Failure::Damaged(error.to_string());
    let reading = RegistryError::io("read", topic.path().join("schema"));
    let bytes = file::read_up_to(record, LIMIT).map_err(reading)?;
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
    record.schema.check().map_err(|error| damaged(&error))?;
    Ok(record.schema)
}

enum Failure {
    Registry(RegistryError),
    Damaged(String),
    Disagree(Box<Schema>),
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

fn refuse(topic: &TopicDirectory, reason: &str) -> CreateError {
    let who = anyone(topic).map(|peer| format!(" ({})", peer.name)).unwrap_or_default();
    CreateError::Setting { topic: topic.name().clone(), reason: format!("{reason}{who}") }
}

/// One of the live publishers.
fn anyone(topic: &TopicDirectory) -> Option<Peer> {
    let names = topic.names(Role::Publisher).ok()?;
    names.iter().find_map(|name| topic.open(name).ok()??.ok())
}
