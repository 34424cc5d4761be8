//! Values, calls and counters of programs in C++, beside programs in Rust.

use slotcast::observer::Observer;
use slotcast::service::Reason;
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{CallError, Client, ServeError, Server, ShmMessage, ValueReader, ValueWriter};
use slotcast_cpp::peers::{Build, Peer, build};
use std::path::{Path, PathBuf};

const PROGRAM: &str = "tests/programs/patterns.cpp";

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Limits {
    speed: f64,
    force: f64,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Number {
    number: u64,
}

fn rust_reads_what_cpp_sets(program: &Path) {
    let domain = TempDomain::new();
    let mut reader = ValueReader::<Limits>::builder("limits").domain(&domain).create().unwrap();
    let mut writer = Peer::start(program, &domain, &["set"]);
    writer.expect("set");
    let limits = reader.get().unwrap().unwrap();
    assert_eq!((*limits, limits.version().number()), (Limits { speed: 1000.0, force: -1000.0 }, 1000));
    assert!(!limits.is_orphaned());
    writer.kill();
    assert!(reader.get().unwrap().unwrap().is_orphaned());
}

fn cpp_reads_what_rust_sets(program: &Path) {
    let domain = TempDomain::new();
    let mut reader = Peer::start(program, &domain, &["get"]);
    reader.expect("ready");
    let mut writer = ValueWriter::<Limits>::builder("limits").domain(&domain).create().unwrap();
    for number in 1..=1000_i16 {
        writer.set(&Limits { speed: number.into(), force: (-number).into() }).unwrap();
    }
    reader.expect("newest");
    drop(writer);
    reader.expect("orphaned");
    reader.finish();
    assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
}

fn rust_calls_a_server_in_cpp(program: &Path) {
    let domain = TempDomain::new();
    let mut server = Peer::start(program, &domain, &["serve"]);
    server.expect("serves");
    let client = Client::<Number, Number>::builder("count").domain(&domain).timeout(PATIENCE).create().unwrap();
    let call = |number| client.call(&Number { number }).unwrap();
    let mut pending = call(1000);
    for number in 0..1000 {
        assert_eq!(pending.next().unwrap().as_deref(), Some(&Number { number }));
    }
    assert!(pending.next().unwrap().is_none());
    let refused = call(13).one();
    let Err(CallError::Refused(reason)) = refused else { panic!("{refused:?}") };
    assert_eq!((reason.code, reason.text.as_str()), (4, "13 is not counted"));
    assert_eq!(call(14).one().unwrap().as_deref(), Some(&Number { number: 196 }));
    let mut endless = call(u64::MAX);
    endless.next().unwrap().unwrap();
    drop(endless);
    server.expect("cancelled");
    let mut second = Peer::start(program, &domain, &["serve"]); // it stands by
    let mut lost = call(u64::MAX);
    lost.next().unwrap().unwrap();
    server.kill();
    second.expect("serves");
    let error = loop {
        match lost.next() {
            Ok(item) => assert!(item.is_some()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, CallError::ServerDied { .. } | CallError::ServerReplaced { .. }), "{error}");
    drop(lost);
    assert!(call(0).one().unwrap().is_none());
    second.finish();
}

/// Serves until it is killed: counts, and refuses 13.
#[test]
fn child_counts() {
    testing::process(|script| {
        let mut server = Server::<Number, Number>::builder("count").domain(script.domain()).create().unwrap();
        loop {
            let call = server.next().unwrap();
            if call.request().number == 13 {
                call.refuse(&Reason::new(4, "13 is not counted")).unwrap();
                continue;
            }
            match (0..call.request().number).try_for_each(|number| call.send(&Number { number })) {
                Ok(()) => call.finish().unwrap(),
                Err(ServeError::Cancelled) => script.say("cancelled"),
                Err(error) => panic!("{error}"),
            }
        }
    });
}

fn cpp_calls_a_server_in_rust(program: &Path) {
    let domain = TempDomain::new();
    let mut client = Peer::start(program, &domain, &["call"]); // it waits for a server
    let mut server = Process::start("child_counts", &domain, &[]);
    client.expect("cancelled");
    server.expect("cancelled");
    client.expect("kill");
    server.kill();
    client.expect("told");
    client.finish();
}

fn rust_sees_the_counters_of_cpp(program: &Path) {
    let domain = TempDomain::new();
    let mut camera = Peer::start(program, &domain, &["counters"]);
    camera.expect("counted");
    let sets = Observer::new(&domain).counters().unwrap();
    let [set] = sets.as_slice() else { panic!("{sets:?}") };
    let counters: Vec<_> = set.counters().into_iter().map(|it| (it.label, it.unit, it.value)).collect();
    assert_eq!(counters, [("frames".into(), String::new(), 3), ("buffered".into(), "byte".into(), 4000)]);
    let errors: Vec<_> = set.errors().into_iter().map(|error| (error.text, error.count)).collect();
    assert_eq!(errors, [("the lens is dirty".to_owned(), 1)]);
    camera.finish();
    assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
}

fn within_one_process(program: &Path) {
    let domain = TempDomain::new();
    let mut peer = Peer::start(program, &domain, &["within"]);
    peer.expect("done");
    peer.finish();
    assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
}

#[test]
fn values_calls_and_counters_go_between_cpp_and_rust() {
    for compiler in slotcast_cpp::compilers() {
        let program = build(&compiler, PROGRAM, Build::Plain);
        rust_reads_what_cpp_sets(&program);
        cpp_reads_what_rust_sets(&program);
        rust_calls_a_server_in_cpp(&program);
        cpp_calls_a_server_in_rust(&program);
        rust_sees_the_counters_of_cpp(&program);
        within_one_process(&program);
    }
}

/// The same under the sanitizers: no error of memory, and nothing leaked. By the newer standard, too.
#[test]
fn values_and_calls_leak_nothing() {
    if let Some(compiler) = slotcast_cpp::compilers().first() {
        let program = build(compiler, PROGRAM, Build::Sanitized);
        cpp_reads_what_rust_sets(&program);
        within_one_process(&program);
        within_one_process(&build(compiler, PROGRAM, Build::Newer));
    }
}
