use super::*;
use crate::values::read;
use proptest::prelude::*;
use slotcast::dynamic::Layout;
use slotcast::{ShmMessage, Str};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Mixed {
    whole: u128,
    signed: i128,
    wide: f64,
    long: i64,
    narrow: f32,
    letter: char,
    text: Str<24>,
    bytes: [u8; 7],
    on: bool,
    list: [f32; 2],
}

fn written(value: &Value, flow: bool) -> String {
    let mut out = Vec::new();
    write(&mut out, value, flow).unwrap();
    String::from_utf8(out).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_are_read_again_bit_for_bit(
        whole: u128, signed: i128, wide: u64, long: i64, narrow: u32, letter: char, text in "\\PC{0,6}|.{0,6}|[-+.eE0-9~#:nulyso \n\t]{0,8}",
        bytes: [u8; 7], on: bool, list: [u32; 2], flow: bool,
    ) {
        let text: String = text.chars().filter(|&next| next != '\0').collect();
        let message = Value::from([
            ("whole", whole.into()), ("signed", signed.into()), ("wide", f64::from_bits(wide).into()), ("long", long.into()),
            ("narrow", f32::from_bits(narrow).into()), ("letter", letter.into()), ("text", text.into()),
            ("bytes", bytes.to_vec().into()), ("on", on.into()),
            ("list", list.iter().map(|&bits| f32::from_bits(bits).into()).collect::<Vec<Value>>().into()),
        ]);
        let layout = Layout::of::<Mixed>().unwrap();
        let yaml = written(&message, flow);
        let again = read::one(&yaml).unwrap();
        prop_assert_eq!(layout.encode(&again).unwrap(), layout.encode(&message).unwrap(), "{}", yaml);
    }
}

#[test]
fn floats_that_no_test_would_hit_by_chance_keep_their_bits() {
    let layout = Layout::of::<[f64; 8]>().unwrap();
    let numbers = [
        f64::NAN.to_bits(),
        0x7ff8_0000_0000_0001,
        0xfff0_0000_0000_0001,
        0x7ff0 << 48,
        0xfff0 << 48,
        1 << 63,
        1,
        0x7fef_ffff_ffff_ffff,
    ];
    let value = Value::List(numbers.iter().map(|&bits| f64::from_bits(bits).into()).collect());
    let yaml = written(&value, false);
    assert_eq!(
        yaml,
        "[.nan, NaN(0x7ff8000000000001), NaN(0xfff0000000000001), .inf, -.inf, -0.0, 5.0e-324, 1.7976931348623157e+308]\n"
    );
    let bytes: Vec<u8> = numbers.iter().flat_map(|bits| bits.to_le_bytes()).collect();
    assert_eq!(layout.encode(&read::one(&yaml).unwrap()).unwrap(), bytes);
}

#[test]
fn texts_that_look_like_something_else_are_quoted() {
    for text in [
        "true",
        "True",
        "null",
        "~",
        "",
        "123",
        "1e3",
        ".nan",
        ".inf",
        "0x10",
        "yes",
        "Off",
        "- a",
        "a: b",
        "a #b",
        " a",
        "a ",
        "---",
        "...",
        "NaN",
        "2024-01-01",
        "[",
        "!x",
        "&x",
        "*x",
        "a\nb",
        "a\n",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "'",
        "\"",
        "1_000",
        "0o17",
        "=",
        "<<",
        "12:30",
    ] {
        for value in [Value::from(text), Value::from([("x", text.into())]), vec![Value::from(text), text.into()].into()]
        {
            for flow in [false, true] {
                let yaml = written(&value, flow);
                let again = read::one(&yaml).unwrap_or_else(|error| panic!("{text:?} as {yaml}: {error}"));
                assert_eq!(again, value, "{yaml}");
            }
        }
    }
}

#[test]
fn a_message_is_laid_out_for_people() {
    let pose = Value::from([("y", 1.5.into()), ("flags", vec![Value::from(true), false.into()].into())]);
    let value = Value::from([
        ("mode", "Driving".into()),
        ("poses", vec![pose.clone(), pose].into()),
        ("none", Value::List(vec![])),
    ]);
    let expected =
        "mode: Driving\nposes:\n- y: 1.5\n  flags: [true, false]\n- y: 1.5\n  flags: [true, false]\nnone: []\n";
    assert_eq!(written(&value, false), expected);
    assert_eq!(
        written(&value, true),
        "{mode: Driving, poses: [{y: 1.5, flags: [true, false]}, {y: 1.5, flags: [true, false]}], none: []}\n"
    );
    assert_eq!(written(&Value::Int(5), false), "5\n");
    assert_eq!(written(&"Off".into(), false), "\"Off\"\n", "a bool in YAML 1.1");
}
