//! Endpoints that join and leave quickly, compared with what really happened.

use crate::{publisher, subscriber};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{EndpointId, MemberEvent, Membership, Publisher};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const ROUNDS: usize = 150;

/// Joins and leaves, and reports its ids. The last endpoint stays.
#[test]
fn child_joins_and_leaves() {
    testing::process(|script| {
        for round in 0..ROUNDS {
            let publisher = publisher(script.domain());
            script.say(&format!("joined {}", publisher.id()));
            if round % 3 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            if round % 10 == 9 {
                std::mem::forget(publisher); // it dies with its process
            }
        }
        script.say("over");
        script.hear("end");
    });
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Joined,
    Left,
    Died,
}

struct Record {
    membership: Membership,
    fates: HashMap<EndpointId, Fate>,
}

impl Record {
    fn note(&mut self, event: MemberEvent) {
        let (id, fate) = match event {
            MemberEvent::Joined(peer) => (peer.id, Fate::Joined),
            MemberEvent::Left(peer) => (peer.id, Fate::Left),
            MemberEvent::Died(peer) => (peer.id, Fate::Died),
            other => panic!("{other}"),
        };
        let before = self.fates.insert(id, fate);
        let expected = (fate != Fate::Joined).then_some(Fate::Joined);
        assert_eq!(before, expected, "{id} {fate:?}");
    }

    fn count(&self, fate: Fate) -> usize {
        self.fates.values().filter(|it| **it == fate).count()
    }
}

#[test]
fn nothing_is_lost_or_reported_twice() {
    let domain = TempDomain::new();
    let mut record = Record { membership: subscriber(&domain).membership().unwrap(), fates: HashMap::new() };
    let start = || Process::start("storm::child_joins_and_leaves", &domain, &[]);
    let mut others = [start(), start(), start()];
    let (mut over, mut stayed) = (0, 0);
    let mut came: HashMap<String, usize> = HashMap::new();
    for other in &mut others {
        let mut rounds = 0;
        loop {
            let line = other.listen();
            let Some(id) = line.strip_prefix("joined ") else { break };
            came.insert(id.to_owned(), rounds);
            rounds += 1;
            while let Some(event) = record.membership.try_next().unwrap() {
                record.note(event);
            }
        }
        over += 1;
        stayed += ROUNDS / 10;
    }
    assert_eq!(over, 3);
    // All that stayed are known, and all others have left.
    let begin = Instant::now();
    while record.count(Fate::Joined) != stayed {
        record.membership.next_timeout(Duration::from_millis(50)).unwrap().into_iter().for_each(|it| record.note(it));
        assert!(begin.elapsed() < PATIENCE, "{} of {stayed}", record.count(Fate::Joined));
    }
    assert_eq!(record.count(Fate::Died), 0);
    for (id, fate) in &record.fates {
        let round = came[&id.to_string()];
        assert_eq!(*fate == Fate::Joined, round % 10 == 9, "{id} {fate:?}");
    }
    println!("{} of {} were seen", record.fates.len(), came.len());
    for other in &mut others {
        other.kill_without_reaping();
    }
    while record.count(Fate::Died) != stayed {
        let event = record.membership.next_timeout(PATIENCE).unwrap().expect("an end");
        record.note(event);
    }
    assert_eq!(record.count(Fate::Joined), 0);
}

/// In one process, step by step: each poll reports exactly what changed since the last.
#[test]
fn each_poll_reports_the_changes_since_the_last() {
    let domain = TempDomain::new();
    let mut record = Record { membership: subscriber(&domain).membership().unwrap(), fates: HashMap::new() };
    let mut present: Vec<Publisher<u64>> = Vec::new();
    for step in 0..200_usize {
        for turn in 0..step % 5 {
            if (step * 7 + turn * 3) % 4 < 2 || present.is_empty() {
                present.push(publisher(&domain));
            } else {
                present.swap_remove((step * 31 + turn) % present.len());
            }
        }
        while let Some(event) = record.membership.try_next().unwrap() {
            record.note(event);
        }
        let mut known: Vec<_> = record.fates.iter().filter(|it| *it.1 == Fate::Joined).map(|it| *it.0).collect();
        let mut ids: Vec<_> = present.iter().map(Publisher::id).collect();
        known.sort();
        ids.sort();
        assert_eq!(known, ids, "step {step}");
    }
}
