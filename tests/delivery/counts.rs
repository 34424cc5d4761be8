use crate::{TOPIC, publish, publisher, subscriber};
use slotcast::registry::Role;
use slotcast::testing::TempDomain;
use slotcast::{Observer, ReadProgress, Subscriber};

/// Returns the status of the only subscriber as tools see it: its lines, and the totals of detached
/// publishers.
fn seen(domain: &TempDomain) -> (Vec<ReadProgress>, ReadProgress) {
    let topic = Observer::new(domain).topic(TOPIC).unwrap().unwrap();
    let endpoints = topic.endpoints().unwrap();
    let peers: Vec<_> = endpoints.iter().filter_map(|endpoint| endpoint.peer.as_ref().ok()).collect();
    let subscriber = peers.iter().find(|peer| peer.role == Role::Subscriber).unwrap();
    let (lines, totals) = topic.progress(subscriber).unwrap();
    (lines.into_iter().map(|(_, progress)| progress).collect(), totals)
}

/// Reads everything available. Returns how many messages arrived, and how many were reported lost
/// before them.
fn read(subscriber: &mut Subscriber<u64>) -> (u64, u64) {
    let (mut received, mut lost) = (0, 0);
    for sample in subscriber.try_iter().map(Result::unwrap) {
        received += 1;
        lost += sample.lost_before();
        assert_eq!(*sample, sample.sequence());
    }
    (received, lost)
}

#[test]
fn overwritten_messages_are_counted_exactly_and_the_others_are_delivered() {
    // The ring of depth 64 has 128 cells: a reader that is not overtaken reads all of them.
    for (published, received, lost) in
        [(64, 64, 0), (128, 128, 0), (129, 64, 65), (1000, 64, 936), (1 << 20, 64, (1 << 20) - 64)]
    {
        let domain = TempDomain::new();
        let mut subscriber = subscriber(&domain).create().unwrap();
        let mut publisher = publisher(&domain).create().unwrap();
        publish(&mut publisher, 0..published);
        assert_eq!(read(&mut subscriber), (received, lost), "{published} published");
        assert_eq!((subscriber.lost(), subscriber.skipped()), (lost, 0));
        let progress = ReadProgress { start: 0, cursor: published, lost, skipped: 0 };
        assert_eq!(seen(&domain), (vec![progress], ReadProgress::default()));
        assert_eq!(progress.received(), received);
    }
}

#[test]
fn losses_of_many_laps_add_up() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut publisher = publisher(&domain).depth(8).create().unwrap();
    let (mut published, mut received, mut lost) = (0, 0, 0);
    for more in (0..200).map(|round| (round * 7) % 40) {
        publish(&mut publisher, published..published + more);
        published += more;
        let (came, went) = read(&mut subscriber);
        (received, lost) = (received + came, lost + went);
        assert_eq!(received + lost, published);
        assert_eq!(subscriber.lost(), lost);
    }
    assert!(lost > 0);
}

#[test]
fn counts_outlive_their_publishers() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut all = ReadProgress::default();
    for round in 1..=5 {
        let mut publisher = publisher(&domain).create().unwrap();
        assert_eq!(subscriber.publishers().unwrap().len(), 1);
        publish(&mut publisher, 0..100 * round);
        drop(publisher);
        let (received, lost) = read(&mut subscriber);
        assert_eq!(received + lost, 100 * round);
        assert_eq!(subscriber.publishers().unwrap(), []);
        assert!(subscriber.try_recv().unwrap().is_none());
        all.cursor += received + lost;
        all.lost += lost;
        assert_eq!(subscriber.lost(), all.lost);
        assert_eq!(seen(&domain), (vec![], all), "round {round}");
    }
}

#[test]
fn tools_see_what_was_skipped() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).latest().create().unwrap();
    let mut publisher = publisher(&domain).create().unwrap();
    publish(&mut publisher, 0..50);
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 49);
    assert_eq!(seen(&domain).0, [ReadProgress { start: 0, cursor: 50, lost: 0, skipped: 49 }]);
}

/// The first page has lines for 56 publishers. Further lines are behind it.
#[test]
fn more_publishers_than_a_page_has_lines() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut publishers: Vec<_> = (0..100).map(|_| publisher(&domain).create().unwrap()).collect();
    publishers.iter_mut().for_each(|publisher| publish(publisher, 0..3));
    assert_eq!(read(&mut subscriber), (300, 0));
    let (lines, _) = seen(&domain);
    assert_eq!(lines, vec![ReadProgress { start: 0, cursor: 3, lost: 0, skipped: 0 }; 100]);
}
