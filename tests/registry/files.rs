//! Memory in files of the topic's directory.

use slotcast::registry::Placement;
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Publisher, Subscriber};
use slotcast_tests::holdings::{assert_nothing_left, names};
use slotcast_tests::message::Counted;
use std::os::unix::fs::PermissionsExt;

const TOPIC: &str = "files";

fn memory_files(domain: &TempDomain) -> Vec<String> {
    names(domain, TOPIC).into_iter().filter(|name| name.starts_with("m-")).collect()
}

/// Publishes ten messages from a file: by its settings, or because other processes cannot open its
/// memory.
#[test]
fn child_publishes() {
    testing::process(|script| {
        let by_itself: bool = script.argument(0);
        if by_itself {
            // SAFETY: the call takes only numbers.
            let result = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
            assert_eq!(result, 0);
        }
        let placement = if by_itself { Placement::Auto } else { Placement::File };
        let builder = Publisher::<Counted>::builder(TOPIC).domain(script.domain());
        let mut publisher = builder.placement(placement).create().unwrap();
        script.say("ready");
        script.hear("go");
        for number in 0..10 {
            publisher.publish(&Counted::new(number)).unwrap();
        }
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn processes_exchange_through_files() {
    for by_itself in ["false", "true"] {
        let domain = TempDomain::new();
        let builder = Subscriber::<Counted>::builder(TOPIC).domain(&domain).placement(Placement::File);
        let mut subscriber = builder.create().unwrap();
        assert_eq!(memory_files(&domain).len(), 1);
        let mut other = Process::start("files::child_publishes", &domain, &[by_itself]);
        other.expect("ready");
        assert_eq!(memory_files(&domain).len(), 2, "by itself: {by_itself}");
        for name in memory_files(&domain) {
            let mode = std::fs::metadata(domain.path().join(TOPIC).join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o440);
        }
        other.tell("go");
        other.expect("published");
        let numbers: Vec<_> = subscriber.try_iter().map(|sample| sample.unwrap()).collect();
        assert!(numbers.iter().all(|sample| sample.is_whole()) && numbers.len() == 10);
        other.tell("end");
        other.finish();
        drop(subscriber);
        assert_nothing_left(&domain);
    }
}

#[test]
fn the_file_of_a_killed_publisher_is_removed_by_the_next_scan_and_read_to_its_end() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Counted>::builder(TOPIC).domain(&domain).create().unwrap();
    let mut other = Process::start("files::child_publishes", &domain, &["false"]);
    other.expect("ready");
    assert_eq!(subscriber.publishers().unwrap().len(), 1);
    other.tell("go");
    other.expect("published");
    other.kill();
    assert_eq!(memory_files(&domain).len(), 1);
    // A subscriber that had not opened it yet removes it, and does not take it away from one that
    // has.
    drop(Subscriber::<Counted>::builder(TOPIC).domain(&domain).create().unwrap());
    assert_eq!(memory_files(&domain), [] as [String; 0]);
    assert_eq!(subscriber.try_iter().filter(|sample| sample.as_ref().unwrap().is_whole()).count(), 10);
    drop(subscriber);
    assert_nothing_left(&domain);
}

#[test]
fn a_removed_file_cannot_be_refreshed_and_the_error_says_so() {
    let domain = TempDomain::new();
    let builder = Publisher::<Counted>::builder(TOPIC).domain(&domain).placement(Placement::File);
    let mut publisher = builder.clone().create().unwrap();
    std::fs::remove_dir_all(domain.path().join(TOPIC)).unwrap();
    let error = publisher.refresh().unwrap_err().to_string();
    assert!(error.contains("its memory file was removed from outside: create a new publisher"), "{error}");
    let again = builder.create().unwrap();
    drop((publisher, again));
    assert_nothing_left(&domain);
}

#[test]
fn the_file_of_a_publisher_killed_before_its_announcement_is_removed_by_the_next_endpoint() {
    for point in ["segment.sealed", "announce.written", "announce.linked"] {
        let domain = TempDomain::new();
        let builder = || Subscriber::<Counted>::builder(TOPIC).domain(&domain).placement(Placement::File);
        let staying = builder().create().unwrap();
        let mut other = Process::start_until("files::child_publishes", &domain, &["false"], point, 1, Action::Kill);
        assert!(!other.wait().success(), "{point} was not reached");
        assert_eq!(memory_files(&domain).len(), 2, "{point}");
        let next = builder().create().unwrap();
        assert_eq!(memory_files(&domain).len(), 2, "{point}: only the file of the dead publisher is removed");
        drop(next);
        assert_eq!(memory_files(&domain).len(), 1, "{point}");
        drop(staying);
        assert_nothing_left(&domain);
    }
}
