//! A membership without an endpoint of one's own: both roles, also of topics that nobody is in.

use crate::{next, nothing, publisher};
use slotcast::registry::{PeerName, Role};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{MemberEvent, Membership, MembershipError, Observer, Publisher, Subscriber};
use std::path::PathBuf;

#[test]
fn child_has_both() {
    testing::process(|script| {
        let publisher = Publisher::<u64>::builder("x").domain(script.domain()).create().unwrap();
        let subscriber = Subscriber::<u64>::builder("x").domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("leave");
        drop((publisher, subscriber));
        script.say("left");
    });
}

/// Returns the roles of the next two events, in order, which must be of this kind.
#[track_caller]
fn two(watch: &mut Membership, peer_of: impl Fn(MemberEvent) -> Option<PeerName>, pid: u32) -> [Role; 2] {
    let mut peers = [(); 2].map(|()| peer_of(next(watch)).expect("another event"));
    assert!(peers.iter().all(|peer| peer.pid == pid), "{peers:?}");
    peers.sort_by_key(|peer| peer.role == Role::Subscriber);
    peers.map(|peer| peer.role)
}

#[test]
fn endpoints_of_both_roles_join_leave_and_die() {
    let both = [Role::Publisher, Role::Subscriber];
    let domain = TempDomain::new();
    let observer = Observer::new(&domain);
    let mut watch = observer.watch("x").unwrap();
    nothing(&mut watch);
    let joined = |event| if let MemberEvent::Joined(peer) = event { Some(peer) } else { None };

    let mut leaving = Process::start("watch::child_has_both", &domain, &[]);
    leaving.expect("ready");
    assert_eq!(two(&mut watch, joined, leaving.id()), both);
    leaving.tell("leave");
    leaving.expect("left");
    let left = |event| if let MemberEvent::Left(peer) = event { Some(peer) } else { None };
    assert_eq!(two(&mut watch, left, leaving.id()), both);

    let mut dying = Process::start("watch::child_has_both", &domain, &[]);
    dying.expect("ready");
    assert_eq!(two(&mut watch, joined, dying.id()), both);
    let mut second = observer.topic("x").unwrap().unwrap().membership().unwrap();
    assert_eq!(two(&mut second, joined, dying.id()), both);
    dying.kill();
    let died = |event| if let MemberEvent::Died(peer) = event { Some(peer) } else { None };
    assert_eq!(two(&mut watch, died, dying.id()), both);
    assert_eq!(two(&mut second, died, dying.id()), both);
    nothing(&mut watch);
    drop((watch, second));
    assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
}

#[test]
fn no_layout_is_wrong_for_who_only_watches() {
    let domain = TempDomain::new();
    let mut watch = Observer::new(&domain).watch("x").unwrap();
    let numbers = publisher(&domain);
    drop(numbers);
    let texts = Publisher::<[u8]>::builder("x").domain(&domain).create().unwrap();
    let mut joined = 0;
    while joined < 1 {
        match next(&mut watch) {
            MemberEvent::Joined(peer) => joined += usize::from(peer.id == texts.id()),
            MemberEvent::Left(_) => {}
            other => panic!("{other}"),
        }
    }
    drop(texts);
    let error = Observer::new(&domain).watch("/x").unwrap_err();
    assert!(matches!(error, MembershipError::TopicName(_)), "{error}");
}
