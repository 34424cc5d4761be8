//! The same in Rust: with a type, and without.

use super::{Case, Contender};
use slotcast::dynamic::{self, Layout};
use slotcast::{Domain, Publisher, ShmMessage, Subscriber};
use std::hint::black_box;
use std::time::Instant;

const LARGE: usize = 4 << 20;

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Small {
    words: [u64; 8],
}

pub(crate) struct Typed {
    small: (Publisher<Small>, Subscriber<Small>),
    large: (Publisher<[u8]>, Subscriber<[u8]>),
}

pub(crate) struct Untyped {
    small: (dynamic::Publisher, dynamic::Subscriber),
    large: (dynamic::Publisher, dynamic::Subscriber),
}

#[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
fn each(count: u64, mut act: impl FnMut(u64)) -> f64 {
    let start = Instant::now();
    for number in 0..count {
        act(number);
    }
    start.elapsed().as_nanos() as f64 / count as f64
}

fn start_of(bytes: &[u8]) -> u64 {
    u64::from_ne_bytes(bytes[..8].try_into().expect("eight bytes"))
}

impl Typed {
    pub(crate) fn new(domain: &Domain) -> Self {
        let publisher = Publisher::builder("typed/small").domain(domain).create().expect("a publisher");
        let subscriber = Subscriber::builder("typed/small").domain(domain).create().expect("a subscriber");
        let slices = Publisher::builder("typed/large").domain(domain).max_len(LARGE as u64);
        let slices = slices.create().expect("a publisher");
        let slice_subscriber = Subscriber::builder("typed/large").domain(domain).create().expect("a subscriber");
        Self { small: (publisher, subscriber), large: (slices, slice_subscriber) }
    }
}

impl Contender for Typed {
    fn name(&self) -> &'static str {
        "Rust, with a type"
    }

    fn measure(&mut self, case: Case) -> f64 {
        match case {
            Case::Small => each(case.count(), |number| {
                let (publisher, subscriber) = &mut self.small;
                publisher.try_publish(black_box(&Small { words: [number; 8] })).expect("it is published");
                let received = subscriber.try_recv().expect("no error").expect("a message");
                assert_eq!(black_box(received.words[0]), number);
            }),
            Case::Large => each(case.count(), |number| {
                let (publisher, subscriber) = &mut self.large;
                let mut loan = publisher.loan_slice_uninit(LARGE).expect("memory").assume_filled();
                loan[..8].copy_from_slice(&number.to_ne_bytes());
                publisher.try_send(loan).expect("it is published");
                let received = subscriber.try_recv().expect("no error").expect("a message");
                assert!(received.is_in_place() && start_of(&received) == number);
            }),
        }
    }
}

impl Untyped {
    pub(crate) fn new(domain: &Domain) -> Self {
        let pair = |topic: &str, layout: &Layout| {
            let publisher = dynamic::Publisher::builder(topic, layout).domain(domain).max_len(LARGE as u64);
            let publisher = publisher.create().expect("a publisher");
            let subscriber = dynamic::Subscriber::builder(topic).domain(domain).create().expect("a subscriber");
            (publisher, subscriber)
        };
        let bytes = Layout::published("typed/large", domain).expect("a typed publisher is present");
        let small = Layout::of::<Small>().expect("a valid layout");
        Self { small: pair("untyped/small", &small), large: pair("untyped/large", &bytes) }
    }
}

impl Contender for Untyped {
    fn name(&self) -> &'static str {
        "Rust, without a type"
    }

    fn measure(&mut self, case: Case) -> f64 {
        match case {
            Case::Small => each(case.count(), |number| {
                let (publisher, subscriber) = &mut self.small;
                let mut message = [0; 64];
                message[..8].copy_from_slice(&number.to_ne_bytes());
                publisher.try_publish_bytes(black_box(&message)).expect("it is published");
                let received = subscriber.try_recv().expect("no error").expect("a message");
                assert_eq!(black_box(start_of(received.bytes())), number);
            }),
            Case::Large => each(case.count(), |number| {
                let (publisher, subscriber) = &mut self.large;
                let mut loan = publisher.loan(LARGE as u64).expect("memory");
                loan.bytes_mut()[..8].copy_from_slice(&number.to_ne_bytes());
                publisher.try_send(loan).expect("it is published");
                let received = subscriber.try_recv().expect("no error").expect("a message");
                assert!(received.is_in_place() && start_of(received.bytes()) == number);
            }),
        }
    }
}
