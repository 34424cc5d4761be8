//! How the publishers of a topic agree on one schema: the first one records it, the others have the
//! same layout or fail.
//!
//! A publisher joins in these steps:
//!
//! 1. It write-locks the agreement's byte, which one publisher holds at a time.
//! 2. It checks the publishers' byte: whether there are live publishers, and whether it may join
//!    them.
//! 3. If there are, it compares its schema with the record. If the record was removed from outside,
//!    a live publisher's entry has the schema. If there are none, a record that exists was left by
//!    the dead, and does not count.
//! 4. If there is no record that counts, it writes one.
//! 5. It locks the publishers' byte, for life, and releases the agreement's byte.
//!
//! So of any number of publishers that disagree exactly one wins. A publisher that is killed on the
//! way leaves either a record but no publisher, which does not count, or a complete agreement.

use super::layout::byte;
use super::{Backoff, Patience, TopicDirectory};
use crate::failpoint;
use crate::registry::{PeerName, RegistryError, names};
use crate::schema::{Schema, shortened};
use crate::sys::fork::OwnFile;
use crate::sys::lock::{self, Hold};
use crate::sys::{file, process};
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::fs::FileExt;

/// The largest record, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// What a publisher's attempt to join the others has led to.
#[derive(Debug)]
pub(crate) enum Agreement {
    /// It is one of the topic's publishers, for as long as it is in the topic.
    Joined,
    /// Another publisher exists, and one of the two wants to be the only one.
    Exclusive { other: Option<PeerName>, lock_holders: Box<[String]> },
    /// Live publishers have agreed on another schema.
    Mismatch { theirs: Box<Schema>, publisher: Option<PeerName> },
}

/// The contents of the record, as JSON.
#[derive(Serialize, Deserialize)]
struct Record {
    schema: Schema,
}

impl TopicDirectory {
    /// Joins the topic's publishers; with [`Hold::Alone`], as the only one.
    ///
    /// # Errors
    /// When files cannot be used, the record is damaged, or another process stops while it agrees.
    pub(crate) fn join_publishers(
        &self,
        ours: &Schema,
        hold: Hold,
        patience: Patience,
    ) -> Result<Agreement, RegistryError> {
        let mut unexplained = Backoff::new("holding a publisher's lock", &self.path, patience);
        loop {
            let agreement = self.try_join_publishers(ours, hold, patience)?;
            // A lock without a live publisher is that of one that is not announced yet, or of a
            // dead one, which a child that is just being spawned holds for a moment. Nobody is
            // refused because of it before that had its time.
            let is_refused = !matches!(agreement, Agreement::Joined);
            if !is_refused || self.any_publisher().is_some() || unexplained.wait().is_err() {
                return Ok(agreement);
            }
        }
    }

    fn try_join_publishers(&self, ours: &Schema, hold: Hold, patience: Patience) -> Result<Agreement, RegistryError> {
        let locking = || RegistryError::io("lock", self.path.join(names::TOPIC));
        let mut backoff = Backoff::new("agreeing on a schema", &self.path, patience);
        while !lock::take(&self.file, byte::AGREEMENT, Hold::Alone).map_err(locking())? {
            backoff.wait()?;
        }
        let _agreeing = Unlock { file: &self.file, byte: byte::AGREEMENT };
        failpoint::hit("agree.locked");

        let has_publishers = lock::is_held_against(&self.file, byte::PUBLISHERS, Hold::Alone).map_err(locking())?;
        // Nobody takes this lock before step 5: publishers do it only while they hold the
        // agreement's.
        if lock::is_held_against(&self.file, byte::PUBLISHERS, hold).map_err(locking())? {
            return Ok(self.exclusive(patience));
        }

        let record = if has_publishers { self.read_record()? } else { None };
        let is_recorded = record.is_some();
        let from_entry = || if has_publishers { Some(self.any_publisher()?.schema) } else { None };
        if let Some(theirs) = record.or_else(from_entry)
            && !theirs.same_layout(ours)
        {
            let publisher = self.any_publisher().map(|publisher| publisher.name);
            return Ok(Agreement::Mismatch { theirs: Box::new(theirs), publisher });
        }

        if !is_recorded {
            self.write_record(ours).map_err(RegistryError::io("write", self.path.join(names::SCHEMA)))?;
        }
        failpoint::hit("agree.recorded");
        let is_taken = lock::take(&self.file, byte::PUBLISHERS, hold).map_err(locking())?;
        Ok(if is_taken { Agreement::Joined } else { self.exclusive(patience) })
    }

    /// Names the other publisher; with patience, also the processes that may hold its lock if it is
    /// not announced. That reads all of `/proc`.
    fn exclusive(&self, patience: Patience) -> Agreement {
        let other = self.any_publisher().map(|publisher| publisher.name);
        let name_holders = || {
            let identity = file::status(&self.file).map(|status| status.identity);
            let holders = identity.map_or_else(|_| Vec::new(), process::holders);
            holders.into_iter().map(|(pid, program)| format!("pid {pid}, {program}")).collect()
        };
        let lock_holders = if other.is_none() && patience == Patience::Long { name_holders() } else { Vec::new() };
        Agreement::Exclusive { other, lock_holders: lock_holders.into() }
    }

    /// Gives up this endpoint's place among the publishers: from now on another one can be the only
    /// one, or have another schema.
    pub(crate) fn leave_publishers(&self) {
        if !self.is_forked_copy() {
            // Should it fail, the end of the descriptor does it.
            let _ = lock::give_back(&self.file, byte::PUBLISHERS);
        }
    }

    /// Returns the recorded schema, or `None` if there is no record.
    fn read_record(&self) -> Result<Option<Schema>, RegistryError> {
        let path = self.path.join(names::SCHEMA);
        let Some(file) = file::open(&self.directory, names::SCHEMA).map_err(RegistryError::io("open", &path))? else {
            return Ok(None);
        };
        let bytes = file::read_up_to(&file, MAX_BYTES).map_err(RegistryError::io("read", &path))?;
        let record = serde_json::from_slice(&bytes).map_err(|error| error.to_string());
        let schema = record.and_then(|Record { schema }| match schema.check() {
            Ok(()) => Ok(schema),
            Err(error) => Err(error.to_string()),
        });
        schema.map(Some).map_err(|found| RegistryError::SchemaRecord { path, found: shortened(&found).into() })
    }

    fn write_record(&self, schema: &Schema) -> io::Result<()> {
        let record = serde_json::to_vec(&Record { schema: schema.clone() });
        let record = record.expect("strings, numbers and their lists are JSON");
        let file = file::unnamed(&self.directory, 0o400)?;
        file::check_size(record.len() as u64)?;
        file.write_all_at(&record, 0)?;
        file::unlink(&self.directory, names::SCHEMA)?;
        failpoint::hit("agree.unlinked");
        // Only the holder of the agreement's lock writes records. If there is one nevertheless,
        // somebody has removed the topic's file, and another lock is held there: the next publisher
        // compares with that record.
        file::link(&file, &self.directory, names::SCHEMA)?;
        Ok(())
    }
}

/// A lock that is released when it is dropped.
struct Unlock<'a> {
    file: &'a OwnFile,
    byte: u64,
}

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        let result = lock::give_back(self.file, self.byte);
        debug_assert!(result.is_ok());
    }
}
