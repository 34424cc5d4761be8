use super::*;
use slotcast::schema::Schema;
use slotcast::{FixedVec, ShmMessage, Str};

#[derive(ShmMessage, Clone, Copy)]
#[repr(u8)]
enum Mode {
    Parked = 0,
    Driving = 2,
}

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct State {
    big: u128,
    speed: f64,
    ratio: f32,
    count: u16,
    on: bool,
    mode: Mode,
    name: Str<8>,
    m: FixedVec<u8, 16>,
}

fn layout() -> Layout {
    let schema: &Schema = State::SCHEMA;
    Layout::new(schema.clone()).unwrap()
}

fn selects(filter: &str) -> bool {
    let layout = layout();
    let value = Value::from([
        ("big", u128::MAX.into()),
        ("speed", 1.5.into()),
        ("ratio", 0.1_f32.into()),
        ("count", 300_u16.into()),
        ("on", true.into()),
        ("mode", "Driving".into()),
        ("name", "left".into()),
        ("m", vec![5_u8, 6].into()),
    ]);
    let message = layout.encode(&value).unwrap();
    let expression: Expression = filter.parse().unwrap_or_else(|error| panic!("{filter}: {error}"));
    expression.bind(&layout).unwrap_or_else(|error| panic!("{filter}: {error}")).selects(&message)
}

fn error(filter: &str) -> String {
    match filter.parse::<Expression>() {
        Err(error) => error.to_string(),
        Ok(expression) => expression.bind(&layout()).err().unwrap_or_else(|| panic!("{filter}")).to_string(),
    }
}

#[test]
fn messages_are_selected() {
    let yes = [
        "speed > 1",
        "speed>=1.5 and count == 300",
        "speed == 1.5",
        "ratio == 0.1",
        "1 < speed",
        "count < 70000",
        "count > 299.5",
        "big == 340282366920938463463374607431768211455",
        "big > 0",
        "on",
        "not (on and speed < 1)",
        "!on || on",
        "on == true",
        "!!on",
        "mode == Driving",
        "Driving == mode",
        "mode != 'Parked'",
        "mode == 2",
        "name == \"left\"",
        "name != 'ri\\'ght'",
        "m[1] == 0x6",
        "not m[5] == 0",
        "m.count == 300",
        "speed < 0 or speed < 1 or speed < 2 and on",
        "speed > -1e3",
    ];
    for filter in yes {
        assert!(selects(filter), "{filter}");
        assert!(!selects(&format!("not ({filter})")), "{filter}");
    }
    assert!(!selects("m[5] == 0") && !selects("m[5] != 0"));
}

#[test]
fn errors_say_what_to_do() {
    assert_eq!(
        error("speed >> 1"),
        "the filter is not valid after `speed >`: expected a field, a number, a text in quotes, true or false, but it has `> 1`"
    );
    assert_eq!(
        error("speed >"),
        "the filter is not valid after `speed >`: expected a field, a number, a text in quotes, true or false, but it ends"
    );
    assert!(
        error("speed > 1 on").contains("after `speed > 1`: expected `and`, `or` or the end"),
        "{}",
        error("speed > 1 on")
    );
    assert!(error("(on").contains("expected `)`, but it ends"), "{}", error("(on"));
    assert!(error("name == 'left").contains("expected the closing quote, but it ends"), "{}", error("name == 'left"));
    assert!(error("").contains("expected a field"), "{}", error(""));
    assert!(error("sped > 1").contains("did you mean `speed`?"), "{}", error("sped > 1"));
    assert!(
        error("mode == Drivin").contains("`Drivin` is no field, and field `mode`: \"Drivin\" is not `Mode` (Parked"),
        "{}",
        error("mode == Drivin")
    );
    let wrong = error("mode == 'Drivin'");
    assert_eq!(wrong, "cannot compare: field `mode`: \"Drivin\" is not `Mode` (Parked, Driving)");
    assert!(
        error("speed == 'fast'").starts_with("cannot compare: field `speed`: \"fast\" is not f64"),
        "{}",
        error("speed == 'fast'")
    );
    assert!(error("speed").starts_with("cannot compare: field `speed`: true is not f64"), "{}", error("speed"));
    assert!(error(&"(".repeat(1000)).contains("more than 100 parentheses"));
}
