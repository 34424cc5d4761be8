//! The derive in surroundings that would break careless generated code.

/// There is no prelude, and all names that a macro might use mean something else.
mod hostile {
    #![no_implicit_prelude]
    #![forbid(unsafe_code)]
    #![allow(dead_code, reason = "only compiled")]
    #![allow(non_camel_case_types, reason = "to take names away")]

    pub struct Vec;
    pub struct String;
    pub struct Box;
    pub enum Result {}
    pub enum Option {}
    pub enum Some {}
    pub enum None {}
    pub enum Ok {}
    pub enum Err {}
    pub struct Schema;
    pub struct Field;
    pub struct Cow;
    pub struct ShmMessage;
    pub struct Self_;
    pub mod core {}
    pub mod std {}
    pub mod slotcast {}
    pub trait Copy {}
    pub trait Send {}
    pub trait Sync {}
    pub trait Sized {}
    pub const fn size_of() {}
    pub const fn offset_of() {}

    #[derive(::slotcast::ShmMessage)]
    #[repr(C)]
    pub struct Message {
        pub bytes: u64,
        pub __bytes: u64,
        pub schema: u64,
        pub name: u64,
        pub size: u64,
        pub __size: u64,
        pub __fields: u64,
        pub r#type: u64,
        pub r#fn: u64,
        pub self_: u64,
        pub option: super::named_like_std::Option,
        pub vec: super::named_like_std::Vec<u64>,
        pub mode: Mode,
        pub _pad: [u8; 7],
    }

    #[derive(::slotcast::ShmMessage)]
    #[repr(u8)]
    pub enum Mode {
        Ok,
        Err,
        Some,
        None,
        r#Self_,
    }

    #[derive(::slotcast::ShmMessage)]
    #[repr(C)]
    pub struct Generic<T, const N: usize = 3> {
        pub values: [T; N],
    }
}

/// Messages whose names are those of well-known types.
mod named_like_std {
    #[derive(slotcast::ShmMessage)]
    #[repr(C)]
    pub(crate) struct Option {
        pub(crate) value: u64,
    }

    #[derive(slotcast::ShmMessage)]
    #[repr(C)]
    pub(crate) struct Vec<T> {
        pub(crate) x: T,
        pub(crate) y: T,
    }
}

/// The crate under another name.
mod renamed {
    pub(crate) mod inner {
        pub(crate) use slotcast as messages;
    }

    #[derive(slotcast::ShmMessage)]
    #[repr(C)]
    #[shm(crate = "crate::hygiene::renamed::inner::messages")]
    pub(crate) struct Message {
        pub(crate) value: u64,
    }
}

/// Types and fields defined by a `macro_rules!` macro, with types passed on as `ty`.
mod defined_by_macro {
    macro_rules! message {
        ($(#[$attribute:meta])* $name:ident<$($parameter:ident),*> { $($field:ident: $type:ty),* $(,)? }) => {
            #[derive(slotcast::ShmMessage)]
            #[repr(C)]
            $(#[$attribute])*
            pub(crate) struct $name<$($parameter),*> {
                stamp_ns: u64,
                $(pub(crate) $field: $type),*
            }
        };
    }

    message!(#[shm(name = "made.Plain")] Plain<> { value: f64, list: [[u16; 2]; 2] });
    message!(Generic<T> { value: T, more: [T; 3] });

    macro_rules! modes {
        ($name:ident: $repr:ident { $($variant:ident = $value:expr),* }) => {
            #[derive(slotcast::ShmMessage)]
            #[repr($repr)]
            #[allow(dead_code, reason = "only compiled")]
            pub(crate) enum $name {
                $($variant = $value),*
            }
        };
    }

    modes!(Mode: i32 { Low = -5, High = 1 << 20 });
}

mod tests {
    use slotcast::ShmMessage;
    use slotcast::schema::Kind;

    use super::{defined_by_macro, hostile, named_like_std, renamed};

    #[test]
    fn names_are_without_their_raw_prefix() {
        let Kind::Struct { fields } = &hostile::Message::SCHEMA.kind else { unreachable!() };
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_ref()).collect();
        assert_eq!(
            names,
            [
                "bytes", "__bytes", "schema", "name", "size", "__size", "__fields", "type", "fn", "self_", "option",
                "vec", "mode", "_pad"
            ]
        );
    }

    #[test]
    fn all_are_messages() {
        assert_eq!(hostile::Generic::<u32>::SCHEMA.size, 12);
        assert_eq!(named_like_std::Vec::<u64>::SCHEMA.name, "Vec");
        assert_eq!(renamed::Message::SCHEMA.size, 8);
        assert_eq!(defined_by_macro::Plain::SCHEMA.name, "made.Plain");
        assert_eq!(defined_by_macro::Generic::<f64>::SCHEMA.size, 40);
        assert!(defined_by_macro::Mode::validate(&(1_i32 << 20).to_le_bytes()).is_ok());
        assert!(defined_by_macro::Mode::validate(&0_i32.to_le_bytes()).is_err());
        let mut bytes = [0; size_of::<hostile::Message>()];
        assert!(hostile::Message::validate(&bytes).is_ok());
        bytes[size_of::<hostile::Message>() - 8] = 9;
        assert_eq!(hostile::Message::validate(&bytes).unwrap_err().path, "mode");
    }
}
