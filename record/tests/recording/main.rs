//! Files that are recorded, and read again.

mod contents;
mod files;
mod lockstep;
mod messages;
mod playing;
mod readers;
mod recovering;
mod standard;
mod topics;
