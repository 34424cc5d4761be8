//! Publishers and subscribers in several processes, that end, are killed, and are started again.

mod agreement;
mod crashes;
mod exchange;
mod messages;
mod standby;
