//! The loop: one `epoll`, and what is done for each ready descriptor.

use crate::messages::{CPU, Cpu, Json, LOAD, Load};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use serde_json::json;
use slotcast::{CreateError, ShmMessage, Subscriber, Topic};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

// The keys of the descriptors. Clients have the numbers from `FIRST_CLIENT` on.
const LOADS: u64 = 0;
const CPUS: u64 = 1;
const LISTENER: u64 = 2;
const CLOCK: u64 = 3;
const END: u64 = 4;
const INTERRUPT: u64 = 5;
const FIRST_CLIENT: u64 = 6;

/// How many bytes a client can be behind before the server disconnects it.
const BACKLOG: usize = 1 << 20;

/// Everything that the server waits for.
pub(crate) struct Server {
    epoll: OwnedFd,
    loads: Feed<Load>,
    cpus: Feed<Cpu>,
    listener: TcpListener,
    clients: BTreeMap<u64, Client>,
    next_client: u64,
    clock: OwnedFd,
    _end: OwnedFd,
    start: Instant,
    ticks: u64,
    lines: u64,
}

/// A topic, and what was received from it.
struct Feed<T> {
    subscriber: Subscriber<T>,
    received: u64,
    /// The value of `received` at the last tick of the clock.
    before: u64,
}

impl<T: ShmMessage + Json> Feed<T> {
    fn new(topic: Topic<T>) -> Result<Self, CreateError> {
        Ok(Self { subscriber: Subscriber::new(topic)?, received: 0, before: 0 })
    }

    // ANCHOR: lines
    /// Returns a line of JSON for each available message. It reads all of them: the descriptor
    /// stays readable until then.
    fn lines(&mut self) -> Result<Vec<u8>, Box<dyn Error>> {
        let (topic, mut lines) = (self.subscriber.topic().to_string(), Vec::new());
        for message in self.subscriber.try_iter() {
            let message = message?;
            let line = json!({ "topic": topic, "sequence": message.sequence(), "value": message.json() });
            writeln!(lines, "{line}")?;
            self.received += 1;
        }
        Ok(lines)
    }
    // ANCHOR_END: lines

    /// Returns how many messages have arrived since the last tick.
    fn rate(&mut self) -> u64 {
        let rate = self.received - self.before;
        self.before = self.received;
        rate
    }
}

/// A connected client, and what has not been sent to it yet.
struct Client {
    stream: TcpStream,
    backlog: Vec<u8>,
}

impl Client {
    /// Sends what can be sent without waiting.
    fn send(&mut self) -> io::Result<()> {
        while !self.backlog.is_empty() {
            match self.stream.write(&self.backlog) {
                Ok(sent) => drop(self.backlog.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        if self.backlog.len() > BACKLOG { Err(ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    /// Waits until sending is possible only if there is something to send: it nearly always is.
    fn interest(&self) -> EventFlags {
        if self.backlog.is_empty() { EventFlags::IN } else { EventFlags::IN | EventFlags::OUT }
    }
}

impl Server {
    pub(crate) fn new(port: u16, time: Duration) -> Result<Self, Box<dyn Error>> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let (mut loads, mut cpus) = (Feed::new(LOAD)?, Feed::new(CPU)?);
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let clock = timer(Duration::from_secs(1), Duration::from_secs(1))?;
        let end = timer(time, Duration::ZERO)?;
        let interrupt = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;

        // ANCHOR: add
        add(&epoll, loads.subscriber.event_fd()?, LOADS)?;
        add(&epoll, cpus.subscriber.event_fd()?, CPUS)?;
        add(&epoll, &listener, LISTENER)?;
        add(&epoll, &clock, CLOCK)?;
        add(&epoll, &end, END)?;
        add(&epoll, &interrupt, INTERRUPT)?;
        // ANCHOR_END: add
        ctrlc::set_handler(move || {
            // It can only fail if it is full, and then Ctrl-C was pressed before.
            let _ = rustix::io::write(&interrupt, &1_u64.to_ne_bytes());
        })?;
        let (clients, start) = (BTreeMap::new(), Instant::now());
        let next_client = FIRST_CLIENT;
        Ok(Self { epoll, loads, cpus, listener, clients, next_client, clock, _end: end, start, ticks: 0, lines: 0 })
    }

    /// Returns the address that it listens on.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is time to end.
    pub(crate) fn run(&mut self) -> Result<(), Box<dyn Error>> {
        let mut events = Vec::with_capacity(16);
        loop {
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Err(Errno::INTR) => continue,
                result => result?,
            };
            for event in events.drain(..) {
                match event.data.u64() {
                    LOADS => {
                        let lines = self.loads.lines()?;
                        self.publish(&lines)?;
                    }
                    CPUS => {
                        let lines = self.cpus.lines()?;
                        self.publish(&lines)?;
                    }
                    LISTENER => self.accept()?,
                    CLOCK => self.tick()?,
                    END | INTERRUPT => return Ok(()),
                    client => self.serve(client)?,
                }
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        let stream = match self.listener.accept() {
            Ok((stream, _)) => stream,
            // The client has already disconnected.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionAborted) => return Ok(()),
            Err(error) => return Err(error),
        };
        stream.set_nonblocking(true)?;
        add(&self.epoll, &stream, self.next_client)?;
        self.clients.insert(self.next_client, Client { stream, backlog: Vec::new() });
        self.next_client += 1;
        Ok(())
    }

    /// Sends lines to all clients.
    fn publish(&mut self, lines: &[u8]) -> io::Result<()> {
        self.lines += lines.iter().filter(|byte| **byte == b'\n').count() as u64 * self.clients.len() as u64;
        for client in self.clients.values_mut() {
            client.backlog.extend_from_slice(lines);
        }
        let keys: Vec<u64> = self.clients.keys().copied().collect();
        keys.into_iter().try_for_each(|key| self.send(key))
    }

    fn send(&mut self, key: u64) -> io::Result<()> {
        let Some(client) = self.clients.get_mut(&key) else { return Ok(()) };
        match client.send() {
            Ok(()) => Ok(epoll::modify(&self.epoll, &client.stream, EventData::new_u64(key), client.interest())?),
            Err(error) => {
                println!("client {key} is disconnected: {error}");
                self.clients.remove(&key); // closing it removes it from the epoll, too
                Ok(())
            }
        }
    }

    /// A client can accept more, sends something, which is ignored, or has disconnected.
    fn serve(&mut self, key: u64) -> io::Result<()> {
        let Some(client) = self.clients.get_mut(&key) else { return Ok(()) };
        match client.stream.read(&mut [0; 512]) {
            Ok(0) => drop(self.clients.remove(&key)),
            Err(error) if error.kind() != ErrorKind::WouldBlock => drop(self.clients.remove(&key)),
            _ => self.send(key)?,
        }
        Ok(())
    }

    fn tick(&mut self) -> io::Result<()> {
        let mut periods = [0; 8];
        rustix::io::read(&self.clock, &mut periods)?;
        self.ticks += u64::from_ne_bytes(periods);
        let (loads, cpus) = (self.loads.rate(), self.cpus.rate());
        println!("{} s: {loads} loads and {cpus} processors a second, clients: {}", self.ticks, self.clients.len());
        Ok(())
    }

    /// Disconnects all clients, after sending them what can be sent.
    pub(crate) fn hang_up(&mut self) -> io::Result<()> {
        for client in self.clients.values_mut() {
            client.stream.set_nonblocking(false)?;
            client.stream.set_write_timeout(Some(Duration::from_secs(1)))?;
            // A client that does not accept it now does not receive it.
            let _ = client.stream.write_all(&client.backlog);
        }
        self.clients.clear();
        Ok(())
    }

    /// Prints what came through each descriptor, and fails if one was never ready.
    pub(crate) fn check(&self) -> Result<(), Box<dyn Error>> {
        let Self { loads, cpus, lines, ticks, .. } = self;
        let clients = self.next_client - FIRST_CLIENT;
        println!(
            "{:.1} s: {} messages of {}, {} of {}, {lines} lines for clients, {ticks} ticks; clients: {clients}",
            self.start.elapsed().as_secs_f64(),
            loads.received,
            loads.subscriber.topic(),
            cpus.received,
            cpus.subscriber.topic(),
        );
        let counts = [loads.received, cpus.received, *lines, clients];
        if counts.contains(&0) { Err("a descriptor has never been ready".into()) } else { Ok(()) }
    }
}

fn add(epoll: &OwnedFd, descriptor: impl AsFd, key: u64) -> rustix::io::Result<()> {
    epoll::add(epoll, descriptor, EventData::new_u64(key), EventFlags::IN)
}

/// Creates a descriptor that becomes readable after a time, and then after each `every`, unless
/// that is zero.
fn timer(after: Duration, every: Duration) -> Result<OwnedFd, Box<dyn Error>> {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
    let times = Itimerspec { it_interval: Timespec::try_from(every)?, it_value: Timespec::try_from(after)? };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &times)?;
    Ok(timer)
}
