//! Padding does not count: neither its name nor how it is divided. Where the other fields are does.

use slotcast::schema::Kind;
use slotcast::testing::TempDomain;
use slotcast::{Pad, Publisher, ShmMessage, Subscriber, dynamic};

mod one {
    use slotcast::{Pad, ShmMessage};

    #[derive(ShmMessage, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[repr(C)]
    pub(super) struct Reading {
        pub channel: u32,
        pub _pad: Pad<4>,
        pub stamp: u64,
        pub flag: u8,
        pub _end: Pad<7>,
    }
}

mod other {
    use slotcast::{Pad, ShmMessage};

    #[derive(ShmMessage, Clone, Copy, Debug, Default)]
    #[repr(C)]
    pub(super) struct Reading {
        pub channel: u32,
        pub _pad0: Pad<1>,
        pub _reserved: Pad<3>,
        pub stamp: u64,
        pub flag: u8,
        pub _pad1: [Pad<1>; 7],
    }
}

mod elsewhere {
    use slotcast::{Pad, ShmMessage};

    #[derive(ShmMessage, Clone, Copy, Debug, Default)]
    #[repr(C)]
    pub(super) struct Reading {
        pub channel: u32,
        pub _pad: Pad<12>,
        pub stamp: u64,
        pub flag: u8,
        pub _end: Pad<7>,
    }
}

mod named {
    use slotcast::ShmMessage;

    #[derive(ShmMessage, Clone, Copy, Debug, Default)]
    #[repr(C)]
    pub(super) struct Reading {
        pub channel: u32,
        pub _pad: [u8; 4],
        pub stamp: u64,
        pub flag: u8,
        pub _end: [u8; 7],
    }
}

/// The other side's padding takes up what `channel` has grown by.
mod grown {
    use slotcast::{Pad, ShmMessage};

    #[derive(ShmMessage, Clone, Copy, Debug, Default)]
    #[repr(C)]
    pub(super) struct Reading {
        pub channel: u64,
        pub stamp: u64,
        pub flag: u8,
        pub _end: Pad<7>,
    }
}

fn differences(first: &slotcast::schema::Schema, second: &slotcast::schema::Schema) -> Vec<String> {
    let differences = first.differences(second);
    differences.iter().map(|difference| difference.between("one has", "the other has").to_string()).collect()
}

#[test]
fn names_and_division_of_padding_do_not_count() {
    assert_eq!(one::Reading::HASH, other::Reading::HASH);
    assert!(one::Reading::SCHEMA.same_layout(other::Reading::SCHEMA));
    assert_eq!(differences(one::Reading::SCHEMA, other::Reading::SCHEMA), [] as [&str; 0]);
    let domain = TempDomain::new();
    let mut publisher = Publisher::<one::Reading>::builder("pad").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<other::Reading>::builder("pad").domain(&domain).create().unwrap();
    publisher.publish(&one::Reading { channel: 1, stamp: 2, flag: 3, ..Default::default() }).unwrap();
    let sample = subscriber.try_recv().unwrap().unwrap();
    assert_eq!((sample.channel, sample.stamp, sample.flag), (1, 2, 3));
}

#[test]
fn where_the_fields_are_counts() {
    let [difference] = &differences(one::Reading::SCHEMA, elsewhere::Reading::SCHEMA)[..] else { panic!() };
    assert_eq!(difference, "field `stamp`: one has it at byte 8, the other has it at byte 16");
    assert_eq!(
        differences(one::Reading::SCHEMA, grown::Reading::SCHEMA),
        ["field `channel`: one has u32 at byte 0, the other has u64 at byte 0"]
    );
    assert_eq!(
        differences(one::Reading::SCHEMA, named::Reading::SCHEMA),
        [
            "field `_pad`: one has no such field, the other has [u8; 4] at byte 4",
            "field `_end`: one has no such field, the other has [u8; 7] at byte 17"
        ]
    );
}

#[test]
fn padding_is_not_shown_and_has_no_value() {
    assert_eq!(
        one::Reading::SCHEMA.to_string(),
        "struct Reading { // 24 bytes, aligned to 8\n    channel: u32, // at 0\n    stamp: u64,   // at 8\n    \
         flag: u8,     // at 16\n}"
    );
    let layout = dynamic::Layout::of::<one::Reading>().unwrap();
    let value = layout.decode(&[0xff; 24]).unwrap();
    let fields = value.to_string();
    assert!(fields.contains("channel") && !fields.contains("pad") && !fields.contains("_end"), "{fields}");
    assert_eq!(layout.encode(&value).unwrap()[4..8], [0; 4], "padding is zero when it is written");
    let Kind::Struct { fields } = &one::Reading::SCHEMA.kind else { panic!() };
    assert!(fields[1].schema.get().is_padding() && !fields[0].schema.get().is_padding());
    assert!(one::Reading::SCHEMA.to_c().contains("uint8_t _pad[4];"), "C has to leave the room");
    let (a, b) = (Pad::<4>::ZERO, Pad::<4>::default());
    assert!(a == b && a.cmp(&b).is_eq() && format!("{a:?}") == "Pad<4>");
}
