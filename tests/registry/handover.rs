//! Descriptors of another process, fetched in each way separately.

use slotcast::registry::{Handle, Way};
use slotcast::testing::{self, Process, TempDomain};
use slotcast_tests::holdings::is_root;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

const TEXT: &str = "from another process";

fn memory() -> File {
    let segment = slotcast_tests::segment::Segment::new(0, 0);
    let mut file = segment.file.try_clone().unwrap();
    file.write_all(TEXT.as_bytes()).unwrap();
    file
}

fn eventfd() -> File {
    // SAFETY: the call takes only numbers.
    let number = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
    assert!(number >= 0);
    // SAFETY: the descriptor is new, and nothing else owns it.
    unsafe { File::from_raw_fd(number) }
}

fn spell(handle: Handle) -> String {
    format!("{} {} {} {}", handle.pid, handle.descriptor, handle.device, handle.inode)
}

fn parse(text: &str) -> Handle {
    let numbers: Vec<u64> = text.split(' ').map(|number| number.parse().unwrap()).collect();
    Handle {
        pid: u32::try_from(numbers[0]).unwrap(),
        descriptor: i32::try_from(numbers[1]).unwrap(),
        device: numbers[2],
        inode: numbers[3],
    }
}

/// Owns a memfd, an eventfd and a FIFO.
#[test]
fn child_owns() {
    testing::process(|script| {
        if script.argument(0) {
            // SAFETY: the call takes only numbers.
            let result = unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
            assert_eq!(result, 0);
        }
        let (memory, mut eventfd) = (memory(), eventfd());
        let path = std::path::PathBuf::from(format!("{}-fifo", script.domain().path().display()));
        let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: the path is a string that ends with 0.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        let fifo = File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        script.say(&spell(Handle::of(&memory).unwrap()));
        script.say(&spell(Handle::of(&eventfd).unwrap()));
        script.say(&spell(Handle::of(&fifo).unwrap()));
        script.hear("was it rung");
        let mut count = [0; 8];
        eventfd.read_exact(&mut count).unwrap();
        script.say(&u64::from_ne_bytes(count).to_string());
        script.hear("use the number again");
        let number = memory.as_raw_fd();
        let again = self::memory();
        // SAFETY: both are open; the file behind the replaced number is closed.
        assert_eq!(unsafe { libc::dup2(again.as_raw_fd(), number) }, number);
        script.say("done");
        script.hear("end");
    });
}

fn contents(descriptor: OwnedFd) -> String {
    let mut text = String::new();
    let mut file = File::from(descriptor);
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn each_way_separately() {
    let domain = TempDomain::new();
    let mut other = Process::start("handover::child_owns", &domain, &["false"]);
    let [memory, eventfd, fifo] = [(); 3].map(|()| parse(&other.listen()));

    assert_eq!(contents(memory.fetch_by(Way::Proc).unwrap()), TEXT);
    assert_eq!(contents(memory.fetch_by(Way::Pidfd).unwrap()), TEXT);
    assert_eq!(contents(memory.fetch().unwrap()), TEXT);
    assert!(File::from(memory.fetch_by(Way::Proc).unwrap()).write(b"x").is_err(), "it is opened for reading");

    let error = eventfd.fetch_by(Way::Proc).unwrap_err().to_string();
    assert!(error.contains(&format!("through /proc/{}/fd/{}: ", other.id(), eventfd.descriptor)), "{error}");
    let mut bell = File::from(eventfd.fetch_by(Way::Pidfd).unwrap());
    bell.write_all(&3_u64.to_ne_bytes()).unwrap();
    let mut bell = File::from(eventfd.fetch().unwrap());
    bell.write_all(&4_u64.to_ne_bytes()).unwrap();
    other.tell("was it rung");
    other.expect("7");

    // Opening a FIFO would block until a writer opens it.
    assert!(fifo.fetch_by(Way::Proc).is_err());
    assert!(fifo.fetch_by(Way::Pidfd).is_ok(), "it is what the handle says");

    other.tell("use the number again");
    other.expect("done");
    for way in [Way::Proc, Way::Pidfd] {
        let error = memory.fetch_by(way).unwrap_err();
        assert!(error.to_string().contains("it is not the file that its entry describes"), "{error}");
        assert!(!error.is_transient());
    }
    let closed = Handle { descriptor: 500, ..memory };
    let error = closed.fetch().unwrap_err();
    assert!(error.to_string().contains("No such file or directory") && !error.is_transient(), "{error}");
    assert!(error.to_string().contains("with pidfd_getfd: Bad file descriptor"), "{error}");

    let of_another_pid = Handle { pid: std::process::id(), ..eventfd };
    assert!(of_another_pid.fetch_by(Way::Proc).is_err());
    other.tell("end");
    other.finish();
    let error = eventfd.fetch().unwrap_err();
    assert!(error.to_string().contains("No such process") && !error.is_transient(), "{error}");
}

/// A number that the other process has reused: what it refers to now is not what the handle names.
#[test]
fn a_reused_descriptor_number() {
    let domain = TempDomain::new();
    let mut one = Process::start("handover::child_owns", &domain, &["false"]);
    let theirs = parse(&one.listen());
    let domain = TempDomain::new();
    let mut other = Process::start("handover::child_owns", &domain, &["false"]);
    let others = parse(&other.listen());
    let reused = Handle { pid: other.id(), ..theirs };
    assert_eq!(others.descriptor, theirs.descriptor, "the same number in both");
    for way in [Way::Proc, Way::Pidfd] {
        let error = reused.fetch_by(way).unwrap_err();
        assert!(error.to_string().contains("it is not the file that its entry describes"), "{error}");
    }
}

/// Root may open what is not dumpable. Others may not.
#[test]
fn a_process_that_is_not_dumpable() {
    let domain = TempDomain::new();
    let mut other = Process::start("handover::child_owns", &domain, &["true"]);
    let [memory, eventfd, _] = [(); 3].map(|()| parse(&other.listen()));
    assert_eq!(memory.fetch_by(Way::Proc).is_ok(), is_root());
    assert_eq!(memory.fetch_by(Way::Pidfd).is_ok(), is_root());
    assert_eq!(eventfd.fetch_by(Way::Pidfd).is_ok(), is_root());
}

#[test]
fn impossible_numbers() {
    let own = Handle::of(memory()).unwrap();
    for (pid, descriptor) in [(0, 0), (0, -1), (u32::MAX, 0), (own.pid, -1), (own.pid, i32::MIN), (own.pid, i32::MAX)] {
        let handle = Handle { pid, descriptor, ..own };
        for way in [Way::Proc, Way::Pidfd] {
            let error = handle.fetch_by(way).unwrap_err().to_string();
            assert!(error.starts_with(&format!("descriptor {descriptor} of pid {pid} cannot be fetched: ")), "{error}");
        }
    }
}
