use crate::messages::{ENTRIES, Entry, STATEMENTS, Statement};
use rustix::process::{Signal, set_parent_process_death_signal};
use slotcast::{NotLossless, Publisher, RecvError, Sample, Str, Subscriber};
use slotcast_examples::follow_publisher;
use std::error::Error;
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3;

const PATIENCE: Duration = Duration::from_secs(10);

/// Reads entries until the keeper has ended, or until Ctrl-C, and publishes a statement.
pub(crate) fn run(name: &str, child: bool) -> Result<(), Box<dyn Error>> {
    if child {
        // A stopped auditor would stay forever if the keeper were killed.
        set_parent_process_death_signal(Some(Signal::KILL))?;
    }
    let mut entries = Subscriber::builder(ENTRIES).name(name).lossless().create()?;

    follow_publisher(&mut entries, name, child)?;

    let mut audit = Audit { next: None, entries: 0, lost: 0, hash: Xxh3::new(), was_detached: false };
    for entry in entries.iter_to_end() {
        audit.add(entry)?;
    }
    let Audit { entries, lost, was_detached, .. } = audit;
    let hash = audit.hash.digest();
    let fate = if was_detached { ", detached" } else { "" };
    match entries {
        0 => println!("{name}: received no entries"),
        _ => println!("{name}: {entries} entries, hash {hash:016x}, {lost} lost{fate}"),
    }

    let mut statements = Publisher::builder(STATEMENTS).name(name).lossless(PATIENCE).create()?;
    let auditor = Str::truncated(name);
    statements.publish(&Statement { entries, lost, hash, auditor, was_detached })?;
    statements.close(PATIENCE)?; // once the keeper has read it
    Ok(())
}

struct Audit {
    /// The number of the next entry.
    next: Option<u64>,
    entries: u64,
    lost: u64,
    hash: Xxh3,
    was_detached: bool,
}

impl Audit {
    fn add(&mut self, received: Result<Sample<Entry>, RecvError>) -> Result<(), Box<dyn Error>> {
        let entry = match received {
            Ok(entry) => entry,
            Err(RecvError::NotLossless { reason: NotLossless::Detached, .. }) => {
                self.was_detached = true; // the keeper does not wait for it any more, and it continues
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let (number, lost) = (entry.number, entry.lost_before());
        if self.next.is_some_and(|next| next + lost != number) {
            return Err(format!("entry {number} is not the next, and {lost} are reported lost").into());
        }
        self.next = Some(number + 1);
        self.entries += 1;
        self.lost += lost;
        self.hash.update(&entry.text);
        Ok(())
    }
}
