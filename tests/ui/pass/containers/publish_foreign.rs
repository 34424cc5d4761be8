//! A type of another crate.

use slotcast::ShmMessage;

fn publish<T: ShmMessage>(_: T) {}

fn use_it() {
    publish(std::net::Ipv4Addr::LOCALHOST.octets());
}

fn main() {}
