//! Errors that really happen, and what the book quotes of them.

use crate::book;
use slotcast::dynamic::{self, Layout, Value};
use slotcast::registry::{Announcement, Handle, Memory, MemoryEntry, Qos, Role, TopicDirectory};
use slotcast::testing::TempDomain;
use slotcast::{
    CreateError, Domain, EndpointId, Placement, Publisher, PublisherBuilder, ShmMessage, Subscriber, SubscriberBuilder,
    TopicName,
};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};

/// Asserts that the book quotes a text, in this row.
fn check(text: &str, begins: &str) {
    let mut quoted = book::column("texts");
    quoted.extend(book::column("composed texts"));
    quoted.extend(book::column("advice"));
    let rows: Vec<_> = quoted.iter().filter(|row| row.starts_with(begins)).collect();
    assert_eq!(rows.len(), 1, "rows that begin with {begins:?}: {rows:#?}");
    assert!(book::is_in(rows[0], text), "{text:?} is not {:?}", rows[0]);
}

fn publisher(domain: &Domain) -> PublisherBuilder<u64> {
    Publisher::builder("x").domain(domain)
}

fn subscriber(domain: &Domain) -> SubscriberBuilder<u64> {
    Subscriber::builder("x").domain(domain)
}

fn text<T: std::fmt::Debug>(result: Result<T, CreateError>) -> String {
    result.expect_err("an error").to_string()
}

#[test]
fn names_and_settings() {
    let domain = TempDomain::new();
    let long = "x".repeat(201);
    for (name, begins) in [
        ("", "it is empty"),
        (&*long, "it has … bytes; at most"),
        ("a b", "it has … at byte"),
        ("/a", "it begins with `/`"),
        ("a//b", "it has an empty segment"),
        ("a/.b", "it has a segment that begins with"),
    ] {
        let text = text(Publisher::<u64>::builder(name).domain(&domain).create());
        check(&text, begins);
        check(&text, "… is not a valid topic name");
    }
    check(&text(publisher(&domain).depth(0).create()), "`depth` is …, and must");
    check(&text(subscriber(&domain).rate_limit(0.0).create()), "`rate_limit` is …");
    let huge = || Publisher::<[u64; 4096]>::builder("x").domain(&domain);
    let small = text(huge().max_memory(1 << 16).create());
    check(&small, "`max_memory` is … bytes, and must be between … (for");
    let small = text(Publisher::<[u8]>::builder("x").domain(&domain).max_memory(1).create());
    check(&small, "`max_memory` is … bytes, and must be between … and");
    check(&text(subscriber(&domain).max_samples(1000).create()), "`max_samples` is …");
    let mut publisher = huge().max_memory(1 << 20).create().unwrap();
    let loans: Vec<_> = std::iter::from_fn(|| publisher.loan().ok()).collect();
    check(&publisher.publish(&[0; 4096]).unwrap_err().to_string(), "topic \"…\": no memory for a message");
    drop((loans, publisher));
    let impossible = Publisher::<[u8]>::builder("x").domain(&domain).max_memory(4096).max_len(8192).create();
    check(&text(impossible), "`max_len` is … elements");
    let mut slices = Publisher::<[u8]>::builder("x").domain(&domain).max_memory(4096).create().unwrap();
    check(&slices.loan_slice(5000).unwrap_err().to_string(), "topic \"…\": a message of … bytes is larger");
    assert!(
        slices
            .loan_slice(5000)
            .unwrap_err()
            .to_string()
            .ends_with(": raise `max_memory` where the publisher is created")
    );
    drop(slices);
    let mut short = Publisher::<[u8]>::builder("x").domain(&domain).max_len(10).create().unwrap();
    check(&short.loan_slice(11).unwrap_err().to_string(), "topic \"…\": a message of … elements is longer");
    drop(short);
    let mut numbers = Publisher::<[u64]>::builder("y").domain(&domain).create().unwrap();
    for (count, begins) in [
        (9 << 30, "topic \"y\": a message of 77309411328 bytes is larger"),
        (usize::MAX, "topic \"y\": a message of more than 18446744073709551614 bytes is larger"),
    ] {
        let text = numbers.loan_slice(count).unwrap_err().to_string();
        assert!(text.starts_with(begins) && text.contains(": split it"), "{text}");
    }
    let huge = huge().depth(1 << 24).create();
    check(&text(huge), "`depth` is …, and … messages of");
}

#[test]
fn incompatible_publishers() {
    let domain = TempDomain::new();
    let mut first = publisher(&domain).create().unwrap();
    let exclusive = text(publisher(&domain).exclusive().create());
    check(&exclusive, "topic \"…\": another publisher");
    let other = text(Publisher::<i64>::builder("x").domain(&domain).create());
    check(&other, "topic \"…\": … of this publisher does not match another");
    check(&text(Subscriber::<i64>::builder("x").domain(&domain).create()), "topic \"…\": … of this … does not match");
    let slices = text(Subscriber::<[i64]>::builder("x").domain(&domain).create());
    assert!(slices.contains(": [i64] of this subscriber does not match the publisher's (pid "), "{slices}");
    let loan = first.loan().unwrap();
    let mut second = publisher(&domain).create().unwrap();
    check(&second.send(loan).unwrap_err().to_string(), "topic \"…\": this loan is of another publisher");
}

#[test]
fn registries() {
    let domain = TempDomain::new();
    let missing = Domain::at(domain.path().join("missing/domain"));
    check(&text(publisher(&missing).create()), "cannot … …");
    check(&text(publisher(&missing).create()), "create the directory above it");

    fs::create_dir(domain.path()).unwrap();
    fs::set_permissions(domain.path(), Permissions::from_mode(0o755)).unwrap();
    check(&text(publisher(&domain).create()), "… is accessible to other users");
    fs::set_permissions(domain.path(), Permissions::from_mode(0o700)).unwrap();
    fs::write(domain.path().join("x"), "").unwrap();
    check(&text(publisher(&domain).create()), "… is not a directory");
    fs::remove_file(domain.path().join("x")).unwrap();

    drop(publisher(&domain).create().unwrap());
    fs::create_dir(domain.path().join("x")).unwrap();
    fs::set_permissions(domain.path().join("x"), Permissions::from_mode(0o700)).unwrap();
    fs::write(domain.path().join("x/topic"), "nothing").unwrap();
    check(&text(publisher(&domain).create()), "… is not a topic file");
}

/// Announces a publisher whose memory is elsewhere, and returns the error of a subscriber.
fn refused(domain: &Domain, memory: Option<MemoryEntry>) -> String {
    let topic = TopicDirectory::enter(domain, &TopicName::new("x").unwrap()).unwrap();
    let announcement = Announcement {
        role: Role::Publisher,
        id: EndpointId(7),
        name: "impostor".into(),
        schema: u64::SCHEMA.clone(),
        hash: u64::HASH,
        qos: Qos::default(),
        memory,
    };
    let registration = topic.announce(&announcement).unwrap();
    let text = text(subscriber(domain).create());
    topic.withdraw(registration);
    check(&text, "topic \"…\": cannot read from the publisher");
    text
}

#[test]
fn forged_publishers() {
    let domain = TempDomain::new();
    let entry = |place| Some(MemoryEntry { place, bytes: 1 << 16, nonce: 7 });
    check(&refused(&domain, None), "its entry names no memory");

    let closed = Handle { pid: std::process::id(), descriptor: 1 << 20, device: 1, inode: 1 };
    let text = refused(&domain, entry(Memory::Sealed(closed)));
    check(&text, "its memory cannot be opened");
    check(&text, "descriptor … of pid … cannot be fetched");

    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    let text = refused(&domain, entry(Memory::Sealed(Handle::of(&file).unwrap())));
    check(&text, "its memory is not sealed");
    check(&refused(&domain, entry(Memory::File { device: 1, inode: 1 })), "its memory file … is not the one");

    let other = domain.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::set_permissions(&other, Permissions::from_mode(0o700)).unwrap();
    let other = Domain::at(other);
    let _true_one = publisher(&other).create().unwrap();
    let topic = TopicDirectory::enter(&other, &TopicName::new("x").unwrap()).unwrap();
    let name = topic.names(Role::Publisher).unwrap().remove(0);
    let peer = topic.open(&name).unwrap().live().unwrap();
    check(&refused(&domain, peer.memory), "its memory is damaged: … is …, and … was expected");
}

#[test]
fn values_without_a_type() {
    let domain = TempDomain::new();
    let subscriber = dynamic::Subscriber::builder("x").domain(&domain);
    check(&subscriber.create().unwrap_err().to_string(), "topic \"…\" has no publisher");

    let layout = Layout::of::<Reading>().unwrap();
    check(&layout.accessor("hands").unwrap_err().to_string(), "path `…`");
    let mut publisher = dynamic::Publisher::builder("x", &layout).domain(&domain).create().unwrap();
    for (json, begins) in [
        (r#"{"hand": 300}"#, "…: … does not fit"),
        (r#"{"hand": "left"}"#, "…: … is not"),
        ("{}", "… is missing"),
        (r#"{"hand": 1, "foot": 1}"#, "… is unknown"),
    ] {
        let value: Value = serde_json::from_str(json).unwrap();
        check(&publisher.publish(&value).unwrap_err().to_string(), begins);
    }
}

/// A message with one field.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Reading {
    hand: u8,
}

#[test]
fn invalid_messages() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<bool>::builder("x").domain(&domain).placement(Placement::File).create().unwrap();
    let mut subscriber = Subscriber::<bool>::builder("x").domain(&domain).create().unwrap();
    let path = domain.path().join(format!("x/m-{}", publisher.id()));
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let memory = File::options().write(true).open(path).unwrap();

    publisher.publish(&true).unwrap();
    memory.write_all_at(&[2], 4096 + 16).unwrap();
    let text = subscriber.try_recv().unwrap_err().to_string();
    check(&text, "topic \"…\": message … of the publisher (…) is not");

    memory.write_all_at(&[0xff], 4096 + 64).unwrap();
    let text = subscriber.try_recv().unwrap_err().to_string();
    check(&text, "topic \"…\": the ring of the publisher (…) is corrupt: expected message");
}
