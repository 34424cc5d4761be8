//! What `echo` prints, `pub` publishes again, bit for bit.

use crate::messages::everything;
use crate::tool::{Tool, command, run};
use slotcast::dynamic;
use slotcast::schema::Schema;
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{Publisher, ShmMessage};
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;

const MESSAGES: u32 = 5;

/// Writes a schema into a file in the domain's place, and returns its path.
fn schema_file(directory: &tempfile::TempDir, schema: &Schema) -> PathBuf {
    let path = directory.path().join("schema.json");
    serde_json::to_writer(File::create(&path).unwrap(), schema).unwrap();
    path
}

/// Runs `echo` of the topic `there` into `pub` on `back`, in a form, and returns the messages of
/// both topics.
fn through_text(domain: &TempDomain, schema: &Schema, format: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let directory = tempfile::tempdir().unwrap();
    let file = schema_file(&directory, schema);
    let layout = dynamic::Layout::new(schema.clone()).unwrap();
    let subscriber = |topic: &str| {
        let builder = dynamic::Subscriber::builder(topic).domain(domain).layout(&layout).history(u64::from(MESSAGES));
        builder.create().unwrap()
    };
    let (mut there, mut back) = (subscriber("there"), subscriber("back"));
    let count = MESSAGES.to_string();
    let mut echo = command(domain, &["echo", "there", "--history", "all", "-n", &count, "--format", format]);
    let mut echo = echo.stdin(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut publish = command(domain, &["pub", "back", "--stdin", "--schema", file.to_str().unwrap()]);
    publish.stdin(echo.stdout.take().unwrap());
    let published = Tool::of(publish);
    let all = |subscriber: &mut dynamic::Subscriber| -> Vec<Vec<u8>> {
        let next = |_| subscriber.recv_timeout(PATIENCE).unwrap().expect("it was published").bytes().to_owned();
        (0..MESSAGES).map(next).collect()
    };
    let both = (all(&mut there), all(&mut back));
    assert_eq!(published.end().text(), "");
    assert!(echo.wait().unwrap().success());
    both
}

#[test]
fn a_message_with_every_kind_of_field_keeps_its_bits() {
    for format in ["yaml", "ndjson"] {
        let domain = TempDomain::new();
        let mut publisher = Publisher::builder("there").domain(&domain).create().unwrap();
        for seed in 0..MESSAGES {
            publisher.publish(&everything(seed)).unwrap();
        }
        let (there, back) = through_text(&domain, crate::messages::Everything::SCHEMA, format);
        let yaml = run(&domain, &["echo", "there", "--history", "1", "--once", "--format", format]);
        assert_eq!(there, back, "{}", yaml.output);
        assert!(there[0] != there[1]);
    }
}

#[test]
fn messages_of_variable_size_keep_their_bits() {
    for format in ["yaml", "ndjson"] {
        let domain = TempDomain::new();
        let mut publisher =
            Publisher::<[f32], crate::messages::Pose>::builder("there").domain(&domain).create().unwrap();
        let header = crate::messages::state(0).pose;
        for len in 0..MESSAGES {
            let elements: Vec<f32> = (0..len).map(|bits| f32::from_bits(0x7f80_0001 + bits)).collect();
            publisher.publish_slice_with(&header, &elements).unwrap();
        }
        let schema = dynamic::Layout::published("there", &domain).unwrap().schema().clone();
        let (there, back) = through_text(&domain, &schema, format);
        assert_eq!(there, back);
        assert_eq!(there[4].len(), there[0].len() + 16);
    }
}
