//! Foreign descriptors: sockets, pipes, files, and what happens if they are closed while in a set.

use crate::{assert_silent, wait, wait_for};
use slotcast::testing::until;
use slotcast::{Interest, ReadyKind, WaitError, WaitSet};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

const READABLE: ReadyKind = ReadyKind::Descriptor { readable: true, writable: false, closed: false };
const WRITABLE: ReadyKind = ReadyKind::Descriptor { readable: false, writable: true, closed: false };

fn is_closed(kind: ReadyKind) -> bool {
    matches!(kind, ReadyKind::Descriptor { closed: true, .. })
}

#[test]
fn a_server_and_its_connection_in_one_thread() {
    let mut set = WaitSet::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listening = set.add_descriptor(&listener, Interest::Readable).unwrap();
    assert_silent(&mut set);

    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert_eq!(wait_for(&mut set, listening), READABLE);
    let (mut server, _) = listener.accept().unwrap();
    let served = set.add_descriptor(&server, Interest::Both).unwrap();
    assert_eq!(wait_for(&mut set, served), WRITABLE);
    client.write_all(b"hello").unwrap();
    let both = ReadyKind::Descriptor { readable: true, writable: true, closed: false };
    while wait_for(&mut set, served) != both {}
    let mut heard = [0; 5];
    server.read_exact(&mut heard).unwrap();
    assert_eq!(wait_for(&mut set, served), WRITABLE);

    drop(client);
    while !is_closed(wait_for(&mut set, served)) {}
    assert_eq!(server.read(&mut heard).unwrap(), 0);
    set.remove(served).unwrap();
    assert_silent(&mut set);
}

#[test]
fn a_set_reports_when_writing_is_possible() {
    let mut set = WaitSet::new().unwrap();
    let (mut here, mut there) = UnixStream::pair().unwrap();
    here.set_nonblocking(true).unwrap();
    let key = set.add_descriptor(&here, Interest::Writable).unwrap();
    let mut written = 0;
    loop {
        match here.write(&[1; 4096]) {
            Ok(bytes) => written += bytes,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                break;
            }
        }
    }
    assert_silent(&mut set);
    there.write_all(b"not wanted").unwrap();
    assert_silent(&mut set);
    there.read_exact(&mut vec![0; written]).unwrap();
    assert_eq!(wait_for(&mut set, key), WRITABLE);
}

#[test]
fn a_pipe_that_ends_is_reported_with_what_is_left_in_it() {
    let mut set = WaitSet::new().unwrap();
    let (mut reader, mut writer) = io::pipe().unwrap();
    let key = set.add_descriptor(&reader, Interest::Readable).unwrap();
    assert_silent(&mut set);
    writer.write_all(b"last words").unwrap();
    assert_eq!(wait_for(&mut set, key), READABLE);
    drop(writer);
    // Other tests start processes, which have a copy of it for a moment.
    while !is_closed(wait_for(&mut set, key)) {}
    let mut words = String::new();
    reader.read_to_string(&mut words).unwrap();
    assert_eq!(words, "last words");
    assert!(is_closed(wait_for(&mut set, key)), "it is reported until it is removed");
}

#[test]
fn a_file_stays_open_until_its_descriptor_is_removed() {
    let mut set = WaitSet::new().unwrap();
    let (here, mut there) = UnixStream::pair().unwrap();
    let key = set.add_descriptor(&here, Interest::Readable).unwrap();
    drop(here);
    there.write_all(b"to nobody").unwrap();
    assert_eq!(wait_for(&mut set, key), READABLE);
    set.remove(key).unwrap();
    until("it is closed", || there.write(b"x").is_err_and(|error| error.kind() == ErrorKind::BrokenPipe));
}

/// Gives `closed`'s number to `new`, as the kernel does with the next file that is opened.
fn give_number_of(closed: OwnedFd, new: OwnedFd) -> OwnedFd {
    use std::os::fd::{FromRawFd, IntoRawFd};
    let number = closed.into_raw_fd();
    // SAFETY: `number` was just released by its owner, and nothing else uses it; `dup3` closes it.
    let result = unsafe { libc::dup3(new.as_raw_fd(), number, libc::O_CLOEXEC) };
    assert_eq!(result, number);
    drop(new);
    // SAFETY: it is open, and nothing else owns it.
    unsafe { OwnedFd::from_raw_fd(number) }
}

#[test]
fn a_reused_number_is_not_mistaken_for_the_first_descriptor() {
    let mut set = WaitSet::new().unwrap();
    let (first, mut to_first) = UnixStream::pair().unwrap();
    let (second, mut to_second) = UnixStream::pair().unwrap();
    let first_key = set.add_descriptor(&first, Interest::Readable).unwrap();
    let second = give_number_of(first.into(), second.into());

    to_second.write_all(b"2").unwrap();
    assert_silent(&mut set);
    let second_key = set.add_descriptor(&second, Interest::Readable).unwrap();
    assert_eq!(wait_for(&mut set, second_key), READABLE);
    to_first.write_all(b"1").unwrap();
    let mut keys: Vec<_> = wait(&mut set).iter().map(|ready| ready.key).collect();
    keys.sort();
    assert_eq!(keys, [first_key, second_key]);
    set.remove(first_key).unwrap();
    assert_eq!(wait_for(&mut set, second_key), READABLE);
}

#[test]
fn files_and_directories_are_refused() {
    let mut set = WaitSet::new().unwrap();
    for path in ["/proc/self/exe", "/"] {
        let refused = set.add_descriptor(&File::open(path).unwrap(), Interest::Readable);
        assert!(matches!(refused, Err(WaitError::AlwaysReady)), "{path}: {refused:?}");
    }
    assert!(set.is_empty());
}

#[test]
fn keys_are_not_reused() {
    let mut set = WaitSet::new().unwrap();
    let (here, _there) = UnixStream::pair().unwrap();
    let key = set.add_descriptor(&here, Interest::Readable).unwrap();
    let again = set.add_descriptor(&here, Interest::Readable).unwrap();
    assert_ne!(key, again, "the same descriptor twice is two things");
    set.remove(key).unwrap();
    assert!(matches!(set.remove(key), Err(WaitError::Unknown(unknown)) if unknown == key));
    assert!(set.add_descriptor(&here, Interest::Readable).unwrap() > again);
    let mut other = WaitSet::new().unwrap();
    assert!(matches!(other.remove(again), Err(WaitError::Unknown(_))), "a key of another set");
}

#[test]
fn an_empty_set_does_not_wait() {
    let mut set = WaitSet::new().unwrap();
    assert!(matches!(set.wait(), Err(WaitError::Empty)));
    assert!(matches!(set.wait_timeout(std::time::Duration::MAX), Err(WaitError::Empty)));
    let (key, _trigger) = set.trigger().unwrap();
    assert_silent(&mut set);
    set.remove(key).unwrap();
    assert!(matches!(set.wait(), Err(WaitError::Empty)));
}

#[test]
fn a_source_that_is_always_ready_starves_no_other() {
    let mut set = WaitSet::new().unwrap();
    let busy: Vec<_> = (0..200).map(|_| UnixStream::pair().unwrap()).collect();
    let mut keys = Vec::new();
    for (here, _) in &busy {
        keys.push(set.add_descriptor(here, Interest::Writable).unwrap());
    }
    let (key, trigger) = set.trigger().unwrap();
    let tick = set.interval(std::time::Duration::from_nanos(1)).unwrap();
    keys.extend([key, tick]);
    for _ in 0..100 {
        trigger.fire();
        let mut ready: Vec<_> = wait(&mut set).iter().map(|ready| ready.key).collect();
        ready.sort();
        assert_eq!(ready, keys, "each is reported, once");
    }
}
