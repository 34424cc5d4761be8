//! A value of any length.

use slotcast::ValueWriter;

fn main() {
    ValueWriter::<String>::new("robot/mode").unwrap();
}
