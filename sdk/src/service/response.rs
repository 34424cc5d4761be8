//! An item of a response.

use super::body::{Body, BodySample};
use super::header::ResponseHeader;
use crate::record::Body as _;
use crate::schema::{ShmMessage, ZeroValid};
use std::fmt;
use std::ops::Deref;

/// An item of a response. A large one lies in the server's memory as long as it is held.
pub struct Response<Res: Body + ?Sized> {
    /// Of as many elements as an item has, which was checked.
    sample: BodySample<Res, ResponseHeader>,
}

impl<Res: Body + ?Sized> Response<Res> {
    /// Creates an item, or returns how many elements the message has if it is not one.
    pub(super) fn new(sample: BodySample<Res, ResponseHeader>) -> Result<Self, usize> {
        match Res::Content::from_parts(&sample) {
            Some(_) => Ok(Self { sample }),
            None => Err(sample.len()),
        }
    }
}

impl<Res: Body + ?Sized> Deref for Response<Res> {
    type Target = Res::Content;

    fn deref(&self) -> &Res::Content {
        Res::Content::from_parts(&self.sample).expect("it was checked when it was created")
    }
}

impl<H: ShmMessage + ZeroValid + Copy, T: ShmMessage> Response<(H, [T])> {
    /// Returns the header.
    pub fn header(&self) -> &H {
        &self.sample.header().header
    }
}

impl<Res: Body + ?Sized> fmt::Debug for Response<Res>
where
    Res::Content: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
