//! A value of any length.

use slotcast::{Str, ValueWriter};

fn main() {
    let _ = || ValueWriter::<Str<16>>::new("robot/mode").unwrap();
}
