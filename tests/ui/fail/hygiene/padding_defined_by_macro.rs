//! Padding in a struct defined by a macro.

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

message!(Imu { flag: u8, value: u32 });

fn main() {}
