//! Streams of tokio.

use slotcast::region::{Channel, Queue, Region, RegionStream, RingBuffer};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast_tests::temp_region::TempRegion;
use std::sync::Arc;
use tokio_stream::StreamExt;

#[test]
fn child_sends_to_streams() {
    testing::process(|script| {
        let region = Region::open(&script.argument::<String>(0)).unwrap();
        let queue = Queue::<u64>::open(&region, "queue").unwrap();
        let ring = RingBuffer::<u64>::open(&region, "ring").unwrap();
        let channel = Channel::<u64>::open(&region, "channel").unwrap();
        for value in 0..500 {
            queue.push(&value, PATIENCE).unwrap();
            ring.push(&value, PATIENCE).unwrap();
            channel.send(&value, PATIENCE).unwrap();
        }
        channel.close();
        script.say("sent");
    });
}

#[tokio::test]
async fn elements_of_another_process_are_streams() {
    for capacity in [0, 4] {
        let name = TempRegion::new();
        let region = name.create(1 << 17);
        let queue = Arc::new(Queue::<u64>::create(&region, "queue", 4).unwrap());
        let ring = Arc::new(RingBuffer::<u64>::create(&region, "ring", 4).unwrap());
        let channel = Arc::new(Channel::<u64>::create(&region, "channel", capacity).unwrap());
        let mut child = Process::start("streams::child_sends_to_streams", &TempDomain::new(), &[&name]);
        let channel = RegionStream::new(channel).map(Result::unwrap).collect::<Vec<_>>();
        let queue = RegionStream::new(queue).map(Result::unwrap).filter(|value| value % 2 == 1).take(250);
        let ring = RegionStream::new(ring).map(Result::unwrap).take(500);
        let all = async { tokio::join!(channel, queue.collect::<Vec<_>>(), ring.collect::<Vec<_>>()) };
        let (channel, queue, ring) = tokio::time::timeout(PATIENCE, all).await.expect("all arrives");
        assert_eq!(channel, (0..500).collect::<Vec<_>>());
        assert_eq!(ring, channel);
        assert!(queue.into_iter().eq((0..500).filter(|value| value % 2 == 1)));
        child.expect("sent");
        child.finish();
    }
}
