//! Schemas that another process has invented.

use crate::schemas::{Random, any_schema, array};
use proptest::prelude::*;
use slotcast::ShmMessage;
use slotcast::dynamic::Layout;
use slotcast::schema::Schema;

/// Returns every number in a JSON text, to be changed.
fn numbers(json: &mut serde_json::Value) -> Vec<&mut serde_json::Value> {
    match json {
        serde_json::Value::Number(_) => vec![json],
        serde_json::Value::Array(items) => items.iter_mut().flat_map(numbers).collect(),
        serde_json::Value::Object(fields) => fields.values_mut().flat_map(numbers).collect(),
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn a_schema_with_wrong_numbers_is_refused_or_harmless(
        schema in any_schema(),
        which in any::<prop::sample::Index>(),
        number in prop_oneof![0..20_u64, any::<u64>()],
        seed in any::<u64>(),
    ) {
        let mut json = serde_json::to_value(&schema).unwrap();
        let mut all = numbers(&mut json);
        **which.get_mut(&mut all[..]) = number.into();
        let Ok(schema) = serde_json::from_value::<Schema>(json) else { return Ok(()) };
        let Ok(layout) = Layout::new(schema) else { return Ok(()) };
        if layout.size() < 1 << 20 {
            let bytes = Random(seed).bytes(layout.size() as u64);
            let _ = layout.decode(&bytes);
            let value = layout.decode_anything(&bytes).unwrap();
            let _ = layout.encode(&value);
        }
        let few = layout.decode(&[0; 3]);
        prop_assert!(layout.size() == 3 || few.is_err());
    }
}

#[test]
fn sizes_beyond_memory_are_refused_before_anything_is_allocated() {
    let huge = array(u8::SCHEMA.clone(), 1 << 62);
    let layout = Layout::new(huge).unwrap();
    layout.decode(&[0; 16]).unwrap_err();
    let value = layout.encode(&vec![0_u8; 16].into()).unwrap_err().to_string();
    assert!(value.contains("does not fit"), "{value}");
    let mut schema = array(u8::SCHEMA.clone(), 4);
    schema.size = u64::MAX;
    Layout::new(schema).unwrap_err();
}

#[test]
fn schemas_too_deep_are_refused() {
    let mut schema = u8::SCHEMA.clone();
    for _ in 0..30 {
        schema = array(schema, 1);
    }
    let error = Layout::new(schema).unwrap_err().to_string();
    assert!(error.contains("20"), "{error}");
}
