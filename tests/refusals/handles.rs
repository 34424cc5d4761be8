//! Results of handles can be unwrapped either way, and print nothing of the contents of memory.

use slotcast::dynamic::{self, Layout};
use slotcast::testing::TempDomain;
use slotcast::{CreateError, Observer, Publisher, ShmMessage, Subscriber, WaitSet, tokio};

/// A message without `Debug`.
#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Secret {
    number: u64,
}

#[test]
fn results_of_handles_have_unwrap_err() {
    let error = Publisher::<Secret>::new("/secret").unwrap_err();
    assert!(matches!(error, CreateError::TopicName(_)));
    Subscriber::<Secret>::new("/secret").unwrap_err();
    tokio::Subscriber::<Secret>::new("/secret").unwrap_err();
    dynamic::Publisher::new("/secret", &Layout::of::<Secret>().unwrap()).unwrap_err();
    dynamic::Subscriber::new("/secret").unwrap_err();
    Observer::default().topic("/secret").unwrap_err();
}

#[test]
fn handles_print_what_identifies_them_and_no_contents() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Secret>::builder("secret").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<Secret>::builder("secret").domain(&domain).create().unwrap();
    let topic = Observer::new(&domain).topic("secret").unwrap().unwrap();
    let mut loan = publisher.loan().unwrap();
    loan.number = 4711;
    let texts = [
        format!("{publisher:?}"),
        format!("{subscriber:?}"),
        format!("{:?}", subscriber.try_iter()),
        format!("{:?}", subscriber.iter()),
        format!("{loan:?}"),
        format!("{topic:?}"),
        format!("{:?}", topic.read(0).unwrap()),
        format!("{:?}", publisher.membership().unwrap()),
        format!("{:?}", WaitSet::new().unwrap()),
    ];
    publisher.send(loan).unwrap();
    let sample = format!("{:?}", subscriber.recv().unwrap());
    assert_eq!(sample, format!("Sample {{ sequence: 0, publisher: {} }}", publisher.id()));
    assert_eq!(texts[0], format!("Publisher {{ topic: \"secret\", id: {} }}", publisher.id()));
    assert_eq!(texts[4], format!("Loan {{ publisher: {} }}", publisher.id()));
    for text in texts {
        assert!(text.len() < 500 && !text.contains("4711"), "{text}");
    }
}
