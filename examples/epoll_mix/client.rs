//! A client like any other, so that the server has one to serve.

use serde_json::Value;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};

/// Counts the lines of each topic, until the server hangs up.
pub(crate) fn run(server: SocketAddr) -> Result<(), Box<dyn Error>> {
    let (mut load, mut cpu) = (0, 0);
    for line in BufReader::new(TcpStream::connect(server)?).lines() {
        let line = line?;
        let message: Value = serde_json::from_str(&line)?;
        let count = if message["topic"] == "epoll_mix/load" { &mut load } else { &mut cpu };
        if *count == 0 {
            println!("client: {line}");
        }
        *count += 1;
    }
    println!("client: {} lines, {load} of the load and {cpu} of the processors", load + cpu);
    Ok(())
}
