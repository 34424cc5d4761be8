//! The sources of points.

use crate::messages::Point;
use std::error::Error;
use std::f32::consts::PI;
use std::path::Path;

/// The smallest and the largest number of points of a scan.
pub(crate) const LEAST: usize = 1000;
pub(crate) const MOST: usize = 100 * LEAST;

/// Points without end.
pub(crate) enum Source {
    /// The points of a file, over and over.
    File { points: Vec<Point>, next: usize },
    /// What a scanner sees while it circles in a room.
    Room,
}

impl Source {
    pub(crate) fn new(file: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let Some(file) = file else { return Ok(Self::Room) };
        let explained = |error: String| format!("{}: {error}", file.display());
        let bytes = std::fs::read(file).map_err(|error| explained(error.to_string()))?;
        let points = match std::str::from_utf8(&bytes) {
            Ok(text) if !bytes.contains(&0) => text_points(text),
            _ => binary_points(&bytes),
        }
        .map_err(explained)?;
        if points.is_empty() { Err(explained("no points".into()).into()) } else { Ok(Self::File { points, next: 0 }) }
    }

    /// Returns the number of points of a scan: between [`LEAST`] and [`MOST`], with all magnitudes
    /// equally frequent.
    pub(crate) fn size(number: u64) -> usize {
        // Multiples of the golden ratio are spread evenly, without a period.
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "any size does")]
        #[expect(clippy::cast_sign_loss, reason = "it is positive")]
        let size = (LEAST as f64 * 100_f64.powf((number as f64 * 0.618_034).fract())) as usize;
        size
    }

    /// Writes the points of a scan.
    pub(crate) fn fill(&mut self, number: u64, scan: &mut [Point]) {
        match self {
            Self::File { points, next } => {
                for point in scan {
                    *point = points[*next];
                    *next = (*next + 1) % points.len();
                }
            }
            Self::Room => {
                let count = scan.len();
                scan.iter_mut().enumerate().for_each(|(index, point)| *point = seen(number, index, count));
            }
        }
    }
}

fn text_points(text: &str) -> Result<Vec<Point>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let point = |(index, line): (usize, &str)| {
        let mut numbers = line.split_whitespace().map_while(|word| word.parse().ok());
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(x), Some(y), Some(z)) => Ok(Point { x, y, z }),
            _ => Err(format!("line {}: `x y z` is expected", index + 1)),
        }
    };
    lines.map(point).collect()
}

fn binary_points(bytes: &[u8]) -> Result<Vec<Point>, String> {
    let (points, rest) = bytes.as_chunks::<12>();
    if !rest.is_empty() {
        return Err(format!("{} bytes are no multiple of 12: three f32 a point are expected", bytes.len()));
    }
    let number = |point: &[u8; 12], at: usize| f32::from_le_bytes([0, 1, 2, 3].map(|byte| point[at + byte]));
    Ok(points.iter().map(|point| Point { x: number(point, 0), y: number(point, 4), z: number(point, 8) }).collect())
}

/// Half the size of the room, in metres.
const ROOM: [f32; 3] = [5.0, 3.0, 1.5];

/// The angle between two beams, which spreads them evenly.
const GOLDEN_ANGLE: f32 = 2.399_963;

/// Returns the point where a beam of a scan meets a wall.
#[expect(clippy::cast_precision_loss, reason = "any direction does")]
fn seen(scan: u64, index: usize, count: usize) -> Point {
    // Directions on a spiral from pole to pole, and a position on a circle.
    let height = 1.0 - (2 * index + 1) as f32 / count as f32;
    let (sine, cosine) = (index as f32 * GOLDEN_ANGLE).sin_cos();
    let radius = (1.0 - height * height).max(0.0).sqrt();
    let direction = [radius * cosine, radius * sine, height];
    let (y, x) = ((scan % 100) as f32 / 50.0 * PI).sin_cos();
    let place = [2.0 * x, 2.0 * y, 0.0];
    let walls = [0, 1, 2].map(|axis| (ROOM[axis].copysign(direction[axis]) - place[axis]) / direction[axis]);
    let distance = walls.into_iter().filter(|distance| distance.is_finite()).fold(f32::INFINITY, f32::min);
    let [x, y, z] = [0, 1, 2].map(|axis| place[axis] + distance * direction[axis]);
    Point { x, y, z }
}
