//! Numbers with units, for people.

/// Returns a time, given in nanoseconds.
pub(crate) fn time(nanoseconds: f64) -> String {
    let (number, unit) = match nanoseconds {
        below if below < 1e3 => (below, "ns"),
        below if below < 1e6 => (below / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    format!("{} {unit}", digits(number))
}

/// Returns how many there are in a second, given the nanoseconds of one.
pub(crate) fn rate(nanoseconds: f64) -> String {
    let (number, unit) = match 1e9 / nanoseconds {
        above if above >= 1e6 => (above / 1e6, "M/s"),
        above if above >= 1e3 => (above / 1e3, "k/s"),
        above => (above, "/s"),
    };
    format!("{} {unit}", digits(number))
}

/// Returns an amount of memory, given in bytes.
pub(crate) fn memory(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes / 1024.0 {
        below if below < 1024.0 => format!("{} KiB", digits(below)),
        above => format!("{} MiB", digits(above / 1024.0)),
    }
}

fn digits(number: f64) -> String {
    let digits = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    format!("{number:.digits$}")
}
