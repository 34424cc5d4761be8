//! Directories of another user, and processes of another user. Only root can try this.

use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Publisher, Subscriber};
use slotcast_tests::holdings::{assert_nothing_left, is_root, names};
use std::os::unix::fs::{PermissionsExt, chown};

const TOPIC: &str = "users";
const NOBODY: u32 = 65534;

/// Becomes a user without privileges, as a daemon does: from then on the process is not dumpable.
fn become_nobody() {
    // SAFETY: the call takes only a number.
    let result = unsafe { libc::setgid(NOBODY) };
    assert_eq!(result, 0);
    // SAFETY: the call takes only a number.
    let result = unsafe { libc::setuid(NOBODY) };
    assert_eq!(result, 0);
}

fn skip() -> bool {
    if !is_root() {
        println!("skipped: only root can become another user");
    }
    !is_root()
}

#[test]
fn a_directory_of_another_user_is_refused() {
    if skip() {
        return;
    }
    let domain = TempDomain::new();
    let _holding = Subscriber::<u64>::builder("other").domain(&domain).create().unwrap();
    let topic = domain.path().join(TOPIC);
    std::fs::create_dir(&topic).unwrap();
    for path in [topic.as_path(), domain.path()] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
        chown(path, Some(NOBODY), None).unwrap();
        let expected = format!(
            "topic \"users\": {} belongs to user 65534, but this process runs as user 0: choose another directory with \
             `Domain::at`, the same for all processes that should meet",
            path.display()
        );
        let errors = [
            Subscriber::<u64>::builder(TOPIC).domain(&domain).create().unwrap_err().to_string(),
            Publisher::<u64>::builder(TOPIC).domain(&domain).create().unwrap_err().to_string(),
        ];
        assert_eq!(errors, [expected.clone(), expected]);
        assert!(topic.exists(), "what is another's is not removed");
    }
    chown(domain.path(), Some(0), None).unwrap();
}

#[test]
fn child_tries() {
    testing::process(|script| {
        become_nobody();
        let error = Subscriber::<u64>::builder(TOPIC).domain(script.domain()).create().expect_err("an error");
        script.say(&error.to_string());
    });
}

#[test]
fn a_domain_of_another_user_cannot_be_used() {
    if skip() {
        return;
    }
    let domain = TempDomain::new();
    let subscriber = Subscriber::<u64>::builder(TOPIC).domain(&domain).create().unwrap();
    let error = Process::start("users::child_tries", &domain, &[]).listen();
    assert!(error.starts_with(&format!("topic \"users\": cannot open the directory {}: ", domain.path().display())));
    assert!(error.contains("Permission denied") && error.contains("`Domain::at`"), "{error}");
    drop(subscriber);
    assert_nothing_left(&domain);
}

#[test]
fn child_publishes_as_nobody() {
    testing::process(|script| {
        become_nobody();
        let mut publisher = Publisher::<u64>::builder(TOPIC).domain(script.domain()).create().unwrap();
        script.say("ready");
        script.hear("go");
        publisher.publish(&7).unwrap();
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn child_subscribes_as_nobody() {
    testing::process(|script| {
        become_nobody();
        let mut subscriber = Subscriber::<u64>::builder(TOPIC).domain(script.domain()).create().unwrap();
        script.say(&subscriber.publishers().unwrap().len().to_string());
        script.hear("read");
        script.say(&subscriber.try_recv().unwrap().unwrap().to_string());
    });
}

/// A daemon that gave up root cannot be opened by other processes of its user: it chooses files for
/// its memory by itself.
#[test]
fn processes_that_gave_up_root_exchange_through_files() {
    if skip() {
        return;
    }
    let domain = TempDomain::new();
    let mut publisher = Process::start("users::child_publishes_as_nobody", &domain, &[]);
    publisher.expect("ready");
    let mut subscriber = Process::start("users::child_subscribes_as_nobody", &domain, &[]);
    subscriber.expect("1");
    let memory: Vec<_> = names(&domain, TOPIC).into_iter().filter(|name| name.starts_with("m-")).collect();
    assert_eq!(memory.len(), 2, "the ring and the control page");
    for name in memory {
        let mode = std::fs::metadata(domain.path().join(TOPIC).join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o440);
    }
    publisher.tell("go");
    publisher.expect("published");
    subscriber.tell("read");
    subscriber.expect("7");
    publisher.tell("end");
    publisher.finish();
    subscriber.finish();
    assert_nothing_left(&domain);
}
