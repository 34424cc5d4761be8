//! Errors in a struct defined by a macro point at the macro's arguments.

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

message!(Imu { flag: u8, data: &'static str });

fn main() {}
