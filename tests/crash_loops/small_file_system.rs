//! A crash loop in a file system that holds what a few endpoints need, and no more. Only where one
//! can be mounted.

use crate::{ENDPOINTS, children, crashes};
use slotcast::testing::{self, Process, TempDomain};
use slotcast_tests::small_file_system::mount;
use std::fs;

/// The size of the file system: the endpoints of three processes fit.
const KIB: usize = 3 * 1024;

#[test]
fn child_that_starts_a_crash_loop() {
    testing::process(|script| {
        let domain = script.domain();
        fs::create_dir(domain.path()).unwrap();
        if let Err(error) = mount(domain.path(), KIB) {
            return script.say(&format!("skipped: no file system can be mounted: {error}"));
        }
        for function in children::ALL {
            for _ in 0..crashes() / ENDPOINTS {
                let mut process = Process::start(function, domain, &["small", "file"]);
                process.expect("created");
                process.kill();
            }
        }
        script.say("done");
    });
}

#[test]
fn a_crash_loop_does_not_fill_a_small_file_system() {
    let domain = TempDomain::new();
    let mut process = Process::start("small_file_system::child_that_starts_a_crash_loop", &domain, &[]);
    let said = process.listen();
    println!("{said}");
    assert!(said == "done" || said.starts_with("skipped: "), "{said}");
    process.finish();
}
