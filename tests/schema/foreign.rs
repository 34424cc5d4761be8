//! Schemas as another process could write them: never trusted, never a panic.

use slotcast::ShmMessage;
use slotcast::schema::{MAX_DEPTH, Nested, Schema};

use crate::messages::Everything;

/// Checks that a text causes no panic and no endless recursion, and that a schema that passes can
/// be used.
fn survives(text: &str) -> bool {
    let Ok(schema) = serde_json::from_str::<Schema>(text) else {
        return false;
    };
    let checked = schema.check();
    let _ = schema.try_hash();
    let _ = schema.to_string();
    let _ = schema.differences(Everything::SCHEMA);
    let _ = Everything::SCHEMA.differences(&schema);
    if checked.is_err() {
        return false;
    }
    assert_eq!(schema.hash(), schema.try_hash().unwrap());
    let _ = schema.to_c();
    true
}

/// A small generator of pseudo-random numbers (SplitMix64), which is the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ z >> 31) % n as u64).unwrap()
    }
}

#[test]
fn corrupt_descriptors_never_panic() {
    let good = serde_json::to_string(Everything::SCHEMA).unwrap();
    assert!(survives(&good));
    let words = [
        "0",
        "1",
        "8",
        "-1",
        "18446744073709551615",
        "9223372036854775808",
        "1e99",
        "null",
        "[]",
        "{}",
        "\"\"",
        "\"u8\"",
        "\"\\u001b[2J\"",
        "struct",
        "enum",
        "list",
        "array",
        "str",
        "primitive",
        "f64",
        "\"",
        ",",
        ":",
    ];
    let mut random = Random(42);
    let mut passed = 0;
    for _ in 0..5_000 {
        let mut text = good.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(text.len());
            let end = (at + random.below(24)).min(text.len());
            match random.below(3) {
                0 => text.replace_range(at..end, words[random.below(words.len())]),
                1 => text.replace_range(at..end, ""),
                _ => {
                    // A number somewhere is replaced by another one.
                    let digits = text[at..].find(|c: char| c.is_ascii_digit()).map(|found| at + found);
                    if let Some(from) = digits {
                        let rest = text[from..].find(|c: char| !c.is_ascii_digit());
                        let to = rest.map_or(text.len(), |found| from + found);
                        text.replace_range(from..to, words[random.below(7)]);
                    }
                }
            }
            if text.is_empty() {
                break;
            }
        }
        passed += usize::from(survives(&text));
    }
    // Changes that only touch documentation or names pass.
    assert!(passed > 0 && passed < 2_500, "{passed}");
}

fn nested(depth: u32) -> String {
    let mut text = r#"{"name":"u8","size":1,"align":1,"kind":{"primitive":"u8"}}"#.to_owned();
    for _ in 1..depth {
        text = format!(r#"{{"size":1,"align":1,"kind":{{"array":{{"element":{text},"len":1}}}}}}"#);
    }
    text
}

#[test]
fn nesting_is_limited() {
    assert!(survives(&nested(MAX_DEPTH)));
    let error = serde_json::from_str::<Schema>(&nested(MAX_DEPTH + 1)).unwrap_err();
    assert!(error.to_string().contains("nested more than 20 levels deep"), "{error}");
    assert!(serde_json::from_str::<Schema>(&nested(30_000)).is_err());
    // The depth counter is back at zero after a failure.
    assert!(survives(&nested(MAX_DEPTH)));
}

#[test]
fn schemas_built_too_deep_at_run_time() {
    let mut schema: Schema = serde_json::from_str(&nested(MAX_DEPTH)).unwrap();
    schema.kind = slotcast::schema::Kind::Array { element: Nested::from(schema.clone()), len: 1 };
    assert!(schema.check().is_err());
    assert!(schema.try_hash().is_err());
    assert!(!schema.same_layout(&schema.clone()));
}

/// Each line: a change to a valid schema, as a search and a replacement, and the reported reason.
#[test]
fn invalid_schemas_are_refused_with_the_reason() {
    let good = serde_json::to_string(Everything::SCHEMA).unwrap();
    for (from, to, expected) in [
        (r#""offset":8"#, r#""offset":9"#, "`wide` is at byte 9"),
        (r#""offset":8"#, r#""offset":0"#, "`wide` is at byte 0"),
        (r#""name":"wide""#, r#""name":"stamp""#, "`stamp` occurs twice"),
        (r#""name":"wide""#, r#""name":"""#, r#"has the name """#),
        (r#""unit":"ns""#, r#""unit":"\u001b[2J""#, "`stamp` has a unit that contains the control character"),
        (r#""size":104"#, r#""size":112"#, "claims 112 bytes"),
        (r#""align":8"#, r#""align":3"#, "has an alignment of 3"),
        (r#""len":3"#, r#""len":18446744073709551615"#, "`grid[]` claims 12 bytes"),
        (r#""len":3"#, r#""len":0"#, "`grid[]` claims 12 bytes"),
        (r#""value":-1"#, r#""value":-40000"#, "`gear` has variant Reverse = -40000, which does not fit i16"),
        (r#""value":-1"#, r#""value":4"#, "`gear` has variant Fourth = 4 twice"),
        (r#""repr":"i16""#, r#""repr":"f32""#, "`gear` is an enum represented by f32"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from} is not in {good}");
        let schema: Schema = serde_json::from_str(&bad).unwrap();
        let error = schema.check().unwrap_err().to_string();
        assert!(error.contains(expected), "{from} -> {to}: {error}");
    }
}
