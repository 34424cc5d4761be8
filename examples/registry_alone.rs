//! The registry without publishers and subscribers: a service announces itself, and shares memory.
//!
//! ```text
//! cargo run --example registry_alone            both sides, ends by itself
//! cargo run --example registry_alone serve      or one side: a service, until its input ends
//! cargo run --example registry_alone read       and the other: reads the notices of all services
//! ```
//!
//! The service is a notice board. Whoever finds its entry gets the memory behind it, as a
//! descriptor of its own, and reads it. No socket is opened, no address is agreed on, and a service
//! that is killed disappears.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use slotcast::registry::{Announcement, Entry, Handle, Memory, MemoryEntry, Peer, Qos, Role, TopicDirectory};
use slotcast::{Domain, EndpointId, ShmMessage, TopicName};
use std::error::Error;
use std::fs::File;
use std::io::{Write, stdin};
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    // Here the name of the topic is the name of a service.
    let services = TopicDirectory::enter(&Domain::default(), &TopicName::new("registry/notice")?)?;
    match std::env::args().nth(1).as_deref() {
        Some("serve") => serve(&services),
        Some("read") => read_all(&services),
        _ => demonstrate(&services),
    }
}

// ANCHOR: serve
/// Announces a notice, and keeps it until the input ends.
fn serve(services: &TopicDirectory) -> Result<(), Box<dyn Error>> {
    let text = format!("pid {} is open from 9 to 5", std::process::id());
    let mut notice = File::from(memfd_create("notice", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    notice.write_all(text.as_bytes())?;
    fcntl_add_seals(&notice, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;

    let registration = services.announce(&Announcement {
        role: Role::Publisher, // for services; clients need not be in the registry at all
        id: EndpointId::random()?,
        name: "notice".into(),
        schema: u8::SCHEMA.clone(), // the type of the memory's elements
        hash: u8::HASH,
        qos: Qos::default(),
        memory: Some(MemoryEntry { place: Memory::Sealed(Handle::of(&notice)?), bytes: text.len() as u64, nonce: 0 }),
    })?;
    println!("pid {} is known as {}", std::process::id(), registration.name());

    stdin().read_line(&mut String::new())?;
    services.withdraw(registration);
    Ok(())
}

/// Reads the notice of a service: fetches the descriptor of its memory.
fn read(services: &TopicDirectory, service: &Peer) -> Result<String, Box<dyn Error>> {
    let memory = service.memory.ok_or("it has nothing to read")?;
    let notice = File::from(services.open_memory(service.id, &memory)?);
    let mut text = vec![0; usize::try_from(memory.bytes)?.min(4096)];
    notice.read_exact_at(&mut text, 0)?;
    Ok(String::from_utf8(text)?)
}
// ANCHOR_END: serve

/// Reads the notice of every live service.
fn read_all(services: &TopicDirectory) -> Result<(), Box<dyn Error>> {
    for service in live(services)? {
        println!("{} says: {}", service.name, read(services, &service)?);
    }
    Ok(())
}

/// Returns the live services. Entries of dead ones are removed on the way.
fn live(services: &TopicDirectory) -> Result<Vec<Peer>, Box<dyn Error>> {
    let mut live = Vec::new();
    for name in services.names(Role::Publisher)? {
        match services.open(&name)? {
            Entry::Live(peer) => live.push(peer),
            Entry::Unusable(error) => eprintln!("{error}"),
            Entry::Absent => {}
        }
    }
    Ok(live)
}

/// Starts two services, reads their notices, ends one in order and kills the other.
fn demonstrate(services: &TopicDirectory) -> Result<(), Box<dyn Error>> {
    let mut children = Vec::new();
    for expected in 1..=2 {
        // Before the directory is read: a service that joins after this changes the counter.
        let mut joins = services.joins(Role::Publisher);
        children.push(Command::new(std::env::current_exe()?).arg("serve").stdin(Stdio::piped()).spawn()?);
        while live(services)?.len() < expected {
            joins = services.wait(Role::Publisher, joins, Duration::from_secs(1))?;
        }
    }
    read_all(services)?;

    let both = live(services)?;
    let polite = both.iter().find(|service| service.name.pid == children[0].id()).ok_or("the first has left")?;
    children[0].stdin = None;
    children[0].wait()?;
    println!("pid {} has ended: alive is {}", children[0].id(), polite.is_alive()?);

    children[1].kill()?;
    children[1].wait()?;
    let killed = both.iter().find(|service| service.name.pid == children[1].id()).ok_or("the second has left")?;
    println!("pid {} was killed: alive is {}", children[1].id(), killed.is_alive()?);
    println!("{} services are left", live(services)?.len());
    Ok(())
}
