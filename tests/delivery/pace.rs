use crate::{numbers, publish, publisher, subscriber};
use slotcast::testing::{TempDomain, until};
use std::time::{Duration, Instant};

#[test]
fn latest_delivers_the_newest_and_counts_the_others() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).latest().create().unwrap();
    let mut publisher = publisher(&domain).create().unwrap();
    let mut published = 0;
    let mut received = 0;
    // Fewer than the ring holds, and more.
    for more in [1, 2, 3, 63, 64, 65, 127, 128, 129, 1000, 1] {
        publish(&mut publisher, published..published + more);
        published += more;
        let sample = subscriber.try_recv().unwrap().unwrap();
        assert_eq!((*sample, sample.sequence(), sample.lost_before()), (published - 1, published - 1, 0));
        assert!(subscriber.try_recv().unwrap().is_none());
        received += 1;
        assert_eq!((subscriber.skipped(), subscriber.lost()), (published - received, 0));
    }
}

#[test]
fn latest_applies_to_each_publisher() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).latest().create().unwrap();
    let mut publishers: Vec<_> = (0..3).map(|_| publisher(&domain).create().unwrap()).collect();
    for (index, publisher) in publishers.iter_mut().enumerate() {
        let first = 100 * index as u64;
        publish(publisher, first..first + 10);
    }
    let mut all = numbers(&mut subscriber);
    all.sort_unstable();
    assert_eq!(all, [9, 109, 209]);
    assert_eq!(subscriber.skipped(), 27);
}

#[test]
fn a_rate_limit_is_kept_and_every_message_is_accounted_for() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).rate_limit(100.0).create().unwrap();
    let mut publisher = publisher(&domain).create().unwrap();
    let start = Instant::now();
    let mut published = 0;
    let mut times = Vec::new();
    while times.len() < 20 {
        publish(&mut publisher, published..published + 1);
        published += 1;
        if let Some(sample) = subscriber.try_recv().unwrap() {
            assert_eq!(*sample, published - 1, "the newest at its time");
            times.push(start.elapsed());
        }
    }
    assert!(times[19] - times[0] >= Duration::from_millis(189), "{times:?}");
    assert_eq!(subscriber.skipped() + subscriber.lost() + 20, published);
}

#[test]
fn a_rate_limit_allows_no_burst_after_silence() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).rate_limit(20.0).create().unwrap();
    let mut publisher = publisher(&domain).create().unwrap();
    let silence = Instant::now();
    until("some intervals have passed", || {
        assert!(subscriber.try_recv().unwrap().is_none());
        silence.elapsed() > Duration::from_millis(120)
    });
    let start = Instant::now();
    let mut received = 0;
    while start.elapsed() < Duration::from_millis(40) {
        publish(&mut publisher, 0..1);
        received += usize::from(subscriber.try_recv().unwrap().is_some());
    }
    assert!(received <= 1 || start.elapsed() > Duration::from_millis(50), "{received}");
}

#[test]
fn invalid_rates_are_refused_and_extreme_ones_are_kept() {
    for hz in [0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let domain = TempDomain::new();
        let error = subscriber(&domain).rate_limit(hz).create().unwrap_err().to_string();
        assert_eq!(
            error,
            format!("topic \"delivery\": `rate_limit` is {hz}, and must be a number of messages a second, more than 0")
        );
        assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
    }
    for (hz, expected) in [(f64::MIN_POSITIVE, 1), (1e-300, 1), (1e-12, 1), (1e-3, 1), (1e300, 3), (f64::MAX, 3)] {
        let domain = TempDomain::new();
        let mut subscriber = subscriber(&domain).rate_limit(hz).create().unwrap();
        let mut publisher = publisher(&domain).create().unwrap();
        let mut received = 0;
        for number in 0..3 {
            publish(&mut publisher, number..number + 1);
            received += numbers(&mut subscriber).len();
        }
        assert_eq!(received, expected, "{hz}");
    }
}
