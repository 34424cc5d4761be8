//! Forks where thread-locals are destroyed already: in an `atexit` handler, and in the destructor
//! of a thread-local.

use crate::child::wait_for;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Publisher, Subscriber};
use std::cell::RefCell;

/// Forks a child that ends at once, and waits for it.
extern "C" fn fork_now() {
    // SAFETY: the child ends without running anything more.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: it takes a number alone.
        unsafe { libc::_exit(0) };
    }
    wait_for(pid);
}

struct ForksWhenDropped;

impl Drop for ForksWhenDropped {
    fn drop(&mut self) {
        fork_now();
    }
}

thread_local! {
    static BEFORE: RefCell<Option<ForksWhenDropped>> = const { RefCell::new(None) };
    static AFTER: RefCell<Option<ForksWhenDropped>> = const { RefCell::new(None) };
}

fn use_endpoints(domain: &slotcast::Domain) {
    let mut subscriber = Subscriber::<u64>::builder("late").domain(domain).create().unwrap();
    let mut publisher = Publisher::<u64>::builder("late").domain(domain).create().unwrap();
    publisher.publish(&1).unwrap();
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 1);
    fork_now();
}

#[test]
fn child_that_forks_at_its_end() {
    testing::process(|script| {
        // Registered before and after the crate could register anything of its own.
        BEFORE.with_borrow_mut(|forks| *forks = Some(ForksWhenDropped));
        // SAFETY: the handler is a function of this program.
        assert_eq!(unsafe { libc::atexit(fork_now) }, 0);
        use_endpoints(script.domain());
        // SAFETY: as above.
        assert_eq!(unsafe { libc::atexit(fork_now) }, 0);
        AFTER.with_borrow_mut(|forks| *forks = Some(ForksWhenDropped));
        let domain = script.domain().clone();
        std::thread::spawn(move || {
            BEFORE.with_borrow_mut(|forks| *forks = Some(ForksWhenDropped));
            use_endpoints(&domain);
            AFTER.with_borrow_mut(|forks| *forks = Some(ForksWhenDropped));
        })
        .join()
        .unwrap();
        script.say("done");
        std::process::exit(0);
    });
}

#[test]
fn forks_in_exit_handlers_and_destructors_of_thread_locals_end_in_order() {
    let domain = TempDomain::new();
    let mut process = Process::start("late::child_that_forks_at_its_end", &domain, &[]);
    process.expect("done");
    process.finish();
}
