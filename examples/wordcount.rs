//! Counts the words of text files with several processes, which share a queue of jobs and a map of
//! counts.
//!
//! ```text
//! cargo run --release --example wordcount -- README.md book/src/*.md
//! ```
//!
//! The first process divides the files into blocks and pushes them into a `Queue`. Its children
//! take blocks, and count in a `Map`. One of them may be killed: what it was counting is then
//! missing, and the others go on.

use slotcast::region::{Channel, Map, Region};
use slotcast::{ShmMessage, Str};
use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Command;
use std::time::Duration;

/// Bytes of a block.
const BLOCK: u64 = 64 << 10;
/// The longest time to wait for a child, which reads from a disk.
const PATIENCE: Duration = Duration::from_secs(60);

/// A block of a file: the words that begin in it.
#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Job {
    path: Str<256>,
    offset: u64,
}

type Word = Str<32>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => Err("usage: wordcount FILE…".into()),
        [flag, region] if flag == "--worker" => work(&Region::open(region)?),
        files => {
            let name = format!("wordcount-{}", std::process::id());
            let region = Region::create(&name, 64 << 20)?;
            let result = count(&region, files);
            Region::remove(&name)?;
            result
        }
    }
}

/// Hands out the blocks of all files, and prints the most frequent words.
fn count(region: &Region, files: &[String]) -> Result<(), Box<dyn Error>> {
    let jobs = Channel::<Job>::create(region, "jobs", 64)?;
    let words = Map::<Word, u64>::create(region, "words", 200_000)?;
    let processors = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    let program = std::env::current_exe()?;
    let start = || Command::new(&program).args(["--worker", region.name()]).spawn();
    let mut children = (0..processors).map(|_| start()).collect::<Result<Vec<_>, _>>()?;
    for path in files {
        let size = std::fs::metadata(path).map_err(|error| format!("{path}: {error}"))?.len();
        let path: Str<256> = path.as_str().try_into()?;
        for offset in (0..size).step_by(usize::try_from(BLOCK)?) {
            jobs.send(&Job { path, offset }, PATIENCE)?;
        }
    }
    jobs.close();
    for child in &mut children {
        child.wait()?;
    }
    let mut counts: Vec<_> = words.iter().collect();
    counts.sort_unstable_by(|(word, count), (other, others)| {
        others.cmp(count).then_with(|| word.as_str().cmp(other.as_str()))
    });
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    println!("{total} words, {} different, counted by {processors} processes", counts.len());
    for (word, count) in counts.iter().take(10) {
        println!("{count:>8} {word}");
    }
    Ok(())
}

/// Counts the words of one block after another, until there are no more.
fn work(region: &Region) -> Result<(), Box<dyn Error>> {
    let jobs = Channel::<Job>::open(region, "jobs")?;
    let words = Map::<Word, u64>::open(region, "words")?;
    while let Some(job) = jobs.recv(PATIENCE)? {
        for word in block(&File::open(job.path.as_str())?, job.offset)?.split(|byte| !is_letter(byte)) {
            if let Ok(text) = std::str::from_utf8(word)
                && !text.is_empty()
            {
                let word = Word::truncated(&text.to_lowercase());
                words.update(&word, |count| Some(count.unwrap_or(0) + 1))?;
            }
        }
    }
    Ok(())
}

fn is_letter(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// Returns the words that begin in a block, of which the last may end in the next one.
fn block(file: &File, offset: u64) -> Result<Vec<u8>, Box<dyn Error>> {
    let start = offset.saturating_sub(1);
    let mut bytes = vec![0; usize::try_from(offset - start + BLOCK)? + 4096];
    let mut filled = 0;
    loop {
        match file.read_at(&mut bytes[filled..], start + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    bytes.truncate(filled);
    // The word that began before belongs to the block before.
    let first = if offset == 0 { 0 } else { bytes.iter().take_while(|byte| is_letter(byte)).count() };
    let end = usize::try_from(offset - start + BLOCK)?.min(bytes.len());
    let rest = if end == bytes.len() || !is_letter(&bytes[end - 1]) {
        0
    } else {
        bytes[end..].iter().take_while(|byte| is_letter(byte)).count()
    };
    bytes.truncate(end + rest);
    Ok(bytes.split_off(first.min(bytes.len())))
}
