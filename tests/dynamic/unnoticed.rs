//! # Safety
//!
//! Nobody notices an observer: it changes no byte and takes no lock, and a publisher does not
//! execute one more instruction. The file opts into unsafe code to single-step a publisher.

use crate::messages::{Pose, pose};
use slotcast::registry::{Memory, Peer};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Domain, Observer, Publisher, Subscriber};
use std::collections::BTreeMap;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = Publisher::<Pose>::builder("seen").domain(script.domain()).create().unwrap();
        let _subscriber = Subscriber::<Pose>::builder("seen").domain(script.domain()).create().unwrap();
        publisher.publish(&pose()).unwrap();
        script.say("published");
        script.hear("end");
    });
}

/// Everything about a file that can be seen from outside.
#[derive(Debug, PartialEq, Eq)]
struct State {
    inode: u64,
    mode: u32,
    modified: (i64, i64),
    changed: (i64, i64),
    blocks: u64,
    bytes: Vec<u8>,
}

fn state(path: &Path) -> State {
    let status = std::fs::metadata(path).unwrap();
    let mut bytes = vec![0; if status.is_file() { usize::try_from(status.len()).unwrap() } else { 0 }];
    if status.is_file() {
        std::fs::File::open(path).unwrap().read_exact_at(&mut bytes, 0).unwrap();
    }
    State {
        inode: status.ino(),
        mode: status.mode(),
        modified: (status.mtime(), status.mtime_nsec()),
        changed: (status.ctime(), status.ctime_nsec()),
        blocks: status.blocks(),
        bytes,
    }
}

/// Everything in a domain, and the memory of its endpoints.
fn all(domain: &Domain, peers: &[Peer]) -> BTreeMap<PathBuf, State> {
    let mut found = BTreeMap::new();
    let mut todo = vec![domain.path().to_owned()];
    todo.extend(peers.iter().map(|peer| memory_of(peer).0));
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        let state = state(&path);
        found.insert(path, state);
    }
    found
}

/// Returns the path by which the memory of an endpoint can be opened, and its inode.
fn memory_of(peer: &Peer) -> (PathBuf, u64) {
    match peer.memory.unwrap().place {
        Memory::Sealed(handle) => (format!("/proc/{}/fd/{}", handle.pid, handle.descriptor).into(), handle.inode),
        place => panic!("it is in {place:?}"),
    }
}

#[test]
fn an_observer_changes_nothing_and_opens_everything_read_only() {
    let domain = TempDomain::new();
    let mut other = Process::start("unnoticed::child_publishes", &domain, &[]);
    other.expect("published");
    let observer = Observer::new(&domain);
    let topic = observer.topic("seen").unwrap().unwrap();
    let peers: Vec<Peer> = topic.endpoints().unwrap().into_iter().map(|endpoint| endpoint.peer.unwrap()).collect();
    assert_eq!(peers.len(), 2);
    let before = all(&domain, &peers);
    assert!(before.len() >= 7, "domain, topic, its file, schema, two entries, memory: {:?}", before.keys());

    let mut reader = topic.read(1).unwrap();
    assert!(reader.try_recv().unwrap().is_some());
    std::thread::sleep(std::time::Duration::from_millis(30)); // so that it scans for publishers again
    assert!(reader.try_recv().unwrap().is_none());
    assert_eq!(observer.topics().unwrap().len(), 1);
    topic.endpoints().unwrap();
    topic.published(&peers[0]).unwrap();
    topic.progress(&peers[1]).unwrap();
    assert_eq!(all(&domain, &peers), before);

    let ours = domain.path().to_str().unwrap();
    let inodes: Vec<u64> = peers.iter().map(|peer| memory_of(peer).1).collect();
    let mut mapped = 0;
    for line in std::fs::read_to_string("/proc/self/maps").unwrap().lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_memory = line.contains("memfd:slotcast") && inodes.contains(&words[4].parse().unwrap());
        if is_memory || line.contains(ours) {
            assert!(words[1].starts_with("r--s"), "{line}");
            mapped += 1;
        }
    }
    assert!(mapped >= 2, "the publisher's ring and the page of hints");
    for descriptor in std::fs::read_dir("/proc/self/fd").unwrap() {
        let path = descriptor.unwrap().path();
        let Ok(target) = std::fs::read_link(&path) else { continue };
        if target.starts_with(ours) {
            let number = path.file_name().unwrap().to_str().unwrap();
            let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")).unwrap();
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
            assert_eq!(i32::from_str_radix(flags, 8).unwrap() & libc::O_ACCMODE, libc::O_RDONLY, "{target:?}");
            assert!(!info.contains("lock:"), "{target:?}: {info}");
        }
    }

    other.tell("end");
    other.finish();
    assert_eq!(domain.leftovers(), [] as [PathBuf; 0], "whoever leaves last removes the topic, watched or not");
}

/// Counts what a process executes, by single steps.
#[cfg(target_arch = "x86_64")]
mod stepped {
    use super::{Observer, Pose, Process, Publisher, Subscriber, TempDomain, pose, testing};
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    const MESSAGES: u64 = 4;
    /// The code of a breakpoint's signal on x86.
    const SI_KERNEL: i32 = 0x80;

    /// Marks where counting begins and ends.
    fn mark() {
        // SAFETY: a breakpoint; the tracer of this thread discards its signal.
        unsafe { std::arch::asm!("int3") };
    }

    #[test]
    fn publishing_between_marks() {
        testing::process(|script| {
            let mut publisher = Publisher::<Pose>::builder("counted").domain(script.domain()).create().unwrap();
            // Until it reads the clock, to notice a removal, in one of 256 messages: far from the
            // next.
            for _ in 0..800 {
                publisher.publish(&pose()).unwrap();
            }
            // SAFETY: the call takes no arguments and touches no memory.
            let thread = unsafe { libc::gettid() };
            script.say(&thread.to_string());
            for _ in 0..4 {
                script.hear("go");
                for _ in 0..MESSAGES {
                    mark();
                    publisher.publish(&pose()).unwrap();
                    mark();
                }
                script.say("done");
            }
            script.hear("end");
        });
    }

    /// A ptrace call that takes only numbers.
    fn ptrace(request: libc::c_uint, thread: i32) -> std::io::Result<()> {
        let null = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: these requests read and write no memory of this process.
        let result = unsafe { libc::ptrace(request, thread, null, null) };
        if result == -1 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Waits until the thread stops at a trap. Returns whether that is a breakpoint.
    fn stopped_at_breakpoint(thread: i32) -> bool {
        let mut status = 0;
        // SAFETY: the call writes one number, to `status`.
        let result = unsafe { libc::waitpid(thread, &raw mut status, libc::__WALL) };
        assert_eq!(result, thread, "{}", std::io::Error::last_os_error());
        assert!(libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == libc::SIGTRAP, "status {status:#x}");
        // SAFETY: all zeros is a valid `siginfo_t`.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let null = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: the call writes one `siginfo_t`, to `info`.
        let result = unsafe { libc::ptrace(libc::PTRACE_GETSIGINFO, thread, null, &raw mut info) };
        assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
        info.si_code == SI_KERNEL // a step over a system call is neither this nor `TRAP_TRACE`
    }

    /// Returns how many instructions the other process executes for a message: the least of some,
    /// as a few of them read the clock.
    fn count(other: &mut Process, thread: i32) -> u64 {
        ptrace(libc::PTRACE_SEIZE, thread).unwrap();
        other.tell("go");
        let mut least = u64::MAX;
        for message in 0..MESSAGES {
            if message > 0 {
                ptrace(libc::PTRACE_CONT, thread).unwrap();
            }
            assert!(stopped_at_breakpoint(thread));
            let mut instructions = 0;
            loop {
                ptrace(libc::PTRACE_SINGLESTEP, thread).unwrap();
                if stopped_at_breakpoint(thread) {
                    break;
                }
                instructions += 1;
            }
            least = least.min(instructions);
        }
        ptrace(libc::PTRACE_DETACH, thread).unwrap();
        other.expect("done");
        least
    }

    #[test]
    fn a_publisher_executes_not_one_more_instruction() {
        let domain = TempDomain::new();
        let mut other = Process::start("unnoticed::stepped::publishing_between_marks", &domain, &[]);
        let thread = other.listen().parse().unwrap();
        if let Err(error) = ptrace(libc::PTRACE_SEIZE, thread) {
            assert_eq!(error.raw_os_error(), Some(libc::EPERM), "{error}");
            eprintln!("not counted: this machine forbids tracing");
            return;
        }
        // Only a stopped thread can be detached.
        ptrace(libc::PTRACE_INTERRUPT, thread).unwrap();
        let mut status = 0;
        // SAFETY: the call writes one number, to `status`.
        unsafe { libc::waitpid(thread, &raw mut status, libc::__WALL) };
        ptrace(libc::PTRACE_DETACH, thread).unwrap();

        let alone = count(&mut other, thread);
        assert!(alone > 10, "{alone}");
        let (done, ready) = (AtomicBool::new(false), Barrier::new(2));
        std::thread::scope(|scope| {
            let follow = || {
                let topic = Observer::new(&domain).topic("counted").unwrap().unwrap();
                let mut reader = topic.read(0).unwrap();
                ready.wait();
                let (mut seen, start) = (0, Instant::now());
                loop {
                    let over = done.load(Ordering::Acquire);
                    seen += reader.try_iter().map(Result::unwrap).count() as u64;
                    if over {
                        return seen + reader.lost();
                    }
                    assert!(start.elapsed() < testing::PATIENCE, "the count has failed");
                    topic.endpoints().unwrap();
                    std::thread::yield_now();
                }
            };
            let observer = scope.spawn(follow);
            ready.wait();
            let observed = count(&mut other, thread);
            done.store(true, Ordering::Release);
            assert_eq!(observer.join().unwrap(), MESSAGES, "it followed meanwhile");
            assert_eq!(observed, alone);
        });
        let subscribers: Vec<_> =
            (0..20).map(|_| Subscriber::<Pose>::builder("counted").domain(&domain).create().unwrap()).collect();
        assert_eq!(count(&mut other, thread), alone, "20 subscribers");
        drop(subscribers);
        assert_eq!(count(&mut other, thread), alone, "nobody any more");
        other.tell("end");
        other.finish();
    }
}
