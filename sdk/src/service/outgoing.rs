//! How requests and items are sent: as copies, or in place.

use super::body::{Body, BodyPublisher, Envelope, RawLoan};
use super::loan::BodyLoan;
use crate::publisher::{LoanError, PublishError, SendError};
use crate::record::Body as _;

/// What is to be sent: a copy of what the caller has, or a loan.
pub(crate) enum Outgoing<'a, B: Body + ?Sized, E: Envelope> {
    /// A header, and elements.
    Copy(&'a B::Header, &'a [B::Part]),
    /// Taken when it is sent.
    Loan(&'a mut Option<BodyLoan<B, E>>),
}

impl<'a, B: Body<Header = ()> + ?Sized, E: Envelope> Outgoing<'a, B, E> {
    pub(crate) fn copy(content: &'a B::Content) -> Self {
        Self::Copy(&(), content.parts())
    }
}

impl<B: Body + ?Sized, E: Envelope> Outgoing<'_, B, E> {
    /// Publishes it with this envelope. A loan that is not published stays where it was.
    pub(super) fn publish<R>(
        &mut self,
        publisher: &mut BodyPublisher<B, E>,
        envelope: E,
        publish: impl FnOnce(&mut BodyPublisher<B, E>, RawLoan<B, E>) -> Result<R, SendError<RawLoan<B, E>>>,
    ) -> Result<R, PublishError> {
        match self {
            Self::Copy(header, elements) => {
                let memory = publisher.loan_slice_uninit(elements.len())?;
                let loan = memory.write_slice_with(&B::before(envelope, header), elements);
                Ok(publish(publisher, loan)?)
            }
            Self::Loan(place) => {
                let mut loan = place.take().expect("it is published once").loan;
                *B::envelope_mut(loan.header_mut()) = envelope;
                publish(publisher, loan).map_err(|SendError { loan, reason }| {
                    **place = Some(BodyLoan { loan });
                    reason
                })
            }
        }
    }
}

/// Lends a message that is an envelope alone.
pub(super) fn empty<B: Body + ?Sized, E: Envelope>(
    publisher: &mut BodyPublisher<B, E>,
    envelope: E,
) -> Result<RawLoan<B, E>, LoanError> {
    let mut loan = publisher.loan_slice_uninit(0)?.without_elements();
    *B::envelope_mut(loan.header_mut()) = envelope;
    Ok(loan)
}
