//! Decoding and encoding against each other, and against serde's own JSON of derived types.

use crate::messages::{Everything, Mode, Pose};
use crate::schemas::{Random, any_schema, value_of};
use proptest::prelude::*;
use slotcast::dynamic::{Layout, Subscriber, Value};
use slotcast::schema::{Kind, Schema};
use slotcast::testing::TempDomain;
use slotcast::{FixedVec, Publisher, ShmMessage, Str};

/// Returns whether a schema has bytes without meaning: behind the end of a text or a list.
fn has_slack(schema: &Schema) -> bool {
    match &schema.kind {
        Kind::Str { .. } | Kind::List { .. } | Kind::Pad { .. } => true,
        Kind::Primitive(_) | Kind::Enum { .. } => false,
        Kind::Struct { fields } => fields.iter().any(|field| has_slack(field.schema.get())),
        Kind::Array { element, .. } => has_slack(element.get()),
        Kind::Slice { header, element } => header.iter().chain([element]).any(|part| has_slack(part.get())),
    }
}

/// Returns every path that leads to a number, text or the like in a value.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::List(values) => {
            values.iter().enumerate().for_each(|(index, value)| leaves(value, &format!("{path}[{index}]"), found));
        }
        Value::Struct(fields) => {
            let dot = if path.is_empty() { "" } else { "." };
            fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}{dot}{name}"), found));
        }
        _ => found.push(path.to_owned()),
    }
}

proptest! {
    #[test]
    fn encoding_preserves_a_value(schema in any_schema(), seed in any::<u64>()) {
        let layout = Layout::new(schema.clone()).unwrap();
        let value = value_of(&schema, &mut Random(seed));
        let bytes = layout.encode(&value).unwrap();
        prop_assert_eq!(bytes.len() as u64, schema.size);
        prop_assert_eq!(&layout.decode(&bytes).unwrap(), &value);
        let mut used = vec![0xaa; bytes.len()];
        layout.encode_into(&value, &mut used).unwrap();
        prop_assert_eq!(&used, &bytes, "no byte is left as it was");
        let mut over = vec![0xaa; bytes.len()];
        layout.encode_over(&value, &mut over).unwrap();
        prop_assert_eq!(&over, &bytes);
    }

    #[test]
    fn json_preserves_a_value(schema in any_schema(), seed in any::<u64>()) {
        let layout = Layout::new(schema.clone()).unwrap();
        let value = value_of(&schema, &mut Random(seed));
        let json = serde_json::to_string(&value).unwrap();
        let again: Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(layout.decode(&layout.encode(&again).unwrap()).unwrap(), value, "{}", json);
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(schema in any_schema(), seed in any::<u64>()) {
        let layout = Layout::new(schema.clone()).unwrap();
        let bytes = Random(seed).bytes(schema.size);
        let anything = layout.decode_anything(&bytes).unwrap();
        match layout.decode(&bytes) {
            Ok(value) => {
                prop_assert_eq!(format!("{value:?}"), format!("{anything:?}"));
                let encoded = layout.encode(&value).unwrap();
                if !has_slack(&schema) {
                    prop_assert_eq!(&encoded, &bytes);
                }
                prop_assert_eq!(layout.encode(&layout.decode(&encoded).unwrap()).unwrap(), encoded);
            }
            Err(invalid) => {
                prop_assert_eq!(layout.validate(&bytes).unwrap_err(), invalid.clone());
                prop_assert!(matches!(anything.get(&invalid.path), Some(Value::Int(_))), "{invalid}: {anything}");
                layout.encode(&anything).unwrap_err();
            }
        }
        layout.decode(&bytes[1..]).unwrap_err();
    }

    #[test]
    fn accessors_agree_with_decoding(schema in any_schema(), seed in any::<u64>()) {
        let layout = Layout::new(schema.clone()).unwrap();
        let mut random = Random(seed);
        let value = value_of(&schema, &mut random);
        let bytes = layout.encode(&value).unwrap();
        let mut other = layout.encode(&value).unwrap();
        let mut paths = Vec::new();
        leaves(&value, "", &mut paths);
        for path in paths {
            let accessor = layout.accessor(&path).unwrap();
            let expected = value.get(&path).unwrap();
            let read = accessor.read(&bytes).unwrap();
            prop_assert_eq!(read.as_ref(), Some(expected), "{}", path);
            prop_assert_eq!(accessor.read_f64(&bytes), expected.as_f64());
            accessor.write(&mut other, expected).unwrap();
        }
        prop_assert_eq!(other, bytes);
    }
}

proptest! {
    /// Invalid bytes are reported in the same words as by a typed subscriber.
    #[test]
    fn decoding_refuses_what_the_derive_refuses(message in everything(), seed in any::<u64>()) {
        let layout = Layout::of::<Everything>().unwrap();
        let value: Value = serde_json::from_value(serde_json::to_value(message).unwrap()).unwrap();
        let mut bytes = layout.encode(&value).unwrap();
        let mut random = Random(seed);
        for _ in 0..random.below(4) {
            let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
            bytes[at] = random.bytes(1)[0];
        }
        prop_assert_eq!(layout.validate(&bytes), Everything::validate(&bytes));
    }
}

fn pose() -> impl Strategy<Value = Pose> {
    (any::<f64>(), any::<f64>(), any::<[bool; 4]>(), any::<f32>()).prop_map(|(x, y, flags, heading)| Pose {
        x,
        y,
        flags,
        heading,
    })
}

fn everything() -> impl Strategy<Value = Everything> {
    let numbers = (any::<u64>(), any::<i64>(), any::<u64>(), any::<i64>(), any::<f32>(), any::<u32>(), any::<i32>());
    let small = (any::<i16>(), any::<u16>(), any::<i8>(), any::<u8>(), any::<bool>(), any::<char>());
    let parts = (
        prop::collection::vec(pose(), 0..4),
        prop::sample::select(vec![Mode::Idle, Mode::Driving, Mode::Charging]),
        any::<String>(),
        any::<[[u8; 2]; 3]>(),
        prop::collection::vec(any::<u8>(), 0..7),
    );
    (numbers, small, parts).prop_map(|(numbers, small, (poses, mode, name, grid, raw))| {
        let (huge, deep, stamp, offset, ratio, count, delta) = numbers;
        let (small, port, tiny, byte, on, letter) = small;
        let poses = FixedVec::from_slice(&poses).unwrap();
        let (name, raw) = (Str::truncated(&name), FixedVec::from_slice(&raw).unwrap());
        let (huge, deep) = (huge.into(), deep.into()); // what serde_json can represent
        Everything {
            huge,
            deep,
            stamp,
            offset,
            poses,
            ratio,
            letter,
            count,
            delta,
            small,
            port,
            mode,
            on,
            tiny,
            byte,
            name,
            grid,
            raw,
        }
    })
}

/// The JSON that serde makes of a derived type equals that of its value.
#[test]
fn the_json_of_a_value_is_that_of_its_type() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Everything>::builder("json").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::builder("json").domain(&domain).create().unwrap();
    let mut runner = proptest::test_runner::TestRunner::default();
    let check = |message: Everything| {
        publisher.publish(&message).unwrap();
        let sample = subscriber.try_recv().unwrap().unwrap();
        let json = serde_json::to_value(sample.value().unwrap()).unwrap();
        prop_assert_eq!(json, serde_json::to_value(message).unwrap());
        Ok(())
    };
    let check = std::cell::RefCell::new(check);
    runner.run(&everything(), |message| (check.borrow_mut())(message)).unwrap();
}
