//! Messages of variable size.

use crate::messages::{fill, number};
use slotcast::dynamic::{self, Value};
use slotcast::tensor::{DType, Tensor};
use slotcast::testing::TempDomain;
use slotcast::{LoanError, Observer, PublishError, Publisher, ShmMessage, Subscriber, Topic, topic};

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct FrameHeader {
    width: u32,
    height: u32,
}

const FRAMES: Topic<[u8], FrameHeader> = topic!("frames");

#[test]
fn slices_of_all_lengths() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u64]>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u64]>::builder("x").domain(&domain).create().unwrap();
    for length in [1, 0, 2, 7, 8, 9, 1000, 100_000, 3] {
        let mut loan = publisher.loan_slice(length).unwrap();
        assert!(loan.len() == length && loan.iter().all(|&word| word == 0));
        if length > 0 {
            fill(&mut loan, length as u64);
        }
        let copy = loan.to_vec();
        publisher.send(loan).unwrap();
        publisher.publish_slice(&copy).unwrap();
        for _ in 0..2 {
            let sample = subscriber.try_recv().unwrap().unwrap();
            assert_eq!(sample.len(), length);
            assert!(length == 0 || number(&sample) == length as u64);
            assert_eq!(sample.copied(), copy);
        }
    }
}

#[test]
fn headers_precede_elements() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder(FRAMES).domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::builder(FRAMES).domain(&domain).create().unwrap();
    publisher.publish_slice_with(&FrameHeader { width: 2, height: 2 }, &[1, 2, 3, 4]).unwrap();
    let mut loan = publisher.loan_slice(6).unwrap();
    *loan.header_mut() = FrameHeader { width: 3, height: 2 };
    loan.copy_from_slice(b"pixels");
    assert_eq!(loan.header().width, 3);
    publisher.send(loan).unwrap();
    let mut loan = publisher.loan_slice_uninit(1).unwrap();
    loan.as_bytes_mut().copy_from_slice(b"p");
    publisher.send(loan.assume_filled()).unwrap();
    let samples: Vec<_> = subscriber.try_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!((samples[0].header(), &samples[0][..]), (&FrameHeader { width: 2, height: 2 }, &[1, 2, 3, 4][..]));
    assert_eq!((samples[1].header(), &samples[1][..]), (&FrameHeader { width: 3, height: 2 }, &b"pixels"[..]));
    assert_eq!(&samples[2][..], b"p");
    assert_eq!(&samples[0][..] as *const [u8] as *const u8 as usize % 64, 0, "aligned for any elements");
}

#[test]
fn tensors() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8], Tensor>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[u8], Tensor>::builder("x").domain(&domain).create().unwrap();
    let header = Tensor::new(DType::F64, &[3, 5]).unwrap();
    let mut loan = publisher.loan_slice(header.byte_len().unwrap().try_into().unwrap()).unwrap();
    *loan.header_mut() = header;
    header.slice_mut::<f64>(&mut loan).unwrap()[7] = 1.5;
    publisher.send(loan).unwrap();
    let sample = subscriber.try_recv().unwrap().unwrap();
    assert_eq!(sample.header().view::<f64>(&sample).unwrap().get(&[1, 2]), Some(&1.5));
}

#[test]
fn elements_that_have_to_be_validated() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[bool], char>::builder("x").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<[bool], char>::builder("x").domain(&domain).create().unwrap();
    publisher.publish_slice_with(&'ü', &[true, false]).unwrap();
    let sample = subscriber.try_recv().unwrap().unwrap();
    assert_eq!((sample.header(), &sample[..]), (&'ü', &[true, false][..]));
    assert!(!sample.is_in_place());
}

#[test]
fn what_is_too_long_is_refused() {
    let domain = TempDomain::new();
    let builder = Publisher::<[u64]>::builder("x").domain(&domain).max_len(10).max_memory(64 << 10);
    let mut publisher = builder.create().unwrap();
    publisher.publish_slice(&[0; 10]).unwrap();
    let error = publisher.publish_slice(&[0; 11]).unwrap_err();
    assert!(matches!(error, PublishError::NoMemory(LoanError::TooLong { len: 11, max: 10, .. })));
    let mut publisher = Publisher::<[u64]>::builder("x").domain(&domain).max_memory(64 << 10).create().unwrap();
    assert!(matches!(publisher.loan_slice(8193), Err(LoanError::TooLarge { bytes: 65544, pool: 65536, .. })));
    assert!(matches!(publisher.loan_slice(usize::MAX), Err(LoanError::TooLarge { .. })));
    drop(publisher.loan_slice(8192).unwrap());
}

#[test]
fn layouts_differ_by_header_and_elements() {
    let domain = TempDomain::new();
    let _publisher = Publisher::builder(FRAMES).domain(&domain).create().unwrap();
    let text = |error: Option<slotcast::CreateError>| error.unwrap().to_string();
    let plain = text(Subscriber::<u8>::builder("frames").domain(&domain).create().err());
    assert!(plain.contains("publisher has [u8] with header FrameHeader at byte 0, subscriber expects u8"), "{plain}");
    let headless = text(Subscriber::<[u8]>::builder("frames").domain(&domain).create().err());
    assert!(headless.contains("[u8] with header FrameHeader at byte 0, subscriber expects [u8]"), "{headless}");
    let elements = text(Subscriber::<[u16], FrameHeader>::builder("frames").domain(&domain).create().err());
    assert!(elements.contains("publisher has u8 at byte 64, subscriber expects u16 at byte 64"), "{elements}");
    let header = text(Subscriber::<[u8], [u32; 2]>::builder("frames").domain(&domain).create().err());
    assert!(header.contains("field `header`"), "{header}");
}

#[test]
fn untyped_subscribers_decode_them() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder(FRAMES).domain(&domain).create().unwrap();
    let mut subscriber = dynamic::Subscriber::builder("frames").domain(&domain).create().unwrap();
    let mut reader = Observer::new(&domain).topic("frames").unwrap().unwrap().read(0).unwrap();
    publisher.publish_slice_with(&FrameHeader { width: 2, height: 1 }, &[7, 8]).unwrap();
    let expected = r#"{"header":{"width":2,"height":1},"elements":[7,8]}"#;
    for sample in [subscriber.try_recv().unwrap().unwrap(), reader.try_recv().unwrap().unwrap()] {
        assert_eq!(serde_json::to_string(&sample.value().unwrap()).unwrap(), expected);
    }
    let layout = reader.layout();
    assert!(layout.is_variable());
    let refused = |json: &str| layout.encode(&serde_json::from_str(json).unwrap()).unwrap_err().to_string();
    assert!(refused("[]").contains("a list is not [u8] with header"), "{}", refused("[]"));
    assert_eq!(
        refused(r#"{"elements":[]}"#),
        "field `header` is missing: it is `FrameHeader` (a struct of width, height)"
    );
    assert_eq!(refused(r#"{"header":{"width":1,"height":1}}"#), "field `elements` is missing: it is a list of u8");
    let wrong = r#"{"header":{"width":1,"height":1},"elements":[1,256]}"#;
    assert_eq!(refused(wrong), "field `elements[1]`: 256 does not fit u8 (0 to 255)");
    let more = r#"{"header":{"width":1,"height":1},"elements":[],"more":1}"#;
    assert_eq!(refused(more), "field `more` is unknown: it has the parts `header` and `elements`");
    // Values of any length are published.
    let mut values = dynamic::Publisher::builder("frames", layout).domain(&domain).create().unwrap();
    for elements in [3, 100, 0] {
        let value = Value::from([
            ("header", Value::from([("width", 1_u32.into()), ("height", 2_u32.into())])),
            ("elements", Value::Bytes(vec![7; elements])),
        ]);
        values.publish(&value).unwrap();
        assert_eq!(subscriber.try_recv().unwrap().unwrap().value().unwrap(), value);
    }
    drop(values);
    // It can be published as bytes.
    let mut publisher = dynamic::Publisher::builder("frames", layout).domain(&domain).create().unwrap();
    let mut bytes = vec![0; 64];
    bytes[..8].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
    bytes.push(9);
    publisher.publish_bytes(&bytes).unwrap();
    let expected = r#"{"header":{"width":1,"height":1},"elements":[9]}"#;
    assert_eq!(serde_json::to_string(&subscriber.try_recv().unwrap().unwrap().value().unwrap()).unwrap(), expected);
    assert!(publisher.publish_bytes(&bytes[..63]).is_err());
}
