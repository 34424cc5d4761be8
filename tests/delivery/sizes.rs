//! Small messages of all sizes and alignments, in every way to receive them.

use slotcast::testing::TempDomain;
use slotcast::{Publisher, ShmMessage, Subscriber};
use std::fmt::Debug;

/// Receives messages in every way. They differ in all bytes.
fn check<T: ShmMessage + Copy + Debug + PartialEq>(message: impl Fn(u8) -> T) {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<T>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<T>::builder("x").domain(&domain).create().unwrap();
    for round in 0..5 {
        let expected: Vec<_> = (0..40).map(|number| message(40 * round + number)).collect();
        expected.iter().for_each(|message| assert!(publisher.publish(message).is_ok()));
        let mut received = vec![*subscriber.try_recv().unwrap().unwrap()];
        received.extend(subscriber.try_take().unwrap());
        let mut out = [message(255); 19];
        assert_eq!(subscriber.take_many(&mut out).unwrap(), 19);
        received.extend(out);
        subscriber.drain(|message, _| received.push(*message)).unwrap();
        assert_eq!(received, expected, "{} bytes, aligned to {}", size_of::<T>(), align_of::<T>());
    }
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C, align(16))]
struct Aligned16([u8; 48]);

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
struct Aligned64([u8; 64]);

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Checked {
    on: bool,
    bytes: [u8; 16],
}

#[test]
fn every_size_and_alignment_arrives_as_it_was() {
    macro_rules! arrays {
        ($($size:literal)*) => { $(check(|number| [number; $size]);)* };
    }
    arrays!(1 2 3 7 8 9 15 16 17 23 24 25 31 32 33 47 48 49 63 64 65 127 1009 1024);
    check(u16::from);
    check(|number| [u32::from(number); 3]);
    check(|number| [u64::from(number); 5]);
    check(|number| Aligned16([number; 48]));
    check(|number| Aligned64([number; 64]));
    check(|number| Checked { on: number % 2 == 1, bytes: [number; 16] });
}
