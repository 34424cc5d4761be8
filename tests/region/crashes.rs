//! Processes that are killed at every point at which they have something half done.

use slotcast::region::*;
use slotcast::testing::{self, Action, PATIENCE, Process, TempDomain};
use slotcast_tests::temp_region::TempRegion;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(20);

/// Creates the region and structures of all kinds that allocate differently.
#[test]
fn child_creates_all() {
    testing::process(|script| {
        let region = Region::open_or_create(&script.argument::<String>(0), 1 << 18).unwrap();
        Array::<u64>::open_or_create(&region, "array", 10).unwrap();
        RwLock::open_or_create(&region, "lock").unwrap();
        Channel::<u64>::open_or_create(&region, "channel", 8).unwrap();
        Map::<u64, u64>::open_or_create(&region, "map", 8).unwrap();
    });
}

#[test]
fn a_creator_that_is_killed_leaves_nothing_half_done() {
    let domain = TempDomain::new();
    for point in ["region.unnamed", "region.placed", "region.added"] {
        for visit in 1..=8 {
            let name = TempRegion::new();
            let mut child =
                Process::start_until("crashes::child_creates_all", &domain, &[&name], point, visit, Action::Kill);
            let was_killed = !child.wait().success();
            // What is killed before the region has its name leaves no file.
            let was_nameless = point == "region.unnamed" || (point == "region.added" && visit == 1);
            assert_eq!(name.path().exists(), !(was_killed && was_nameless));
            Process::start("crashes::child_creates_all", &domain, &[&name]).finish();
            let region = Region::open(&name).unwrap();
            assert_eq!(region.check().unwrap(), []);
            assert_eq!(region.entries().unwrap().len(), 8, "{point} {visit}");
            let map = Map::<u64, u64>::open(&region, "map").unwrap();
            assert!(map.is_empty() && map.insert(&1, &2).unwrap());
            drop(RwLock::open(&region, "lock").unwrap().write(PATIENCE).unwrap());
        }
    }
}

/// Does one thing after another with each structure.
#[test]
fn child_uses_all() {
    testing::process(|script| {
        let region = Region::open(&script.argument::<String>(0)).unwrap();
        let queue = Queue::<u64>::open(&region, "queue").unwrap();
        let stack = Stack::<u64>::open(&region, "stack").unwrap();
        let ring = RingBuffer::<u64>::open(&region, "ring").unwrap();
        let map = Map::<u64, u64>::open(&region, "map").unwrap();
        let lock = RwLock::open(&region, "lock").unwrap();
        // It is for one writer and one reader.
        let uses_ring = script.argument::<bool>(2);
        for round in 100..script.argument::<u64>(1) {
            queue.push(&round, PATIENCE).unwrap();
            queue.pop(PATIENCE).unwrap();
            stack.push(&round, PATIENCE).unwrap();
            stack.pop(PATIENCE).unwrap();
            if uses_ring {
                ring.push(&round, PATIENCE).unwrap();
                ring.pop(PATIENCE).unwrap();
            }
            map.insert(&(round % 60), &round).unwrap();
            map.remove(&(round % 7)).unwrap();
            drop(lock.write(PATIENCE).unwrap());
            drop(lock.read(PATIENCE).unwrap());
        }
        script.say("used");
    });
}

struct Scene {
    name: TempRegion,
    region: Region,
    queue: Queue<u64>,
    stack: Stack<u64>,
    ring: RingBuffer<u64>,
    map: Map<u64, u64>,
    lock: RwLock,
}

impl Scene {
    fn new() -> Self {
        let name = TempRegion::new();
        let region = name.create(1 << 17);
        Self {
            queue: Queue::create(&region, "queue", 8).unwrap(),
            stack: Stack::create(&region, "stack", 8).unwrap(),
            ring: RingBuffer::create(&region, "ring", 8).unwrap(),
            map: Map::create(&region, "map", 64).unwrap(),
            lock: RwLock::create(&region, "lock").unwrap(),
            region,
            name,
        }
    }

    /// Has a child use all of it until it is killed at a point.
    fn killed_at(&self, point: &str, visit: u64) {
        let arguments = [&*self.name, "1000000", "true"];
        let domain = TempDomain::new();
        let mut child =
            Process::start_until("crashes::child_uses_all", &domain, &arguments, point, visit, Action::Kill);
        assert!(!child.wait().success(), "it was killed");
    }

    fn everything_works(&self) {
        self.queue.push(&1, PATIENCE).unwrap();
        self.stack.push(&2, PATIENCE).unwrap();
        self.ring.push(&3, PATIENCE).unwrap();
        self.map.insert(&999, &4).unwrap();
        drop(self.lock.write(PATIENCE).unwrap());
        assert!(self.queue.try_iter().last() == Some(1));
        assert_eq!(self.stack.pop(PATIENCE).unwrap(), 2);
        assert!(self.ring.try_iter().last() == Some(3));
        assert_eq!(self.map.remove(&999).unwrap(), Some(4));
    }
}

#[test]
fn a_queue_whose_sender_died_says_so_and_is_repaired() {
    let scene = Scene::new();
    scene.queue.push(&7, PATIENCE).unwrap();
    scene.killed_at("queue.push", 1);
    scene.queue.push(&8, PATIENCE).unwrap();
    assert_eq!(scene.queue.pop(PATIENCE).unwrap(), 7);
    let error = scene.queue.pop(SHORT).unwrap_err();
    assert!(matches!(error, StructureError::Stuck { .. }), "{error}");
    // Who does not wait cannot tell: the sender may be about to finish.
    assert!(matches!(scene.queue.pop(Duration::ZERO), Err(StructureError::TimedOut { .. })));
    assert!(scene.queue.try_pop().unwrap().is_none());
    let problems = scene.region.check().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].to_string().starts_with("`queue`: position 1 was taken and not filled"), "{}", problems[0]);
    assert_eq!(scene.region.repair().unwrap(), problems);
    assert_eq!(scene.region.check().unwrap(), []);
    assert_eq!(scene.queue.pop(PATIENCE).unwrap(), 8);
    scene.everything_works();
}

#[test]
fn whatever_was_half_done_is_repaired() {
    for point in ["queue.push", "queue.pop", "stack.push", "stack.pop", "ring.push", "map.claimed", "lock.marked"] {
        let scene = Scene::new();
        for value in 0..3 {
            scene.queue.push(&value, PATIENCE).unwrap();
            scene.stack.push(&value, PATIENCE).unwrap();
        }
        scene.killed_at(point, 5);
        scene.region.repair().unwrap();
        assert_eq!(scene.region.check().unwrap(), [], "{point}");
        scene.everything_works();
    }
}

/// Without repair, too, nobody waits for ever; and what has no half-done state goes on.
#[test]
fn what_needs_no_repair_goes_on() {
    for point in ["ring.push", "map.claimed", "lock.marked"] {
        let scene = Scene::new();
        scene.killed_at(point, 3);
        scene.everything_works();
    }
}

#[test]
fn a_region_in_use_is_not_repaired() {
    let scene = Scene::new();
    let domain = TempDomain::new();
    let arguments = [&*scene.name, "1000000000", "true"];
    let mut child = Process::start_until("crashes::child_uses_all", &domain, &arguments, "queue.push", 1, Action::Stop);
    child.wait_until_stopped();
    let error = scene.region.repair().unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, RegionError::InUse { .. }) && text.contains(&format!("pid {}", child.id())), "{text}");
    child.kill();
    assert_eq!(scene.region.repair().unwrap().len(), 1);
    // Also the other way round: nobody enters while it is repaired, and afterwards everybody can.
    Process::start("crashes::child_uses_all", &domain, &[&scene.name, "200", "true"]).finish();
}

/// A receiver that dies while it reads has not received.
#[test]
fn a_value_whose_receiver_died_goes_to_another() {
    let name = TempRegion::new();
    let region = name.create(1 << 17);
    let channel = Channel::<u64>::create(&region, "channel", 0).unwrap();
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| channel.send(&77, PATIENCE));
        let domain = TempDomain::new();
        let mut child =
            Process::start_until("crashes::child_receives_one", &domain, &[&name], "channel.read", 1, Action::Kill);
        assert!(!child.wait().success());
        assert_eq!(Channel::<u64>::open(&region, "channel").unwrap().recv(PATIENCE).unwrap(), Some(77));
        sender.join().unwrap().unwrap();
    });
}

#[test]
fn child_receives_one() {
    testing::process(|script| {
        let region = Region::open(&script.argument::<String>(0)).unwrap();
        Channel::<u64>::open(&region, "channel").unwrap().recv(PATIENCE).unwrap();
    });
}

/// Processes are killed at any moment, and the region is repaired between the rounds.
#[test]
fn a_storm_of_kills_leaves_a_region_that_can_be_repaired() {
    let scene = Scene::new();
    let domain = TempDomain::new();
    let mut random = slotcast_tests::random::Random::new(7);
    for _ in 0..10 {
        let start =
            |uses_ring| Process::start("crashes::child_uses_all", &domain, &[&scene.name, "1000000000", uses_ring]);
        let mut children: Vec<_> = ["true", "false", "false"].map(start).into();
        std::thread::sleep(Duration::from_micros(random.below(20_000)));
        for child in &mut children {
            child.kill();
        }
        scene.region.repair().unwrap();
        assert_eq!(scene.region.check().unwrap(), []);
        scene.everything_works();
    }
}
