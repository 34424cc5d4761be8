//! Layouts read from entries, for messages of any size.

use crate::scene::{FORGED, Scene, TOPIC};
use slotcast::dynamic::{self, Layout};
use slotcast::schema::{Schema, SchemaHash};
use slotcast::{Observer, ShmMessage};
use slotcast_tests::entry::{Planted, RawEntry};

type Bytes = [u8; 8];

/// Returns the schema of an array of `bytes` bytes.
fn array(bytes: u64) -> Schema {
    let text = serde_json::to_string(Bytes::SCHEMA).unwrap();
    let text = text.replace("\"size\":8", &format!("\"size\":{bytes}"));
    let schema = serde_json::from_str(&text.replace("\"len\":8", &format!("\"len\":{bytes}"))).unwrap();
    assert_ne!(&schema, Bytes::SCHEMA);
    schema
}

#[test]
fn absurd_sizes_are_errors_and_are_not_allocated() {
    for (bytes, is_too_large) in [((1 << 36) + 1, true), (1 << 40, true), (i64::MAX as u64, true), (1 << 20, false)] {
        let scene = Scene::new();
        let schema = array(bytes);
        let mut entry = RawEntry::publisher::<Bytes>(FORGED.0);
        let SchemaHash(hash) = schema.try_hash().unwrap();
        entry.hash = hash;
        let schema_text = serde_json::to_string(&schema).unwrap();
        entry.tail = format!("{{\"program\":\"x\",\"name\":\"\",\"schema\":{schema_text}}}").into();
        let planted = Planted::new(scene.directory(), &entry.name(), &entry.bytes(), true);

        let expected =
            if is_too_large { "a message in a pool has between 1 and 68719476736 bytes" } else { "names no memory" };
        let subscribed = dynamic::Subscriber::builder(TOPIC).domain(&scene.domain).create();
        let error = subscribed.unwrap_err().to_string();
        assert!(error.contains(expected), "{bytes}: {error}");
        let observed = Observer::new(&scene.domain).topic(TOPIC).unwrap().unwrap().read(1).unwrap_err().to_string();
        assert!(observed.contains(expected), "{bytes}: {observed}");

        drop(planted);
        let layout = Layout::new(schema).unwrap();
        let alone = dynamic::Subscriber::builder(TOPIC).domain(&scene.domain).layout(&layout).create();
        assert_eq!(alone.is_err(), is_too_large, "{bytes}");
        let publisher = dynamic::Publisher::builder(TOPIC, &layout).domain(&scene.domain).create();
        assert_eq!(publisher.is_err(), is_too_large, "{bytes}");
        drop((alone, publisher));
        scene.end();
    }
}
