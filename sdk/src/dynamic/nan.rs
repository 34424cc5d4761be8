//! NaNs as text: `NaN`, or with all bits where these are not the usual ones.

use std::fmt;

/// Prints the NaN of an `f32` or `f64` that has these bits.
pub(super) enum Nan {
    F32(f32),
    F64(f64),
}

impl fmt::Display for Nan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::F32(nan) if nan.to_bits() == f32::NAN.to_bits() => f.write_str("NaN"),
            Self::F64(nan) if nan.to_bits() == f64::NAN.to_bits() => f.write_str("NaN"),
            Self::F32(nan) => write!(f, "NaN(0x{:08x})", nan.to_bits()),
            Self::F64(nan) => write!(f, "NaN(0x{:016x})", nan.to_bits()),
        }
    }
}

/// Returns the bits in a text such as `NaN(0x7fc00001)`, if it has exactly this many digits.
pub(super) fn bits(text: &str, digits: usize) -> Option<u64> {
    let given = text.strip_prefix("NaN(0x")?.strip_suffix(')')?;
    let is_hex = given.len() == digits && given.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u64::from_str_radix(given, 16).ok()).flatten()
}
