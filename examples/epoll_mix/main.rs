//! A server in one thread, on one `epoll` of its own: two topics, TCP clients, and a clock.
//!
//! ```text
//! cargo run --example epoll_mix                    for three seconds, with a client of its own
//! cargo run --example epoll_mix -- --seconds 600   longer; `nc 127.0.0.1 <port>` in another terminal
//! ```
//!
//! Two processes publish what this machine is doing, `/proc/loadavg` and `/proc/stat`, on a topic each. The server
//! subscribes to both, and whoever connects gets each message as a line of JSON. `Subscriber::event_fd` is all that
//! Slotcast has to do with it: where a program has a loop already, subscribers fit in.

mod client;
mod messages;
mod publish;
mod server;

use clap::{Parser, Subcommand, ValueEnum};
use server::Server;
use std::error::Error;
use std::net::SocketAddr;
use std::process::{Child, Command};
use std::time::Duration;

/// Serve what two processes publish to TCP clients.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// End after this time, if not by Ctrl-C
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// Listen on this port of 127.0.0.1; 0 is any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// What the server starts in processes of their own.
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
    let client = start(&["client", &address.to_string()])?;
    server.run()?;
    drop(publishers);
    server.hang_up()?;
    client.end()?;
    server.check()
}

/// A process that ends with this.
struct Started(Child);

fn start(arguments: &[&str]) -> std::io::Result<Started> {
    Ok(Started(Command::new(std::env::current_exe()?).args(arguments).spawn()?))
}

impl Started {
    /// Waits until it has ended by itself.
    fn end(mut self) -> std::io::Result<()> {
        self.0.wait().map(drop)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.1..=1e6).contains(number));
    number.ok_or_else(|| "a number from 0.1 to 1000000 is needed".into())
}
