//! Values, with their defaults, and without the time at which each was set.

use super::{Slotcast, Untimed};
use crate::channel::Channel;
use crate::peers::Failure;
use crate::peers::patterns::{self, ValueWords, Values};
use slotcast::{ValueReader, ValueWriter};
use slotcast_benches::Place;

pub(crate) struct Writer(ValueWriter<ValueWords>);

pub(crate) struct Reader(ValueReader<ValueWords>);

impl Values for Slotcast {
    type Writer = Writer;
    type Reader = Reader;

    fn writer(channel: &Channel, first: &ValueWords) -> Result<Writer, Failure> {
        writer(channel, first, true)
    }

    fn reader(channel: &Channel) -> Result<Reader, Failure> {
        reader(channel)
    }
}

impl Values for Untimed {
    type Writer = Writer;
    type Reader = Reader;

    fn writer(channel: &Channel, first: &ValueWords) -> Result<Writer, Failure> {
        writer(channel, first, false)
    }

    fn reader(channel: &Channel) -> Result<Reader, Failure> {
        reader(channel)
    }
}

fn writer(channel: &Channel, first: &ValueWords, has_times: bool) -> Result<Writer, Failure> {
    let domain = Place::domain_in(channel.folder());
    let mut writer = ValueWriter::builder(channel.name()).domain(&domain).timestamps(has_times).create()?;
    writer.set(first)?;
    Ok(Writer(writer))
}

fn reader(channel: &Channel) -> Result<Reader, Failure> {
    let domain = Place::domain_in(channel.folder());
    Ok(Reader(ValueReader::builder(channel.name()).domain(&domain).create()?))
}

impl patterns::Writer for Writer {
    #[inline]
    fn set(&mut self, value: &ValueWords) -> Result<(), Failure> {
        Ok(self.0.set(value)?)
    }
}

impl patterns::Reader for Reader {
    #[inline]
    fn get<R>(&mut self, read: impl Fn(&ValueWords) -> R) -> Result<Option<R>, Failure> {
        Ok(self.0.get()?.map(|value| read(&value)))
    }
}
