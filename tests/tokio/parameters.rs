//! Parameters whose owner is a task.

use slotcast::testing::TempDomain;
use slotcast::tokio::{Parameter, ParameterClient};
use slotcast::{CallError, Domain};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

/// Creates an owner that refuses what is not positive.
fn owner(domain: &Domain) -> Parameter<f64> {
    let validate = |rate: &f64| if *rate > 0.0 { Ok(()) } else { Err("it stops".to_owned()) };
    let builder = slotcast::Parameter::builder("rate", 100.0).domain(domain).validate(validate);
    builder.create().unwrap().try_into().unwrap()
}

fn client(domain: &Domain) -> ParameterClient<f64> {
    slotcast::ParameterClient::of("rate", domain).unwrap().try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_answers_what_other_tasks_want() {
    let domain = TempDomain::new();
    let mut rate = owner(&domain);
    let owning = tokio::spawn(async move {
        let mut taken = Vec::new();
        while taken.last() != Some(&3.0) {
            rate.changed().await.unwrap();
            taken.push(*rate.get());
        }
        (rate, taken)
    });
    let mut client = client(&domain);
    assert_eq!(client.get().unwrap().as_deref(), Some(&100.0));
    let first = client.set_within(&2.0, LONG).await.unwrap();
    let Err(CallError::Refused(reason)) = client.set_within(&-1.0, LONG).await else { panic!("it is refused") };
    assert_eq!(reason.text.as_str(), "it stops");
    assert_eq!(client.get().unwrap().as_deref(), Some(&2.0));
    assert!(client.set_within(&3.0, LONG).await.unwrap() > first);
    let (mut rate, taken) = owning.await.unwrap();
    assert_eq!(taken, [2.0, 3.0]);
    rate.set(&4.0).unwrap();
    assert_eq!(client.get().unwrap().as_deref(), Some(&4.0));
    drop(rate.into_inner());
    assert!(matches!(client.set_within(&5.0, Duration::from_millis(20)).await, Err(CallError::NoServer { .. })));
}

/// What is answered before a wait is dropped stays answered.
#[tokio::test]
async fn a_wait_that_is_dropped_loses_nothing() {
    let domain = TempDomain::new();
    let mut rate = owner(&domain);
    assert!(
        tokio::time::timeout(Duration::from_millis(5), rate.changed()).await.is_err(),
        "nobody wants another value"
    );
    let client = client(&domain);
    let setting = client.set_within(&7.0, LONG);
    let owning = async {
        while *rate.get() != 7.0 {
            let _ = tokio::time::timeout(Duration::from_micros(100), rate.changed()).await;
        }
    };
    let (version, ()) = tokio::join!(setting, owning);
    version.unwrap();
    assert_eq!(*rate.get(), 7.0);
}
