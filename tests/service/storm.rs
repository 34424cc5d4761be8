//! Clients and servers are killed again and again, at any time and at every step: each call of a
//! survivor has one outcome, no request is served twice, and nothing is left.
//!
//! `tests/soak.sh services` makes it last longer.

use crate::calls::LONG;
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{CallError, Client, Domain, Server};
use slotcast_tests::holdings::assert_nothing_left;
use slotcast_tests::random::{Random, variable};
use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

/// The number of processes at one time.
const CROWD: usize = 4;
const KILLS: u64 = 100;

/// The steps at which a process is killed, and how often a process passes each in its life.
const POINTS: &[(&str, u64)] = &[
    ("call.sent", 200),
    ("call.dropped", 200),
    ("serve.taken", 200),
    ("serve.sent", 400),
    ("announce.linked", 3),
    ("grant.opened", 2),
    ("grant.given", 2),
    ("publish.written", 400),
    ("close.marked", 2),
];

/// A client, and the number of its call: the request.
type Call = [u64; 2];

fn client(domain: &Domain) -> Client<Call, Call> {
    Client::builder("storm").domain(domain).timeout(LONG).create().unwrap()
}

/// Returns how a call has ended, after all of its items: these are the request, one or three times.
fn outcome(client: &Client<Call, Call>, call: Call) -> &'static str {
    let mut pending = match client.try_call(&call) {
        Ok(pending) => pending,
        Err(CallError::NoServer { .. }) => return "no server",
        Err(error) => panic!("{error}"),
    };
    let mut items = 0;
    loop {
        match pending.next() {
            Ok(Some(item)) => assert_eq!(*item, call, "item {items} of another call"),
            Ok(None) => {
                assert_eq!(items, if call[1].is_multiple_of(3) { 3 } else { 1 });
                assert!(pending.next().unwrap().is_none(), "an end is final");
                return "served";
            }
            Err(CallError::ServerDied { .. }) => return "died",
            Err(CallError::ServerReplaced { .. }) => return "replaced",
            Err(CallError::Refused(reason)) if reason.code == slotcast::service::Reason::CLOSED => return "closed",
            // A deadline of a minute passes only if a death was not told.
            Err(error) => panic!("{error}"),
        }
        items += 1;
    }
}

/// Argument: the file to which each request is written that it serves.
#[test]
fn child_serves_many() {
    testing::process(|script| {
        let mut log = OpenOptions::new().append(true).open(script.argument::<String>(0)).unwrap();
        let mut server = Server::<Call, Call>::builder("storm").domain(script.domain()).any().create().unwrap();
        for _ in 0..200 {
            let Some(call) = server.next_timeout(Duration::from_millis(100)).unwrap() else { return };
            let request = *call.request();
            log.write_all(format!("{} {}\n", request[0], request[1]).as_bytes()).unwrap();
            // A client that has died takes nothing.
            let more = request[1].is_multiple_of(3);
            if more && (call.send(&request).is_err() || call.send(&request).is_err()) {
                continue;
            }
            let _ = call.respond(&request);
        }
    });
}

#[test]
fn child_calls_many() {
    testing::process(|script| {
        let client = client(script.domain());
        for number in 0..200 {
            outcome(&client, [std::process::id().into(), number]);
        }
    });
}

/// A process that will die: at a failpoint, when its time is over, or by itself.
struct Doomed {
    process: Process,
    dies_at: Option<Instant>,
}

fn start(domain: &TempDomain, log: &str, random: &mut Random) -> Doomed {
    let functions = ["storm::child_serves_many", "storm::child_serves_many", "storm::child_calls_many"];
    let function = functions[random.index(functions.len())];
    if random.below(2) == 0 {
        let life = Duration::from_micros(random.below(60_000));
        return Doomed { process: Process::start(function, domain, &[log]), dies_at: Some(Instant::now() + life) };
    }
    let (point, visits) = POINTS[random.index(POINTS.len())];
    let visit = 1 + random.below(visits);
    Doomed { process: Process::start_until(function, domain, &[log], point, visit, Action::Kill), dies_at: None }
}

#[test]
fn a_storm_of_kills_leaves_each_call_one_outcome() {
    if std::env::var_os("SLOTCAST_TESTING_FUNCTION").is_some() {
        return;
    }
    let minutes: Option<u64> = variable("SLOTCAST_STORM_MINUTES");
    let (mut random, begin, domain) = (Random::of_this_run(), Instant::now(), TempDomain::new());
    let log = tempfile::NamedTempFile::new().unwrap();
    let path = log.path().to_str().unwrap();
    let client = client(&domain);
    let (mut crowd, mut killed, mut calls) = (Vec::<Doomed>::new(), 0, 0);
    let mut outcomes = std::collections::BTreeMap::<&str, u64>::new();
    loop {
        let is_over = minutes.map_or(killed >= KILLS, |minutes| begin.elapsed().as_secs() >= 60 * minutes);
        if is_over && crowd.is_empty() {
            break;
        }
        while !is_over && crowd.len() < CROWD {
            crowd.push(start(&domain, path, &mut random));
        }
        let called = Instant::now();
        *outcomes.entry(outcome(&client, [0, calls])).or_default() += 1;
        assert!(called.elapsed() < LONG / 2, "call {calls} took {:?}", called.elapsed());
        calls += 1;
        crowd.retain_mut(|doomed| {
            if doomed.dies_at.is_some_and(|time| Instant::now() >= time) {
                doomed.process.kill();
            }
            let Some(status) = doomed.process.has_ended() else { return true };
            match status.signal() {
                Some(libc::SIGKILL) => killed += 1,
                _ => assert!(status.success(), "a worker failed: {status}"),
            }
            false
        });
        std::thread::sleep(Duration::from_micros(200));
    }
    println!("{killed} killed in {:?}: {calls} calls: {outcomes:?}", begin.elapsed());
    assert!(outcomes.get("served").is_some_and(|&served| served > 0), "{outcomes:?}");
    let text = fs::read_to_string(path).unwrap();
    let mut served = HashSet::new();
    // Process ids are used again, so only the calls of this process are told apart.
    for request in text.lines().filter(|line| line.starts_with("0 ")) {
        assert!(served.insert(request), "{request} was served twice");
    }
    drop(client);
    domain.clean().unwrap();
    assert_nothing_left(&domain);
}
