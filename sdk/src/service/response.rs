//! An item of a response.

use super::header::ResponseHeader;
use crate::schema::ShmMessage;
use crate::subscriber::Sample;
use std::fmt;
use std::ops::Deref;

/// An item of a response. It lies in the server's memory as long as it is held.
pub struct Response<Res: ShmMessage> {
    /// Of one element, which was checked.
    sample: Sample<[Res], ResponseHeader>,
}

impl<Res: ShmMessage> Response<Res> {
    /// Creates an item, or returns how many elements the message has if it is not one.
    pub(super) fn new(sample: Sample<[Res], ResponseHeader>) -> Result<Self, usize> {
        match sample.len() {
            1 => Ok(Self { sample }),
            other => Err(other),
        }
    }
}

impl<Res: ShmMessage> Deref for Response<Res> {
    type Target = Res;

    fn deref(&self) -> &Res {
        &self.sample[0]
    }
}

impl<Res: ShmMessage + fmt::Debug> fmt::Debug for Response<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
