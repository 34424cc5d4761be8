//! Commands that start all the time: each child holds a copy of every descriptor of its parent
//! until it executes its program.

use crate::stop::Stop;
use std::process::Command;

/// Calls `act` while `threads` other threads start commands, one after the other.
///
/// # Panics
/// If a command cannot be started.
pub fn while_commands_start(threads: usize, act: impl FnOnce()) {
    let stop = Stop::default();
    std::thread::scope(|scope| {
        let go_on = stop.guard();
        for _ in 0..threads {
            scope.spawn(|| {
                while !stop.is_set() {
                    assert!(Command::new("true").status().expect("`true` can be started").success());
                }
            });
        }
        act();
        drop(go_on);
    });
}
