//! Differences in words, one case a line.

use slotcast::ShmMessage;
use slotcast::schema::Schema;

/// Declares a message `M` on each side; `check` compares them.
macro_rules! sides {
    ($publisher:item $subscriber:item) => {{
        mod publisher {
            #[allow(unused_imports, reason = "not every case nests")]
            use slotcast::ShmMessage;
            #[derive(slotcast::ShmMessage)]
            #[repr(C)]
            $publisher
        }
        mod subscriber {
            #[allow(unused_imports, reason = "not every case nests")]
            use slotcast::ShmMessage;
            #[derive(slotcast::ShmMessage)]
            #[repr(C)]
            $subscriber
        }
        (publisher::M::SCHEMA, subscriber::M::SCHEMA)
    }};
}

#[track_caller]
fn check((publisher, subscriber): (&Schema, &Schema), expected: &[&str]) {
    let found: Vec<String> = publisher
        .differences(subscriber)
        .iter()
        .map(|difference| difference.between("publisher has", "subscriber expects").to_string())
        .collect();
    assert_eq!(found, expected);
    assert_eq!(publisher.same_layout(subscriber), expected.is_empty());
}

#[test]
fn of_fields() {
    check(
        sides!(
            pub struct M {
                a: u32,
            }
            pub struct M {
                a: u32,
            }
        ),
        &[],
    );
    check(
        sides!(
            pub struct M {
                a: [u64; 4],
                temp: f32,
                _pad: [u8; 4],
            }
            pub struct M {
                a: [u64; 4],
                temp: f64,
            }
        ),
        &[
            "field `temp`: publisher has f32 at byte 32, subscriber expects f64 at byte 32",
            "field `_pad`: publisher has [u8; 4] at byte 36, subscriber expects no such field",
        ],
    );
    check(
        sides!(
            pub struct M {
                a: u32,
                b: u32,
                c: u32,
            }
            pub struct M {
                a: u32,
                c: u32,
            }
        ),
        &["field `b`: publisher has u32 at byte 4, subscriber expects no such field"],
    );
    check(
        sides!(
            pub struct M {
                a: u32,
                c: u32,
            }
            pub struct M {
                a: u32,
                b: u32,
                c: u32,
            }
        ),
        &["field `b`: publisher has no such field, subscriber expects u32 at byte 4"],
    );
    check(
        sides!(
            pub struct M {
                a: u32,
                b: u32,
            }
            pub struct M {
                b: u32,
                a: u32,
            }
        ),
        &[
            "field `a`: publisher has it at byte 0, subscriber expects it at byte 4",
            "field `b`: publisher has it at byte 4, subscriber expects it at byte 0",
        ],
    );
    check(
        sides!(
            pub struct M {
                speed: u32,
                b: u32,
            }
            pub struct M {
                velocity: u32,
                b: u32,
            }
        ),
        &["field `speed`: publisher has `speed`, subscriber expects `velocity` (u32 at byte 0)"],
    );
    // Renamed, and moved by the field before it. What follows is moved for that reason alone.
    check(
        sides!(
            pub struct M {
                w: u32,
                x: u32,
            }
            pub struct M {
                t: f32,
                v: u32,
                x: u32,
            }
        ),
        &[
            "field `t`: publisher has no such field, subscriber expects f32 at byte 0",
            "field `w`: publisher has `w` (u32 at byte 0), subscriber expects `v` (u32 at byte 4)",
        ],
    );
    check(
        sides!(
            pub struct M {
                a: [f32; 3],
            }
            pub struct M {
                a: [f32; 4],
            }
        ),
        &["field `a`: publisher has [f32; 3] at byte 0, subscriber expects [f32; 4] at byte 0"],
    );
    check(
        sides!(
            pub struct M {
                a: slotcast::Str<8>,
            }
            pub struct M {
                a: [u8; 8],
            }
        ),
        &["field `a`: publisher has Str<8> at byte 0, subscriber expects [u8; 8] at byte 0"],
    );
}

#[test]
fn of_nested_messages() {
    mod inner_a {
        #[derive(slotcast::ShmMessage)]
        #[repr(C)]
        pub struct Inner {
            a: u32,
            b: u32,
        }
        #[derive(slotcast::ShmMessage)]
        #[repr(C)]
        pub struct M {
            head: u64,
            list: [Inner; 2],
        }
    }
    mod inner_b {
        #[derive(slotcast::ShmMessage)]
        #[repr(C)]
        #[shm(version = 1)]
        pub struct Inner {
            a: u32,
            b: f32,
        }
        #[derive(slotcast::ShmMessage)]
        #[repr(C)]
        pub struct M {
            head: u64,
            list: [Inner; 2],
        }
    }
    check(
        (inner_a::M::SCHEMA, inner_b::M::SCHEMA),
        &[
            "field `list[]`: publisher has version 0, subscriber expects version 1",
            "field `list[].b`: publisher has u32 at byte 12, subscriber expects f32 at byte 12",
        ],
    );
}

#[test]
fn of_whole_messages() {
    check(
        sides!(
            #[shm(name = "a.M")]
            pub struct M {
                a: u32,
            }
            #[shm(name = "b.M")]
            pub struct M {
                a: u32,
            }
        ),
        &["the message: publisher has type `a.M`, subscriber expects type `b.M`"],
    );
    check(
        (<[u8; 4]>::SCHEMA, <[i8; 4]>::SCHEMA),
        &["the element: publisher has u8 at byte 0, subscriber expects i8 at byte 0"],
    );
    check((f32::SCHEMA, f64::SCHEMA), &["the message: publisher has f32 at byte 0, subscriber expects f64 at byte 0"]);
}

#[test]
fn of_alignments() {
    mod aligned {
        #[derive(slotcast::ShmMessage)]
        #[repr(C, align(16))]
        pub struct M {
            a: [u64; 2],
        }
    }
    mod plain {
        #[derive(slotcast::ShmMessage)]
        #[repr(C)]
        pub struct M {
            a: [u64; 2],
        }
    }
    check(
        (aligned::M::SCHEMA, plain::M::SCHEMA),
        &["the message: publisher has 16 bytes aligned to 16, subscriber expects 16 bytes aligned to 8"],
    );
}

#[test]
fn of_variants() {
    mod a {
        #[derive(slotcast::ShmMessage)]
        #[repr(u8)]
        pub enum M {
            Off,
            On = 4,
            Gone,
        }
    }
    mod b {
        #[derive(slotcast::ShmMessage)]
        #[repr(u8)]
        pub enum M {
            Off,
            On,
            New,
        }
    }
    mod c {
        #[derive(slotcast::ShmMessage)]
        #[repr(u8)]
        pub enum M {
            On = 1,
            Off = 0,
            New = 2,
        }
    }
    mod d {
        #[derive(slotcast::ShmMessage)]
        #[repr(u16)]
        pub enum M {
            On = 1,
        }
    }
    check(
        (a::M::SCHEMA, b::M::SCHEMA),
        &[
            "the message: publisher has variant On = 4, subscriber expects variant On = 1",
            "the message: publisher has variant Gone = 5, subscriber expects no such variant",
            "the message: publisher has no variant New, subscriber expects variant New = 2",
        ],
    );
    check(
        (b::M::SCHEMA, c::M::SCHEMA),
        &["the message: publisher has the same variants in another order than subscriber expects"],
    );
    check(
        (c::M::SCHEMA, d::M::SCHEMA),
        &["the message: publisher has enum M (u8) at byte 0, subscriber expects enum M (u16) at byte 0"],
    );
}
