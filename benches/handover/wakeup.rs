//! How long a sleeping receiver takes to have the message that wakes it, compared with the kernel's
//! own means.
//!
//! The sender waits until the receiver must be asleep, reads the clock, and sends. The receiver
//! reads the same clock (`CLOCK_MONOTONIC`) when it has the message.

use crate::cli::Arguments;
use crate::links::wait;
use crate::message::{self, Small};
use crate::peer::{self, Context, Peer, Task};
use crate::report::{Row, Target};
use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use slotcast::registry::Handle;
use slotcast::{Domain, EventFd, Publisher, Subscriber, Wait};
use std::error::Error;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::unix::AsyncFd;

/// For the other process: sleep until woken, again and again.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Sleep {
    kind: Kind,
    wakes: u32,
}

/// For the other process: sleep without being woken, and answer which part of the time a processor
/// was in use.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Idle {
    kind: Kind,
    time: Duration,
}

/// How the receiver waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Futex,
    Recv,
    Epoll,
    RecvByEpoll,
    Tokio,
    RecvByTokio,
}

/// The SDK's ways, and the kernel's means that each is compared with.
const PAIRS: [(Kind, Kind, &str, &str); 3] = [
    (Kind::Recv, Kind::Futex, "recv", "a futex"),
    (Kind::RecvByEpoll, Kind::Epoll, "event_fd and epoll", "an eventfd and epoll"),
    (Kind::RecvByTokio, Kind::Tokio, "recv().await", "an eventfd and tokio"),
];

/// The longest that a receiver needs to fall asleep.
const SETTLE: Duration = Duration::from_micros(150);

const TOPIC: &str = "wakeup";

type Failure = Box<dyn Error>;

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Failure> {
    let mut publisher = Publisher::<Small>::builder(TOPIC).domain(peer.domain()).create()?;
    let mut rows = Vec::new();
    for (ours, theirs, name, beside) in PAIRS {
        let mut pairs = Vec::new();
        for _ in 0..arguments.rounds(10) {
            let before = wakes(theirs, arguments, peer, &mut publisher)?;
            let slotcast = wakes(ours, arguments, peer, &mut publisher)?;
            let after = wakes(theirs, arguments, peer, &mut publisher)?;
            pairs.push((slotcast, f64::midpoint(before, after)));
        }
        let name = format!("wake-up, {name}");
        rows.push(Row::of_pairs(&name, "ns", beside, &pairs).target(Target::RatioAtMost(1.15)));
    }
    let time = Duration::from_millis(if arguments.is_quick() { 50 } else { 5_000 });
    for (kind, _, name, _) in PAIRS {
        let busy = peer.tell(&Idle { kind, time })?;
        let name = format!("asleep, {name}");
        rows.push(Row::of(&name, "% of a processor", [100.0 * busy]).target(Target::AtMost(0.1)));
    }
    Ok(rows)
}

/// Returns the nanoseconds from one process to the other: the median of some wake-ups.
fn wakes(kind: Kind, arguments: &Arguments, peer: &mut Peer, publisher: &mut Publisher<Small>) -> Result<f64, Failure> {
    let plan = Sleep { kind, wakes: if arguments.is_quick() { 3 } else { 31 } };
    let table = peer.table;
    table.woken.0.store(0, Ordering::Relaxed);
    table.futex.0.store(0, Ordering::Relaxed);
    let eventfd = match peer.tell(&plan)? {
        Some((pid, descriptor, device, inode)) => Some(Handle { pid, descriptor, device, inode }.fetch()?),
        None => None,
    };
    let mut times = Vec::new();
    for wake in 0..u64::from(plan.wakes) {
        let settled = Instant::now() + SETTLE;
        while Instant::now() < settled {}
        let now = nanoseconds();
        match kind {
            Kind::Futex => {
                table.sent.0.store(now, Ordering::Relaxed);
                table.futex.0.fetch_add(1, Ordering::Release);
                rustix::thread::futex::wake(
                    &table.futex.0,
                    rustix::thread::futex::Flags::empty(),
                    i32::MAX.cast_unsigned(),
                )?;
            }
            Kind::Epoll | Kind::Tokio => {
                table.sent.0.store(now, Ordering::Release);
                rustix::io::write(eventfd.as_ref().ok_or("no eventfd")?, &1_u64.to_ne_bytes())?;
            }
            _ => drop(publisher.publish(&message::of(now))?),
        }
        wait(|| (table.woken.0.load(Ordering::Acquire) > wake).then_some(()));
        times.push(table.took.0.load(Ordering::Relaxed));
    }
    times.sort_unstable();
    Ok(times[times.len() / 2] as f64)
}

fn nanoseconds() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

impl Task for Sleep {
    const NAME: &'static str = "sleep";
    /// Where the sender finds the eventfd, if it needs one: the parts of a [`Handle`].
    type Answer = Option<(u32, i32, u64, u64)>;

    fn run(self, Context { table, domain, .. }: &mut Context) -> Result<(), Failure> {
        let woken = |sent: u64| {
            table.took.0.store(nanoseconds() - sent, Ordering::Relaxed);
            table.woken.0.fetch_add(1, Ordering::Release);
        };
        match self.kind {
            Kind::Futex => {
                peer::answer(&None::<()>)?;
                for wake in 0..self.wakes {
                    while table.futex.0.load(Ordering::Acquire) == wake {
                        let flags = rustix::thread::futex::Flags::empty();
                        match rustix::thread::futex::wait(&table.futex.0, flags, wake, None) {
                            Ok(()) | Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                            Err(error) => return Err(error.into()),
                        }
                    }
                    woken(table.sent.0.load(Ordering::Relaxed));
                }
            }
            Kind::Epoll => {
                let eventfd = announced_eventfd()?;
                let epoll = Epoll::of(&eventfd)?;
                for _ in 0..self.wakes {
                    epoll.wait()?;
                    rustix::io::read(&eventfd, &mut [0; 8])?;
                    woken(table.sent.0.load(Ordering::Acquire));
                }
            }
            Kind::Tokio => {
                let runtime = runtime()?;
                let eventfd = announced_eventfd()?;
                runtime.block_on(async {
                    let eventfd = registered(eventfd)?;
                    for _ in 0..self.wakes {
                        let mut ready = eventfd.readable().await?;
                        rustix::io::read(&eventfd.get_ref().0, &mut [0; 8])?;
                        ready.clear_ready();
                        woken(table.sent.0.load(Ordering::Acquire));
                    }
                    Ok::<_, Failure>(())
                })?;
            }
            Kind::Recv => {
                let mut subscriber = subscriber(domain)?;
                peer::answer(&None::<()>)?;
                for _ in 0..self.wakes {
                    woken(subscriber.recv()?[0]);
                }
            }
            Kind::RecvByEpoll => {
                let mut subscriber = subscriber(domain)?;
                let epoll = Epoll::of(&subscriber.event_fd()?)?;
                peer::answer(&None::<()>)?;
                let mut count = 0;
                while count < self.wakes {
                    epoll.wait()?;
                    while let Some(sample) = subscriber.try_recv()? {
                        woken(sample[0]);
                        count += 1;
                    }
                }
            }
            Kind::RecvByTokio => runtime()?.block_on(async {
                let mut subscriber: slotcast::tokio::Subscriber<Small> = subscriber(domain)?.try_into()?;
                peer::answer(&None::<()>)?;
                for _ in 0..self.wakes {
                    woken(subscriber.recv().await?[0]);
                }
                Ok::<_, Failure>(())
            })?,
        }
        Ok(())
    }
}

impl Task for Idle {
    const NAME: &'static str = "idle";
    type Answer = f64;

    fn run(self, Context { domain, .. }: &mut Context) -> Result<(), Failure> {
        peer::answer(&busy(self, domain)?)
    }
}

/// Returns the part of the time that a sleeping receiver uses a processor.
fn busy(Idle { kind, time }: Idle, domain: &Domain) -> Result<f64, Failure> {
    let _publisher = Publisher::<Small>::builder(TOPIC).domain(domain).create()?;
    let mut subscriber = subscriber(domain)?;
    let end = Instant::now() + time;
    let before = clock_gettime(ClockId::ProcessCPUTime);
    match kind {
        Kind::RecvByTokio => runtime()?.block_on(async {
            let mut subscriber: slotcast::tokio::Subscriber<Small> = subscriber.try_into()?;
            let sleeping = tokio::time::timeout(time, subscriber.recv()).await;
            assert!(sleeping.is_err(), "nobody publishes");
            Ok::<_, Failure>(())
        })?,
        Kind::RecvByEpoll => {
            let event_fd: EventFd = subscriber.event_fd()?;
            let epoll = Epoll::of(&event_fd)?;
            while Instant::now() < end {
                assert!(subscriber.try_recv()?.is_none(), "nobody publishes");
                epoll.wait_until(end)?;
            }
        }
        _ => assert!(subscriber.recv_deadline(end)?.is_none(), "nobody publishes"),
    }
    let after = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = |time: rustix::time::Timespec| time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
    Ok((seconds(after) - seconds(before)) / time.as_secs_f64())
}

fn subscriber(domain: &Domain) -> Result<Subscriber<Small>, Failure> {
    Ok(Subscriber::builder(TOPIC).domain(domain).wait(Wait::Sleep).create()?)
}

/// Creates an eventfd, and sends its location to the sender.
fn announced_eventfd() -> Result<OwnedFd, Failure> {
    let eventfd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let Handle { pid, descriptor, device, inode } = Handle::of(&eventfd)?;
    peer::answer(&Some((pid, descriptor, device, inode)))?;
    Ok(eventfd)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// The eventfd that tokio waits for in the bare probe.
struct Own(OwnedFd);

impl AsRawFd for Own {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

#[expect(deprecated, reason = "its successor is unsafe, and this descriptor stays what it is")]
fn registered(eventfd: OwnedFd) -> Result<AsyncFd<Own>, Failure> {
    Ok(AsyncFd::with_interest(Own(eventfd), tokio::io::Interest::READABLE)?)
}

struct Epoll(OwnedFd);

impl Epoll {
    fn of(descriptor: impl AsFd) -> Result<Self, Failure> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, descriptor, epoll::EventData::new_u64(0), epoll::EventFlags::IN)?;
        Ok(Self(epoll))
    }

    fn wait(&self) -> Result<(), Failure> {
        epoll::wait(&self.0, &mut [MaybeUninit::uninit(); 1], None)?;
        Ok(())
    }

    fn wait_until(&self, end: Instant) -> Result<(), Failure> {
        let left = end.saturating_duration_since(Instant::now()).try_into()?;
        epoll::wait(&self.0, &mut [MaybeUninit::uninit(); 1], Some(&left))?;
        Ok(())
    }
}
