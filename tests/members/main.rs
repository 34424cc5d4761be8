//! Memberships: every arrival, departure, death and silence is reported, once, in order, and soon.

mod children;
mod ends;
mod limits;
mod promises;
mod readiness;
mod refusals;
mod removal;
mod storm;
mod waits;
mod watch;

use slotcast::registry::PeerName;
use slotcast::testing::{self, PATIENCE};
use slotcast::{Domain, EndpointId, MemberEvent, Membership, Placement, Publisher, Subscriber};
use std::time::Duration;

fn publisher(domain: &Domain) -> Publisher<u64> {
    Publisher::builder("x").domain(domain).create().unwrap()
}

fn subscriber(domain: &Domain) -> Subscriber<u64> {
    Subscriber::builder("x").domain(domain).create().unwrap()
}

fn next(membership: &mut Membership) -> MemberEvent {
    membership.next_timeout(PATIENCE).unwrap().expect("an event")
}

#[track_caller]
fn nothing(membership: &mut Membership) {
    let event = membership.try_next().unwrap();
    assert!(event.is_none(), "{}", event.unwrap());
}

#[track_caller]
fn joined(membership: &mut Membership) -> PeerName {
    match next(membership) {
        MemberEvent::Joined(peer) => peer,
        other => panic!("{other}"),
    }
}

#[track_caller]
fn left(membership: &mut Membership) -> EndpointId {
    match next(membership) {
        MemberEvent::Left(peer) => peer.id,
        other => panic!("{other}"),
    }
}

#[track_caller]
fn died(membership: &mut Membership) -> EndpointId {
    match next(membership) {
        MemberEvent::Died(peer) => peer.id,
        other => panic!("{other}"),
    }
}

/// Arguments: `file` or `sealed`, and how many MiB to touch. Publishes on "x" and subscribes to "y"
/// until the test ends it.
#[test]
fn child_is_present() {
    testing::process(|script| {
        let placement = if script.argument::<String>(0) == "file" { Placement::File } else { Placement::Sealed };
        let memory = vec![1_u8; script.argument::<usize>(1) << 20];
        let publisher = Publisher::<u64>::builder("x").domain(script.domain()).placement(placement).create().unwrap();
        let subscriber = Subscriber::<u64>::builder("y").domain(script.domain()).placement(placement).create().unwrap();
        script.say("ready");
        script.hear("end");
        assert_eq!(memory.last().copied().unwrap_or(1), 1);
        drop((publisher, subscriber));
        script.say("left");
        script.hear("end");
    });
}

/// A time in which an event would have arrived.
const A_WHILE: Duration = Duration::from_millis(150);
