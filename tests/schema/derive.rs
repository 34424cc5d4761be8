//! Descriptors, validation and hashes of derived types.

use slotcast::ShmMessage;
use slotcast::schema::{Kind, Primitive, Schema};

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Imu {
    /// When it was measured.
    #[shm(unit = "ns")]
    stamp_ns: u64,
    #[shm(unit = "m/s^2")]
    accel: [f32; 3],
    gyro: [f32; 3],
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Mode {
    /// Nothing happens.
    Idle = 1,
    Driving,
    Charging = 7,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
#[shm(name = "robot.State", version = 3)]
struct State {
    imu: Imu,
    mode: Mode,
    on: bool,
    _pad: [u8; 2],
    letter: char,
    grid: [[i16; 4]; 2],
}

fn fields(schema: &Schema) -> Vec<(String, u64)> {
    match &schema.kind {
        Kind::Struct { fields } => fields.iter().map(|field| (field.name.to_string(), field.offset)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn describes_a_struct() {
    let schema = Imu::SCHEMA;
    assert_eq!((schema.name.as_ref(), schema.version, schema.size, schema.align), ("Imu", 0, 32, 8));
    assert_eq!(fields(schema), [("stamp_ns".into(), 0), ("accel".into(), 8), ("gyro".into(), 20)]);
    let Kind::Struct { fields } = &schema.kind else { unreachable!() };
    assert_eq!(fields[0].doc, "When it was measured.");
    assert_eq!(fields[0].unit, "ns");
    assert!(matches!(&fields[1].schema.get().kind, Kind::Array { element, len: 3 } if element.get() == f32::SCHEMA));
    const { assert!(Imu::EVERY_BIT_PATTERN_VALID && Imu::ZERO_VALID) };
}

#[test]
fn describes_nesting_and_enums() {
    let schema = State::SCHEMA;
    assert_eq!((schema.name.as_ref(), schema.version), ("robot.State", 3));
    let Kind::Struct { fields } = &schema.kind else { unreachable!() };
    let Kind::Enum { repr: Primitive::U8, variants } = &fields[1].schema.get().kind else { panic!() };
    let variants: Vec<_> = variants.iter().map(|v| (v.name.as_ref(), v.value, v.doc.as_ref())).collect();
    assert_eq!(variants, [("Idle", 1, "Nothing happens."), ("Driving", 2, ""), ("Charging", 7, "")]);
    const { assert!(!State::EVERY_BIT_PATTERN_VALID && !State::ZERO_VALID) };
}

#[test]
fn validates_what_can_be_invalid() {
    let mut bytes = vec![0; size_of::<State>()];
    assert_eq!(
        State::validate(&bytes).unwrap_err().to_string(),
        "field `mode` is 0, not a `Mode` (1 Idle, 2 Driving, 7 Charging)"
    );
    bytes[32] = 7;
    assert_eq!(State::validate(&bytes), Ok(()));
    bytes[33] = 2;
    assert_eq!(State::validate(&bytes).unwrap_err().to_string(), "field `on` is 2, not a bool (0 or 1)");
    bytes[33] = 1;
    bytes[38] = 0x11;
    assert!(State::validate(&bytes).unwrap_err().to_string().starts_with("field `letter` is 0x110000, not a char"));
    assert_eq!(<[bool; 3]>::validate(&[1, 0, 9]).unwrap_err().path, "[2]");
}

#[test]
fn hashes_the_layout_and_not_its_documentation() {
    mod elsewhere {
        #[derive(slotcast::ShmMessage)]
        #[repr(C)]
        pub(super) struct Imu {
            pub stamp_ns: u64,
            pub accel: [f32; 3],
            pub gyro: [f32; 3],
        }
    }
    assert_eq!(Imu::HASH, elsewhere::Imu::HASH);
    assert!(Imu::SCHEMA.same_layout(elsewhere::Imu::SCHEMA));
    assert_ne!(Imu::SCHEMA, elsewhere::Imu::SCHEMA);
    assert_ne!(Imu::HASH, State::HASH);
    assert_eq!(Imu::HASH.to_string().parse(), Ok(Imu::HASH));
}
