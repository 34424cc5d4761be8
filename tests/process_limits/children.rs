//! Processes that set a limit for themselves.

use slotcast::testing;
use slotcast::{Placement, Publisher, Subscriber};
use slotcast_tests::holdings::{Holdings, is_root};

const MIB: u64 = 1 << 20;

/// Sets a limit of this process.
fn limit(resource: libc::__rlimit_resource_t, most: u64) {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: it reads one struct, which is this one.
    assert_eq!(unsafe { libc::setrlimit(resource, &raw const limit) }, 0);
}

/// Becomes a user without rights.
fn become_nobody() {
    // SAFETY: it takes a number alone.
    assert_eq!(unsafe { libc::setgid(65534) }, 0);
    // SAFETY: it takes a number alone.
    assert_eq!(unsafe { libc::setuid(65534) }, 0);
    // SAFETY: it takes numbers alone. Without it others could not open this process.
    assert_eq!(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) }, 0);
}

#[test]
fn child_with_small_files() {
    testing::process(|script| {
        let slices = || Publisher::<[u8]>::builder("x").domain(script.domain());
        let numbers = || Publisher::<u64>::builder("x").domain(script.domain());
        for most in [MIB, 16 << 10, 0] {
            limit(libc::RLIMIT_FSIZE, most);
            for placement in [Placement::Sealed, Placement::File] {
                let error = slices().placement(placement).create().expect_err("a pool of 1 GiB is larger").to_string();
                assert!(error.contains("ulimit -f"), "{most} bytes, {placement:?}: {error}");
                let error = numbers().depth(1 << 20).placement(placement).create().expect_err("64 MiB").to_string();
                assert!(error.contains("ulimit -f"), "{most} bytes, {placement:?}: {error}");
            }
            if most == MIB {
                let mut publisher = slices().max_memory(MIB / 2).create().unwrap();
                let mut subscriber = Subscriber::<[u8]>::builder("x").domain(script.domain()).create().unwrap();
                publisher.publish_slice(&[1; 1000]).unwrap();
                assert_eq!(subscriber.try_recv().unwrap().unwrap().len(), 1000);
            }
        }
        script.say("done");
    });
}

/// Publishes and receives slices; returns how much of the address space has become memory, in KiB.
fn exchange(domain: &slotcast::Domain) -> usize {
    let before = Holdings::now().resident_kib;
    let mut publisher = Publisher::<[u8]>::builder("x").domain(domain).create().unwrap();
    let mut subscriber = Subscriber::<[u8]>::builder("x").domain(domain).create().unwrap();
    publisher.publish_slice(&[1; 100_000]).unwrap();
    assert_eq!(subscriber.try_recv().unwrap().unwrap().len(), 100_000);
    Holdings::now().resident_kib - before
}

#[test]
fn child_that_locks_its_memory() {
    testing::process(|script| {
        // SAFETY: it takes a number alone.
        if unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE) } != 0 {
            return script.say(&format!("skipped: {}", std::io::Error::last_os_error()));
        }
        let kib = exchange(script.domain());
        assert!(kib < 64 << 10, "{kib} KiB for a message of 100 KB, with a pool of 1 GiB");
        script.say("done");
    });
}

#[test]
fn child_that_must_not_lock_much() {
    testing::process(|script| {
        if !is_root() {
            return script.say("skipped: only root can become another user");
        }
        std::fs::create_dir(script.domain().path()).unwrap();
        std::os::unix::fs::chown(script.domain().path(), Some(65534), Some(65534)).unwrap();
        std::fs::set_permissions(script.domain().path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        limit(libc::RLIMIT_MEMLOCK, 8 * MIB);
        become_nobody();
        // SAFETY: it takes a number alone.
        assert_eq!(unsafe { libc::mlockall(libc::MCL_FUTURE) }, 0);
        let slices = || Publisher::<[u8]>::builder("x").domain(script.domain());
        let error = slices().create().expect_err("1 GiB cannot be locked").to_string();
        assert!(error.contains("ulimit -l") && error.contains("max_memory"), "{error}");
        let publisher = slices().max_memory(MIB).create().unwrap();
        let subscriber = Subscriber::<[u8]>::builder("x").domain(script.domain()).create().unwrap();
        drop((publisher, subscriber));
        script.say("done");
    });
}

#[test]
fn child_with_few_descriptors() {
    testing::process(|script| {
        let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
        for more in 0..12 {
            limit_softly(libc::RLIMIT_NOFILE, open + more);
            for placement in [Placement::Auto, Placement::File] {
                let publisher = Publisher::<u64>::builder("x").domain(script.domain()).placement(placement).create();
                let subscriber = Subscriber::<u64>::builder("x").domain(script.domain()).placement(placement).create();
                for error in [publisher.as_ref().err(), subscriber.as_ref().err()].into_iter().flatten() {
                    let error = error.to_string();
                    assert!(error.contains("ulimit -n"), "{more} more: {error}");
                    assert!(!error.contains("Placement::File"), "{more} more: {error}");
                }
            }
        }
        script.say("done");
    });
}

/// Sets a limit of this process that it can raise again.
fn limit_softly(resource: libc::__rlimit_resource_t, most: u64) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it writes one struct, which is this one.
    assert_eq!(unsafe { libc::getrlimit(resource, &raw mut limit) }, 0);
    limit.rlim_cur = most;
    // SAFETY: it reads one struct, which is this one.
    assert_eq!(unsafe { libc::setrlimit(resource, &raw const limit) }, 0);
}

#[test]
fn child_with_few_addresses() {
    testing::process(|script| {
        limit_softly(libc::RLIMIT_AS, 512 * MIB);
        let error = Publisher::<[u8]>::builder("x").domain(script.domain()).create().expect_err("1 GiB").to_string();
        assert!(error.contains("ulimit -v") && error.contains("max_memory"), "{error}");
        script.say("done");
    });
}

#[test]
fn child_whose_umask_takes_everything_away() {
    testing::process(|script| {
        // SAFETY: the call takes only a number.
        unsafe { libc::umask(0o777) };
        for placement in [Placement::Sealed, Placement::File] {
            let publisher = Publisher::<[u8]>::builder("x").domain(script.domain()).placement(placement);
            let mut publisher = publisher.create().unwrap();
            let subscriber = Subscriber::<[u8]>::builder("x").domain(script.domain()).placement(placement);
            let mut subscriber = subscriber.create().unwrap();
            let _event_fd = subscriber.event_fd().unwrap();
            publisher.publish_slice(&[1; 1000]).unwrap();
            assert_eq!(subscriber.try_recv().unwrap().unwrap().len(), 1000);
        }
        script.say("done");
    });
}
