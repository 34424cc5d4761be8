//! How the messages are displayed.

use crate::messages::{Cpu, Load, Memory, Process, Processes};
use bytesize::ByteSize;
use std::fmt::{Display, Formatter, Result};

impl Display for Cpu {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let bars = self.core.iter().map(|percent| bar(*percent));
        write!(f, "{:.0} % of {} cores {}", self.total, self.cores, bars.collect::<String>())
    }
}

fn bar(percent: f32) -> char {
    match percent {
        ..12.5 => '▁',
        ..25.0 => '▂',
        ..37.5 => '▃',
        ..50.0 => '▄',
        ..62.5 => '▅',
        ..75.0 => '▆',
        ..87.5 => '▇',
        _ => '█',
    }
}

impl Display for Memory {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let [total, available, cached, shared] = [self.total, self.available, self.cached, self.shared].map(ByteSize);
        write!(f, "{available} of {total} available\n{cached} cached, {shared} shared")
    }
}

impl Display for Load {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let [one, five, fifteen] = self.average;
        write!(f, "{one:.2} {five:.2} {fifteen:.2}, {} of {} tasks run", self.runnable, self.tasks)
    }
}

impl Display for Processes {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let others = if self.busiest.is_empty() { "all idle" } else { "the busiest:" };
        write!(f, "{} processes, {others}", self.count)?;
        self.busiest.iter().try_for_each(|process| write!(f, "\n{process}"))
    }
}

impl Display for Process {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        // A process chooses its own name: control characters in it must not move our cursor.
        let name = self.name.replace(char::is_control, "?");
        write!(f, "{name} ({}): {:.1} %, {}", self.pid, self.cpu, ByteSize(self.resident))
    }
}
