//! How a server sends the items of a response.

use super::LOOK_EVERY;
use super::body::Body;
use super::error::ServeError;
use super::header::{ResponseHeader, ResponseKind};
use super::loan::{BodyLoan, ResponseLoan};
use super::outgoing::Outgoing;
use super::server_call::ServerCall;
use crate::publisher::LoanError;
use crate::schema::{AnyBytesValid, ShmMessage, ZeroValid};

type Item<'a, Res> = Outgoing<'a, Res, ResponseHeader>;

impl<Req: Body + ?Sized, Res: Body + ?Sized> ServerCall<Req, Res> {
    fn send_as(&self, kind: ResponseKind, mut item: Item<'_, Res>) -> Result<(), ServeError> {
        loop {
            let mut core = self.core();
            core.receive();
            core.check(self.key)?;
            if core.has_credit(self.key) {
                return core.send(self.key, kind, &mut item);
            }
            let sleep = core.prepare_to_sleep();
            if core.has_credit(self.key) {
                continue;
            }
            if !core.is_alive(self.key.0) {
                return Err(ServeError::Cancelled);
            }
            drop(core); // the server's other calls go on meanwhile
            sleep.sleep(self.remaining().min(LOOK_EVERY));
        }
    }

    fn respond_as(mut self, item: Item<'_, Res>) -> Result<(), ServeError> {
        self.send_as(ResponseKind::Last, item)?;
        self.has_ended = true;
        Ok(())
    }

    pub(crate) fn try_send_as(&self, kind: ResponseKind, item: &mut Item<'_, Res>) -> Result<bool, ServeError> {
        let mut core = self.core();
        core.receive();
        core.check(self.key)?;
        if core.has_credit(self.key) {
            return core.send(self.key, kind, item).map(|()| true);
        }
        if core.is_alive(self.key.0) { Ok(false) } else { Err(ServeError::Cancelled) }
    }

    /// Sends an item that was written in place. Waits as [`send`](Self::send) does.
    ///
    /// # Errors
    /// See [`ServeError`]. The item is discarded then.
    pub fn send_loan(&self, item: ResponseLoan<Res>) -> Result<(), ServeError> {
        self.send_as(ResponseKind::Item, Outgoing::Loan(&mut Some(item)))
    }

    /// Sends the last item of the response, which was written in place, and with it the end. Waits as
    /// [`send`](Self::send) does.
    ///
    /// # Errors
    /// See [`ServeError`]. The item is discarded then.
    pub fn respond_loan(self, item: ResponseLoan<Res>) -> Result<(), ServeError> {
        self.respond_as(Outgoing::Loan(&mut Some(item)))
    }

    /// Sends an item that was written in place if the client has not as many items untaken as its
    /// window; otherwise returns it. Does not wait.
    ///
    /// # Errors
    /// See [`ServeError`]. The item is discarded then.
    pub fn try_send_loan(&self, item: ResponseLoan<Res>) -> Result<Option<ResponseLoan<Res>>, ServeError> {
        let mut item = Some(item);
        self.try_send_as(ResponseKind::Item, &mut Outgoing::Loan(&mut item))?;
        Ok(item)
    }
}

impl<Req: Body + ?Sized, Res: Body<Header = ()> + ?Sized> ServerCall<Req, Res> {
    /// Sends an item of the response. Waits while the client has as many items untaken as its window,
    /// until the deadline at most.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn send(&self, item: &Res::Content) -> Result<(), ServeError> {
        self.send_as(ResponseKind::Item, Outgoing::copy(item))
    }

    /// Sends the last item of the response, often the only one, and with it the end. Waits as
    /// [`send`](Self::send) does.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn respond(self, item: &Res::Content) -> Result<(), ServeError> {
        self.respond_as(Outgoing::copy(item))
    }

    /// Sends an item of the response if the client has not as many items untaken as its window.
    /// Returns whether it was sent. Does not wait.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn try_send(&self, item: &Res::Content) -> Result<bool, ServeError> {
        self.try_send_as(ResponseKind::Item, &mut Outgoing::copy(item))
    }

    /// Sends the last item of the response if the client has not as many items untaken as its window.
    /// Returns whether it was sent: then the response has ended. Does not wait.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn try_respond(&mut self, item: &Res::Content) -> Result<bool, ServeError> {
        self.has_ended |= self.try_send_as(ResponseKind::Last, &mut Outgoing::copy(item))?;
        Ok(self.has_ended)
    }
}

impl<Req: Body + ?Sized, H: ShmMessage + ZeroValid + Copy, T: ShmMessage> ServerCall<Req, (H, [T])> {
    /// Sends an item of the response: a header, and a copy of these elements. Waits as
    /// [`send`](Self::send) does.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn send_with(&self, header: &H, elements: &[T]) -> Result<(), ServeError> {
        self.send_as(ResponseKind::Item, Outgoing::Copy(header, elements))
    }

    /// Sends the last item of the response like [`send_with`](Self::send_with), and with it the end.
    ///
    /// # Errors
    /// See [`ServeError`].
    pub fn respond_with(self, header: &H, elements: &[T]) -> Result<(), ServeError> {
        self.respond_as(Outgoing::Copy(header, elements))
    }
}

impl<Req: Body + ?Sized, T: ShmMessage> ServerCall<Req, T> {
    /// Lends memory for an item, zeroed; only for types of which zeros are a value ([`ZeroValid`]).
    /// Never waits.
    ///
    /// # Errors
    /// When there is no memory for it, or in a process forked from the one that created the server.
    pub fn loan(&self) -> Result<ResponseLoan<T>, LoanError>
    where
        T: ZeroValid,
    {
        self.core().lend(|responses| BodyLoan::zeroed(responses, 1))
    }
}

impl<Req: Body + ?Sized, T: ShmMessage, Res: Body<Part = T, Content = [T]> + ?Sized> ServerCall<Req, Res> {
    /// Lends memory for an item of `len` elements, zeroed with its header; only for elements of which
    /// zeros are a value ([`ZeroValid`]). Never waits.
    ///
    /// # Errors
    /// When there is no memory for it, or in a process forked from the one that created the server.
    pub fn loan_slice(&self, len: usize) -> Result<ResponseLoan<Res>, LoanError>
    where
        T: ZeroValid,
    {
        self.core().lend(|responses| BodyLoan::zeroed(responses, len))
    }

    /// Lends memory for an item of `len` elements with any values, which are mostly those of an earlier
    /// item; only for elements of which any bytes are a value ([`AnyBytesValid`]). Never waits.
    ///
    /// # Errors
    /// As [`loan_slice`](Self::loan_slice).
    pub fn loan_slice_uninit(&self, len: usize) -> Result<ResponseLoan<Res>, LoanError>
    where
        T: AnyBytesValid,
    {
        self.core().lend(|responses| BodyLoan::uninit(responses, len))
    }
}
