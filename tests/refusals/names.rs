//! Names that other processes chose, in errors: they are cut, so that one error cannot fill a log.

use slotcast::registry::RegistryError;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{CreateError, Publisher, Subscriber};

#[test]
fn child_has_a_long_name() {
    testing::process(|script| {
        let builder = Publisher::<u64>::builder("x").domain(script.domain()).name(&"ö".repeat(450_000));
        let _publisher = builder.exclusive().create().unwrap();
        script.say("ready");
        script.hear("end");
    });
}

#[test]
fn a_name_of_900_kb_does_not_make_an_error_of_900_kb() {
    let domain = TempDomain::new();
    let mut process = Process::start("names::child_has_a_long_name", &domain, &[]);
    process.expect("ready");
    let mismatch = Subscriber::<u32>::builder("x").domain(&domain).create().expect_err("another layout");
    let exclusive = Publisher::<u64>::builder("x").domain(&domain).create().expect_err("an exclusive one");
    for error in [mismatch, exclusive] {
        for text in [error.to_string(), format!("{error:#?}")] {
            assert!(text.len() < 4096 && text.contains("öö…"), "{} bytes: {text:.4000}", text.len());
        }
    }
    let mut subscriber = Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    assert_eq!(subscriber.publishers().unwrap()[0].name, format!("{}…", "ö".repeat(256)));
}

#[test]
fn own_names_are_cut_too() {
    let domain = TempDomain::new();
    let error = Publisher::<u64>::builder("x").domain(&domain).name(&"n".repeat(2 << 20)).create().unwrap_err();
    assert!(matches!(&error, CreateError::Registry { reason: RegistryError::TooLarge { .. }, .. }));
    assert!(error.to_string().len() < 1024, "{} bytes", error.to_string().len());
    let error = Publisher::<u64>::builder("n".repeat(1 << 20)).domain(&domain).create().unwrap_err();
    assert!(error.to_string().len() < 1024, "{} bytes", error.to_string().len());
}

#[test]
fn a_layout_of_thousands_of_fields_does_not_make_an_error_of_thousands_of_lines() {
    use slotcast::dynamic::{self, Layout};
    use slotcast::schema::Schema;
    let schema = |prefix: &str| {
        let field = |index: usize| {
            let primitive = r#"{"name":"u8","size":1,"align":1,"kind":{"primitive":"u8"}}"#;
            format!(r#"{{"name":"{prefix}{index}","offset":{index},"schema":{primitive}}}"#)
        };
        let fields: Vec<_> = (0..1000).map(field).collect();
        let json = format!(
            r#"{{"name":"Wide{prefix}","size":1000,"align":1,"kind":{{"struct":{{"fields":[{}]}}}}}}"#,
            fields.join(",")
        );
        Layout::new(serde_json::from_str::<Schema>(&json).unwrap()).unwrap()
    };
    let domain = TempDomain::new();
    let _publisher = dynamic::Publisher::builder("wide", &schema("a")).domain(&domain).create().unwrap();
    let error = dynamic::Publisher::builder("wide", &schema("b")).domain(&domain).create().unwrap_err().to_string();
    assert!(error.lines().count() < 40 && error.contains(" more\n"), "{error:.4000}");
}
