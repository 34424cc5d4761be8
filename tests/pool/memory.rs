//! How much memory messages take: no more than the book promises.

use slotcast::testing::TempDomain;
use slotcast::{Publisher, Sample, Subscriber};
use slotcast_tests::random::Random;

/// Cells of a ring of the default depth.
const CELLS: usize = 16;
const HELD: usize = 8;
/// The unit in which memory is allocated.
const PIECE: usize = 64 << 10;

/// The most memory that messages of one size take, if one subscriber holds `HELD` of them that are
/// no longer in the ring.
fn most(slot: usize, held: usize) -> usize {
    let reserve = ((1 << 20) / slot).clamp(8, 32);
    slot * (CELLS + 1 + reserve.max(held + 8))
}

fn in_pool<T: slotcast::Payload + ?Sized>(publisher: &Publisher<T>) -> usize {
    usize::try_from(publisher.pool_memory()).unwrap()
}

#[test]
fn messages_of_fixed_size_take_what_is_in_use_and_a_reserve() {
    type Message = [u64; 16 << 10];
    let slot = size_of::<Message>();
    for keeps_old in [false, true] {
        let domain = TempDomain::new();
        let mut publisher = Publisher::<Message>::builder("x").domain(&domain).create().unwrap();
        let mut subscriber = Subscriber::<Message>::builder("x").domain(&domain).create().unwrap();
        let mut held: Vec<Sample<Message>> = Vec::new();
        let mut random = Random::new(7);
        for _ in 0..5000 {
            let loan = publisher.loan_uninit().unwrap().assume_filled();
            publisher.send(loan).unwrap();
            held.push(subscriber.try_recv().unwrap().unwrap());
            if held.len() == HELD {
                drop(held.remove(if keeps_old { random.index(HELD) } else { 0 }));
            }
        }
        let most = most(slot, if keeps_old { HELD } else { 0 });
        assert!(in_pool(&publisher) <= most.next_multiple_of(PIECE), "{} of {most}", publisher.pool_memory());
    }
}

#[test]
fn messages_of_variable_size_take_as_much_for_each_size_of_slots() {
    const LONGEST: usize = 64 << 10;
    let quarters = |order: u32| (1..=4).map(move |quarter| (4 + quarter) << order);
    let sizes: Vec<usize> = (1..=4).chain((0..8).flat_map(quarters)).map(|units| units * 64).collect();
    assert_eq!((sizes.len(), sizes[sizes.len() - 1]), (36, LONGEST));
    let most: usize = sizes.iter().map(|&slot| most(slot, HELD)).sum();
    assert_eq!(most.div_ceil(1 << 20), 18, "as the book says");

    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8]>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u8]>::builder("x").domain(&domain).create().unwrap();
    let mut held: Vec<Sample<[u8]>> = Vec::new();
    let mut random = Random::new(7);
    for number in 0..100_000 {
        // First all of one size, in turn: the worst case.
        let length = if number < 36 * 100 { sizes[number / 100] } else { random.index(LONGEST) };
        let loan = publisher.loan_slice_uninit(length).unwrap().assume_filled();
        publisher.send(loan).unwrap();
        held.push(subscriber.try_recv().unwrap().unwrap());
        if held.len() == HELD {
            drop(held.remove(random.index(HELD)));
        }
    }
    assert!(in_pool(&publisher) <= most.next_multiple_of(PIECE), "{} of {most}", publisher.pool_memory());
}
