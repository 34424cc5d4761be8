use crate::schema::ShmMessage;

/// The ids of events: [`u8`], or an enum without fields that derives it.
///
/// An enum also derives [`ShmMessage`], so that both sides can compare its variants, and tools can
/// show their names. Its representation is `u8`.
///
/// # Examples
///
/// ```
/// use slotcast::{EventId, ShmMessage};
///
/// #[derive(ShmMessage, EventId, Clone, Copy, Debug, PartialEq)]
/// #[repr(u8)]
/// enum Machine {
///     Stop = 1,
///     Resume = 2,
/// }
///
/// assert_eq!(Machine::Resume.to_id(), 2);
/// assert_eq!(Machine::from_id(1), Some(Machine::Stop));
/// assert_eq!(Machine::from_id(3), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an id of events",
    label = "events have ids of one byte",
    note = "use `u8`, or an enum without fields with `#[derive(ShmMessage, EventId, Clone, Copy)]` and `#[repr(u8)]`"
)]
pub trait EventId: ShmMessage + Copy {
    /// Returns the number.
    fn to_id(self) -> u8;

    /// Returns the id with this number, if there is one.
    fn from_id(id: u8) -> Option<Self>;
}

impl EventId for u8 {
    fn to_id(self) -> u8 {
        self
    }

    fn from_id(id: u8) -> Option<Self> {
        Some(id)
    }
}
