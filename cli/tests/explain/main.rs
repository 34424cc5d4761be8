//! The commands that explain: `schema`, `why`, `wait`, `doctor`, `clean`, `bench` and what comes
//! with them, run as processes against real publishers and subscribers.

mod bench;
mod book;
mod children;
mod doctor;
mod languages;
mod locks;
mod messages;
mod pages;
mod robot;
mod root;
mod tool;
mod wait;
mod why;
