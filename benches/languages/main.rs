//! Publishing and receiving within one process from other languages, beside the same in Rust with a
//! type: what a binding adds.
//!
//! `cargo bench -p slotcast-benches --bench languages [-- --rounds 30]`

mod c;
mod rust;

use clap::Parser;
use comfy_table::Table;
use slotcast_benches::figures::Spread;
use slotcast_benches::{Place, build_alone};
use std::process::ExitCode;

/// Measures what bindings add to publishing and receiving.
#[derive(Parser)]
struct Arguments {
    /// How many rounds are measured, in turns.
    #[arg(long, default_value_t = 30)]
    rounds: usize,
    /// Cargo passes this.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is published and received.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    /// 64 bytes, copied in and out.
    Small,
    /// 4 MiB in place, of which 8 bytes are written and read.
    Large,
}

impl Case {
    const ALL: [Self; 2] = [Self::Small, Self::Large];

    fn name(self) -> &'static str {
        match self {
            Self::Small => "64 bytes",
            Self::Large => "4 MiB in place",
        }
    }

    /// How many pairs a round has: some milliseconds.
    fn count(self) -> u64 {
        match self {
            Self::Small => 200_000,
            Self::Large => 20_000,
        }
    }
}

/// What publishes and receives, in nanoseconds for each pair.
trait Contender {
    fn name(&self) -> &'static str;
    fn measure(&mut self, case: Case) -> f64;
}

fn main() -> ExitCode {
    if let Some(code) = build_alone("languages") {
        return code;
    }
    let Arguments { rounds, .. } = Arguments::parse();
    let place = Place::new().expect("a directory in /dev/shm");
    let mut contenders: Vec<Box<dyn Contender>> =
        vec![Box::new(rust::Typed::new(&place)), Box::new(rust::Untyped::new(&place))];
    match c::Program::start(&place) {
        Ok(program) => contenders.push(Box::new(program)),
        Err(reason) => println!("C is left out: {reason}"),
    }
    let mut table = Table::new();
    table.set_header(["publish and receive", "by", "ns, median (quartiles)", "to Rust"]);
    for case in Case::ALL {
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
        for round in 0..=rounds {
            for (contender, times) in contenders.iter_mut().zip(&mut times) {
                let time = contender.measure(case);
                if round > 0 {
                    times.push(time); // the first one warms up
                }
            }
        }
        let typed = times[0].clone();
        for (contender, times) in contenders.iter().zip(times) {
            let ratio = Spread::of_ratios(times.iter().copied().zip(typed.iter().copied()));
            let Spread { low, median, high } = Spread::of(times);
            let time = format!("{median:.1} ({low:.1} to {high:.1})");
            table.add_row([case.name(), contender.name(), &time, &format!("{:.2}", ratio.median)]);
        }
    }
    println!("{table}");
    ExitCode::SUCCESS
}
