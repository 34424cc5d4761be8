//! Parameters between real processes: an owner takes or refuses what others want.

use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{
    CallError, CreateError, Parameter, ParameterBuilder, ParameterClient, ParameterError, Server, ShmMessage,
    ValueReader, ValueWriter, WaitSet,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Limits {
    speed: f64,
    force: f64,
}

const fn limits(speed: f64, force: f64) -> Limits {
    Limits { speed, force }
}

fn owner(domain: &slotcast::Domain) -> ParameterBuilder<Limits> {
    let builder = Parameter::builder("robot/limits", limits(0.5, 20.0)).domain(domain);
    builder.validate(|limits| if limits.speed <= 2.0 { Ok(()) } else { Err("at most 2 m/s".into()) })
}

fn client(domain: &slotcast::Domain) -> ParameterClient<Limits> {
    ParameterClient::of("robot/limits", domain).unwrap()
}

/// Owns the parameter, and answers until it is told to end, or killed.
#[test]
fn child_owns() {
    testing::process(|script| {
        let builder = owner(script.domain()).name("planner").survives_owner(true).standby(Duration::MAX);
        let mut limits = builder.create().unwrap();
        script.say(&format!("owns from {}", limits.get().force));
        loop {
            limits.wait(Duration::from_millis(50)).unwrap();
        }
    });
}

#[test]
fn an_owner_takes_what_is_valid_and_refuses_the_rest_with_its_reason() {
    let domain = TempDomain::new();
    let mut other = Process::start("child_owns", &domain, &[]);
    other.expect("owns from 20");
    let mut client = client(&domain);
    assert_eq!(*client.get().unwrap().unwrap(), limits(0.5, 20.0));
    assert_eq!(client.set(&limits(1.5, 10.0)).unwrap(), 2);
    let value = client.get().unwrap().unwrap();
    assert_eq!((*value, value.version().number()), (limits(1.5, 10.0), 2));
    match client.set(&limits(2.5, 10.0)) {
        Err(CallError::Refused(reason)) => assert_eq!((reason.code, &*reason.text), (1, "at most 2 m/s")),
        other => panic!("{other:?}"),
    }
    assert_eq!(*client.get().unwrap().unwrap(), limits(1.5, 10.0), "both fields stay");
    other.kill();
}

/// What a client was told was set is what the next owner begins with.
#[test]
fn an_owner_that_is_killed_is_replaced_and_nothing_that_was_set_is_lost() {
    let domain = TempDomain::new();
    let mut first = Process::start("child_owns", &domain, &[]);
    first.expect("owns from 20");
    let mut client = client(&domain);
    for force in 21..30 {
        let mut next = Process::start("child_owns", &domain, &[]);
        client.set(&limits(1.0, f64::from(force))).unwrap();
        first.kill();
        next.expect(&format!("owns from {force}"));
        assert_eq!(client.get().unwrap().unwrap().force, f64::from(force));
        first = next;
    }
    first.kill();
    assert!(client.get().unwrap().unwrap().is_orphaned());
    let ended = client.set_within(&limits(1.0, 1.0), Duration::from_millis(50));
    let is_told =
        matches!(ended, Err(CallError::NoServer { .. } | CallError::Expired(_) | CallError::ServerDied { .. }));
    assert!(is_told, "{ended:?}");
}

#[test]
fn a_value_that_the_new_owner_refuses_is_not_taken_over() {
    let domain = TempDomain::new();
    drop(
        ValueWriter::<Limits>::builder("robot/limits")
            .domain(&domain)
            .survives_writer(true)
            .create()
            .map(|mut writer| writer.set(&limits(9.0, 1.0)).unwrap()),
    );
    assert_eq!(
        ValueReader::<Limits>::builder("robot/limits").domain(&domain).create().unwrap().get().unwrap().unwrap().speed,
        9.0
    );
    let owner = owner(&domain).create().unwrap();
    assert_eq!(*owner.get(), limits(0.5, 20.0));
    assert_eq!(*client(&domain).get().unwrap().unwrap(), limits(0.5, 20.0));
}

#[test]
fn the_owner_validates_and_applies_what_it_sets_itself() {
    let domain = TempDomain::new();
    let applied = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&applied);
    let apply = move |_: &Limits| {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let mut owner = owner(&domain).apply(apply).create().unwrap();
    assert_eq!(applied.load(Ordering::Relaxed), 1, "the first value");
    assert_eq!(owner.set(&limits(1.0, 1.0)).unwrap(), owner.version());
    let Err(error @ ParameterError::Refused { .. }) = owner.set(&limits(3.0, 1.0)) else { panic!("it is too fast") };
    assert_eq!(error.to_string(), "parameter \"robot/limits~value\": the value is refused: at most 2 m/s");
    assert_eq!((applied.load(Ordering::Relaxed), *owner.get()), (2, limits(1.0, 1.0)));
    assert_eq!(owner.version().number(), 2);
}

#[test]
fn there_is_one_owner_and_no_other_writer_or_server() {
    let domain = TempDomain::new();
    let _owner = owner(&domain).name("planner").create().unwrap();
    assert!(
        matches!(owner(&domain).create(), Err(CreateError::Exclusive { publisher: Some(first), .. }) if &*first.name == "planner")
    );
    let writer = ValueWriter::<Limits>::builder("robot/limits").domain(&domain).create();
    assert!(matches!(writer, Err(CreateError::Exclusive { .. })));
    let server = Server::<Limits, u64>::builder("robot/limits").domain(&domain).create();
    assert!(matches!(server, Err(CreateError::Exclusive { .. })));
}

#[test]
fn another_type_is_refused_on_either_side_with_the_field() {
    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    struct Slower {
        speed: f32,
        more: f32,
        force: f64,
    }
    let domain = TempDomain::new();
    let _owner = owner(&domain).create().unwrap();
    let refused = ParameterClient::<Slower>::of("robot/limits", &domain)
        .map(|mut client| client.get().map(|value| value.is_some()));
    let text = match refused {
        Err(error) => error.to_string(),
        Ok(Err(error)) => error.to_string(),
        Ok(Ok(_)) => panic!("its type is another one"),
    };
    assert!(text.contains("speed"), "{text}");
    let second =
        Parameter::builder("robot/limits", Slower { speed: 0.0, more: 0.0, force: 0.0 }).domain(&domain).create();
    assert!(second.unwrap_err().to_string().contains("speed"));
}

#[test]
fn a_wait_set_tells_that_somebody_wants_a_value() {
    let domain = TempDomain::new();
    let mut owner = owner(&domain).create().unwrap();
    let mut set = WaitSet::new().unwrap();
    let key = set.add_subscriber(&mut owner).unwrap();
    assert!(!owner.poll().unwrap());
    std::thread::scope(|scope| {
        let client = scope.spawn(|| client(&domain).set(&limits(1.0, 7.0)).unwrap());
        until("it has answered", || {
            let ready = set.wait_timeout(PATIENCE).unwrap();
            assert!(ready.iter().all(|ready| ready.key == key));
            owner.poll().unwrap()
        });
        assert_eq!(client.join().unwrap(), 2);
    });
    assert_eq!(owner.get().force, 7.0);
}

#[test]
fn an_owner_that_does_not_poll_lets_the_call_expire() {
    let domain = TempDomain::new();
    let mut owner = owner(&domain).create().unwrap();
    let client = client(&domain);
    let expired = client.set_within(&limits(1.0, 1.0), Duration::from_millis(20));
    assert!(matches!(expired, Err(CallError::Expired(_))), "{expired:?}");
    assert!(!owner.poll().unwrap(), "nobody wants it any more");
    assert_eq!(*owner.get(), limits(0.5, 20.0));
    assert!(matches!(client.set_within(&limits(1.0, 1.0), Duration::ZERO), Err(CallError::ZeroDeadline { .. })));
}

#[test]
fn a_validation_that_panics_refuses_the_value() {
    let domain = TempDomain::new();
    let mut owner = owner(&domain).validate(|_| panic!("as it happens")).create().unwrap();
    std::thread::scope(|scope| {
        let client = scope.spawn(|| client(&domain).set(&limits(1.0, 1.0)));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| owner.wait(PATIENCE)));
        assert!(caught.is_err());
        assert!(matches!(client.join().unwrap(), Err(CallError::Refused(_))));
    });
    assert_eq!(*owner.get(), limits(0.5, 20.0));
}
