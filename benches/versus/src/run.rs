//! Makes all measurements: each with all peers, whose rounds are interleaved.

use crate::case::Case;
use crate::cli::Arguments;
use crate::figures::{Cell, Sampled, Trouble};
use crate::folder::{self, RunFolder};
use crate::load::Load;
use crate::pair::{self, Pair, Place, Round};
use crate::peers::{Failure, Name, Unsupported};
use crate::report::Results;
use slotcast_benches::cpus;
use std::path::PathBuf;
use std::time::Duration;

/// Measures what the arguments say, and tells what was found.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(folder) = &arguments.output {
        std::fs::create_dir_all(folder)?; // before anything is measured in vain
    }
    let results = match &arguments.from {
        Some(path) => Results::read(path)?,
        None => Results::new(measure(arguments)?, arguments),
    };
    if let Some(folder) = &arguments.output {
        results.write(folder)?;
    }
    results.print()
}

fn measure(arguments: &Arguments) -> Result<Vec<Cell>, Failure> {
    let cpus = cpus::pair(arguments.cpus)?;
    let folder = RunFolder::create()?;
    remove_when_interrupted(folder.path().to_owned())?;
    let patience = Duration::from_secs(arguments.patience);
    let place = Place { folder: folder.path().to_owned(), cpus, patience };
    let cases: Vec<Case> = arguments.groups().into_iter().flat_map(|group| group.cases()).collect();
    let mut cells = Vec::new();
    for (number, &case) in cases.iter().enumerate() {
        eprintln!("{}/{}: {case}", number + 1, cases.len());
        cells.extend(all_peers(arguments, &place, case)?);
        if let Some(folder) = &arguments.output {
            // What is interrupted, or fails later, has not been measured in vain.
            Results::new(cells.clone(), arguments).write_json(folder)?;
        }
    }
    Ok(cells)
}

/// Ends the pairs and removes everything on Ctrl-C and the like too.
fn remove_when_interrupted(folder: PathBuf) -> Result<(), Failure> {
    ctrlc::set_handler(move || {
        pair::end_all(); // or they would create more
        folder::remove(&folder);
        std::process::exit(130);
    })?;
    Ok(())
}

/// A peer in a measurement. It takes part as long as it works.
struct Contender {
    peer: Name,
    pair: Result<Pair, Failure>,
    rounds: Vec<Sampled>,
}

impl Contender {
    fn start(place: &Place, case: Case, peer: Name) -> Self {
        Self { peer, pair: Pair::start(place, peer, case.measure), rounds: Vec::new() }
    }

    fn measure(&mut self, place: &Place, case: Case, round: Round) {
        let Ok(pair) = &mut self.pair else { return };
        match pair.round(round) {
            Ok([leader, follower]) => self.rounds.push(Sampled { leader, follower }),
            Err(error) => self.pair = Err(error),
        }
        if case.measure.needs_new_processes() && self.pair.is_ok() {
            self.pair = Pair::start(place, self.peer, case.measure);
        }
    }

    fn into_cells(self, case: Case, near_below: f64) -> Vec<Cell> {
        let trouble = self.pair.err().map(|error| {
            let is_unsupported = error.is::<Unsupported>();
            let why = error.to_string();
            if is_unsupported { Trouble::Unsupported(why) } else { Trouble::Failed(why) }
        });
        Cell::of(case, self.peer, &self.rounds, trouble, near_below)
    }
}

/// Makes one measurement with all peers: round by round, beginning with another one each time.
fn all_peers(arguments: &Arguments, place: &Place, case: Case) -> Result<Vec<Cell>, Failure> {
    let peers = arguments.peers().into_iter().filter(|&peer| case.is_for(peer));
    let mut contenders: Vec<Contender> = peers.map(|peer| Contender::start(place, case, peer)).collect();
    let _load = if case.loaded { Some(Load::start(place.cpus)?) } else { None };
    let round = Round { milliseconds: arguments.milliseconds() };
    for _ in 0..arguments.rounds() {
        for contender in &mut contenders {
            contender.measure(place, case, round);
        }
        contenders.rotate_left(1);
    }
    contenders.sort_by_key(|contender| contender.peer);
    let cells = contenders.into_iter().flat_map(|contender| contender.into_cells(case, arguments.near_below));
    Ok(cells.collect())
}
