//! Descriptors that an owner hands out itself, to those who cannot fetch them.

use slotcast::registry::{Answer, Handle, TopicDirectory, Way};
use slotcast::testing::{self, Process, Script, TempDomain, until};
use slotcast::{EndpointId, TopicName};
use slotcast_tests::holdings::{assert_nothing_left, is_root, names};
use slotcast_tests::segment::{Segment, announcement};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

const OWNER: EndpointId = EndpointId(0xabc);

fn enter(domain: &slotcast::Domain) -> TopicDirectory {
    TopicDirectory::enter(domain, &TopicName::new("mailbox").unwrap()).unwrap()
}

/// Has a mailbox, and serves it when it is told to.
fn own(script: &Script) {
    let topic = enter(script.domain());
    let mailbox = topic.mailbox(OWNER).unwrap();
    let registration = topic.announce(&announcement::<u64>(OWNER, None)).unwrap();
    let [one, other] = [(); 2].map(|()| Segment::new(0, 0));
    let handle = Handle::of(&one.file).unwrap();
    script.say(&format!("{} {} {}", handle.descriptor, handle.device, handle.inode));
    loop {
        let mut line = String::new();
        io::stdin().read_line(&mut line).unwrap();
        if line.trim() != "serve" {
            break;
        }
        let requests = mailbox.requests().unwrap();
        let count = requests.len();
        for request in requests {
            match request.what {
                0 => request.answer(&[]).unwrap(),
                1 => request.answer(&[one.file.as_fd()]).unwrap(),
                2 => request.answer(&[one.file.as_fd(), other.file.as_fd()]).unwrap(),
                _ => drop(request),
            }
        }
        script.say(&count.to_string());
    }
    drop(mailbox);
    topic.withdraw(registration);
}

#[test]
fn child_owns() {
    testing::process(|script| own(&script));
}

fn start(domain: &TempDomain) -> (Process, TopicDirectory, Vec<u64>) {
    let mut owner = Process::start("mailbox::child_owns", domain, &[]);
    let numbers = owner.listen().split(' ').map(|number| number.parse().unwrap()).collect();
    (owner, enter(domain), numbers)
}

fn serve(owner: &mut Process) -> usize {
    owner.tell("serve");
    owner.listen().parse().unwrap()
}

fn inode(descriptor: OwnedFd) -> u64 {
    File::from(descriptor).metadata().unwrap().ino()
}

/// Asks until the mailbox is full.
fn fill(topic: &TopicDirectory, what: u64) -> Vec<Answer> {
    let mut answers = Vec::new();
    loop {
        match topic.ask(OWNER, what) {
            Ok(answer) => answers.push(answer),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "{error}");
                return answers;
            }
        }
        assert!(answers.len() < 1000);
    }
}

#[test]
fn what_is_asked_for_comes_when_the_owner_looks() {
    let domain = TempDomain::new();
    let (mut owner, topic, numbers) = start(&domain);
    let answers: Vec<_> = (0..=3).map(|what| topic.ask(OWNER, what).unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.take().unwrap().is_none()), "not yet");
    assert_eq!(serve(&mut owner), 4);
    for (count, answer) in answers.iter().take(3).enumerate() {
        let descriptors = answer.take().unwrap().unwrap();
        assert_eq!(descriptors.len(), count);
        if let Some(first) = descriptors.into_iter().next() {
            assert_eq!(inode(first), numbers[2]);
        }
    }
    let error = answers[3].take().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "it was not answered: {error}");
    owner.tell("end");
    owner.finish();
    drop(topic);
    assert_nothing_left(&domain);
}

#[test]
fn a_full_mailbox_says_so_and_works_again_when_it_was_served() {
    let domain = TempDomain::new();
    let (mut owner, topic, _) = start(&domain);
    for _ in 0..3 {
        let answers = fill(&topic, 1);
        assert!(answers.len() >= 5, "{}", answers.len());
        assert_eq!(serve(&mut owner), answers.len());
        assert!(answers.iter().all(|answer| answer.take().unwrap().unwrap().len() == 1));
    }
    drop(topic);
}

#[test]
fn askers_that_have_gone_harm_nobody() {
    let domain = TempDomain::new();
    let (mut owner, topic, _) = start(&domain);
    let asked = fill(&topic, 2).len();
    assert_eq!(serve(&mut owner), asked);
    let answer = topic.ask(OWNER, 1).unwrap();
    assert_eq!(serve(&mut owner), 1);
    assert!(answer.take().unwrap().is_some());
    owner.tell("end");
    owner.finish();
}

#[test]
fn an_owner_that_has_gone_is_an_error() {
    let domain = TempDomain::new();
    let (mut owner, topic, _) = start(&domain);
    let error = topic.ask(EndpointId(7), 1).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    let answer = topic.ask(OWNER, 1).unwrap();
    owner.kill();
    let mut result = None;
    until("it is noticed", || {
        result = answer.take().transpose();
        result.is_some()
    });
    assert_eq!(result.unwrap().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    let error = topic.ask(OWNER, 1).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);

    let mailbox = format!("q-{OWNER}");
    assert!(names(&domain, "mailbox").contains(&mailbox));
    assert!(topic.open(&format!("p-{OWNER}")).unwrap().is_none(), "it is dead");
    assert_eq!(names(&domain, "mailbox"), ["topic"], "its mailbox went with its entry");
    let error = topic.ask(OWNER, 1).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    drop(topic);
    assert_nothing_left(&domain);
}

#[test]
fn datagrams_that_are_no_requests_are_dropped() {
    let domain = TempDomain::new();
    let (mut owner, topic, _) = start(&domain);
    let socket = std::os::unix::net::UnixDatagram::unbound().unwrap();
    let path = topic.path().join(format!("q-{OWNER}"));
    for bytes in [&b""[..], b"x", &[0; 8], &[255; 4096]] {
        socket.send_to(bytes, &path).unwrap();
    }
    let answer = topic.ask(OWNER, 1).unwrap();
    assert_eq!(serve(&mut owner), 1);
    assert_eq!(answer.take().unwrap().unwrap().len(), 1);
    owner.tell("end");
    owner.finish();
}

fn become_nobody() {
    // SAFETY: it takes a number alone.
    let result = unsafe { libc::setuid(65534) };
    assert_eq!(result, 0);
}

#[test]
fn child_owns_as_nobody() {
    testing::process(|script| {
        become_nobody();
        own(&script);
    });
}

#[test]
fn child_asks_as_nobody() {
    testing::process(|script| {
        become_nobody();
        let topic = enter(script.domain());
        let [pid, device, inode]: [u64; 3] = [0, 2, 3].map(|index| script.argument(index));
        let handle = Handle { pid: u32::try_from(pid).unwrap(), descriptor: script.argument(1), device, inode };
        for way in [Way::Proc, Way::Pidfd] {
            let error = handle.fetch_by(way).unwrap_err().to_string();
            assert!(error.contains("ermission denied") || error.contains("not permitted"), "{error}");
        }
        let answer = topic.ask(OWNER, 1).unwrap();
        script.say("asked");
        script.hear("served");
        let descriptor = answer.take().unwrap().unwrap().pop().unwrap();
        assert_eq!(self::inode(descriptor), inode);
        script.say("got it");
    });
}

/// Where the owner cannot be opened by its siblings, the mailbox works.
#[test]
fn an_owner_that_cannot_be_opened() {
    if !is_root() {
        println!("skipped: only root can become another user");
        return;
    }
    let domain = TempDomain::new();
    let mut owner = Process::start("mailbox::child_owns_as_nobody", &domain, &[]);
    let line = owner.listen();
    let arguments: Vec<_> = std::iter::once(owner.id().to_string()).chain(line.split(' ').map(str::to_owned)).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut asker = Process::start("mailbox::child_asks_as_nobody", &domain, &arguments);
    asker.expect("asked");
    assert_eq!(serve(&mut owner), 1);
    asker.tell("served");
    asker.expect("got it");
    asker.finish();
    owner.tell("end");
    owner.finish();
}
