//! The examples in the documentation of `slotcast::testing`, which are compared with this file.

use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{Publisher, Subscriber};

#[test]
fn child_publishes_one() {
    testing::process(|script| {
        let mut publisher = Publisher::<u64>::builder("test").domain(script.domain()).create().unwrap();
        publisher.publish(&42).unwrap();
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn a_publisher_that_is_killed_leaves_its_message() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<u64>::builder("test").domain(&domain).create().unwrap();
    let mut other = Process::start("child_publishes_one", &domain, &[]);
    other.expect("published");
    assert!(subscriber.wait_for_publishers(1, PATIENCE).unwrap());
    other.kill();
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 42);
}

#[test]
fn child_echoes() {
    testing::process(|script| {
        script.hear("ping");
        script.say("pong");
    });
}

#[test]
fn a_process_answers() {
    let mut other = Process::start("child_echoes", &TempDomain::new(), &[]);
    other.tell("ping");
    other.expect("pong");
    other.finish();
}

/// Returns the code blocks of comments that are compiled but not run, with their test functions.
fn examples(source: &str) -> Vec<String> {
    let blocks = source.split("```no_run\n").skip(1).map(|block| block.split("```\n").next().unwrap());
    let line = |line: &str| {
        let line = line.trim_start_matches("//!").trim_start_matches("///");
        let line = line.strip_prefix(' ').unwrap_or(line);
        format!("{}\n", line.strip_prefix("// ").unwrap_or(line))
    };
    let text = |block: &str| block.lines().map(line).collect::<String>().trim_end_matches(['/', '!', '\n']).to_owned();
    blocks.map(text).collect()
}

#[test]
fn the_documentation_shows_these_functions() {
    let this = include_str!("main.rs");
    let sources = [include_str!("../../sdk/src/testing/mod.rs"), include_str!("../../sdk/src/testing/process.rs")];
    let examples: Vec<_> = sources.into_iter().flat_map(examples).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        let functions = example.split_once("\n\n").expect("imports, then functions").1;
        assert!(this.contains(functions), "not in this file: {functions}");
    }
}
