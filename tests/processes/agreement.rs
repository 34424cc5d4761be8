//! Publishers in several processes that disagree about the layout of a topic, some of which die
//! meanwhile.

use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Publisher, ShmMessage};
use slotcast_tests::holdings::assert_nothing_left;

/// The children: publishers of three layouts.
const FUNCTIONS: [&str; 3] =
    ["agreement::child_of_one_layout", "agreement::child_of_another_layout", "agreement::child_of_a_third_layout"];

fn publish<T: ShmMessage>() {
    testing::process(|script| {
        script.say("ready");
        script.hear("go");
        match Publisher::<T>::builder("agreement").domain(script.domain()).create() {
            Ok(publisher) => {
                script.say("won");
                script.hear("end");
                drop(publisher);
            }
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains("of this publisher does not match another publisher's"), "{error}");
                script.say("lost");
            }
        }
    });
}

#[test]
fn child_of_one_layout() {
    publish::<u64>();
}

#[test]
fn child_of_another_layout() {
    publish::<i64>();
}

#[test]
fn child_of_a_third_layout() {
    publish::<[u32; 2]>();
}

/// Lets all try at once. Returns the winners, which are still alive.
fn compete(processes: Vec<Process>) -> Vec<Process> {
    let mut processes = processes;
    processes.iter_mut().for_each(|process| process.expect("ready"));
    processes.iter_mut().for_each(|process| process.tell("go"));
    processes.retain_mut(|process| process.listen() == "won");
    processes
}

fn end(winners: Vec<Process>) {
    for mut winner in winners {
        winner.tell("end");
        winner.finish();
    }
}

#[test]
fn exactly_one_of_several_disagreeing_processes_wins() {
    for round in 0..20 {
        let domain = TempDomain::new();
        let start = |count: usize| (0..count).map(|index| Process::start(FUNCTIONS[index], &domain, &[])).collect();
        let winners = compete(start(2 + round % 2));
        assert_eq!(winners.len(), 1);
        end(winners);
        assert_nothing_left(&domain);
    }
}

#[test]
fn a_publisher_killed_while_it_agrees_leaves_the_topic_to_exactly_one_other() {
    for point in ["agree.locked", "agree.unlinked", "agree.recorded", "segment.sealed", "announce.linked"] {
        for _ in 0..6 {
            let domain = TempDomain::new();
            let mut killed = Process::start_until(FUNCTIONS[2], &domain, &[], point, 1, Action::Kill);
            let others: Vec<_> = FUNCTIONS[..2].iter().map(|function| Process::start(function, &domain, &[])).collect();
            killed.expect("ready");
            killed.tell("go");
            let winners = compete(others);
            // If the killed one had agreed already, or had not started yet, it may have won, or
            // lost before it died.
            assert!(winners.len() <= 1, "{point}");
            let _ = killed.wait();
            if winners.is_empty() {
                let again = compete(vec![Process::start(FUNCTIONS[0], &domain, &[])]);
                assert_eq!(again.len(), 1, "{point}: the agreement of a dead publisher does not count");
                end(again);
            }
            end(winners);
            assert_nothing_left(&domain);
        }
    }
}

#[test]
fn a_publisher_stopped_while_it_agrees_is_reported_by_the_next() {
    let domain = TempDomain::new();
    let mut stopped = Process::start_until(FUNCTIONS[0], &domain, &[], "agree.locked", 1, Action::Stop);
    stopped.expect("ready");
    stopped.tell("go");
    stopped.wait_until_stopped();
    let error = Publisher::<u64>::builder("agreement").domain(&domain).create().unwrap_err().to_string();
    assert!(error.contains("another process has been agreeing on a schema in"), "{error}");
    assert!(error.contains("it is probably stopped; continue or kill it"), "{error}");
    // Subscribers need no agreement.
    drop(slotcast::Subscriber::<u64>::builder("agreement").domain(&domain).create().unwrap());
    stopped.go_on();
    stopped.expect("won");
    end(vec![stopped]);
    assert_nothing_left(&domain);
}
