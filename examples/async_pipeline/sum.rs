use crate::messages::{COUNTED, SUMMED, Summed};
use bytesize::ByteSize;
use slotcast::Publisher;
use slotcast::tokio::Subscriber;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How many kinds are printed.
const PRINTED: usize = 8;

#[derive(Clone, Copy, Default)]
struct Sum {
    files: u64,
    bytes: u64,
    lines: u64,
}

/// Sums up what was counted, by kind of file.
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let mut summed = Publisher::new(SUMMED)?;
    let mut counted = Subscriber::new(COUNTED)?;
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let mut all = Sum::default();
    let mut tick = interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick.tick().await; // the first tick is immediate
    loop {
        let counted = tokio::select! {
            counted = counted.recv() => counted?,
            _ = tick.tick() => {
                println!("{} files so far", all.files);
                continue;
            }
        };
        if counted.lost_before() > 0 {
            return Err(format!("{} files were lost", counted.lost_before()).into());
        }
        if !counted.is_file {
            break;
        }
        for sum in [&mut all, sums.entry(counted.kind.to_string()).or_default()] {
            sum.files += 1;
            sum.bytes += counted.bytes;
            sum.lines += counted.lines;
        }
        summed.publish(&Summed { number: all.files - 1 })?;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.bytes));
    for (kind, sum) in sums.iter().take(PRINTED) {
        let kind = if kind.is_empty() { "no kind" } else { kind };
        println!("{kind:>10} {:6} files {:>10} {:9} lines", sum.files, ByteSize(sum.bytes).to_string(), sum.lines);
    }
    println!("{} files of {} kinds, {}, {} lines", all.files, sums.len(), ByteSize(all.bytes), all.lines);
    crate::until_input_ends().await
}
