//! Creating, opening, removing; and running out of room.

use slotcast::region::{Array, Region, RegionError};
use slotcast::testing::{self, Process, TempDomain};
use slotcast_tests::temp_region::TempRegion;

#[test]
fn a_region_stays_until_it_is_removed() {
    let name = TempRegion::new();
    assert!(!Region::list().unwrap().contains(&name.to_string()));
    drop(name.create(1 << 16));
    assert!(Region::list().unwrap().contains(&name.to_string()));
    let region = Region::open(&format!("/{}", &*name)).unwrap();
    assert_eq!((region.name(), region.size(), region.version(), region.max_entries()), (&*name, 1 << 16, 2, 64));
    assert!(!region.is_removed());
    assert!(Region::remove(&name).unwrap());
    assert!(!Region::remove(&name).unwrap());
    assert!(region.is_removed());
    Array::<u8>::create(&region, "still", 10).unwrap();
    assert!(matches!(Region::open(&name), Err(RegionError::NoRegion { .. })));
}

#[test]
fn child_creates() {
    testing::process(|script| {
        let name: String = script.argument(0);
        script.say("ready");
        script.hear("go");
        let created = Region::create(&name, 1 << 16);
        let region = Region::open_or_create(&name, 1 << 16).unwrap();
        let array = Array::<u64>::create(&region, "one", 1);
        let opened = Array::<u64>::open_or_create(&region, "one", 1).unwrap();
        assert_eq!(opened.len(), 1);
        for index in 0..20 {
            Array::<u64>::open_or_create(&region, &format!("many {index}"), 3).unwrap();
        }
        script.say(match (created.is_ok(), array.is_ok()) {
            (false, false) => "none",
            (true, false) => "region",
            (false, true) => "array",
            (true, true) => "both",
        });
        script.hear("end");
    });
}

#[test]
fn of_many_that_create_at_once_exactly_one_does() {
    for _ in 0..5 {
        let name = TempRegion::new();
        let domain = TempDomain::new();
        let start = |_| Process::start("regions::child_creates", &domain, &[&name]);
        let mut children: Vec<_> = (0..6).map(start).collect();
        children.iter_mut().for_each(|child| child.expect("ready"));
        children.iter_mut().for_each(|child| child.tell("go"));
        let (mut regions, mut arrays) = (0, 0);
        for child in &mut children {
            let said = child.listen();
            regions += usize::from(["region", "both"].contains(&&*said));
            arrays += usize::from(["array", "both"].contains(&&*said));
        }
        assert_eq!((regions, arrays), (1, 1));
        let entries = Region::open(&name).unwrap().entries().unwrap();
        assert_eq!(entries.len(), 21, "{entries:?}");
        for child in children.iter_mut() {
            child.tell("end");
        }
        children.into_iter().for_each(Process::finish);
    }
}

#[test]
fn a_full_region_says_how_large_it_would_have_to_be() {
    let name = TempRegion::new();
    let region = name.create(20_000);
    let error = Array::<u64>::create(&region, "large", 2000).unwrap_err();
    let RegionError::NoSpace { would_need, free, size, .. } = &error else { panic!("{error}") };
    assert_eq!((*size, *free), (20_000, region.free().unwrap()));
    let would_need = *would_need;
    let text = error.to_string();
    assert!(text.contains(&format!("Regions do not grow: create one of at least {would_need} bytes")), "{text}");
    assert!(region.entries().unwrap().is_empty());
    let exact = TempRegion::new();
    Array::<u64>::create(&exact.create(would_need), "large", 2000).unwrap();
    let short = TempRegion::new();
    let error = Array::<u64>::create(&short.create(would_need - 1), "large", 2000).unwrap_err();
    assert!(matches!(error, RegionError::NoSpace { .. }), "{error}");
}

#[test]
fn a_full_table_says_so() {
    let name = TempRegion::new();
    let region = Region::builder(&name).max_entries(3).create(1 << 16).unwrap();
    Array::<u8>::create(&region, "a", 1).unwrap();
    Array::<u8>::create(&region, "b", 1).unwrap();
    let error = Array::<u8>::create(&region, "c", 1).unwrap_err().to_string();
    assert!(error.contains("is full: it has 3 of 3 entries, and `c` needs 1"), "{error}");
}

#[test]
fn names_are_checked() {
    let refused = |name: &str, part: &str| {
        let error = Region::create(name, 1 << 16).unwrap_err();
        assert!(matches!(error, RegionError::RegionName { .. }) && error.to_string().contains(part), "{error}");
        assert!(matches!(Region::open(name), Err(RegionError::RegionName { .. })));
        assert!(matches!(Region::remove(name), Err(RegionError::RegionName { .. })));
    };
    refused("", "is empty");
    refused("/", "is empty");
    refused("..", "is a directory");
    refused("a/b", "contains a slash");
    refused("a\0b", "NUL");
    refused(&"x".repeat(256), "has 256 bytes, and may have at most 255");
    let name = TempRegion::new();
    let region = name.create(1 << 16);
    let refused = |structure: &str, part: &str| {
        let error = Array::<u8>::create(&region, structure, 1).unwrap_err();
        assert!(matches!(error, RegionError::StructureName { .. }) && error.to_string().contains(part), "{error}");
        assert!(
            matches!(Array::<u8>::open(&region, structure), Err(RegionError::NoStructure { .. }))
                || structure == "__slotcast"
        );
    };
    refused("", "is empty");
    refused("a\0b", "NUL");
    refused("__slotcast", "is reserved");
    refused(&"x".repeat(32), "has 32 bytes, and may have at most 31");
    let longest = "ö".repeat(15) + "x";
    Array::<u8>::create(&region, &longest, 1).unwrap();
    assert_eq!(region.entries().unwrap()[0].name, longest);
    Array::<u8>::open(&region, &longest).unwrap();
}

#[test]
fn sizes_are_checked() {
    let name = TempRegion::new();
    let error = Region::create(&name, 3104).unwrap_err().to_string();
    assert!(error.contains("the table alone needs"), "{error}");
    assert!(matches!(Region::create(&name, u64::MAX), Err(RegionError::Size { .. })));
    assert!(Region::builder(&name).max_entries(0).create(1 << 20).is_err());
    assert!(Region::builder(&name).max_entries(5000).create(1 << 20).is_err());
    assert!(!name.path().exists());
    drop(Region::builder(&name).without_records().create(3104).unwrap());
    let error = Region::open_or_create(&name, 1 << 20).unwrap_err().to_string();
    assert!(error.contains("it exists with 3104 bytes, and 1048576 were asked for"), "{error}");
}
