use crate::{numbers, publish, publisher, subscriber};
use slotcast::testing::TempDomain;

#[test]
fn publishers_are_read_in_turn_however_much_one_has() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut publishers: Vec<_> = (0..5).map(|_| publisher(&domain).depth(1000).create().unwrap()).collect();
    let amounts = [1000, 10, 1000, 1, 100];
    for (index, (publisher, amount)) in publishers.iter_mut().zip(amounts).enumerate() {
        let first = 10_000 * index as u64;
        publish(publisher, first..first + amount);
    }
    let all = numbers(&mut subscriber);
    assert_eq!(all.len() as u64, amounts.iter().sum::<u64>());
    for (index, amount) in amounts.into_iter().enumerate() {
        let first = 10_000 * index as u64;
        let places: Vec<_> = (0..all.len()).filter(|&place| (first..first + 10_000).contains(&all[place])).collect();
        assert!(places.iter().map(|&place| all[place]).eq(first..first + amount), "each in its order");
        // With five publishers, message n of each is among the first 5 (n + 1).
        for (number, place) in places.into_iter().enumerate() {
            assert!(place < 5 * (number + 1), "message {number} of publisher {index} comes as number {place}");
        }
    }
}

#[test]
fn no_publisher_is_starved_when_others_join_and_leave() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut greedy = publisher(&domain).depth(100_000).create().unwrap();
    publish(&mut greedy, 0..100_000);
    for round in 0..50 {
        let mut publisher = publisher(&domain).create().unwrap();
        publish(&mut publisher, 1_000_000 + round..1_000_000 + round + 1);
        let waited = (0..4).position(|_| *subscriber.try_recv().unwrap().unwrap() == 1_000_000 + round);
        assert!(waited.is_some(), "round {round}");
    }
}
