//! iceoryx2's blackboard, with one entry. It has no setting that reading or writing depends on: both
//! know their entry. The fastest way to read keeps the last value, and copies it again only if it is
//! not up to date.

use super::{Defaults, Fastest, node};
use crate::channel::Channel;
use crate::peers::Failure;
use crate::peers::patterns::{self, ValueWords, Values};
use iceoryx2::node::Node;
use iceoryx2::port::reader::{self, BlackboardValue, EntryHandle};
use iceoryx2::port::writer::{self, EntryHandleMut};
use iceoryx2::prelude::ipc;
use iceoryx2::service::builder::blackboard::BlackboardOpenError;
use iceoryx2::service::port_factory::blackboard::PortFactory;
use std::time::Duration;

/// The key of the entry.
const KEY: u64 = 1;

pub(crate) struct Writer {
    entry: EntryHandleMut<ipc::Service, u64, ValueWords>,
    _writer: writer::Writer<ipc::Service, u64>,
    _service: PortFactory<ipc::Service, u64>,
    _node: Node<ipc::Service>,
}

pub(crate) struct Reader {
    /// What was got last, if it is kept.
    kept: Option<BlackboardValue<ValueWords>>,
    entry: EntryHandle<ipc::Service, u64, ValueWords>,
    _reader: reader::Reader<ipc::Service, u64>,
    _service: PortFactory<ipc::Service, u64>,
    _node: Node<ipc::Service>,
}

impl Values for Fastest {
    type Writer = Writer;
    type Reader = Reader;

    fn writer(channel: &Channel, first: &ValueWords) -> Result<Writer, Failure> {
        Writer::create(channel, first)
    }

    fn reader(channel: &Channel) -> Result<Reader, Failure> {
        Reader::create(channel, true)
    }
}

impl Values for Defaults {
    type Writer = Writer;
    type Reader = Reader;

    fn writer(channel: &Channel, first: &ValueWords) -> Result<Writer, Failure> {
        Writer::create(channel, first)
    }

    fn reader(channel: &Channel) -> Result<Reader, Failure> {
        Reader::create(channel, false)
    }
}

impl Writer {
    fn create(channel: &Channel, first: &ValueWords) -> Result<Self, Failure> {
        let node = node(channel)?;
        let builder = node.service_builder(&channel.name().try_into()?).blackboard_creator::<u64>();
        let service = builder.add::<ValueWords>(KEY, *first).create()?;
        let writer = service.writer_builder().create()?;
        Ok(Self { entry: writer.entry(&KEY)?, _writer: writer, _service: service, _node: node })
    }
}

impl Reader {
    fn create(channel: &Channel, keeps: bool) -> Result<Self, Failure> {
        let node = node(channel)?;
        let name = channel.name().try_into()?;
        let service = loop {
            match node.service_builder(&name).blackboard_opener::<u64>().open() {
                Ok(service) => break service,
                // The writer is not there yet.
                Err(BlackboardOpenError::DoesNotExist | BlackboardOpenError::ServiceInCorruptedState) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(error.into()),
            }
        };
        let reader = service.reader_builder().create()?;
        let entry = reader.entry(&KEY)?;
        let kept = keeps.then(|| entry.get());
        Ok(Self { kept, entry, _reader: reader, _service: service, _node: node })
    }
}

impl patterns::Writer for Writer {
    #[inline]
    fn set(&mut self, value: &ValueWords) -> Result<(), Failure> {
        self.entry.update_with_copy(*value);
        Ok(())
    }
}

impl patterns::Reader for Reader {
    #[inline]
    fn get<R>(&mut self, read: impl Fn(&ValueWords) -> R) -> Result<Option<R>, Failure> {
        let Some(kept) = &mut self.kept else { return Ok(Some(read(&self.entry.get()))) };
        if !self.entry.is_up_to_date(kept) {
            *kept = self.entry.get();
        }
        Ok(Some(read(kept)))
    }
}
