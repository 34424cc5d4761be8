//! Endpoints in different PID namespaces, as in a container and outside of it: the number of a
//! process means nothing to the other side. Only root can try.

use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{Delivery, Publisher, Subscriber};
use slotcast_tests::holdings::assert_nothing_left;
use std::os::unix::process::CommandExt;
use std::process::Command;

const TOPIC: &str = "namespaces";

/// Moves the children that this process will have into a PID namespace of their own.
fn unshare() -> std::io::Result<()> {
    // SAFETY: the call takes only a number.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

#[test]
fn child_that_subscribes_inside() {
    testing::process(|script| {
        assert_eq!(std::process::id(), 1, "the first process of its namespace");
        let builder = Subscriber::<[u64; 512]>::builder(TOPIC).domain(script.domain()).lossless();
        let mut subscriber = match builder.create() {
            Ok(subscriber) => subscriber,
            Err(error) => return script.say(&error.to_string()),
        };
        script.say("created");
        loop {
            match subscriber.recv_timeout(PATIENCE) {
                Ok(Some(sample)) => script.say(&format!("received {}", sample[0])),
                Ok(None) => return script.say("nothing"),
                Err(error) => {
                    script.say(&error.to_string());
                    break;
                }
            }
        }
        script.hear("end");
    });
}

/// Runs a process inside, which has this one's input and output.
#[test]
fn child_that_contains() {
    testing::process(|script| {
        if let Err(error) = unshare() {
            return script.say(&format!("skipped: {error}"));
        }
        // Not a `Process`, which would start a thread: from here on none can be started.
        let mut inside = Command::new(std::env::current_exe().unwrap());
        inside.args(["--exact", "namespaces::child_that_subscribes_inside", "--nocapture", "--test-threads=1"]);
        // SAFETY: the call takes only numbers, and is safe between fork and exec.
        let die_too = || unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        // SAFETY: the closure does nothing else.
        unsafe { inside.pre_exec(move || if die_too() == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }) };
        let _ = inside.status(); // it says to the test what it has to say
    });
}

/// Starts a container; `None` if this process may not.
fn contain(domain: &TempDomain) -> Option<(Process, String)> {
    let mut container = Process::start("namespaces::child_that_contains", domain, &[]);
    let said = container.listen();
    if said.starts_with("skipped") {
        println!("{said}");
        return None;
    }
    Some((container, said))
}

#[test]
fn a_publisher_that_comes_after_a_subscriber_in_a_container_chooses_files_by_itself() {
    let domain = TempDomain::new();
    // Somebody outside is there first, so that the subscriber inside sees that, too.
    let outside = Subscriber::<[u64; 512]>::builder(TOPIC).domain(&domain).create().unwrap();
    let Some((mut container, said)) = contain(&domain) else { return };
    assert_eq!(said, "created");
    let builder = Publisher::<[u64; 512]>::builder(TOPIC).domain(&domain).lossless(PATIENCE);
    let mut publisher = builder.create().unwrap();
    let readers = publisher.readers().unwrap();
    assert_eq!(readers.len(), 2, "both are alive, whatever their numbers are: {readers:?}");
    assert!(readers.iter().any(|reader| reader.delivery == Delivery::Lossless), "{readers:?}");
    publisher.publish(&[7; 512]).unwrap();
    container.expect("received 7");
    drop(container);
    until("the subscriber inside is gone", || publisher.readers().unwrap().len() == 1);
    drop((outside, publisher));
    assert_nothing_left(&domain);
}

#[test]
fn a_publisher_that_was_there_before_is_told_of_with_what_to_do() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u64; 512]>::builder(TOPIC).domain(&domain).create().unwrap();
    publisher.publish(&[7; 512]).unwrap();
    let Some((container, said)) = contain(&domain) else { return };
    assert!(said.contains("in another PID namespace") && said.contains("Placement::File"), "{said}");
    drop(container);
}

/// A subscriber inside that was there first cannot be opened from outside, and is told so; it is
/// not taken for dead.
#[test]
fn a_lossless_subscriber_inside_that_was_there_first_is_told_that_it_is_refused() {
    let domain = TempDomain::new();
    let Some((mut container, said)) = contain(&domain) else { return };
    assert_eq!(said, "created");
    let builder = Publisher::<[u64; 512]>::builder(TOPIC).domain(&domain).lossless(PATIENCE);
    let mut publisher = builder.create().unwrap();
    assert_eq!(publisher.readers().unwrap().len(), 1, "it is alive");
    // What it reads before it looks is no loss.
    let mut said = String::from("received");
    while said.starts_with("received") {
        publisher.publish(&[7; 512]).unwrap();
        said = container.listen();
    }
    assert!(said.contains("can be lost") && said.contains("Placement::File"), "{said}");
    container.tell("end");
    container.finish();
}
