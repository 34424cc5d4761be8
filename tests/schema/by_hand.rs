//! Hand-written message types with fewer values than their kind: what they declare about themselves
//! holds wherever they are nested.

use slotcast::schema::{InvalidValue, Schema};
use slotcast::testing::TempDomain;
use slotcast::{Publisher, ShmMessage, Subscriber};
use std::num::NonZeroU32;

/// A `u32` according to its schema.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(transparent)]
struct Id(NonZeroU32);

// SAFETY: it is laid out as `u32`, and all values are valid but 0, which `validate` refuses.
unsafe impl ShmMessage for Id {
    const SCHEMA: &'static Schema = u32::SCHEMA;
    const EVERY_BIT_PATTERN_VALID: bool = false;
    const ZERO_VALID: bool = false;

    fn validate(bytes: &[u8]) -> Result<(), InvalidValue> {
        match bytes {
            [0, 0, 0, 0] => Err(InvalidValue::new(0, "an id (not 0)")),
            _ => Ok(()),
        }
    }
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Order {
    count: u32,
    id: Id,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Batch<T> {
    first: T,
    others: [Order; 300],
}

/// An [`Order`] according to its schema.
#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
#[shm(name = "Order")]
struct Numbers {
    count: u32,
    id: u32,
}

#[test]
fn a_struct_is_valid_only_if_its_fields_are() {
    const { assert!(!Order::EVERY_BIT_PATTERN_VALID && !Order::ZERO_VALID) };
    const { assert!(!Batch::<u32>::EVERY_BIT_PATTERN_VALID && !Batch::<u32>::ZERO_VALID) };
    const { assert!(Numbers::EVERY_BIT_PATTERN_VALID && Numbers::ZERO_VALID) };
    assert_eq!(Order::validate(&[0; 8]).unwrap_err().to_string(), "field `id` is 0, not an id (not 0)");
    let batch = Batch::<u32>::validate(&[0; size_of::<Batch<u32>>()]);
    assert_eq!(batch.unwrap_err().to_string(), "field `others[0].id` is 0, not an id (not 0)");
}

#[test]
fn what_has_to_be_validated_is_copied_first_and_skipped_if_invalid() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[Numbers]>::builder("x").domain(&domain).create().unwrap();
    let mut numbers = Subscriber::<[Numbers]>::builder("x").domain(&domain).create().unwrap();
    let mut orders = Subscriber::<[Order]>::builder("x").domain(&domain).create().unwrap();
    for id in [0, 7] {
        publisher.publish_slice(&[Numbers { count: 3, id }; 300]).unwrap();
    }
    assert!(numbers.try_iter().all(|sample| sample.unwrap().is_in_place()));
    let error = orders.try_recv().unwrap_err().to_string();
    assert!(error.contains("field `[0].id` is 0, not an id (not 0)"), "{error}");
    let sample = orders.try_recv().unwrap().unwrap();
    assert_eq!(sample[299], Order { count: 3, id: Id(NonZeroU32::new(7).unwrap()) });
    assert!(!sample.is_in_place(), "what was checked could change");
}
