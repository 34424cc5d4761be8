//! Hashes that never change by accident: each is in `golden.txt`.

use slotcast::schema::Schema;
use slotcast::{FixedVec, ShmMessage, Str};

use crate::messages::{Aligned, Everything, Gear, Meters, Point, Samples, Stamped, Wide};

pub const MESSAGES: &[(&str, &Schema)] = &[
    ("u8", u8::SCHEMA),
    ("u16", u16::SCHEMA),
    ("u32", u32::SCHEMA),
    ("u64", u64::SCHEMA),
    ("u128", u128::SCHEMA),
    ("i8", i8::SCHEMA),
    ("i16", i16::SCHEMA),
    ("i32", i32::SCHEMA),
    ("i64", i64::SCHEMA),
    ("i128", i128::SCHEMA),
    ("f32", f32::SCHEMA),
    ("f64", f64::SCHEMA),
    ("bool", bool::SCHEMA),
    ("char", char::SCHEMA),
    ("[f64; 3]", <[f64; 3]>::SCHEMA),
    ("[[u8; 2]; 3]", <[[u8; 2]; 3]>::SCHEMA),
    ("Str<16>", Str::<16>::SCHEMA),
    ("FixedVec<u32, 5>", FixedVec::<u32, 5>::SCHEMA),
    ("Point", Point::SCHEMA),
    ("Gear", Gear::SCHEMA),
    ("Everything", Everything::SCHEMA),
    ("Meters", Meters::SCHEMA),
    ("Aligned", Aligned::SCHEMA),
    ("Stamped<f64>", Stamped::<f64>::SCHEMA),
    ("Stamped<[Point; 2]>", Stamped::<[Point; 2]>::SCHEMA),
    ("Samples<1>", Samples::<1>::SCHEMA),
    ("Samples<12>", Samples::<12>::SCHEMA),
    ("Wide", Wide::SCHEMA),
    ("Tensor", slotcast::Tensor::SCHEMA),
];

#[test]
fn hashes_are_those_of_the_file() {
    let actual: String = MESSAGES.iter().map(|(name, schema)| format!("{} {name}\n", schema.hash())).collect();
    let golden: String = include_str!("golden.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_eq!(actual, golden, "the hashes changed; if that is meant, this is the new golden.txt:\n{actual}");
}

#[test]
fn all_hashes_differ() {
    for (index, (name, schema)) in MESSAGES.iter().enumerate() {
        for (other_name, other) in &MESSAGES[..index] {
            assert_ne!(schema.hash(), other.hash(), "{name} and {other_name}");
            assert_ne!(schema.differences(other), [], "{name} and {other_name}");
        }
        assert_eq!(schema.differences(schema), []);
        assert!(schema.same_layout(schema));
        assert_eq!(schema.check(), Ok(()), "{name}");
    }
}

#[test]
fn json_preserves_every_schema() {
    for (name, schema) in MESSAGES {
        let text = serde_json::to_string(schema).unwrap();
        let back: Schema = serde_json::from_str(&text).unwrap();
        assert_eq!(&back, *schema, "{name}: {text}");
        assert_eq!(back.hash(), schema.hash());
        assert_eq!(back.to_string(), schema.to_string());
    }
}

/// The worked example of the book's page on schemas.
#[test]
fn canonical_bytes_of_the_book() {
    let bytes = Point::SCHEMA.canonical_bytes().unwrap();
    let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let page = include_str!("../../book/src/schemas.md");
    let example: Vec<&str> = page
        .split("<!-- canonical bytes of Point -->")
        .nth(1)
        .expect("the page has the example")
        .lines()
        .skip_while(|line| !line.starts_with("```"))
        .skip(1)
        .take_while(|line| !line.starts_with("```"))
        .flat_map(|line| line.split("  ").next().unwrap_or("").split_whitespace())
        .collect();
    assert_eq!(example, text);
    assert!(page.contains(&Point::HASH.to_string()), "{}", Point::HASH);
}
