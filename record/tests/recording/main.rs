//! Files that are recorded, and read again.

mod contents;
mod files;
mod messages;
mod playing;
mod recovering;
mod topics;
