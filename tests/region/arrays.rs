//! Arrays.

use slotcast::ShmMessage;
use slotcast::region::{Array, Region, RegionError};
use slotcast::testing::{self, Process, TempDomain};
use slotcast_tests::temp_region::TempRegion;

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Point {
    x: f32,
    y: f32,
    id: u16,
    rest: [u8; 2],
}

#[test]
fn child_adds_one_to_each() {
    testing::process(|script| {
        let region = Region::open(&script.argument::<String>(0)).unwrap();
        let array = Array::<u64>::open(&region, "numbers").unwrap();
        for index in 0..array.len() {
            array.set(index, &(array.get(index).unwrap() + 1)).unwrap();
        }
        script.say("added");
        script.hear("end");
    });
}

#[test]
fn two_processes_share_an_array() {
    let name = TempRegion::new();
    let region = name.create(1 << 20);
    let array = Array::<u64>::create(&region, "numbers", 1000).unwrap();
    (0..1000).for_each(|index| array.set(index, &(index as u64 * 3)).unwrap());
    let mut child = Process::start("arrays::child_adds_one_to_each", &TempDomain::new(), &[&name]);
    child.expect("added");
    assert!(array.iter().enumerate().all(|(index, value)| value == index as u64 * 3 + 1));
    child.tell("end");
    child.finish();
}

#[test]
fn elements_of_every_size_are_stored_whole_and_beside_each_other() {
    fn check<T: slotcast::region::Element + PartialEq + std::fmt::Debug + Copy>(
        region: &Region,
        name: &str,
        make: fn(u8) -> T,
    ) {
        let array = Array::<T>::create(region, name, 5).unwrap();
        (0..5).for_each(|index| array.set(index, &make(u8::try_from(index).unwrap() + 1)).unwrap());
        array.set(2, &make(9)).unwrap();
        assert_eq!(array.to_vec(), [1, 2, 9, 4, 5].map(make));
        assert_eq!(array.get(5), None);
        array.fill(&make(7)).unwrap();
        assert_eq!(array.to_vec(), [make(7); 5]);
    }
    let name = TempRegion::new();
    let region = name.create(1 << 20);
    check::<u8>(&region, "u8", |n| n);
    check::<[u8; 3]>(&region, "three", |n| [n, 200, n]);
    check::<u16>(&region, "u16", |n| u16::from(n) * 257);
    check::<[u16; 3]>(&region, "six", |n| [u16::from(n); 3]);
    check::<f32>(&region, "f32", |n| f32::from(n) / 3.0);
    check::<[u32; 3]>(&region, "twelve", |n| [u32::from(n) << 24; 3]);
    check::<u64>(&region, "u64", |n| u64::from(n) << 56);
    check::<u128>(&region, "u128", |n| u128::from(n) << 120 | 1);
    check::<Point>(&region, "point", |n| Point { x: f32::from(n), y: 0.5, id: n.into(), rest: [n; 2] });
}

#[test]
fn another_type_or_kind_is_refused_by_field() {
    #[derive(ShmMessage)]
    #[repr(C)]
    #[shm(name = "Point")]
    struct Other {
        x: f32,
        y: u32,
        id: u16,
        rest: [u8; 2],
    }
    let name = TempRegion::new();
    let region = name.create(1 << 20);
    Array::<Point>::create(&region, "points", 3).unwrap();
    let error = Array::<Other>::open(&region, "points").unwrap_err();
    assert!(matches!(error, RegionError::Type { .. }));
    let text = error.to_string();
    assert!(text.contains("field `y`: the region has f32 at byte 4, this program expects u32 at byte 4"), "{text}");
    let error = Array::<Point>::open(&region, "lines").unwrap_err().to_string();
    assert!(error.ends_with("has no structure `lines`; it has `points`"), "{error}");
}

#[test]
fn one_of_another_capacity_is_not_opened_in_place_of_a_new_one() {
    let name = TempRegion::new();
    let region = name.create(1 << 20);
    Array::<u32>::open_or_create(&region, "a", 10).unwrap();
    assert_eq!(Array::<u32>::open_or_create(&region, "a", 10).unwrap().len(), 10);
    let error = Array::<u32>::open_or_create(&region, "a", 11).unwrap_err().to_string();
    assert!(error.contains("it has 10 elements, and 11 were asked for"), "{error}");
}

#[test]
fn beyond_the_end_nothing_is_stored() {
    let name = TempRegion::new();
    let region = name.create(1 << 20);
    let array = Array::<u32>::create(&region, "a", 2).unwrap();
    let error = array.set(2, &1).unwrap_err().to_string();
    assert!(error.contains("it has 2 elements, and none at index 2"), "{error}");
    assert!(Array::<u32>::create(&region, "none", 0).is_err());
    assert!(Array::<u32>::create(&region, "huge", usize::MAX).is_err());
}
