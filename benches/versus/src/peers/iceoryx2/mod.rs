//! iceoryx2, twice: with its fastest settings, and with its defaults.
//!
//! # Safety
//!
//! The file opts into unsafe code to send a loaned sample of which not all bytes are written: its
//! bytes are integers, and the memory was zeroed when the kernel provided it.
#![allow(unsafe_code, reason = "iceoryx2 asks whether a loaned sample is initialized")]

mod events;
mod services;
mod values;

use super::{Failure, Peer};
use crate::channel::{Channel, Flow};
use crate::folder;
use iceoryx2::node::Node;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::port::update_connections::UpdateConnections;
use iceoryx2::prelude::{BackpressureStrategy, Config, FileName, LogLevel, NodeBuilder, SemanticString, ipc};
use iceoryx2::sample_mut_uninit::SampleMutUninit;
use iceoryx2::service::port_factory::publish_subscribe::PortFactory;
use std::mem::MaybeUninit;

/// The samples that a lossless subscriber buffers: as many as the bare ring.
const LOSSLESS_BUFFER: usize = 128;

/// The settings that are fastest between one publisher and its subscribers:
///
/// - the next sample is loaned after each message was sent, so that loaning does not delay a message;
/// - a buffer of one sample, and one borrowed, so that the fewest samples are in use and stay in the
///   cache; with safe overflow, so that the publisher never waits. Lossless, overflow is off,
///   and the publisher retries until the sample is delivered;
/// - as few publishers, subscribers and nodes as there are, because both sides walk arrays of them.
pub(crate) struct Fastest;

/// What a program gets that sets nothing, except what is needed so that it works at all: no
/// overflow and another strategy where nothing may be lost, and a buffer for as many messages as
/// are sent at once.
pub(crate) struct Defaults;

type Uninit<const W: usize> = SampleMutUninit<ipc::Service, MaybeUninit<[u64; W]>, ()>;

pub(crate) struct Sender<const W: usize> {
    /// The next sample, if it is loaned ahead.
    next: Option<Uninit<W>>,
    loans_ahead: bool,
    publisher: Publisher<ipc::Service, [u64; W], ()>,
    _service: Service<W>,
}

pub(crate) struct Receiver<const W: usize> {
    subscriber: Subscriber<ipc::Service, [u64; W], ()>,
    _service: Service<W>,
}

struct Service<const W: usize> {
    service: PortFactory<ipc::Service, [u64; W], ()>,
    _node: Node<ipc::Service>,
}

impl<const W: usize> Service<W> {
    fn open(channel: &Channel, is_fastest: bool) -> Result<Self, Failure> {
        let node = node(channel)?;
        let mut builder = node.service_builder(&channel.name().try_into()?).publish_subscribe::<[u64; W]>();
        let is_lossless = channel.flow == Flow::Lossless;
        let buffer = match channel.flow {
            Flow::Paced { most } => most,
            Flow::Lossless => LOSSLESS_BUFFER,
            Flow::Lossy | Flow::First => 1,
        };
        if is_fastest {
            builder = builder
                .max_publishers(1)
                .max_subscribers(channel.receivers)
                .max_nodes(2 + channel.receivers)
                .history_size(usize::from(channel.flow == Flow::First))
                .subscriber_max_borrowed_samples(1)
                .subscriber_max_buffer_size(buffer)
                .enable_safe_overflow(!is_lossless);
        } else {
            // More subscribers than the default are possible only if asked for.
            let most = Config::default().defaults.publish_subscribe.max_subscribers;
            if channel.receivers > most {
                builder = builder.max_subscribers(channel.receivers).max_nodes(2 + channel.receivers);
            }
            match channel.flow {
                Flow::Lossless => builder = builder.enable_safe_overflow(false),
                Flow::First => builder = builder.history_size(1),
                Flow::Paced { most: 1 } | Flow::Lossy => {}
                Flow::Paced { most } => builder = builder.subscriber_max_buffer_size(most),
            }
        }
        Ok(Self { service: builder.open_or_create()?, _node: node })
    }
}

/// Creates a node, whose files go with the pair.
fn node(channel: &Channel) -> Result<Node<ipc::Service>, Failure> {
    iceoryx2::prelude::set_log_level(LogLevel::Fatal);
    Ok(NodeBuilder::new().config(&config(channel)?).create::<ipc::Service>()?)
}

/// Returns a configuration under which all files are in the pair's folder, or have its name.
fn config(channel: &Channel) -> Result<Config, Failure> {
    let mut config = Config::default();
    let folder = channel.folder().to_str().ok_or("the folder's name is not UTF-8")?;
    config.global.set_root_path(&iceoryx2::prelude::Path::new(folder.as_bytes())?);
    config.global.prefix = FileName::new(folder::prefix(channel.folder()).as_bytes())?;
    Ok(config)
}

fn sender<const W: usize>(channel: &Channel, is_fastest: bool) -> Result<Sender<W>, Failure> {
    let service = Service::open(channel, is_fastest)?;
    let mut builder = service.service.publisher_builder();
    if is_fastest {
        builder = builder.max_loaned_samples(2); // the one that is written, and the next
    }
    if channel.flow == Flow::Lossless {
        builder = builder.backpressure_strategy(BackpressureStrategy::RetryUntilDelivered);
    }
    let publisher = builder.create()?;
    let next = if is_fastest { Some(publisher.loan_uninit()?) } else { None };
    Ok(Sender { next, loans_ahead: is_fastest, publisher, _service: service })
}

fn receiver<const W: usize>(channel: &Channel, is_fastest: bool) -> Result<Receiver<W>, Failure> {
    let service = Service::open(channel, is_fastest)?;
    let subscriber = service.service.subscriber_builder().create()?;
    Ok(Receiver { subscriber, _service: service })
}

impl Peer for Fastest {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        sender(channel, true)
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        receiver(channel, true)
    }
}

impl Peer for Defaults {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        sender(channel, false)
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        receiver(channel, false)
    }
}

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        let mut sample = match self.next.take() {
            Some(sample) => sample,
            None => self.publisher.loan_uninit()?,
        };
        let payload = sample.payload_mut().as_mut_ptr();
        // SAFETY: the payload is as large and aligned as its type demands, is this sample's alone,
        // and is shared memory that the kernel has zeroed: integers, whatever was written since.
        write(unsafe { &mut *payload });
        // SAFETY: as above: it is initialized.
        let sample = unsafe { sample.assume_init() };
        sample.send()?;
        if self.loans_ahead {
            self.next = Some(self.publisher.loan_uninit()?);
        }
        Ok(())
    }

    fn tend(&mut self) -> Result<(), Failure> {
        Ok(self.publisher.update_connections()?)
    }
}

impl<const W: usize> super::Receiver<W> for Receiver<W> {
    #[inline]
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        Ok(self.subscriber.receive()?.map(|sample| read(sample.payload())))
    }

    /// Connects to the publisher. Until a subscriber has done so, what does not fit into its buffer
    /// is lost, whatever the strategy.
    fn tend(&mut self) -> Result<(), Failure> {
        Ok(self.subscriber.update_connections()?)
    }
}
