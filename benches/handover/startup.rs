//! From the first line of a process's `main` to its first message, which was published before the
//! process started.

use crate::cli::Arguments;
use crate::message::{self, Small};
use crate::report::{Row, Target};
use slotcast::{Publisher, Subscriber};
use slotcast_benches::Place;
use std::error::Error;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const TOPIC: &str = "startup";
/// The number of the message.
const NUMBER: u64 = 7;

pub(crate) fn measure(arguments: &Arguments) -> Result<Vec<Row>, Box<dyn Error>> {
    let place = Place::new()?;
    let mut publisher = Publisher::<Small>::builder(TOPIC).domain(&place).create()?;
    publisher.publish(&message::of(NUMBER))?;
    let listener = UnixListener::bind(socket_in(place.path()))?;
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let bytes = message::of::<6>(NUMBER).map(u64::to_le_bytes).concat();
            // A child that has failed reports that itself.
            let _ = connection.and_then(|mut connection| connection.write_all(&bytes));
        }
    });
    let pairs = (0..arguments.rounds(3))
        .map(|_| Ok((child("subscriber", place.path())?, child("socket", place.path())?)))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    Ok(vec![
        Row::of_pairs("main to first (history) message", "µs", "a Unix socket", &pairs).target(Target::AtMost(300.0)),
    ])
}

/// Starts a child, and returns the microseconds that it reports.
fn child(role: &str, directory: &Path) -> Result<f64, Box<dyn Error>> {
    let child = Command::new(std::env::current_exe()?)
        .args(["child", role])
        .arg(directory)
        .arg("0")
        .stderr(Stdio::inherit())
        .output()?;
    let nanoseconds: f64 = String::from_utf8(child.stdout)?.trim().parse()?;
    Ok(nanoseconds / 1e3)
}

/// A child: subscribes, and receives the message.
pub(crate) fn subscribe(directory: &Path, begin: Instant) -> Result<(), Box<dyn Error>> {
    let domain = Place::domain_in(directory);
    let mut subscriber = Subscriber::<Small>::builder(TOPIC).domain(&domain).history(1).create()?;
    let sample = subscriber.try_recv()?.ok_or("the message is not available")?;
    say(begin, &sample);
    Ok(())
}

/// A child: connects to a socket, and reads the message.
pub(crate) fn connect(directory: &Path, begin: Instant) -> Result<(), Box<dyn Error>> {
    let mut bytes = [0; size_of::<Small>()];
    UnixStream::connect(socket_in(directory))?.read_exact(&mut bytes)?;
    let (words, _) = bytes.as_chunks::<8>();
    let words: Vec<u64> = words.iter().map(|&word| u64::from_le_bytes(word)).collect();
    say(begin, words.first_chunk().ok_or("a message has six words")?);
    Ok(())
}

fn say(begin: Instant, words: &Small) {
    message::check(words, NUMBER);
    println!("{}", begin.elapsed().as_nanos());
}

fn socket_in(directory: &Path) -> PathBuf {
    directory.join("socket")
}
