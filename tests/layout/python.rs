//! The reader in Python, where there is one to run it.

use slotcast::testing::TempDomain;
use slotcast::{Placement, Publisher, Subscriber};
use std::io::ErrorKind;
use std::process::Command;

#[test]
fn a_reader_in_python_reads_the_same_messages() {
    for placement in [Placement::Sealed, Placement::File] {
        let domain = TempDomain::new();
        let builder = Publisher::<[u16; 5]>::builder("a/b").domain(&domain).depth(10).placement(placement);
        let mut publisher = builder.create().unwrap();
        let mut expected = String::new();
        for number in 0..100_u16 {
            publisher.publish(&[number, 1, 2, 3, 0xabcd]).unwrap();
        }
        let mut subscriber = Subscriber::<[u16; 5]>::builder("a/b").domain(&domain).history(10).create().unwrap();
        for sample in subscriber.try_iter() {
            let sample = sample.unwrap();
            let hex: String =
                sample.iter().flat_map(|number| number.to_le_bytes()).map(|b| format!("{b:02x}")).collect();
            expected += &format!("p-{} {} {hex}\n", sample.publisher(), sample.sequence());
        }
        assert_eq!(expected.lines().count(), 10);
        expected += &format!("p-{} alive\n", publisher.id());

        let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/layout/reader.py");
        let output = match Command::new("python3").arg(reader).arg(domain.path().join("a+b")).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("skipped: there is no python3 here");
                return;
            }
            output => output.unwrap(),
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{errors}");
    }
}
