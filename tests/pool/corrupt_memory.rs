//! Memory that could change while it is read, or has another size than it claims: of publishers
//! with a pool, and of their subscribers.

use crate::messages::{Large, large, subscriber};
use crate::scene::Scene;
use slotcast::registry::MemoryEntry;
use slotcast::{Publisher, ShmMessage, Subscriber};
use slotcast_tests::control::{Claims, ForgedSubscriber, page};
use slotcast_tests::segment::{PoolShape, SEALS, Segment, word};

const EACH_SEAL: [i32; 4] = [libc::F_SEAL_SHRINK, libc::F_SEAL_GROW, libc::F_SEAL_FUTURE_WRITE, libc::F_SEAL_SEAL];

#[test]
fn a_pool_that_could_change_while_it_is_read_is_refused() {
    for missing in EACH_SEAL {
        let scene = Scene::new();
        let mut subscriber = subscriber(&scene.domain);
        let (_segment, announcement) = scene.forge(PoolShape { seals: SEALS & !missing, ..PoolShape::SMALL }, true);
        let _registration = scene.announce(&announcement);
        let reason = format!("its memory is not sealed (seals {:#x})", SEALS & !missing);
        let late = Subscriber::<Large>::builder("x").domain(&scene.domain).create().unwrap_err().to_string();
        let reported = subscriber.try_recv().unwrap_err().to_string();
        assert!(late.contains(&reason) && reported.contains(&reason), "{late}; {reported}");
        assert!(subscriber.try_recv().unwrap().is_none(), "reported once");
    }
}

#[test]
fn a_pool_of_another_size_than_it_claims_is_refused() {
    let whole = 8192 + PoolShape::SMALL.pool_bytes as u64;
    type Damage = fn(&Segment);
    // The size in its entry, what is changed, and the reported reason.
    let cases: [(u64, Damage, &str); 6] = [
        (whole - 4096, |_| {}, "size of the file is 0x102000, and 0x101000 was expected"),
        (whole + 4096, |_| {}, "size of the file is 0x102000, and 0x103000 was expected"),
        (0, |_| {}, "size of the file is 0x102000, and 0x0 was expected"),
        (whole, |segment| segment.set(word::BYTES, 1 << 30), "size is 0x40000000, and 0x102000 was expected"),
        (whole, |segment| segment.set(word::POOL_BYTES, 1 << 30), "size of the pool is 0x40000000, and 0x100000 was"),
        (whole, |segment| segment.set(word::POOL_BYTES, 0), "size of the pool is 0x0, and 0x100000 was expected"),
    ];
    for (bytes, damage, reason) in cases {
        let scene = Scene::new();
        let mut subscriber = subscriber(&scene.domain);
        let (segment, mut announcement) = scene.forge(PoolShape::SMALL, true);
        damage(&segment);
        announcement.memory = Some(MemoryEntry { bytes, ..segment.memory() });
        let _registration = scene.announce(&announcement);
        let reported = subscriber.try_recv().unwrap_err().to_string();
        assert!(reported.contains(reason), "{reason:?} is not in: {reported}");
        assert!(subscriber.try_recv().unwrap().is_none(), "reported once");
    }
}

/// Lets a forged subscriber pin 8 slots of a small pool of 12. Those in the ring make room for
/// loans. Returns how many can still be lent.
fn loans_beside(claims: &Claims, damage: impl FnOnce(&Segment)) -> usize {
    let scene = Scene::new();
    let builder = Publisher::<Large>::builder("x").domain(&scene.domain).depth(1).max_memory(12 << 16);
    let mut publisher = builder.create().unwrap();
    let forged = ForgedSubscriber::new((&scene.domain, "x"), (Large::SCHEMA, Large::HASH), claims, damage);
    for number in 0..4 {
        publisher.publish(&large(number)).unwrap();
    }
    for slot in 0..8 {
        forged.pin(slot, publisher.id(), slot as u64 * size_of::<Large>() as u64);
    }
    for number in 0..20 {
        publisher.publish(&large(number)).unwrap();
    }
    std::iter::from_fn(|| publisher.loan().ok()).collect::<Vec<_>>().len()
}

#[test]
fn pins_on_a_page_that_cannot_be_used_are_not_honoured() {
    assert!(loans_beside(&Claims::HOLDING, |_| {}) <= 4, "those of one that can be are");
    for missing in EACH_SEAL {
        let claims = Claims { seals: SEALS & !missing, ..Claims::HOLDING };
        assert_eq!(loans_beside(&claims, |_| {}), 12, "without seal {missing:#x}");
    }
    for bytes in [4096, page::BYTES - 4096, page::BYTES - 8] {
        assert_eq!(loans_beside(&Claims { bytes, ..Claims::HOLDING }, |_| {}), 12, "{bytes} bytes");
    }
    for index in [word::MAGIC, word::BYTES, word::NONCE, word::ID, word::ID + 1, word::HASH, word::HASH + 1] {
        assert_eq!(loans_beside(&Claims::HOLDING, |page| page.set(index, 7)), 12, "word {index}");
    }
    assert_eq!(loans_beside(&Claims::HOLDING, |page| page.set(page::PINS, 0)), 12, "it has none");
}
