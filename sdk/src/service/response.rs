//! An item of a response.

use super::header::ResponseHeader;
use crate::record::Payload;
use crate::subscriber::Sample;
use std::fmt;
use std::ops::Deref;

/// An item of a response. A large one lies in the server's memory as long as it is held.
pub struct Response<Res: Payload + ?Sized> {
    /// Of as many elements as an item has, which was checked.
    sample: Sample<[Res::Part], ResponseHeader>,
}

impl<Res: Payload + ?Sized> Response<Res> {
    /// Creates an item, or returns how many elements the message has if it is not one.
    pub(super) fn new(sample: Sample<[Res::Part], ResponseHeader>) -> Result<Self, usize> {
        match Res::from_parts(&sample) {
            Some(_) => Ok(Self { sample }),
            None => Err(sample.len()),
        }
    }
}

impl<Res: Payload + ?Sized> Deref for Response<Res> {
    type Target = Res;

    fn deref(&self) -> &Res {
        Res::from_parts(&self.sample).expect("it was checked when it was created")
    }
}

impl<Res: Payload + fmt::Debug + ?Sized> fmt::Debug for Response<Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
