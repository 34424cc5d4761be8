//! Runs all measures: each with all peers, whose rounds are interleaved.

use crate::cli::Arguments;
use crate::figures::{Cell, Sampled};
use crate::folder;
use crate::measures::Measure;
use crate::message::Use;
use crate::pair::{Pair, Place, Round};
use crate::peers::{Failure, Name};
use crate::report;
use clap::ValueEnum;
use slotcast_benches::cpus;

/// Runs what the arguments say, and reports it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let folder = folder::create()?;
    end_cleanly(folder.path().to_owned())?;
    let place = Place { folder: folder.path().to_owned(), cpus: cpus::pair(arguments.cpus)? };
    let mut cells = Vec::new();
    for measure in measures() {
        cells.extend(all_peers(arguments, &place, measure));
    }
    folder::remove(folder.path());
    println!("{}", report::table(&cells));
    Ok(())
}

fn measures() -> Vec<Measure> {
    vec![
        Measure::Latency { bytes: 64, how: Use::Full },
        Measure::Latency { bytes: 1 << 20, how: Use::Touch },
        Measure::Latency { bytes: 1 << 20, how: Use::Full },
    ]
}

/// Removes everything on Ctrl-C too. The processes that were started get the signal themselves, and
/// are killed by the kernel when this one ends.
fn end_cleanly(folder: std::path::PathBuf) -> Result<(), Failure> {
    ctrlc::set_handler(move || {
        folder::remove(&folder);
        std::process::exit(130);
    })?;
    Ok(())
}

/// A peer in a measure: measured as long as it works.
struct Contender {
    peer: Name,
    pair: Result<Pair, Failure>,
    rounds: Vec<Sampled>,
}

/// Makes one measurement with all peers: round by round, beginning with another one each time.
fn all_peers(arguments: &Arguments, place: &Place, measure: Measure) -> Vec<Cell> {
    let peers: Vec<Name> =
        if arguments.peers.is_empty() { Name::value_variants().to_vec() } else { arguments.peers.clone() };
    let mut contenders: Vec<Contender> = peers
        .iter()
        .map(|&peer| {
            let name = format!("{}", peer as u8);
            Contender { peer, pair: Pair::start(place, &name, peer, measure), rounds: Vec::new() }
        })
        .collect();
    let round = Round { milliseconds: arguments.milliseconds };
    for number in 0..arguments.rounds {
        let count = contenders.len();
        for index in 0..count {
            let contender = &mut contenders[(index + number as usize) % count];
            let Ok(pair) = &mut contender.pair else { continue };
            match pair.round(round) {
                Ok([leader, follower]) => contender.rounds.push(Sampled { leader, follower }),
                Err(error) => contender.pair = Err(error),
            }
        }
    }
    contenders
        .into_iter()
        .flat_map(|contender| {
            let failure = contender.pair.err().map(|error| error.to_string());
            Cell::of(measure, contender.peer, &contender.rounds, failure, arguments.near_below)
        })
        .collect()
}
