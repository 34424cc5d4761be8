//! Publishers and subscribers in processes of their own, that end, are killed, and come again.

mod agreement;
mod crashes;
mod exchange;
mod messages;
