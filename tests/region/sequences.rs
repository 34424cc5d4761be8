//! Queues, stacks and ring buffers, against a model in one process and among several.

use proptest::prelude::*;
use slotcast::region::{Queue, Region, RegionError, RingBuffer, Stack, StructureError};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast_tests::temp_region::TempRegion;
use std::collections::VecDeque;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(20);

#[derive(Clone, Debug)]
enum Step {
    Push(u64),
    Pop,
    Many(Vec<u64>),
    Take(usize),
    Drop(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        any::<u64>().prop_map(Step::Push),
        Just(Step::Pop),
        prop::collection::vec(any::<u64>(), 0..7).prop_map(Step::Many),
        (0..7_usize).prop_map(Step::Take),
        any::<u64>().prop_map(Step::Drop),
    ];
    prop::collection::vec(step, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_queue_does_what_a_deque_does(steps in steps(), capacity in 1..9_u32) {
        let name = TempRegion::new();
        let queue = Queue::<u64>::create(&name.create(1 << 16), "queue", capacity).unwrap();
        let mut model = VecDeque::new();
        for step in steps {
            if let Step::Push(value) = step {
                let has_room = model.len() < queue.capacity();
                prop_assert_eq!(queue.try_push(&value).unwrap(), has_room);
                if has_room {
                    model.push_back(value);
                }
            } else {
                prop_assert_eq!(queue.try_pop().unwrap(), model.pop_front());
            }
            prop_assert_eq!(queue.len(), model.len());
        }
        prop_assert_eq!(queue.try_iter().collect::<VecDeque<_>>(), model);
    }

    #[test]
    fn a_stack_does_what_a_vec_does(steps in steps(), capacity in 1..9_u32) {
        let name = TempRegion::new();
        let stack = Stack::<u64>::create(&name.create(1 << 16), "stack", capacity).unwrap();
        let mut model = Vec::new();
        for step in steps {
            if let Step::Push(value) = step {
                let has_room = model.len() < stack.capacity();
                prop_assert_eq!(stack.try_push(&value).unwrap(), has_room);
                if has_room {
                    model.push(value);
                }
            } else {
                prop_assert_eq!(stack.try_pop().unwrap(), model.pop());
            }
            prop_assert_eq!(stack.len(), model.len());
        }
    }

    #[test]
    fn a_ring_does_what_a_deque_does(steps in steps(), capacity in 1..9_u32) {
        let name = TempRegion::new();
        let ring = RingBuffer::<u64>::create(&name.create(1 << 16), "ring", capacity).unwrap();
        let capacity = capacity as usize;
        let mut model = VecDeque::new();
        for step in steps {
            match step {
                Step::Push(value) => {
                    let has_room = model.len() < capacity;
                    prop_assert_eq!(ring.try_push(&value).unwrap(), has_room);
                    if has_room {
                        model.push_back(value);
                    }
                }
                Step::Pop => prop_assert_eq!(ring.try_pop().unwrap(), model.pop_front()),
                Step::Many(values) => {
                    let count = values.len().min(capacity - model.len());
                    prop_assert_eq!(ring.push_slice(&values).unwrap(), count);
                    model.extend(&values[..count]);
                }
                Step::Take(most) => {
                    let taken: Vec<_> = model.drain(..most.min(model.len())).collect();
                    prop_assert_eq!(ring.pop_up_to(most).unwrap(), taken);
                }
                Step::Drop(value) => {
                    let is_full = model.len() == capacity;
                    prop_assert_eq!(ring.push_dropping(&value).unwrap(), usize::from(is_full));
                    if is_full {
                        model.pop_front();
                    }
                    model.push_back(value);
                }
            }
            prop_assert_eq!(ring.len().unwrap(), model.len());
            prop_assert_eq!(ring.peek().unwrap(), model.front().copied());
            let last: Vec<_> = model.iter().rev().take(3).rev().copied().collect();
            prop_assert_eq!(ring.last(3).unwrap(), last);
        }
    }
}

/// Sends `count` numbers that tell which process they are from.
#[test]
fn child_sends() {
    testing::process(|script| {
        let region = Region::open(&script.argument::<String>(0)).unwrap();
        let (kind, from, count): (String, u64, u64) = (script.argument(1), script.argument(2), script.argument(3));
        let queue = Queue::<u64>::open(&region, "queue");
        let stack = Stack::<u64>::open(&region, "stack");
        let ring = RingBuffer::<u64>::open(&region, "ring");
        for number in 0..count {
            let value = from << 32 | number;
            match &*kind {
                "queue" => queue.as_ref().unwrap().push(&value, PATIENCE).unwrap(),
                "stack" => stack.as_ref().unwrap().push(&value, PATIENCE).unwrap(),
                _ => ring.as_ref().unwrap().push(&value, PATIENCE).unwrap(),
            }
        }
        script.say("sent");
    });
}

/// Receives until it gets the number that ends it, and says how many there were and their sum.
#[test]
fn child_receives() {
    testing::process(|script| {
        let region = Region::open(&script.argument::<String>(0)).unwrap();
        let kind: String = script.argument(1);
        let (mut count, mut sum, mut last) = (0_u64, 0_u64, [None; 16]);
        loop {
            let value = match &*kind {
                "queue" => Queue::<u64>::open(&region, "queue").unwrap().pop(PATIENCE).unwrap(),
                "stack" => Stack::<u64>::open(&region, "stack").unwrap().pop(PATIENCE).unwrap(),
                _ => RingBuffer::<u64>::open(&region, "ring").unwrap().pop(PATIENCE).unwrap(),
            };
            if value == u64::MAX {
                break;
            }
            let (from, number) = ((value >> 32) as usize, value & u64::from(u32::MAX));
            if kind != "stack" {
                assert!(last[from] < Some(number), "{number} from {from} after {:?}", last[from]);
                last[from] = Some(number);
            }
            count += 1;
            sum = sum.wrapping_add(value);
        }
        script.say(&format!("{count} {sum}"));
    });
}

fn everything_arrives_once(kind: &str, senders: u64, receivers: usize, count: u64) {
    let name = TempRegion::new();
    let region = name.create(1 << 16);
    let (queue, stack, ring) = (
        Queue::<u64>::create(&region, "queue", 8).unwrap(),
        Stack::<u64>::create(&region, "stack", 8).unwrap(),
        RingBuffer::<u64>::create(&region, "ring", 8).unwrap(),
    );
    let domain = TempDomain::new();
    let mut receivers: Vec<_> =
        (0..receivers).map(|_| Process::start("sequences::child_receives", &domain, &[&name, kind])).collect();
    let senders: Vec<_> = (0..senders)
        .map(|from| {
            let arguments = [&*name, kind, &from.to_string(), &count.to_string()];
            Process::start("sequences::child_sends", &domain, &arguments)
        })
        .collect();
    let (mut expected, mut number) = (0_u64, 0);
    for (from, mut sender) in (0..).zip(senders) {
        sender.expect("sent");
        sender.finish();
        (0..count).for_each(|value| expected = expected.wrapping_add(from << 32 | value));
        number += count;
    }
    // A stack gives the last first: the end must not come before what is below it.
    testing::until("all was received", || stack.is_empty());
    for _ in &receivers {
        match kind {
            "queue" => queue.push(&u64::MAX, PATIENCE).unwrap(),
            "stack" => stack.push(&u64::MAX, PATIENCE).unwrap(),
            _ => ring.push(&u64::MAX, PATIENCE).unwrap(),
        }
    }
    let mut total = (0_u64, 0_u64);
    for receiver in &mut receivers {
        let said = receiver.listen();
        let (count, sum) = said.split_once(' ').unwrap();
        total = (total.0 + count.parse::<u64>().unwrap(), total.1.wrapping_add(sum.parse().unwrap()));
    }
    assert_eq!(total, (number, expected));
    receivers.into_iter().for_each(Process::finish);
}

#[test]
fn all_that_is_queued_by_three_processes_is_received_by_two() {
    everything_arrives_once("queue", 3, 2, 20_000);
}

#[test]
fn all_that_is_stacked_by_three_processes_is_received_by_two() {
    everything_arrives_once("stack", 3, 2, 5_000);
}

#[test]
fn all_that_is_written_to_a_ring_is_read() {
    everything_arrives_once("ring", 1, 1, 50_000);
}

#[test]
fn waiting_ends_with_a_text_that_says_for_what() {
    let name = TempRegion::new();
    let region = name.create(1 << 16);
    let text = |result: Result<(), StructureError>| result.unwrap_err().to_string();
    let queue = Queue::<u8>::create(&region, "q", 2).unwrap();
    assert!(text(queue.pop(SHORT).map(drop)).ends_with("and it is empty"));
    assert!(queue.try_push(&1).unwrap() && queue.try_push(&2).unwrap() && !queue.try_push(&3).unwrap());
    let full = text(queue.push(&3, SHORT));
    assert!(full.starts_with("waited 20ms for `q` in region") && full.ends_with("and it is full"), "{full}");
    let stack = Stack::<u8>::create(&region, "s", 1).unwrap();
    assert!(text(stack.pop(SHORT).map(drop)).ends_with("and it is empty"));
    let ring = RingBuffer::<u8>::create(&region, "r", 1).unwrap();
    assert!(text(ring.pop(SHORT).map(drop)).ends_with("and it is empty"));
    assert!(ring.try_push(&1).unwrap());
    assert!(text(ring.push(&2, SHORT)).ends_with("and it is full"));
}

#[test]
fn what_cannot_be_created_says_why() {
    let name = TempRegion::new();
    let region = name.create(1 << 16);
    for capacity in [0, u32::MAX] {
        assert!(matches!(Queue::<u64>::create(&region, "q", capacity), Err(RegionError::Argument { .. })));
        assert!(matches!(Stack::<u64>::create(&region, "s", capacity), Err(RegionError::Argument { .. })));
        assert!(matches!(RingBuffer::<u64>::create(&region, "r", capacity), Err(RegionError::Argument { .. })));
    }
    assert!(region.entries().unwrap().is_empty());
    Queue::<u64>::create(&region, "q", 3).unwrap();
    let error = Stack::<u64>::open(&region, "q").unwrap_err().to_string();
    assert!(error.contains("is a queue, and this program opens it as a stack"), "{error}");
    let error = Queue::<i64>::open(&region, "q").unwrap_err().to_string();
    assert!(error.contains("the region has u64 at byte 0, this program expects i64 at byte 0"), "{error}");
}

/// A receiver that sleeps is woken at once, not when its slice is over.
#[test]
fn a_sleeper_is_woken() {
    let name = TempRegion::new();
    let region = name.create(1 << 16);
    let queue = Queue::<u64>::create(&region, "q", 8).unwrap();
    let mine = Queue::<u64>::create(&region, "back", 8).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok(value @ 1..) = queue.pop(PATIENCE) {
                mine.push(&value, PATIENCE).unwrap();
            }
        });
        for round in 1..=200 {
            queue.push(&round, PATIENCE).unwrap();
            assert_eq!(mine.pop(PATIENCE).unwrap(), round);
        }
        queue.push(&0, PATIENCE).unwrap();
    });
}
