//! The sources of entries.

use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

/// The most bytes of an entry.
const MOST: u64 = 96;

pub(crate) enum Entries {
    Lines { file: BufReader<File>, length: u64, read: u64 },
    Invented { count: u64, next: u64 },
}

impl Entries {
    /// Creates the entries of a file, or `count` invented ones.
    pub(crate) fn new(file: Option<&Path>, count: u64) -> Result<Self, Box<dyn Error>> {
        let Some(path) = file else { return Ok(Self::Invented { count, next: 0 }) };
        let explained = |reason: &dyn Display| format!("{}: {reason}", path.display());
        // Anything else has no known length. Checked before it is opened, as opening a FIFO waits
        // for its writer.
        let about = path.metadata().map_err(|error| explained(&error))?;
        if !about.is_file() {
            return Err(explained(&"not a regular file").into());
        }
        let file = File::open(path).map_err(|error| explained(&error))?;
        match about.len() {
            0 => Err(explained(&"the file is empty: there is no entry").into()),
            length => Ok(Self::Lines { length, file: BufReader::new(file), read: 0 }),
        }
    }

    /// Writes the next entry into `entry`. Returns `false` if there are no more.
    pub(crate) fn next(&mut self, entry: &mut Vec<u8>) -> io::Result<bool> {
        entry.clear();
        match self {
            Self::Lines { file, read, .. } => {
                *read += file.take(MOST).read_until(b'\n', entry)? as u64;
                Ok(!entry.is_empty())
            }
            Self::Invented { count, next } if next == count => Ok(false),
            Self::Invented { next, .. } => {
                // Spread as far as possible, and the same in each run.
                let number = next.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let [from, to] = [number >> 48, number >> 32 & 0xffff];
                let [euros, cents] = [number & 0xffff, (number >> 16) % 100];
                writeln!(entry, "{next:8}: from {from:05} to {to:05}: {euros:5}.{cents:02} EUR")?;
                *next += 1;
                Ok(true)
            }
        }
    }

    /// Returns how many quarters of all entries were returned.
    pub(crate) fn quarters(&self) -> u64 {
        let (given, all) = match self {
            Self::Lines { length, read, .. } => (*read, *length),
            Self::Invented { count, next } => (*next, *count),
        };
        given.saturating_mul(4) / all.max(1)
    }
}
