//! Random valid schemas, and random values of them.

use proptest::prelude::*;
use slotcast::dynamic::Value;
use slotcast::schema::{Field, Kind, Nested, Primitive, Schema, Variant};
use std::sync::Arc;

fn schema(name: &str, size: u64, align: u64, kind: Kind) -> Schema {
    Schema { name: name.to_owned().into(), version: 0, size, align, doc: "".into(), kind }
}

fn primitive(primitive: Primitive) -> Schema {
    schema(primitive.name(), primitive.size(), primitive.size(), Kind::Primitive(primitive))
}

pub(crate) fn array(element: Schema, len: u64) -> Schema {
    schema("", element.size * len, element.align, Kind::Array { element: Nested::from(element), len })
}

fn list(element: Schema, capacity: u64) -> Schema {
    // The derive gives a list the alignment of its elements.
    schema("", 8 + element.size * capacity, element.align, Kind::List { element: Nested::from(element), capacity })
}

/// A struct of these types, in descending order of alignment, with padding at the end made
/// explicit.
fn structure(mut types: Vec<Schema>) -> Schema {
    types.sort_by_key(|ty| std::cmp::Reverse(ty.align));
    let align = types[0].align;
    let size: u64 = types.iter().map(|ty| ty.size).sum();
    let filling = size.next_multiple_of(align) - size;
    if filling > 0 {
        types.push(array(primitive(Primitive::U8), filling));
    }
    let mut offset = 0;
    let is_newtype = types.len() == 1;
    let field = |(index, ty): (usize, Schema)| {
        let name = if is_newtype { "0".into() } else { format!("f{index}").into() };
        let field = Field { name, offset, schema: Nested::from(ty), doc: "".into(), unit: "".into() };
        offset += field.schema.get().size;
        field
    };
    let fields: Vec<Field> = types.into_iter().enumerate().map(field).collect();
    schema("Struct", size + filling, align, Kind::Struct { fields: fields.into() })
}

fn enumeration() -> impl Strategy<Value = Schema> {
    let reprs = Primitive::ALL.into_iter().filter(|primitive| primitive.enum_range().is_some()).collect::<Vec<_>>();
    (prop::sample::select(reprs), prop::collection::btree_set(any::<i128>(), 1..6)).prop_map(|(repr, values)| {
        let (least, greatest) = repr.enum_range().unwrap();
        let values: std::collections::BTreeSet<i128> =
            values.into_iter().map(|value| least + value.rem_euclid(greatest - least + 1)).collect();
        let variant =
            |(index, value): (usize, i128)| Variant { name: format!("V{index}").into(), value, doc: "".into() };
        let variants: Vec<Variant> = values.into_iter().enumerate().map(variant).collect();
        schema("Enum", repr.size(), repr.size(), Kind::Enum { repr, variants: variants.into() })
    })
}

/// A schema of any kind, with a limited depth.
pub(crate) fn any_schema() -> impl Strategy<Value = Schema> {
    let leaf = prop_oneof![
        4 => prop::sample::select(Primitive::ALL.to_vec()).prop_map(primitive),
        1 => enumeration(),
        1 => (1..12_u64).prop_map(|capacity| schema("", capacity, 1, Kind::Str { capacity })),
        1 => (1..12_u64).prop_map(|bytes| schema("", bytes, 1, Kind::Pad { bytes })),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            (inner.clone(), 1..5_u64).prop_map(|(element, len)| array(element, len)),
            (inner.clone().prop_filter("at most 8", |element| element.align <= 8), 1..5_u64)
                .prop_map(|(element, capacity)| list(element, capacity)),
            prop::collection::vec(inner, 1..5).prop_map(structure),
        ]
    })
}

/// Random numbers from a seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Returns a number, often at the ends of its range.
    fn wide(&mut self) -> u128 {
        let all = u128::from(self.next()) << 64 | u128::from(self.next());
        match self.below(4) {
            0 => 0,
            1 => u128::MAX,
            _ => all,
        }
    }

    pub(crate) fn bytes(&mut self, count: u64) -> Vec<u8> {
        // Often small, so that bools, enums and lengths are valid now and then.
        let small = self.below(2) == 0;
        (0..count).map(|_| (if small { self.below(3) } else { self.below(256) }).to_le_bytes()[0]).collect()
    }
}

/// Returns a value of a schema, without NaN, so that it equals itself.
pub(crate) fn value_of(schema: &Schema, random: &mut Random) -> Value {
    match &schema.kind {
        Kind::Primitive(primitive) => primitive_of(*primitive, random),
        // A newtype is what it contains.
        Kind::Struct { fields } if fields.len() == 1 && !fields[0].schema.get().is_padding() => {
            value_of(fields[0].schema.get(), random)
        }
        Kind::Struct { fields } => Value::Struct(
            fields
                .iter()
                .filter(|field| !field.schema.get().is_padding())
                .map(|field| (Arc::from(&*field.name), value_of(field.schema.get(), random)))
                .collect(),
        ),
        Kind::Enum { variants, .. } => {
            let variant = &variants[usize::try_from(random.below(variants.len() as u64)).unwrap()];
            Value::Enum { name: Arc::from(&*variant.name), value: variant.value }
        }
        Kind::Array { element, len } => elements(element.get(), *len, random),
        Kind::Pad { .. } => Value::Struct(Vec::new()),
        Kind::Str { capacity } => {
            let mut text = String::new();
            for _ in 0..random.below(8) {
                let character = ['a', 'ö', '𝛼', ' ', '"'][usize::try_from(random.below(5)).unwrap()];
                if text.len() + character.len_utf8() <= usize::try_from(*capacity).unwrap() {
                    text.push(character);
                }
            }
            Value::Str(text)
        }
        Kind::List { element, capacity } => {
            let len = random.below(capacity + 1);
            elements(element.get(), len, random)
        }
        Kind::Slice { .. } => unreachable!("no random schema is of variable size"),
    }
}

fn elements(element: &Schema, len: u64, random: &mut Random) -> Value {
    if element.kind == Kind::Primitive(Primitive::U8) {
        return Value::Bytes(random.bytes(len));
    }
    Value::List((0..len).map(|_| value_of(element, random)).collect())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "any bits will do")]
fn primitive_of(primitive: Primitive, random: &mut Random) -> Value {
    let wide = random.wide();
    match primitive {
        Primitive::U8 => (wide as u8).into(),
        Primitive::U16 => (wide as u16).into(),
        Primitive::U32 => (wide as u32).into(),
        Primitive::U64 => (wide as u64).into(),
        Primitive::U128 => wide.into(),
        Primitive::I8 => (wide as i8).into(),
        Primitive::I16 => (wide as i16).into(),
        Primitive::I32 => (wide as i32).into(),
        Primitive::I64 => (wide as i64).into(),
        Primitive::I128 => (wide as i128).into(),
        Primitive::F32 => Some(f32::from_bits(wide as u32)).filter(|number| !number.is_nan()).unwrap_or(0.1).into(),
        Primitive::F64 => Some(f64::from_bits(wide as u64)).filter(|number| !number.is_nan()).unwrap_or(0.1).into(),
        Primitive::Bool => (wide % 2 == 1).into(),
        Primitive::Char => char::from_u32(wide as u32 % 0x11_0000).unwrap_or('x').into(),
    }
}
