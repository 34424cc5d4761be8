//! Conversions between values, bytes and JSON, and the errors of those that fail.

use crate::messages::{Everything, Pose, everything, pose};
use slotcast::dynamic::{Layout, Value};
use slotcast::{FixedVec, ShmMessage, Str};

fn layout<T: ShmMessage>() -> Layout {
    Layout::of::<T>().unwrap()
}

fn bytes_of<T: ShmMessage>(message: T) -> Vec<u8> {
    let domain = slotcast::testing::TempDomain::new();
    let mut publisher = slotcast::Publisher::<T>::builder("bytes").domain(&domain).create().unwrap();
    publisher.publish(&message).unwrap();
    let mut subscriber = slotcast::dynamic::Subscriber::builder("bytes").history(1).domain(&domain).create().unwrap();
    subscriber.try_recv().unwrap().unwrap().bytes().to_owned()
}

#[test]
fn a_message_is_displayed_as_json() {
    let value = layout::<Everything>().decode(&bytes_of(everything())).unwrap();
    let json = serde_json::to_string_pretty(&value).unwrap();
    let expected = serde_json::json!({
        "huge": "340282366920938463463374607431768211455",
        "deep": "-170141183460469231731687303715884105728",
        "stamp": u64::MAX,
        "offset": i64::MIN,
        "poses": [
            { "x": 1.5, "y": -0.1, "flags": [true, false, false, true], "heading": 0.1 },
            { "x": "inf", "y": -0.1, "flags": [true, false, false, true], "heading": 0.1 },
        ],
        "ratio": "NaN",
        "letter": "ß",
        "count": 7, "delta": -7, "small": -32768, "port": 65535,
        "mode": "Driving", "on": true, "tiny": -1, "byte": 255,
        "name": "base_link",
        "grid": [[1, 2], [3, 4], [5, 6]],
        "raw": [9, 8],
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), expected);
    assert!(json.contains("\"heading\": 0.1\n"), "as short as can be: {json}");
    let again: Value = serde_json::from_str(&json).unwrap();
    let bytes = layout::<Everything>().encode(&again).unwrap();
    assert_eq!(bytes, bytes_of(everything()));
}

#[test]
fn floats_keep_their_bits_in_json() {
    fn check(layout: &Layout, bytes: &[u8]) {
        let json = serde_json::to_string(&layout.decode(bytes).unwrap()).unwrap();
        let again: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(layout.encode(&again).unwrap(), bytes, "{json}");
    }
    let narrow = [0x7fc0_0000, 0x7fc0_0001, 0xffc0_0000, 0x7f80_0001, 0x7f80_0000, 0x8000_0000, 1, 0x7f7f_ffff_u32];
    narrow.iter().for_each(|bits| check(&layout::<f32>(), &bits.to_le_bytes()));
    let wide = [f64::NAN.to_bits(), 0x7ff8_0000_0000_0001, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 1 << 63, 1];
    wide.iter().for_each(|bits| check(&layout::<f64>(), &bits.to_le_bytes()));
    for (wrong, text) in [(8, "NaN(0x7f800000)"), (8, "NaN(0x+fc00001)"), (8, "NaN(0x7ff8000000000001)"), (16, "nan")] {
        let layout = if wrong == 8 { layout::<f32>() } else { layout::<f64>() };
        layout.encode(&text.into()).unwrap_err();
    }
}

#[test]
fn values_are_displayed_for_people() {
    let value = layout::<Pose>().decode(&bytes_of(pose())).unwrap();
    assert_eq!(value.to_string(), "{x: 1.5, y: -0.1, flags: [true, false, false, true], heading: 0.1}");
}

#[test]
fn paths_lead_into_values_and_bytes() {
    let (layout, bytes) = (layout::<Everything>(), bytes_of(everything()));
    let value = layout.decode(&bytes).unwrap();
    for path in ["", "stamp", "poses", "poses[1].flags[3]", "poses[0].heading", "grid[2][1]", "raw[1]", "mode", "name"]
    {
        let found = value.get(path).unwrap_or_else(|| panic!("{path}"));
        let read = layout.accessor(path).unwrap().read(&bytes).unwrap().unwrap();
        assert_eq!(format!("{read:?}"), format!("{found:?}"), "{path}");
    }
    for path in ["poses[2]", "poses[2].x", "raw[2]"] {
        assert_eq!(value.get(path), None);
        let accessor = layout.accessor(path).unwrap();
        assert_eq!(accessor.read(&bytes), Ok(None), "{path}");
        assert_eq!(accessor.read_f64(&bytes), None);
        assert_eq!(accessor.bytes(&bytes), None);
    }
    assert_eq!(layout.accessor("grid[2][1]").unwrap().read_f64(&bytes), Some(6.0));
    assert_eq!(layout.accessor("mode").unwrap().read_f64(&bytes), Some(2.0));
    assert_eq!(layout.accessor("on").unwrap().read_f64(&bytes), Some(1.0));
    assert_eq!(layout.accessor("name").unwrap().read_f64(&bytes), None);
    assert_eq!(
        layout.accessor("x.").unwrap_err().to_string(),
        "path `x.`: `Everything` has no field `x`; it has huge, deep, stamp, offset, poses, ratio, letter, count, delta, small, port, mode, on, tiny, byte, name, …"
    );
    let error = |path| layout.accessor(path).unwrap_err().problem;
    assert_eq!(error("poses[3]"), "FixedVec<`Pose`, 3> has no element 3; they are numbered from 0 to 2");
    assert_eq!(error("stamp.x"), "u64 is not a struct, and has no field `x`");
    assert_eq!(error("stamp[0]"), "u64 is not an array, and has no element 0");
}

#[test]
fn accessors_write_one_field() {
    let (layout, mut bytes) = (layout::<Everything>(), bytes_of(everything()));
    let write = |path: &str, value: Value, bytes: &mut Vec<u8>| layout.accessor(path).unwrap().write(bytes, &value);
    write("poses[1].x", 7.into(), &mut bytes).unwrap();
    write("mode", "Idle".into(), &mut bytes).unwrap();
    let value = layout.decode(&bytes).unwrap();
    assert_eq!(
        (value.get("poses[1].x").unwrap(), value.get("mode").unwrap().as_str()),
        (&Value::F64(7.0), Some("Idle"))
    );
    let error = write("poses[2].x", 7.into(), &mut bytes).unwrap_err().to_string();
    assert_eq!(error, "field `poses[2].x`: 7 does not fit the message, in which a list has fewer elements");
    let error = write("poses[1].flags", vec![Value::from(1)].into(), &mut bytes).unwrap_err().to_string();
    assert_eq!(error, "field `poses[1].flags`: a list of 1 element does not fit [bool; 4] (a list of 4)");
}

#[test]
fn what_does_not_fit_is_reported_with_its_path() {
    let layout = layout::<Everything>();
    let good = layout.decode(&bytes_of(everything())).unwrap();
    let json = serde_json::to_value(&good).unwrap();
    let error = |pointer: &str, wrong: serde_json::Value| {
        let mut json = json.clone();
        *json.pointer_mut(pointer).unwrap() = wrong;
        let value: Value = serde_json::from_value(json).unwrap();
        layout.encode(&value).unwrap_err().to_string()
    };
    let table = [
        ("/byte", 300.into(), "field `byte`: 300 does not fit u8 (0 to 255)"),
        ("/byte", "-1".into(), "field `byte`: \"-1\" does not fit u8 (0 to 255)"),
        ("/grid/2/0", 256.into(), "field `grid[2][0]`: 256 does not fit u8 (0 to 255)"),
        ("/byte", 1.5.into(), "field `byte`: 1.5 is not u8 (0 to 255)"),
        ("/byte", "many".into(), "field `byte`: \"many\" is not u8 (0 to 255)"),
        ("/ratio", 1e300.into(), "field `ratio`: 1e300 does not fit f32 (a number)"),
        ("/ratio", "x".into(), "field `ratio`: \"x\" is not f32 (a number)"),
        ("/on", 1.into(), "field `on`: 1 is not bool (true or false)"),
        ("/letter", "ab".into(), "field `letter`: \"ab\" is not char (one character)"),
        ("/mode", "Flying".into(), "field `mode`: \"Flying\" is not `Mode` (Idle, Driving, Charging)"),
        ("/mode", 9.into(), "field `mode`: 9 is not `Mode` (Idle, Driving, Charging)"),
        (
            "/name",
            "x".repeat(21).into(),
            "field `name`: a string of 21 bytes does not fit Str<20> (a string of at most 20 bytes, without NUL)",
        ),
        (
            "/name",
            "a\0".into(),
            "field `name`: a string with a NUL character at byte 1 does not fit Str<20> (a string of at most 20 bytes, \
             without NUL)",
        ),
        ("/grid", serde_json::json!([]), "field `grid`: a list of 0 elements does not fit [[u8; 2]; 3] (a list of 3)"),
        (
            "/raw",
            vec![1; 7].into(),
            "field `raw`: a list of 7 elements does not fit FixedVec<u8, 6> (a list of at most 6)",
        ),
        ("/poses/1/flags/2", 2.into(), "field `poses[1].flags[2]`: 2 is not bool (true or false)"),
        ("/poses/0", 3.into(), "field `poses[0]`: 3 is not `Pose` (a struct of x, y, flags, heading)"),
        (
            "/poses/0",
            serde_json::json!({ "x": 1, "y": 1, "flags": [true, true, true, true] }),
            "field `poses[0].heading` is missing: it is f32 (a number)",
        ),
        (
            "/poses/0",
            serde_json::json!({ "x": 1, "y": 1, "z": 1, "flags": [true, true, true, true], "heading": 1 }),
            "field `poses[0].z` is unknown: `Pose` has x, y, flags, heading",
        ),
    ];
    for (pointer, wrong, expected) in table {
        assert_eq!(error(pointer, wrong), expected);
    }
    let error = layout.encode(&Value::Int(1)).unwrap_err().to_string();
    assert!(error.starts_with("the message: 1 is not `Everything` (a struct of huge, deep,"), "{error}");
    assert!(serde_json::from_str::<Value>("{\"a\": null}").unwrap_err().to_string().contains("a value of a message"));
    assert!(serde_json::from_str::<Value>(&"[".repeat(100)).unwrap_err().to_string().contains("nested more than"));
    let twice = Value::Struct([("x", 1), ("x", 2)].map(|(name, x)| (name.into(), x.into())).to_vec());
    let mut pose = vec![0; 24];
    let error = Layout::of::<Pose>().unwrap().encode_over(&twice, &mut pose).unwrap_err().to_string();
    assert_eq!(error, "field `x` is given twice");
}

#[test]
fn some_fields_are_changed_and_others_kept() {
    let (layout, mut bytes) = (layout::<Everything>(), bytes_of(everything()));
    let some: Value =
        serde_json::from_str(r#"{ "mode": "Charging", "grid": [[1, 2], [9, 9], [5, 6]], "name": "x" }"#).unwrap();
    layout.encode_over(&some, &mut bytes).unwrap();
    let expected = Everything {
        mode: crate::messages::Mode::Charging,
        grid: [[1, 2], [9, 9], [5, 6]],
        name: Str::truncated("x"),
        ..everything()
    };
    assert_eq!(bytes, bytes_of(expected));
    let wrong: Value = serde_json::from_str(r#"{ "grid": [[0, 0], [0, 0], [0, 0]], "mode": "?" }"#).unwrap();
    let before = bytes.clone();
    layout.encode_over(&wrong, &mut bytes).unwrap_err();
    assert_eq!(bytes, before);
}

#[test]
fn invalid_bytes_are_reported_as_by_a_typed_subscriber() {
    let (layout, good) = (layout::<Everything>(), bytes_of(everything()));
    for path in ["on", "letter", "mode", "poses[1].flags[2]"] {
        let mut bytes = good.clone();
        let accessor = layout.accessor(path).unwrap();
        bytes[accessor.offset()..][..accessor.bytes(&good).unwrap().len()].fill(0xee);
        let error = layout.decode(&bytes).unwrap_err();
        assert_eq!(error, Everything::validate(&bytes).unwrap_err());
        assert_eq!(error.path, path);
        assert_eq!(accessor.read(&bytes).unwrap_err(), error);
        let value = layout.decode_anything(&bytes).unwrap();
        assert!(matches!(value.get(path), Some(Value::Int(_))), "{value}");
        assert!(layout.encode(&value).is_err());
    }
    assert_eq!(
        layout.decode(&[0; 3]).unwrap_err().to_string(),
        "the message is 3 bytes, not `Everything` of 192 bytes"
    );
}

#[test]
fn foreign_texts_and_lists_are_read_as_typed_ones_are() {
    let text = Layout::of::<Str<4>>().unwrap();
    assert_eq!(text.decode(&[b'a', 0xff, b'b', 0]).unwrap(), "a".into());
    assert_eq!(text.decode(&[b'a', 0, 0xff, 0xff]).unwrap(), "a".into());
    let list = Layout::of::<FixedVec<u16, 2>>().unwrap();
    let mut bytes = [0xff; 12];
    assert_eq!(list.decode(&bytes).unwrap(), vec![Value::from(0xffff), Value::from(0xffff)].into());
    bytes[..8].copy_from_slice(&1_u64.to_le_bytes());
    assert_eq!(list.decode(&bytes).unwrap(), vec![Value::from(0xffff)].into());
}

/// Newtypes, of which some contain what looks like another.
mod newtypes {
    use slotcast::ShmMessage;

    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(crate) struct Meters(pub(crate) f64);

    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(crate) struct Height(pub(crate) Meters);

    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(crate) struct Pair(pub(crate) u8, pub(crate) u8);

    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(crate) struct OfPair(pub(crate) Pair);

    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(crate) struct Corner {
        pub(crate) x: Meters,
        pub(crate) y: Meters,
    }

    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(crate) struct OfCorner(pub(crate) Corner);

    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(crate) struct OfBool(pub(crate) bool);

    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(crate) struct Tower {
        pub(crate) height: Height,
        pub(crate) base: OfCorner,
        pub(crate) sides: [Meters; 2],
        pub(crate) lights: [OfBool; 6],
        pub(crate) pair: OfPair,
    }
}

fn tower() -> newtypes::Tower {
    use newtypes::{Corner, Height, Meters, OfBool, OfCorner, OfPair, Pair, Tower};
    Tower {
        height: Height(Meters(30.0)),
        base: OfCorner(Corner { x: Meters(1.0), y: Meters(2.0) }),
        sides: [Meters(3.0), Meters(4.0)],
        lights: [OfBool(true); 6],
        pair: OfPair(Pair(5, 6)),
    }
}

#[test]
fn newtypes_are_what_they_contain_and_survive() {
    let (layout, bytes) = (layout::<newtypes::Tower>(), bytes_of(tower()));
    let value = layout.decode(&bytes).unwrap();
    let json = serde_json::to_value(&value).unwrap();
    let expected = serde_json::json!({
        "height": 30.0,
        "base": { "x": 1.0, "y": 2.0 },
        "sides": [3.0, 4.0],
        "lights": [true, true, true, true, true, true],
        "pair": { "0": { "0": 5, "1": 6 } },
    });
    assert_eq!(json, expected);
    for value in [value.clone(), serde_json::from_value(json).unwrap()] {
        assert_eq!(layout.encode(&value).unwrap(), bytes);
    }
    // Written out, they are accepted too.
    let written_out = serde_json::json!({
        "height": { "0": { "0": 30 } },
        "base": { "0": { "x": { "0": 1 }, "y": 2 } },
        "sides": [{ "0": 3 }, 4],
        "lights": [true, { "0": true }, true, true, true, true],
        "pair": { "0": { "0": 5, "1": 6 } },
    });
    assert_eq!(layout.encode(&serde_json::from_value(written_out).unwrap()).unwrap(), bytes);
    for path in ["height", "height.0", "height.0.0", "base.x", "base.0.x", "base.0.x.0", "sides[1]", "pair.0.1"] {
        let accessor = layout.accessor(path).unwrap();
        let read = accessor.read(&bytes).unwrap();
        assert_eq!(read.as_ref(), value.get(path), "{path}");
        assert_eq!(accessor.read_f64(&bytes), value.get(path).unwrap().as_f64(), "{path}");
    }
    let ticks = Layout::of::<newtypes::Meters>().unwrap();
    assert_eq!(ticks.decode(&1.5_f64.to_le_bytes()).unwrap().to_string(), "1.5");
    let error = ticks.encode(&Value::from("far")).unwrap_err().to_string();
    assert_eq!(error, "the message: \"far\" is not f64 (a number)");
    // What is invalid is named as a typed subscriber names it.
    let mut wrong = bytes.clone();
    let at = layout.accessor("lights[2]").unwrap().offset();
    wrong[at] = 2;
    let invalid = layout.validate(&wrong).unwrap_err();
    assert_eq!(invalid.path, "lights[2].0");
    assert_eq!(layout.decode_anything(&wrong).unwrap().get(&invalid.path), Some(&Value::Int(2)));
}

#[test]
fn some_fields_of_a_newtype_can_be_changed() {
    let (layout, mut bytes) = (layout::<newtypes::Tower>(), bytes_of(tower()));
    let change: Value = serde_json::from_value(serde_json::json!({ "base": { "y": 9 }, "height": 1 })).unwrap();
    layout.encode_over(&change, &mut bytes).unwrap();
    let value = layout.decode(&bytes).unwrap();
    assert_eq!(value.get("base").unwrap().to_string(), "{x: 1.0, y: 9.0}");
    assert_eq!(value.get("height"), Some(&Value::F64(1.0)));
}

#[test]
fn paths_lead_into_messages_of_variable_size() {
    use slotcast::{Publisher, dynamic::Subscriber, testing::TempDomain};
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[Pose], newtypes::Corner>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::builder("x").domain(&domain).create().unwrap();
    let corner = newtypes::Corner { x: newtypes::Meters(7.0), y: newtypes::Meters(8.0) };
    publisher.publish_slice_with(&corner, &[pose(), pose()]).unwrap();
    let sample = subscriber.try_recv().unwrap().unwrap();
    let (layout, value) = (subscriber.layout().clone(), sample.value().unwrap());
    for path in ["", "header", "header.x", "elements[1]", "elements[1].x", "elements[0].flags[3]"] {
        let read = layout.accessor(path).unwrap().read(sample.bytes()).unwrap();
        assert_eq!(read.as_ref(), value.get(path), "{path}");
    }
    for path in ["elements[2]", "elements[2].x", "elements[999999999]"] {
        let accessor = layout.accessor(path).unwrap();
        assert_eq!((accessor.read(sample.bytes()).unwrap(), accessor.read_f64(sample.bytes())), (None, None), "{path}");
    }
    let mut bytes = sample.bytes().to_owned();
    layout.accessor("elements[1].x").unwrap().write(&mut bytes, &5.into()).unwrap();
    assert_eq!(layout.decode(&bytes).unwrap().get("elements[1].x"), Some(&Value::F64(5.0)));
    let error = layout.accessor("elements[2].x").unwrap().write(&mut bytes, &5.into()).unwrap_err().to_string();
    assert_eq!(error, "field `elements[2].x`: 5 does not fit the message, which has fewer elements");
    let error = layout.accessor("header.x").unwrap().read(&bytes[1..]).unwrap_err().to_string();
    assert!(error.contains("a message of 64 bytes and any number of elements of"), "{error}");
    let problem = |path: &str| layout.accessor(path).unwrap_err().problem;
    assert_eq!(problem("elements"), "name one element, such as `elements[0]`");
    assert_eq!(problem("elements.x"), "after `elements` comes an index in brackets");
    assert!(problem("[0]").ends_with("has the parts `header` and `elements`"));
    assert_eq!(problem(&format!("elements[{}]", usize::MAX)), format!("no message has element {}", usize::MAX));

    let plain = Publisher::<[Pose]>::builder("plain").domain(&domain).create().unwrap();
    let layout = slotcast::Observer::new(&domain).topic(plain.topic()).unwrap().unwrap().layout().unwrap();
    assert_eq!(layout.accessor("[1].x").unwrap().offset(), layout.accessor("[0].x").unwrap().offset() + 24);
    assert_eq!(layout.accessor("elements[1]").unwrap_err().problem, "[`Pose`] has elements, such as `[0]`");
}
