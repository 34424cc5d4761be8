//! Numbers with units, for people.

use std::time::Duration;

/// Returns a number of nanoseconds as text, such as `1.25 ms`.
pub(crate) fn duration(nanoseconds: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are printed")]
    let value = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..999_950 => format!("{} µs", digits(value / 1e3)),
        999_950..999_950_000 => format!("{} ms", digits(value / 1e6)),
        _ => format!("{} s", digits(value / 1e9)),
    }
}

/// Returns how often something happens, as text, such as `1.25 kHz`.
pub(crate) fn rate(messages: u64, time: Duration) -> String {
    let hertz = per_second(messages, time);
    match hertz {
        999_950.0.. => format!("{} MHz", digits(hertz / 1e6)),
        999.95.. => format!("{} kHz", digits(hertz / 1e3)),
        _ => format!("{} Hz", digits(hertz)),
    }
}

/// Returns how many there are in a second.
pub(crate) fn per_second(number: u64, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate is no exact number")]
    let number = number as f64;
    if time.is_zero() { 0.0 } else { number / time.as_secs_f64() }
}

/// Returns how many bytes there are in a second, as text, such as `1.25 MB/s`.
pub(crate) fn bytes_per_second(number: u64, time: Duration) -> String {
    let per_second = per_second(number, time).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and it saturates")]
    let whole = per_second as u64;
    format!("{}/s", bytes(whole))
}

/// Returns a number of bytes as text, in powers of 1000, such as `1.25 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    if bytes < 1000 { format!("{bytes} B") } else { format!("{}B", count(bytes)) }
}

/// Returns a number as text, in powers of 1000, such as `1.25 M`. Below 1000 it is exact.
pub(crate) fn count(number: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are printed")]
    let value = number as f64;
    match number {
        0..1_000 => number.to_string(),
        1_000..999_950 => format!("{} k", digits(value / 1e3)),
        999_950..999_950_000 => format!("{} M", digits(value / 1e6)),
        999_950_000..999_950_000_000 => format!("{} G", digits(value / 1e9)),
        _ => format!("{} T", digits(value / 1e12)),
    }
}

/// Returns three or four digits of a number.
fn digits(value: f64) -> String {
    match value {
        100.0.. => format!("{value:.1}"),
        10.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_few_digits_and_a_unit() {
        assert_eq!([0, 999, 1_000].map(duration), ["0 ns", "999 ns", "1.000 µs"]);
        assert_eq!([12_345_678, 2_500_000_000].map(duration), ["12.35 ms", "2.500 s"]);
        assert_eq!(rate(5, Duration::from_secs(10)), "0.500 Hz");
        assert_eq!(rate(123_456, Duration::from_secs(1)), "123.5 kHz");
        // What would be rounded to 1000 has the next unit.
        assert_eq!(rate(99_996, Duration::from_secs(100)), "1.000 kHz");
        assert_eq!([999_949, 999_950, 999_950_000].map(duration), ["999.9 µs", "1.000 ms", "1.000 s"]);
        assert_eq!([999_949, 999_950].map(count), ["999.9 k", "1.000 M"]);
        assert_eq!(rate(0, Duration::ZERO), "0.000 Hz");
        assert_eq!([7, 1_500, 20_000_000].map(bytes), ["7 B", "1.500 kB", "20.00 MB"]);
        assert_eq!([7, 1_500].map(count), ["7", "1.500 k"]);
    }
}
