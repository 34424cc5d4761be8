//! A child that lives on keeps no memory of its parent, and of nobody whom its parent read.

use crate::child::{fork, wait_for};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Placement, Publisher, Subscriber};
use std::fs;

const MIB: usize = 1 << 20;
/// As many KiB may be mapped of endpoints.
const FEW_KIB: usize = 64;

/// Returns how many KiB of endpoints' memory this process has mapped and in memory.
fn resident_kib() -> usize {
    let maps = fs::read_to_string("/proc/self/smaps").unwrap();
    let mut is_ours = false;
    let mut sum = 0;
    for line in maps.lines() {
        let first = line.split(' ').next().unwrap();
        if first.contains('-') && !first.ends_with(':') {
            is_ours = line.contains("memfd:slotcast") || line.contains("/slotcast-test-");
        } else if is_ours && line.starts_with("Rss:") {
            sum += line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap();
        }
    }
    sum
}

/// Returns the descriptors of this process that lead to endpoints' memory or files.
fn descriptors() -> Vec<String> {
    let links = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let links = links.filter_map(|link| Some(fs::read_link(link.path()).ok()?.display().to_string()));
    // Directories are no memory, and hold no lock.
    links
        .filter(|link| link.contains("memfd:slotcast") || link.contains("/slotcast-test-") && link.contains('#'))
        .collect()
}

#[test]
fn child_whose_child_lives_on() {
    testing::process(|script| {
        for placement in [Placement::Sealed, Placement::File] {
            let builder = Publisher::<[u8]>::builder("memory").domain(script.domain()).placement(placement);
            let mut publisher = builder.create().unwrap();
            let mut subscriber = Subscriber::<[u8]>::builder("memory").domain(script.domain()).create().unwrap();
            let mut samples = Vec::new();
            for _ in 0..8 {
                publisher.publish_slice(&vec![1; 4 * MIB]).unwrap();
                let sample = subscriber.try_recv().unwrap().unwrap();
                assert!(sample.iter().all(|&byte| byte == 1));
                samples.push(sample);
            }
            let loan = publisher.loan_slice(4 * MIB).unwrap();
            assert!(resident_kib() > 32 * MIB / 1024, "{} KiB", resident_kib());
            assert!(!descriptors().is_empty());
            wait_for(fork(|| {
                assert!(resident_kib() <= FEW_KIB, "{} KiB", resident_kib());
                assert_eq!(descriptors(), [] as [String; 0]);
                drop((publisher, subscriber, samples, loan));
            }));
        }
        script.say("done");
    });
}

#[test]
fn a_child_that_lives_on_keeps_no_memory() {
    let domain = TempDomain::new();
    let mut process = Process::start("memory::child_whose_child_lives_on", &domain, &[]);
    process.expect("done");
    process.finish();
}
