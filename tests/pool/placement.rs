//! Large messages in every kind of memory, and for every kind of reader.

use crate::messages::{Large, fill, large, number};
use slotcast::registry::{Memory, Pages, Role, TopicView};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Observer, Placement, Publisher, Subscriber, TopicName, dynamic};
use slotcast_tests::holdings::assert_nothing_left;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::time::Duration;

#[test]
fn in_files() {
    let domain = TempDomain::new();
    for (publisher_in, subscriber_in) in
        [(Placement::File, Placement::Sealed), (Placement::Sealed, Placement::File), (Placement::File, Placement::File)]
    {
        let builder = Publisher::<Large>::builder("x").domain(&domain).placement(publisher_in);
        let mut publisher = builder.create().unwrap();
        let mut subscriber =
            Subscriber::<Large>::builder("x").domain(&domain).placement(subscriber_in).create().unwrap();
        let mut samples = Vec::new();
        for number in 0..100 {
            publisher.publish(&large(number)).unwrap();
            let sample = subscriber.try_recv().unwrap().unwrap();
            assert_eq!((sample[0], sample.is_in_place()), (number, true));
            if number < 4 {
                samples.push(sample);
            }
        }
        if publisher_in == Placement::File {
            let file = std::fs::metadata(domain.path().join(format!("x/m-{}", publisher.id()))).unwrap();
            assert!(file.len() > 1 << 30, "address space");
            assert!(file.blocks() * 512 < 16 << 20, "memory as it is needed: {}", file.blocks() * 512);
        }
        drop((publisher, subscriber));
        for (index, sample) in samples.iter().enumerate() {
            assert_eq!(number(&sample[..]), index as u64);
        }
    }
    assert_nothing_left(&domain);
}

#[test]
fn an_idle_publisher_takes_no_memory() {
    let domain = TempDomain::new();
    let publisher = Publisher::<Large>::builder("x").domain(&domain).create().unwrap();
    assert_eq!(publisher.pool_memory(), 0);
}

#[test]
fn all_memory_can_be_allocated_from_the_start() {
    let domain = TempDomain::new();
    for (placement, lock) in [(Placement::Sealed, false), (Placement::File, false), (Placement::Sealed, true)] {
        let builder = Publisher::<Large>::builder("x").domain(&domain).placement(placement).max_memory(64 << 20);
        let builder = if lock { builder.lock_memory(true) } else { builder.prefault(true) };
        let mut publisher = match builder.create() {
            Err(error) if lock => {
                assert!(error.to_string().contains("cannot be locked"), "{error}");
                continue; // huge pages, and there are none here
            }
            publisher => publisher.unwrap(),
        };
        assert_eq!(publisher.pool_memory(), 64 << 20);
        let topic = Observer::new(&domain).topic("x").unwrap().unwrap();
        let path = match topic.endpoints().unwrap().remove(0).peer.unwrap().memory.unwrap().place {
            Memory::Sealed(handle) => format!("/proc/self/fd/{}", handle.descriptor).into(),
            _ => domain.path().join(format!("x/m-{}", publisher.id())),
        };
        assert!(std::fs::metadata(path).unwrap().blocks() * 512 >= 64 << 20);
        let mut subscriber = Subscriber::<Large>::builder("x").domain(&domain).create().unwrap();
        publisher.publish(&large(1)).unwrap();
        assert_eq!(number(&subscriber.try_recv().unwrap().unwrap()[..]), 1);
    }
    assert_nothing_left(&domain);
}

#[test]
fn latest_rate_limit_and_history() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Large>::builder("x").domain(&domain).create().unwrap();
    for number in 0..20 {
        publisher.publish(&large(number)).unwrap();
    }
    let builder = || Subscriber::<Large>::builder("x").domain(&domain);
    let mut past = builder().history(100).create().unwrap();
    let numbers: Vec<_> = past.try_iter().map(|sample| number(&sample.unwrap()[..])).collect();
    assert_eq!(numbers, (12..20).collect::<Vec<_>>(), "as many as the depth");
    let mut latest = builder().latest().create().unwrap();
    let mut paced = builder().rate_limit(1e-3).create().unwrap();
    for number in 20..24 {
        publisher.publish(&large(number)).unwrap();
    }
    assert_eq!(number(&latest.try_recv().unwrap().unwrap()[..]), 23);
    assert_eq!((latest.skipped(), latest.lost()), (3, 0));
    assert_eq!(number(&paced.try_recv().unwrap().unwrap()[..]), 23);
    publisher.publish(&large(24)).unwrap();
    assert!(paced.try_recv().unwrap().is_none());
    assert_eq!(number(&latest.recv_timeout(Duration::ZERO).unwrap().unwrap()[..]), 24);
    for number in 25..100 {
        publisher.publish(&large(number)).unwrap();
    }
    let numbers: Vec<_> = past.try_iter().map(|sample| number(&sample.unwrap()[..])).collect();
    assert_eq!((numbers.as_slice(), past.lost()), (&(92..100).collect::<Vec<_>>()[..], 72));
}

#[test]
fn untyped_subscribers_and_observers() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Large>::builder("x").domain(&domain).create().unwrap();
    let topic = Observer::new(&domain).topic("x").unwrap().unwrap();
    let mut observed = topic.read(0).unwrap();
    let mut subscriber = dynamic::Subscriber::builder("x").domain(&domain).create().unwrap();
    publisher.publish(&large(7)).unwrap();
    for sample in [observed.try_recv().unwrap().unwrap(), subscriber.try_recv().unwrap().unwrap()] {
        let words: Vec<_> = sample.bytes().as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        assert_eq!(number(&words), 7);
    }
    let peer = topic.endpoints().unwrap().swap_remove(0).peer.unwrap();
    assert_eq!(topic.published(&peer).unwrap(), 1);
    let layout = observed.layout().clone();
    let mut second = dynamic::Publisher::builder("x", &layout).domain(&domain).create().unwrap();
    let value = subscriber.try_recv().unwrap();
    assert!(value.is_none());
    second.publish_bytes(&[3; size_of::<Large>()]).unwrap();
    assert_eq!(subscriber.try_recv().unwrap().unwrap().bytes()[..2], [3, 3]);
}

/// Values of a type that has to be validated are copied first.
#[test]
fn values_that_have_to_be_validated() {
    let domain = TempDomain::new();
    let builder = Publisher::<[bool; 5000]>::builder("x").domain(&domain).placement(Placement::File);
    let mut publisher = builder.create().unwrap();
    let mut subscriber = Subscriber::<[bool; 5000]>::builder("x").domain(&domain).create().unwrap();
    let path = domain.path().join(format!("x/m-{}", publisher.id()));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let memory = std::fs::File::options().write(true).open(path).unwrap();
    publisher.publish(&[true; 5000]).unwrap();
    let sample = subscriber.try_recv().unwrap().unwrap();
    assert!(!sample.is_in_place() && sample.iter().all(|&value| value));
    publisher.publish(&[true; 5000]).unwrap();
    memory.write_all_at(&[2; 5000 + 64], 8192 + 5056).unwrap(); // in the second slot
    let error = subscriber.try_recv().unwrap_err().to_string();
    assert!(error.contains("field `[0]` is 2, not a bool (0 or 1); it was discarded"), "{error}");
    assert!(sample.iter().all(|&value| value));
}

/// Lossless; every message is checked.
#[test]
fn child_reads_losslessly() {
    testing::process(|script| {
        let builder = Subscriber::<[u64]>::builder("x").domain(script.domain()).lossless();
        let mut subscriber = builder.create().unwrap();
        script.say("ready");
        let mut kept = std::collections::VecDeque::new();
        for sequence in 0..script.argument::<u64>(0) {
            let sample = subscriber.recv().unwrap();
            assert_eq!((sample.sequence(), sample.lost_before(), number(&sample)), (sequence, 0, sequence));
            assert!(sample.is_in_place());
            kept.push_back(sample);
            if kept.len() > 6 {
                let old = kept.pop_front().unwrap();
                assert_eq!(number(&old), old.sequence());
            }
        }
        script.say("all");
    });
}

#[test]
fn nothing_is_lost_of_large_messages_of_any_size() {
    const COUNT: u64 = 20_000;
    let domain = TempDomain::new();
    let builder = Publisher::<[u64]>::builder("x").domain(&domain).max_memory(8 << 20);
    let mut publisher = builder.lossless(Duration::from_secs(60)).create().unwrap();
    let mut others: Vec<_> =
        (0..2).map(|_| Process::start("placement::child_reads_losslessly", &domain, &[&COUNT.to_string()])).collect();
    others.iter_mut().for_each(|other| other.expect("ready"));
    for number in 0..COUNT {
        let length = usize::try_from(1 + number * 7919 % 4000).unwrap();
        let mut loan = publisher.loan_slice_uninit(length).unwrap().assume_filled();
        fill(&mut loan, number);
        publisher.send(loan).unwrap();
    }
    publisher.close(Duration::from_secs(60)).unwrap();
    others.iter_mut().for_each(|other| other.expect("all"));
}

/// Returns the number of huge pages that are free and not reserved.
fn free_huge_pages() -> u64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap();
    let of = |name: &str| -> u64 {
        let line = info.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        line.trim().parse().unwrap()
    };
    of("HugePages_Free:").saturating_sub(of("HugePages_Rsvd:"))
}

/// Huge pages are used where available, and otherwise not; the endpoint reports which.
#[test]
fn huge_pages_are_used_if_available() {
    const MIB: u64 = 1 << 20;
    let domain = TempDomain::new();
    for (topic, memory) in [("small", 3 * MIB), ("larger/than/all", 1 << 33)] {
        let has_enough = (free_huge_pages() + 1) * 2 * MIB > memory + 4096 * 8;
        let builder = Publisher::<[u64; 8192]>::builder(topic).domain(&domain).depth(2);
        let mut publisher = builder.max_memory(memory).huge_pages(true).create().unwrap();
        println!("{topic}: {:?} pages, {} huge ones free", publisher.pages(), free_huge_pages());
        assert_eq!(publisher.pages() == Pages::Huge, has_enough && topic == "small");
        let name = TopicName::new(topic).unwrap();
        let view = TopicView::open(&domain, &name).unwrap().unwrap();
        let entry = view.names(Role::Publisher).unwrap().remove(0);
        assert_eq!(view.peer(&entry).unwrap().live().unwrap().qos.pages, publisher.pages());
        let mut subscriber = Subscriber::<[u64; 8192]>::builder(topic).domain(&domain).create().unwrap();
        for number in 0..40 {
            let mut loan = publisher.loan().unwrap();
            loan.fill(number);
            publisher.send(loan).unwrap();
            let sample = subscriber.try_recv().unwrap().unwrap();
            assert!(sample.iter().all(|&word| word == number));
        }
    }
    let normal = Publisher::<[u64; 8192]>::builder("normal").domain(&domain).create().unwrap();
    assert_eq!(normal.pages(), Pages::Normal);
}
