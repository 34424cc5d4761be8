//! Ten thousand particles in one array, moved by two processes in step.
//!
//! ```text
//! cargo run --release --example particles
//! ```
//!
//! Each process moves one half of the particles, which are drawn to the centre of all. So each step
//! reads what the other process wrote in the step before: a `Barrier` keeps them in step. The first
//! process then computes the same alone, and compares.

use slotcast::ShmMessage;
use slotcast::region::{Array, Barrier, Region};
use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

const PARTICLES: usize = 10_000;
const STEPS: usize = 200;
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Particle {
    position: [f64; 3],
    velocity: [f64; 3],
}

fn main() -> Result<(), Box<dyn Error>> {
    if let [_, flag, region] = std::env::args().collect::<Vec<_>>().as_slice()
        && flag == "--second"
    {
        return simulate(&Region::open(region)?, 1);
    }
    let name = format!("particles-{}", std::process::id());
    let region = Region::create(&name, 4 << 20)?;
    let result = run(&region);
    Region::remove(&name)?;
    result
}

fn run(region: &Region) -> Result<(), Box<dyn Error>> {
    let particles = Array::<Particle>::create(region, "particles", PARTICLES)?;
    for index in 0..PARTICLES {
        particles.set(index, &first(index))?;
    }
    // The centre that each process has found for its half.
    Array::<[f64; 3]>::create(region, "centres", 2)?;
    Barrier::create(region, "step", 2)?;
    let start = Instant::now();
    let mut other = Command::new(std::env::current_exe()?).args(["--second", region.name()]).spawn()?;
    simulate(region, 0)?;
    if !other.wait()?.success() {
        return Err("the second process failed".into());
    }
    println!("{PARTICLES} particles, {STEPS} steps by two processes in {:.1?}", start.elapsed());
    if particles.to_vec() != alone() {
        return Err("one process alone comes to another result".into());
    }
    println!("one process alone comes to the same result");
    Ok(())
}

fn first(index: usize) -> Particle {
    let angle = index as f64;
    Particle { position: [angle.sin(), angle.cos(), (angle / 7.0).sin()], velocity: [0.0; 3] }
}

/// Does all steps for one half of the particles.
fn simulate(region: &Region, half: usize) -> Result<(), Box<dyn Error>> {
    let particles = Array::<Particle>::open(region, "particles")?;
    let centres = Array::<[f64; 3]>::open(region, "centres")?;
    let barrier = Barrier::open(region, "step")?;
    let mine = half * PARTICLES / 2..(half + 1) * PARTICLES / 2;
    let get = |index| particles.get(index).expect("it is inside");
    for _ in 0..STEPS {
        centres.set(half, &centre(mine.clone().map(get)))?;
        barrier.wait(PATIENCE)?;
        let both = middle(centres.get(0).expect("there are two"), centres.get(1).expect("there are two"));
        for index in mine.clone() {
            particles.set(index, &step(get(index), both))?;
        }
        barrier.wait(PATIENCE)?;
    }
    Ok(())
}

/// Does the same in one process, without shared memory.
fn alone() -> Vec<Particle> {
    let mut particles: Vec<_> = (0..PARTICLES).map(first).collect();
    for _ in 0..STEPS {
        let (left, right) = particles.split_at(PARTICLES / 2);
        let both = middle(centre(left.iter().copied()), centre(right.iter().copied()));
        particles.iter_mut().for_each(|particle| *particle = step(*particle, both));
    }
    particles
}

fn centre(particles: impl ExactSizeIterator<Item = Particle>) -> [f64; 3] {
    let count = particles.len() as f64;
    let sum = particles.fold([0.0; 3], |sum, particle| std::array::from_fn(|axis| sum[axis] + particle.position[axis]));
    sum.map(|sum| sum / count)
}

fn middle(one: [f64; 3], other: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| (one[axis] + other[axis]) / 2.0)
}

fn step(mut particle: Particle, centre: [f64; 3]) -> Particle {
    const TIME: f64 = 0.01;
    for (axis, centre) in centre.into_iter().enumerate() {
        particle.velocity[axis] += (centre - particle.position[axis]) * TIME;
        particle.position[axis] += particle.velocity[axis] * TIME;
    }
    particle
}
