//! A value that its reader changes.

use slotcast::{ParameterClient, ShmMessage};

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Limits {
    speed: f64,
}

fn main() {
    let set = || {
        let mut client = ParameterClient::<Limits>::new("robot/limits").unwrap();
        let limits = client.get().unwrap().map(|limits| Limits { speed: 2.0 * limits.speed });
        client.set(&limits.unwrap()).unwrap()
    };
    let _ = set;
}
