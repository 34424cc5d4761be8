//! The reader in Python, where Python is installed.

use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Placement, Publisher, Subscriber};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// Returns what the reader prints of a topic, or `None` if there is no Python on this machine.
fn read(topic: &Path) -> Option<String> {
    let output = match Command::new("python3").args(["-c", include_str!("reader.py")]).arg(topic).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: python3 is not installed");
            return None;
        }
        output => output.unwrap(),
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_reader_in_python_reads_the_same_messages() {
    for placement in [Placement::Sealed, Placement::File] {
        let domain = TempDomain::new();
        let builder = Publisher::<[u16; 5]>::builder("a/b").domain(&domain).depth(10).placement(placement);
        let mut publisher = builder.create().unwrap();
        for number in 0..100_u16 {
            publisher.publish(&[number, 1, 2, 3, 0xabcd]).unwrap();
        }
        let mut subscriber = Subscriber::<[u16; 5]>::builder("a/b").domain(&domain).history(10).create().unwrap();
        let mut expected = String::new();
        for sample in subscriber.try_iter() {
            let sample = sample.unwrap();
            let bytes = sample.iter().flat_map(|number| number.to_le_bytes());
            let hex: String = bytes.map(|byte| format!("{byte:02x}")).collect();
            expected += &format!("p-{} {} {hex}\n", sample.publisher(), sample.sequence());
        }
        assert_eq!(expected.lines().count(), 10);
        expected += &format!("p-{} alive\n", publisher.id());

        let Some(printed) = read(&domain.path().join("a+b")) else { return };
        assert_eq!(printed, expected);
    }
}

#[test]
fn child_floods() {
    testing::process(|script| {
        let mut publisher = Publisher::<[u64; 20]>::builder("x").domain(script.domain()).depth(4).create().unwrap();
        publisher.publish(&[0; 20]).unwrap();
        script.say("ready");
        for number in 1.. {
            publisher.publish(&[number; 20]).unwrap();
        }
    });
}

/// On other architectures a language needs a fence between the copy and the second read of the
/// stamp.
#[cfg(target_arch = "x86_64")]
#[test]
fn a_reader_in_python_reads_only_whole_messages_from_a_flood() {
    let domain = TempDomain::new();
    let mut flood = Process::start("python::child_floods", &domain, &[]);
    flood.expect("ready");
    for _ in 0..5 {
        let Some(printed) = read(&domain.path().join("x")) else { return };
        for line in printed.lines() {
            if let [_, sequence, message] = line.split(' ').collect::<Vec<_>>()[..] {
                let word: String =
                    sequence.parse::<u64>().unwrap().to_le_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(message, word.repeat(20));
            }
        }
    }
}
