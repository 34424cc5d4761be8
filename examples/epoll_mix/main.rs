//! A server in one thread, with an `epoll` of its own: two topics, TCP clients, and a clock.
//!
//! ```text
//! cargo run --example epoll_mix                    for three seconds, with one client
//! cargo run --example epoll_mix -- --seconds 600   longer; connect with `nc 127.0.0.1 <port>`
//! ```
//!
//! Two processes publish what this machine is doing: `/proc/loadavg` on one topic, `/proc/stat` on
//! another. The server subscribes to both, and sends each message to all clients, as a line of
//! JSON. `Subscriber::event_fd` is all that connects Slotcast to it: subscribers fit into a loop
//! that a program already has.

mod client;
mod messages;
mod publish;
mod server;

use clap::{Parser, Subcommand, ValueEnum};
use server::Server;
use slotcast_examples::{Started, this_program};
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

/// Serve what two processes publish to TCP clients.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// End after this time, or at Ctrl-C
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// Listen on this port of 127.0.0.1; 0 is any free port
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// What the server starts in other processes.
#[derive(Subcommand)]
enum Part {
    /// Publish on a topic
    Publish { topic: Source },
    /// Connect, and count the lines
    Client { address: SocketAddr },
}

#[derive(Clone, Copy, ValueEnum)]
enum Source {
    Load,
    Cpu,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { part, seconds, port } = Arguments::parse();
    match part {
        Some(Part::Publish { topic: Source::Load }) => publish::load(),
        Some(Part::Publish { topic: Source::Cpu }) => publish::cpu(),
        Some(Part::Client { address }) => client::run(address),
        None => serve(port, Duration::from_secs_f64(seconds)),
    }
}

fn serve(port: u16, time: Duration) -> Result<(), Box<dyn Error>> {
    let mut server = Server::new(port, time)?;
    let address = server.address()?;
    println!("listening on {address}, for {} s or until Ctrl-C", time.as_secs_f64());
    let publishers = [start(&["publish", "load"])?, start(&["publish", "cpu"])?];
    let mut client = start(&["client", &address.to_string()])?;
    server.run()?;
    drop(publishers);
    server.hang_up()?;
    client.wait()?;
    server.check()
}

fn start(arguments: &[&str]) -> std::io::Result<Started> {
    Started::new(this_program()?.args(arguments))
}

fn seconds(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.1..=1e6).contains(number));
    number.ok_or_else(|| "a number from 0.1 to 1000000 is needed".into())
}
