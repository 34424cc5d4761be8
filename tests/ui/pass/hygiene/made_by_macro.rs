//! A struct made by a macro points at what was given to the macro.

use slotcast::ShmMessage;

macro_rules! message {
    ($name:ident { $($field:ident: $type:ty),* }) => {
        #[derive(ShmMessage)]
        #[repr(C)]
        struct $name {
            $($field: $type),*
        }
    };
}

message!(Imu { flag: u8, data: slotcast::Str<7> });

fn main() {}
