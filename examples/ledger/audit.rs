use crate::messages::{ENTRIES, Entry, STATEMENTS, Statement};
use rustix::process::{Signal, set_parent_process_death_signal};
use slotcast::{MemberEvent, NotLossless, Publisher, RecvError, Sample, Str, Subscriber};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use xxhash_rust::xxh3::Xxh3;

const PATIENCE: Duration = Duration::from_secs(10);
/// How often to look for Ctrl-C while no keeper comes or goes.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A `child` of the keeper has come after it; anybody else waits for it.
pub(crate) fn run(name: &str, child: bool) -> Result<(), Box<dyn Error>> {
    if child {
        // One that is stopped would stay for ever if the keeper were killed.
        set_parent_process_death_signal(Some(Signal::KILL))?;
    }
    let mut entries = Subscriber::builder(ENTRIES).name(name).lossless().create()?;

    // When the keeper has gone, or at Ctrl-C, waiting is over.
    let (mut keepers, closer) = (entries.membership()?, entries.closer());
    let interrupted = Arc::new(AtomicBool::new(false));
    let (interrupt, interruption) = (Arc::clone(&interrupted), closer.clone());
    ctrlc::set_handler(move || {
        interrupt.store(true, Ordering::Relaxed);
        interruption.close();
    })?;
    let nobody_is_there = entries.publishers()?.is_empty();
    if nobody_is_there && !child {
        println!("{name}: waiting for a publisher on {}, until Ctrl-C", entries.topic());
    }
    let is_over = nobody_is_there && child; // it may have gone before anybody watched for that
    let end = thread::spawn(move || {
        while !is_over
            && !closer.is_closed()
            && let Ok(event) = keepers.next_timeout(LOOK_EVERY)
        {
            if let Some(MemberEvent::Left(_) | MemberEvent::Died(_)) = event {
                break;
            }
        }
        closer.close();
    });

    let mut audit = Audit { next: None, entries: 0, lost: 0, hash: Xxh3::new(), was_let_go: false };
    for entry in entries.iter() {
        audit.add(entry)?;
    }
    if !interrupted.load(Ordering::Relaxed) {
        for entry in entries.try_iter() {
            audit.add(entry)?; // what came while it was closed
        }
    }
    end.join().map_err(|_| "nobody saw to the end")?; // so that nothing is left of this in the registry
    let Audit { entries, lost, was_let_go, .. } = audit;
    let hash = audit.hash.digest();
    let fate = if was_let_go { ", let go" } else { "" };
    match entries {
        0 => println!("{name}: no entries have come"),
        _ => println!("{name}: {entries} entries, hash {hash:016x}, {lost} lost{fate}"),
    }

    let mut statements = Publisher::builder(STATEMENTS).name(name).lossless(PATIENCE).create()?;
    let auditor = Str::truncated(name);
    statements.publish(&Statement { entries, lost, hash, auditor, was_let_go })?;
    statements.close(PATIENCE)?; // when the keeper has read it
    Ok(())
}

struct Audit {
    /// The number of the next entry.
    next: Option<u64>,
    entries: u64,
    lost: u64,
    hash: Xxh3,
    was_let_go: bool,
}

impl Audit {
    fn add(&mut self, received: Result<Sample<Entry>, RecvError>) -> Result<(), Box<dyn Error>> {
        let entry = match received {
            Ok(entry) => entry,
            Err(RecvError::NotLossless { reason: NotLossless::Detached, .. }) => {
                self.was_let_go = true; // from now on as one that nobody waits for
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let (number, lost) = (entry.number, entry.lost_before());
        if self.next.is_some_and(|next| next + lost != number) {
            return Err(format!("entry {number} is not the next, and {lost} are said to be lost").into());
        }
        self.next = Some(number + 1);
        self.entries += 1;
        self.lost += lost;
        self.hash.update(&entry.text);
        Ok(())
    }
}
