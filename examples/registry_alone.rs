//! The registry without any topic's messages: a service makes itself known, and hands out an eventfd.
//!
//! ```text
//! cargo run --example registry_alone            both sides, ends by itself
//! cargo run --example registry_alone serve      or one side: a service, until Ctrl-C
//! cargo run --example registry_alone ring       and the other: rings every service that is there
//! ```
//!
//! The service is a doorbell. Whoever finds its entry gets the eventfd behind it, as a descriptor of its own, and
//! writes to it. No socket is listened on, no address is agreed on, and a service that is killed is gone.

use rustix::event::{EventfdFlags, eventfd};
use slotcast::registry::{Announcement, Handle, Memory, MemoryEntry, Peer, Qos, Role, TopicDirectory};
use slotcast::{Domain, EndpointId, ShmMessage, TopicName};
use std::error::Error;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(5);

fn main() -> Result<(), Box<dyn Error>> {
    // What is a topic for publishers is the name of a service here.
    let services = TopicDirectory::enter(&Domain::default(), &TopicName::new("registry/doorbell")?)?;
    match std::env::args().nth(1).as_deref() {
        Some("serve") => serve(&services),
        Some("ring") => ring_all(&services),
        _ => demonstrate(&services),
    }
}

// ANCHOR: serve
/// Announces a doorbell and answers it.
fn serve(services: &TopicDirectory) -> Result<(), Box<dyn Error>> {
    let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let id = EndpointId(random()?);
    // For those who may not take the eventfd themselves: some systems forbid it between siblings.
    let mailbox = services.mailbox(id)?;
    let registration = services.announce(&Announcement {
        role: Role::Publisher, // those who offer; who asks need not be in the registry at all
        id,
        name: "doorbell".into(),
        schema: u64::SCHEMA.clone(), // what is written to an eventfd
        hash: u64::HASH,
        qos: Qos::default(),
        memory: Some(MemoryEntry { place: Memory::Sealed(Handle::of(&bell)?), bytes: 0, nonce: 0 }),
    })?;
    println!("pid {} is known as {}", std::process::id(), registration.name());
    loop {
        for request in mailbox.requests()? {
            request.answer(&[bell.as_fd()])?;
        }
        let mut rung = [0; 8];
        match rustix::io::read(&bell, &mut rung) {
            Ok(_) => {
                let sum = u64::from_ne_bytes(rung); // of all that was written since the last look
                if !sum.is_multiple_of(GOODBYE) {
                    println!("pid {} was rung", std::process::id());
                }
                if sum >= GOODBYE {
                    break;
                }
            }
            Err(rustix::io::Errno::AGAIN) => std::thread::sleep(PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
    services.withdraw(registration);
    Ok(())
}
// ANCHOR_END: serve

/// What is written to end a service.
const GOODBYE: u64 = 1 << 32;

/// Rings every doorbell that is there.
fn ring_all(services: &TopicDirectory) -> Result<(), Box<dyn Error>> {
    for service in living(services)? {
        println!("rings {}", service.name);
        rustix::io::write(bell_of(services, &service)?, &1_u64.to_ne_bytes())?;
    }
    Ok(())
}

/// The services that live. Entries of the dead are removed on the way.
fn living(services: &TopicDirectory) -> Result<Vec<Peer>, Box<dyn Error>> {
    let mut living = Vec::new();
    for name in services.names(Role::Publisher)? {
        match services.open(&name)? {
            Some(Ok(peer)) => living.push(peer),
            Some(Err(unusable)) => eprintln!("{unusable}"),
            None => {}
        }
    }
    Ok(living)
}

/// A descriptor of a service's eventfd: taken, or else asked for.
fn bell_of(services: &TopicDirectory, service: &Peer) -> Result<OwnedFd, Box<dyn Error>> {
    let Some(MemoryEntry { place: Memory::Sealed(handle), .. }) = service.memory else {
        return Err("it has nothing to hand out".into());
    };
    if let Ok(bell) = handle.fetch() {
        return Ok(bell);
    }
    let answer = services.ask(service.id, 0)?;
    while service.is_alive()? {
        if let Some(bell) = answer.take()?.and_then(|mut descriptors| descriptors.pop()) {
            return Ok(bell);
        }
        std::thread::sleep(PAUSE);
    }
    Err("it is gone".into())
}

/// Starts two services, rings them, lets one go and kills the other.
fn demonstrate(services: &TopicDirectory) -> Result<(), Box<dyn Error>> {
    let mut children = Vec::new();
    for expected in 1..=2 {
        // Counts who came and went. Read before the directory: whoever comes after that changes it.
        let mut joins = services.joins(Role::Publisher);
        children.push(Command::new(std::env::current_exe()?).arg("serve").spawn()?);
        while living(services)?.len() < expected {
            joins = services.wait(Role::Publisher, joins, Duration::from_secs(1))?;
        }
    }
    ring_all(services)?;

    let both = living(services)?;
    let polite = both.iter().find(|service| service.name.pid == children[0].id()).ok_or("the first is gone")?;
    rustix::io::write(bell_of(services, polite)?, &GOODBYE.to_ne_bytes())?;
    children[0].wait()?;
    println!("pid {} has ended: alive is {}", children[0].id(), polite.is_alive()?);

    children[1].kill()?;
    children[1].wait()?;
    let killed = both.iter().find(|service| service.name.pid == children[1].id()).ok_or("the second is gone")?;
    println!("pid {} was killed: alive is {}", children[1].id(), killed.is_alive()?);
    println!("{} services are left", living(services)?.len());
    Ok(())
}

fn random() -> Result<u128, Box<dyn Error>> {
    let mut bytes = [0; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(u128::from_ne_bytes(bytes))
}
