//! Values, calls and counters of programs in C, beside programs in Rust.

use super::{compile, compilers, run};
use slotcast::observer::Observer;
use slotcast::service::Reason;
use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{CallError, Client, ServeError, Server, ShmMessage, ValueReader, ValueWriter};
use slotcast_cpp::peers::Peer;
use std::path::Path;

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

fn rust_reads_what_c_sets(program: &Path, is_killed: bool) {
    let domain = TempDomain::new();
    let mut reader = ValueReader::<Limits>::builder("c/limits").domain(&domain).create().unwrap();
    let mut writer = Peer::start(program, &domain, &["set"]);
    writer.expect("set");
    let limits = reader.get().unwrap().unwrap();
    assert_eq!((*limits, limits.version().number()), (Limits { speed: 1000.0, force: -1000.0 }, 1000));
    assert!(!limits.is_orphaned());
    if is_killed {
        writer.kill();
    } else {
        writer.finish();
    }
    assert!(reader.get().unwrap().unwrap().is_orphaned());
}

fn c_reads_what_rust_sets(program: &Path) {
    let domain = TempDomain::new();
    let mut reader = Peer::start(program, &domain, &["get"]);
    reader.expect("ready");
    let mut writer = ValueWriter::<Limits>::builder("c/limits").domain(&domain).create().unwrap();
    for number in 1..=1000_i16 {
        writer.set(&Limits { speed: number.into(), force: (-number).into() }).unwrap();
    }
    reader.expect("newest");
    drop(writer);
    reader.expect("orphaned");
    reader.finish();
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

fn rust_calls_a_server_in_c(program: &Path) {
    let domain = TempDomain::new();
    let mut server = Peer::start(program, &domain, &["serve"]);
    server.expect("serves");
    let client = Client::<Number, Number>::builder("c/count").domain(&domain).timeout(PATIENCE).create().unwrap();
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
    assert!(matches!(call(15).one(), Err(CallError::Refused(reason)) if reason.code == Reason::ABANDONED));
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
        let mut server = Server::<Number, Number>::builder("c/count").domain(script.domain()).create().unwrap();
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

fn c_calls_a_server_in_rust(program: &Path) {
    let domain = TempDomain::new();
    let mut client = Peer::start(program, &domain, &["call"]); // it waits for a server
    let mut server = Process::start("patterns::child_counts", &domain, &[]);
    client.expect("cancelled");
    server.expect("cancelled");
    client.expect("kill");
    server.kill();
    client.expect("told");
    client.finish();
}

fn rust_sees_the_counters_of_c(program: &Path) {
    let domain = TempDomain::new();
    let mut camera = Peer::start(program, &domain, &["counters"]);
    camera.expect("counted");
    let sets = Observer::new(&domain).counters().unwrap();
    let [set] = sets.as_slice() else { panic!("{sets:?}") };
    let counters: Vec<_> =
        set.counters().into_iter().map(|counter| (counter.label, counter.unit, counter.value)).collect();
    assert_eq!(counters, [("frames".into(), String::new(), 3), ("buffered".into(), "byte".into(), 4000)]);
    camera.kill();
    until("it is seen that its process has ended", || !set.is_alive());
}

#[test]
fn values_calls_and_counters_go_between_c_and_rust() {
    for compiler in compilers() {
        let program = compile(compiler, "tests/programs/patterns.c", "patterns", &[]);
        rust_reads_what_c_sets(&program, false);
        rust_reads_what_c_sets(&program, true);
        c_reads_what_rust_sets(&program);
        rust_calls_a_server_in_c(&program);
        c_calls_a_server_in_rust(&program);
        rust_sees_the_counters_of_c(&program);
        for side in ["values-within", "calls-within"] {
            let domain = TempDomain::new();
            run(&program, &domain, side);
            assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
        }
    }
}

/// The same under the sanitizers: no error of memory, and nothing leaked.
#[test]
fn values_and_calls_leak_nothing() {
    let options = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let program = compile(compilers()[0], "tests/programs/patterns.c", "patterns-sanitized", &options);
    c_reads_what_rust_sets(&program);
    for side in ["values-within", "calls-within"] {
        run(&program, &TempDomain::new(), side);
    }
}
