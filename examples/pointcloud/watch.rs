use crate::messages::{Point, SCANS, ScanHeader, hash_of};
use clap::ValueEnum;
use slotcast::{MemberEvent, Sample, Subscriber};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How often to look for Ctrl-C while no publisher comes or goes.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a subscriber wants of the scans.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// All of them: the publisher waits for it
    Survey,
    /// The newest: what it has no time for is skipped
    Display,
}

impl Role {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Survey => "survey",
            Self::Display => "display",
        }
    }
}

/// A `child` of the publisher has come after it; anybody else waits for it.
pub(crate) fn run(role: Role, child: bool) -> Result<(), Box<dyn Error>> {
    let builder = Subscriber::builder(SCANS).name(role.name());
    let mut subscriber = match role {
        Role::Survey => builder.lossless(),
        Role::Display => builder.latest(),
    }
    .create()?;

    // When the publisher has gone, or at Ctrl-C, waiting is over.
    let (mut publishers, closer) = (subscriber.membership()?, subscriber.closer());
    let interrupted = Arc::new(AtomicBool::new(false));
    let (interrupt, interruption) = (Arc::clone(&interrupted), closer.clone());
    ctrlc::set_handler(move || {
        interrupt.store(true, Ordering::Relaxed);
        interruption.close();
    })?;
    let nobody_is_there = subscriber.publishers()?.is_empty();
    if nobody_is_there && !child {
        println!("{}: waiting for a publisher on {}, until Ctrl-C", role.name(), subscriber.topic());
    }
    let is_over = nobody_is_there && child; // it may have gone before anybody watched for that
    let end = thread::spawn(move || {
        while !is_over
            && !closer.is_closed()
            && let Ok(event) = publishers.next_timeout(LOOK_EVERY)
        {
            if let Some(MemberEvent::Left(_) | MemberEvent::Died(_)) = event {
                break;
            }
        }
        closer.close();
    });

    let mut survey = Survey { role, scans: 0, points: 0, hash: None, least: [f32::MAX; 3], most: [f32::MIN; 3] };
    for scan in subscriber.iter() {
        survey.add(&scan?)?;
    }
    if !interrupted.load(Ordering::Relaxed) {
        for scan in subscriber.try_iter() {
            survey.add(&scan?)?; // what came while it was closed
        }
    }
    end.join().map_err(|_| "nobody saw to the end")?; // so that nothing is left of this in the registry
    let Survey { scans, points, hash, least, most, .. } = survey;
    if scans == 0 {
        println!("{}: no scans have come", role.name());
        return Ok(());
    }
    let [x, y, z] = [0, 1, 2].map(|axis| format!("{:.2} to {:.2}", least[axis], most[axis]));
    let (skipped, lost, hash) = (subscriber.skipped(), subscriber.lost(), hash.unwrap_or(0));
    println!(
        "{}: {scans} scans, {points} points, hash {hash:016x}, {skipped} skipped, {lost} lost; x {x}, y {y}, z {z}",
        role.name()
    );
    Ok(())
}

struct Survey {
    role: Role,
    scans: u64,
    points: usize,
    /// Of all scans so far.
    hash: Option<u64>,
    least: [f32; 3],
    most: [f32; 3],
}

impl Survey {
    fn add(&mut self, scan: &Sample<[Point], ScanHeader>) -> Result<(), Box<dyn Error>> {
        let ScanHeader { number, before, hash } = *scan.header();
        if self.role == Role::Survey && self.hash.is_some_and(|hash| hash != before) {
            return Err(format!("before scan {number} another one is missing").into());
        }
        if hash_of(scan, before) != hash {
            return Err(format!("scan {number} is not what was published").into());
        }
        self.hash = Some(hash);
        self.scans += 1;
        self.points += scan.len();
        for point in &**scan {
            for (axis, value) in [point.x, point.y, point.z].into_iter().enumerate() {
                self.least[axis] = self.least[axis].min(value);
                self.most[axis] = self.most[axis].max(value);
            }
        }
        Ok(())
    }
}
