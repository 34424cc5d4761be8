//! The half that watches: a table of all topics, redrawn in place on a terminal, printed line by
//! line elsewhere.

use crate::ending::Ending;
use crate::feed::{Feed, Report, subscribe};
use crate::messages::{CPU, LOAD, MEMORY, PROCESSES};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use crossterm::terminal::{self, BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use crossterm::{cursor::MoveToPreviousLine, queue};
use rustix::time::{ClockId, clock_gettime};
use slotcast::Domain;
use std::error::Error;
use std::io::{self, ErrorKind, IsTerminal, Stdout, Write};
use std::time::{Duration, Instant};

/// How often a table is printed where it cannot be redrawn.
const PRINT_EVERY: Duration = Duration::from_secs(1);
/// Columns and rows if there is no terminal.
const SIZE: (u16, u16) = (100, 30);

/// Polls `refresh` times a second until it is time to end.
pub(crate) fn run(refresh: f64, ending: &Ending) -> Result<(), Box<dyn Error>> {
    let mut feeds = [subscribe(CPU)?, subscribe(MEMORY)?, subscribe(LOAD)?, subscribe(PROCESSES)?];
    let mut screen = Screen::new();
    let period = Duration::from_secs_f64(1.0 / refresh);
    let start = Instant::now();
    loop {
        let over = ending.comes_before(Instant::now() + period);
        let now = monotonic();
        feeds.iter_mut().for_each(|feed| feed.poll(now));
        let reports: Vec<Report> = feeds.iter().map(|feed| feed.report(now)).collect();
        let status = match publishers(&feeds) {
            Some(publishers) => format!("from {publishers}"),
            None if reports.iter().any(|report| report.received > 0) => "publisher has left, waiting".into(),
            None => "waiting for a publisher".into(),
        };
        if let Err(error) = screen.show(&status, &reports, over) {
            // The reader of our output may stop before we do: `watch | head`.
            return if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) };
        }
        if over {
            let (received, lost) = reports.iter().fold((0, 0), |sum, r| (sum.0 + r.received, sum.1 + r.lost));
            let seconds = start.elapsed().as_secs_f64();
            println!("{seconds:.1} s: {received} messages on {} topics, {lost} lost", reports.len());
            return Ok(());
        }
    }
}

/// Returns the time of the clock by which messages are stamped, in nanoseconds.
fn monotonic() -> u64 {
    let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the publishers of all topics: usually one process for all.
fn publishers(feeds: &[Box<dyn Feed>]) -> Option<String> {
    let mut all: Vec<String> = feeds.iter().flat_map(|feed| feed.publishers()).map(ToString::to_string).collect();
    all.sort_unstable();
    all.dedup();
    (!all.is_empty()).then(|| all.join("; "))
}

struct Screen {
    out: Stdout,
    terminal: bool,
    /// The number of lines that the next table overwrites.
    drawn: u16,
    next_print: Instant,
}

impl Screen {
    fn new() -> Self {
        let out = io::stdout();
        let terminal = out.is_terminal();
        Self { out, terminal, drawn: 0, next_print: Instant::now() + PRINT_EVERY }
    }

    fn show(&mut self, status: &str, reports: &[Report], last: bool) -> io::Result<()> {
        if self.terminal {
            // Some terminals do not know their size.
            let (columns, rows) = terminal::size().ok().filter(|(c, r)| *c > 0 && *r > 0).unwrap_or(SIZE);
            // Lines that do not fit could not be overwritten next time.
            let text = render(status, reports, columns);
            let lines = text.lines().take(usize::from(rows) - 1);
            self.redraw(lines.map(|line| line.chars().take(columns.into()).collect()))
        } else if last || self.next_print <= Instant::now() {
            self.next_print += PRINT_EVERY;
            writeln!(self.out, "{}", render(status, reports, SIZE.0))
        } else {
            Ok(())
        }
    }

    /// Draws over the last table, so that the table stays in place and what is above it remains.
    fn redraw(&mut self, lines: impl Iterator<Item = String>) -> io::Result<()> {
        queue!(self.out, BeginSynchronizedUpdate)?;
        if self.drawn > 0 {
            queue!(self.out, MoveToPreviousLine(self.drawn))?;
        }
        queue!(self.out, Clear(ClearType::FromCursorDown))?;
        self.drawn = 0;
        for line in lines {
            writeln!(self.out, "{line}")?;
            self.drawn += 1;
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        self.out.flush()
    }
}

fn render(status: &str, reports: &[Report], width: u16) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─')));
    table.set_content_arrangement(ContentArrangement::DynamicFullWidth).set_width(width);
    table.set_header(["topic", "newest message", "rate", "age", "received", "lost"]);
    for report in reports {
        table.add_row([
            report.topic.clone(),
            report.value.clone().unwrap_or_else(|| "none yet".into()),
            report.rate.map(|rate| format!("{rate:.1} Hz")).unwrap_or_default(),
            report.age.map(age).unwrap_or_default(),
            report.received.to_string(),
            report.lost.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let mut text = format!("{}: {status}\n{table}", Domain::default().path().display());
    for trouble in reports.iter().filter_map(|report| report.trouble.as_ref()) {
        text.push('\n');
        text.push_str(trouble);
    }
    text
}

fn age(age: Duration) -> String {
    match age.as_millis() {
        milliseconds @ ..10_000 => format!("{milliseconds} ms"),
        _ => format!("{} s", age.as_secs()),
    }
}
