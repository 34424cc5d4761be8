//! Limits of the process: none kills it without a word, and each error says which limit it is and
//! what to do.

mod children;

use slotcast::testing::{Process, TempDomain};
use slotcast_tests::holdings::assert_nothing_left;

fn run(function: &str) {
    let domain = TempDomain::new();
    let mut process = Process::start(function, &domain, &[]);
    let said = process.listen();
    println!("{said}");
    assert!(said == "done" || said.starts_with("skipped: "), "{said}");
    process.finish();
    assert_nothing_left(&domain);
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_that_names_it() {
    run("children::child_with_small_files");
}

#[test]
fn a_process_that_locks_its_memory_locks_what_is_used() {
    run("children::child_that_locks_its_memory");
}

#[test]
fn a_limit_on_locked_memory_is_an_error_that_names_it() {
    run("children::child_that_must_not_lock_much");
}

#[test]
fn a_limit_on_descriptors_is_an_error_that_names_it() {
    run("children::child_with_few_descriptors");
}

#[test]
fn a_limit_on_address_space_is_an_error_that_names_it() {
    run("children::child_with_few_addresses");
}

#[test]
fn a_umask_that_takes_everything_away_changes_nothing() {
    run("children::child_whose_umask_takes_everything_away");
}
