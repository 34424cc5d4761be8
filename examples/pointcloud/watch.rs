use crate::messages::{Point, SCANS, ScanHeader, hash_of};
use clap::ValueEnum;
use slotcast::{Sample, Subscriber};
use slotcast_examples::follow_publisher;
use std::error::Error;

/// Which scans a subscriber wants.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// All of them: the publisher waits for it
    Survey,
    /// The newest: scans that arrive meanwhile are skipped
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

/// Reads scans until the publisher has ended, or until Ctrl-C.
pub(crate) fn run(role: Role, child: bool) -> Result<(), Box<dyn Error>> {
    let builder = Subscriber::builder(SCANS).name(role.name());
    let mut subscriber = match role {
        Role::Survey => builder.lossless(),
        Role::Display => builder.latest(),
    }
    .create()?;

    follow_publisher(&mut subscriber, role.name(), child)?;

    let mut survey = Survey { role, scans: 0, points: 0, hash: None, least: [f32::MAX; 3], most: [f32::MIN; 3] };
    for scan in subscriber.iter_to_end() {
        survey.add(&scan?)?;
    }
    let Survey { scans, points, hash, least, most, .. } = survey;
    if scans == 0 {
        println!("{}: received no scans", role.name());
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
    /// The hash of all scans so far.
    hash: Option<u64>,
    least: [f32; 3],
    most: [f32; 3],
}

impl Survey {
    fn add(&mut self, scan: &Sample<[Point], ScanHeader>) -> Result<(), Box<dyn Error>> {
        let ScanHeader { number, before, hash } = *scan.header();
        if self.role == Role::Survey && self.hash.is_some_and(|hash| hash != before) {
            return Err(format!("a scan is missing before scan {number}").into());
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
