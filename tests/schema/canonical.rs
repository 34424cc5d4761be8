//! Schemas are read from their canonical bytes, and nothing else is read as one.

use proptest::prelude::*;
use slotcast::schema::{Field, Kind, MAX_CANONICAL_BYTES, Primitive, Schema, Variant};

use crate::golden::MESSAGES;

/// Checks that a schema which is read from bytes has these bytes, and can be used as any other.
fn read(bytes: &[u8]) -> Option<Schema> {
    let schema = Schema::from_canonical_bytes(bytes).ok()?;
    assert_eq!(schema.canonical_bytes().unwrap(), bytes);
    let _ = schema.check();
    Some(schema)
}

#[test]
fn each_message_is_read_again() {
    for (name, schema) in MESSAGES {
        let bytes = schema.canonical_bytes().unwrap();
        let again = read(&bytes).unwrap_or_else(|| panic!("{name}"));
        again.check().unwrap();
        assert_eq!(again.hash(), schema.hash(), "{name}");
        assert_eq!(again.differences(schema), [], "{name}");
        let slice = Schema::slice_of(Some((*schema).clone()), (*schema).clone()).unwrap();
        let again = read(&slice.canonical_bytes().unwrap()).unwrap();
        assert_eq!((again.size, again.align, again.elements_at()), (slice.size, slice.align, slice.elements_at()));
    }
}

#[test]
fn a_part_is_no_schema() {
    for (name, schema) in MESSAGES {
        let bytes = schema.canonical_bytes().unwrap();
        for len in 0..bytes.len() {
            assert_eq!(read(&bytes[..len]), None, "{len} bytes of {name}");
        }
        assert_eq!(read(&[&*bytes, &[0]].concat()), None, "{name} and one byte more");
    }
}

#[test]
fn errors_say_where_and_why() {
    let error = |bytes: &[u8]| Schema::from_canonical_bytes(bytes).unwrap_err().to_string();
    assert!(error(&[]).contains("at byte 0, the version of the format is not 1"), "{}", error(&[]));
    assert!(error(&[2, 11]).contains("at byte 0, the version"), "{}", error(&[2, 11]));
    assert!(error(&[1, 0]).contains("at byte 1, there is no kind of type"), "{}", error(&[1, 0]));
    assert!(error(&[1, 0x22, 1]).contains("the bytes end before"), "{}", error(&[1, 0x22, 1]));
    let long = vec![1; MAX_CANONICAL_BYTES + 1];
    assert!(error(&long).contains("more bytes than a schema can have"), "{}", error(&long));
    let deep = [&[1_u8][..], &[0x22, 1, 0, 0, 0, 0, 0, 0, 0].repeat(30), &[11]].concat();
    assert!(error(&deep).contains("nested too deeply"), "{}", error(&deep));
    let huge = [&[1_u8][..], &[0x22; 1], &u64::MAX.to_le_bytes(), &[0x0c]].concat();
    assert!(error(&huge).contains("larger than 2^64 bytes"), "{}", error(&huge));
    // A slice whose byte for the header is neither 0 nor 1.
    let flag = [1, 0x25, 2, 11, 11];
    assert!(error(&flag).contains("at byte 2, the schema is written differently"), "{}", error(&flag));
}

fn unnamed(size: u64, align: u64, kind: Kind) -> Schema {
    Schema { name: "".into(), version: 0, size, align, doc: "".into(), kind }
}

fn primitive() -> impl Strategy<Value = Primitive> {
    proptest::sample::select(Primitive::ALL.to_vec())
}

/// Any schema whose sizes add up: not all of them pass `check`.
fn schemas() -> impl Strategy<Value = Schema> {
    let of_primitive =
        |of: Primitive| Schema { name: of.name().into(), ..unnamed(of.size(), of.size(), Kind::Primitive(of)) };
    let values = proptest::collection::vec(("\\PC{0,8}", any::<i128>()), 0..4);
    let enums = ("\\PC{0,8}", any::<u32>(), primitive(), values).prop_map(|(name, version, repr, values)| {
        let variant = |(name, value): (String, i128)| Variant { name: name.into(), value, doc: "".into() };
        let variants = values.into_iter().map(variant).collect::<Vec<_>>().into();
        Schema { name: name.into(), version, ..unnamed(repr.size(), repr.size(), Kind::Enum { repr, variants }) }
    });
    let leaf = prop_oneof![
        primitive().prop_map(of_primitive),
        enums,
        (0..1000_u64).prop_map(|capacity| unnamed(capacity, 1, Kind::Str { capacity })),
    ];
    leaf.prop_recursive(5, 30, 4, |inner| {
        prop_oneof![
            (inner.clone(), 0..100_u64).prop_map(|(element, len)| {
                unnamed(element.size * len, element.align, Kind::Array { element: element.into(), len })
            }),
            (inner.clone(), 0..100_u64).prop_map(|(element, capacity)| {
                let kind = Kind::List { element: element.clone().into(), capacity };
                unnamed(element.size * capacity + 8, element.align, kind)
            }),
            ("\\PC{0,8}", any::<u32>(), proptest::collection::vec(("\\PC{0,8}", 0..9_u64, inner), 0..4), 0..9_u64)
                .prop_map(structure),
        ]
    })
}

/// A struct with so many bytes of padding before each field, and at the end.
fn structure((name, version, parts, rest): (String, u32, Vec<(String, u64, Schema)>, u64)) -> Schema {
    let (mut fields, mut end) = (Vec::new(), 0);
    for (name, before, schema) in parts {
        let offset = end + before;
        end = offset + schema.size;
        fields.push(Field { name: name.into(), offset, schema: schema.into(), doc: "".into(), unit: "".into() });
    }
    let align = fields.iter().map(|field| field.schema.get().align).max().unwrap_or(1);
    Schema { name: name.into(), version, ..unnamed(end + rest, align, Kind::Struct { fields: fields.into() }) }
}

proptest! {
    #[test]
    fn any_schema_is_read_again(schema in schemas()) {
        let bytes = schema.canonical_bytes().unwrap();
        let again = read(&bytes).unwrap_or_else(|| panic!("{:?}", Schema::from_canonical_bytes(&bytes)));
        prop_assert!(again.same_layout(&schema));
        prop_assert_eq!((again.size, again.align), (schema.size, schema.align));
    }

    #[test]
    fn changed_bytes_cause_no_panic(schema in schemas(), at: prop::sample::Index, byte: u8, len: prop::sample::Index) {
        let mut bytes = schema.canonical_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read(&bytes);
        read(&bytes[..len.index(bytes.len())]);
    }

    #[test]
    fn any_bytes_cause_no_panic(bytes in proptest::collection::vec(0..0x30_u8, 0..200)) {
        read(&[&[1], &*bytes].concat());
    }
}
