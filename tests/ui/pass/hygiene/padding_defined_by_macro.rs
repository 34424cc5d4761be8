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

message!(Imu { value: u32, flags: [u8; 4] });

fn main() {}
