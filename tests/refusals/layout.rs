//! Endpoints that disagree about the layout of a message.

use slotcast::testing::{self, Process, TempDomain};
use slotcast::{CreateError, Publisher, RecvError, Subscriber};

/// The publisher's message, as one program declares it.
mod theirs {
    #[derive(slotcast::ShmMessage, Clone, Copy, Debug)]
    #[repr(C)]
    pub(super) struct Imu {
        pub(super) stamp_ns: u64,
        pub(super) accel: [f32; 3],
        pub(super) gyro: [f32; 3],
        pub(super) temp: f32,
        pub(super) state: u32,
    }
}

/// The subscriber's message, as another program declares it.
mod ours {
    #[derive(slotcast::ShmMessage, Clone, Copy, Debug)]
    #[repr(C)]
    pub(super) struct Imu {
        stamp_ns: u64,
        accel: [f32; 3],
        gyro: [f32; 3],
        temp: f64,
    }
}

#[test]
fn child_publishes() {
    testing::process(|script| {
        let publisher =
            Publisher::<theirs::Imu>::builder("robot/imu").domain(script.domain()).name("driver").create().unwrap();
        script.say("ready");
        script.hear("end");
        drop(publisher);
    });
}

fn their_publisher(domain: &TempDomain) -> Process {
    let mut process = Process::start("layout::child_publishes", domain, &[]);
    process.expect("ready");
    process
}

/// Returns the expected text. The program's name is that of this test's binary.
fn mismatch_with(pid: u32) -> String {
    let program = std::env::args().next().unwrap();
    let program = program.rsplit('/').next().unwrap();
    format!(
        "topic \"robot/imu\": Imu of this subscriber does not match the publisher's (pid {pid}, {program} \"driver\")\n  \
         field `temp`: publisher has f32 at byte 32, subscriber expects f64 at byte 32\n  \
         field `state`: publisher has u32 at byte 36, subscriber expects no such field\n\
         rebuild the older program, or give the new layout a topic of its own (`robot/imu/v2`, for example)"
    )
}

#[test]
fn a_subscriber_that_joins_second_fails_and_names_the_fields() {
    let domain = TempDomain::new();
    let publisher = their_publisher(&domain);
    let error = Subscriber::<ours::Imu>::builder("robot/imu").domain(&domain).create().unwrap_err();
    assert!(matches!(error, CreateError::Mismatch(_)));
    assert_eq!(error.to_string(), mismatch_with(publisher.id()));
}

#[test]
fn a_subscriber_that_joined_first_is_told_once_and_works_on() {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<ours::Imu>::builder("robot/imu").domain(&domain).create().unwrap();
    let publisher = their_publisher(&domain);
    let error = subscriber.try_recv().unwrap_err();
    assert!(matches!(error, RecvError::Mismatch(_)));
    assert_eq!(error.to_string(), mismatch_with(publisher.id()));
    assert!(subscriber.try_recv().unwrap().is_none());
    drop(publisher);
    assert!(Publisher::<ours::Imu>::builder("robot/imu").domain(&domain).create().is_ok());
}

#[test]
fn a_publisher_that_joins_second_fails_and_harms_nobody() {
    let domain = TempDomain::new();
    let publisher = their_publisher(&domain);
    let error = Publisher::<ours::Imu>::builder("robot/imu").domain(&domain).create().unwrap_err().to_string();
    assert!(
        error.starts_with("topic \"robot/imu\": Imu of this publisher does not match another publisher's (pid "),
        "{error}"
    );
    assert!(
        error.contains("field `temp`: the other publisher has f32 at byte 32, this publisher has f64 at byte 32"),
        "{error}"
    );
    let mut subscriber = Subscriber::<theirs::Imu>::builder("robot/imu").domain(&domain).create().unwrap();
    assert_eq!(subscriber.publishers().unwrap().len(), 1);
    drop(publisher);
}

#[test]
fn the_agreement_of_living_publishers_holds_even_if_its_record_is_removed() {
    let domain = TempDomain::new();
    let _publisher = their_publisher(&domain);
    let record = domain.path().join("robot+imu/schema");
    std::fs::remove_file(&record).unwrap();
    let error = Publisher::<ours::Imu>::builder("robot/imu").domain(&domain).create().unwrap_err();
    assert!(matches!(error, CreateError::Mismatch(_)), "{error}");
    let _second = Publisher::<theirs::Imu>::builder("robot/imu").domain(&domain).create().unwrap();
    assert!(record.exists(), "the next to agree writes it again");
}

#[test]
fn a_damaged_record_is_an_error_that_says_what_to_do_and_that_helps() {
    let domain = TempDomain::new();
    let create = || Publisher::<theirs::Imu>::builder("robot/imu").domain(&domain).create();
    let _first = create().unwrap();
    let record = domain.path().join("robot+imu/schema");
    for (contents, found) in [("", "EOF while parsing"), ("{\"schema\":", "EOF while parsing"), ("[1]", "invalid")] {
        std::fs::remove_file(&record).unwrap();
        std::fs::write(&record, contents).unwrap();
        let error = create().unwrap_err().to_string();
        let path = record.display();
        assert!(error.starts_with(&format!("topic \"robot/imu\": {path} is damaged ({found}")), "{error}");
        assert!(error.ends_with("): remove it, and the next publisher writes it again"), "{error}");
    }
    std::fs::remove_file(&record).unwrap();
    create().unwrap();
    assert!(record.exists());
}

#[test]
fn exactly_one_of_several_disagreeing_layouts_wins() {
    for _ in 0..20 {
        let domain = TempDomain::new();
        let created = std::thread::scope(|scope| {
            let first =
                [(); 3].map(|()| scope.spawn(|| Publisher::<theirs::Imu>::builder("x").domain(&domain).create().ok()));
            let second =
                [(); 3].map(|()| scope.spawn(|| Publisher::<ours::Imu>::builder("x").domain(&domain).create().ok()));
            let first: Vec<_> = first.into_iter().filter_map(|it| it.join().unwrap()).collect();
            let second: Vec<_> = second.into_iter().filter_map(|it| it.join().unwrap()).collect();
            (first.len(), second.len())
        });
        assert!(matches!(created, (3, 0) | (0, 3)), "{created:?}");
    }
}

#[test]
fn an_exclusive_publisher_is_alone() {
    let domain = TempDomain::new();
    let create = |exclusive: bool| {
        let builder = Publisher::<u64>::builder("x").domain(&domain).name("one");
        if exclusive { builder.exclusive().create() } else { builder.create() }
    };
    let plain = create(false).unwrap();
    let error = create(true).unwrap_err().to_string();
    assert!(error.contains("\"one\") exists, and one of the two wants to be the only one"), "{error}");
    drop(plain);
    let alone = create(true).unwrap();
    assert!(create(true).is_err());
    assert!(create(false).is_err());
    drop(alone);
    assert!(create(false).is_ok());
}

#[derive(slotcast::ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Flags {
    armed: [bool; 4],
}

/// Claims to be [`Flags`], with any bytes.
struct Invalid(#[expect(dead_code, reason = "its bytes are published")] [u8; 4]);

// SAFETY: this is false, and that is tested: a publisher that lies about its messages. Within this
// process nothing follows from it, as every bit pattern is valid for this type itself.
unsafe impl slotcast::ShmMessage for Invalid {
    const SCHEMA: &'static slotcast::schema::Schema = Flags::SCHEMA;
    const EVERY_BIT_PATTERN_VALID: bool = true;

    fn validate(_: &[u8]) -> Result<(), slotcast::schema::InvalidValue> {
        Ok(())
    }
}

#[test]
fn invalid_bytes_are_an_error_that_names_the_field_and_the_next_message_is_received() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Invalid>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<Flags>::builder("x").domain(&domain).create().unwrap();
    let publishers = subscriber.publishers().unwrap();
    publisher.publish(&Invalid([1, 0, 2, 0])).unwrap();
    publisher.publish(&Invalid([1, 0, 1, 0])).unwrap();
    let error = subscriber.try_recv().unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "topic \"x\": message 0 of the publisher ({}) is not valid: field `armed[2]` is 2, not a bool (0 or 1); it \
             was discarded",
            publishers[0]
        )
    );
    assert_eq!(subscriber.try_recv().unwrap().unwrap().armed, [true, false, true, false]);
}
