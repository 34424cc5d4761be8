//! A server that shrinks images for any number of clients, each in a thread of its own. A thumbnail is
//! streamed: the client writes its first rows while the server computes the next ones.
//!
//! ```text
//! cargo run --example thumbnails -- serve                   in one terminal
//! cargo run --example thumbnails -- shrink a.ppm b.ppm      in others, at the same time
//! ```
//!
//! Images are PPM files, which `magick photo.jpg photo.ppm` and `ffmpeg -i film.mp4 %d.ppm` write.
//! A request is a whole file, which is read from disk to where the server sees it. The rows of the
//! thumbnail are computed where the client sees them. What is no image is refused with the reason. If a
//! client dies, the server gives up its thumbnail and no other.

use clap::{Parser, Subcommand};
use slotcast::service::Reason;
use slotcast::{Client, Server, ServerCall, ShmMessage};
use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const SERVICE: &str = "thumbnails";

/// How many rows an item of a response has at most.
const ROWS: usize = 16;

/// What stands before the rows in each item of a response: the size of the whole thumbnail.
#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Size {
    width: u32,
    height: u32,
}

/// A file, for rows of pixels of three bytes each.
type Call = ServerCall<[u8], (Size, [u8])>;

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// Shrink the images of clients
    Serve {
        /// The width of thumbnails in pixels
        #[arg(long, default_value_t = 160, value_parser = clap::value_parser!(u32).range(1..))]
        width: u32,
    },
    /// Have images shrunk: NAME.ppm becomes NAME.thumb.ppm
    Shrink { files: Vec<PathBuf> },
}

fn main() -> Result<(), Box<dyn Error>> {
    match Arguments::parse().part {
        Part::Serve { width } => serve(width as usize),
        Part::Shrink { files } => files.iter().try_for_each(|file| shrink(file)),
    }
}

fn serve(width: usize) -> Result<(), Box<dyn Error>> {
    let mut server = Server::<[u8], (Size, [u8])>::new(SERVICE)?;
    println!("thumbnails: ready");
    loop {
        let call = server.next()?;
        thread::spawn(move || {
            let bytes = call.request().len();
            match answer(call, width) {
                Ok(rows) => println!("thumbnails: {bytes} bytes became {rows} rows"),
                Err(reason) => println!("thumbnails: {bytes} bytes given up: {reason}"),
            }
        });
    }
}

/// Sends a thumbnail, and returns how many rows it has. An error is that nobody waits for it any more.
fn answer(call: Call, width: usize) -> Result<usize, Box<dyn Error>> {
    let image = match Image::parse(call.request()) {
        Ok(image) => image,
        Err(problem) => {
            call.refuse(&Reason::new(1, problem))?;
            return Err(problem.into());
        }
    };
    let factor = image.width.div_ceil(width);
    let (width, height) = (image.width / factor, (image.height / factor).max(1));
    let size = Size { width: u32::try_from(width)?, height: u32::try_from(height)? };
    for first in (0..height).step_by(ROWS) {
        let rows = first..height.min(first + ROWS);
        let mut item = call.loan_slice_uninit(rows.len() * width * 3)?;
        *item.header_mut() = size;
        let pixels = rows.flat_map(|row| (0..width).map(move |column| (row, column)));
        for (pixel, (row, column)) in item.chunks_exact_mut(3).zip(pixels) {
            pixel.copy_from_slice(&image.mean(row, column, factor));
        }
        call.send_loan(item)?;
    }
    call.finish()?;
    Ok(height)
}

fn shrink(file: &Path) -> Result<(), Box<dyn Error>> {
    let client = Client::<[u8], (Size, [u8])>::builder(SERVICE).timeout(Duration::from_secs(60)).create()?;
    let named = |error: &dyn Error| format!("{}: {error}", file.display());
    let mut input = File::open(file).map_err(|error| named(&error))?;
    let mut request = client.loan_slice_uninit(usize::try_from(input.metadata()?.len())?)?;
    input.read_exact(&mut request).map_err(|error| named(&error))?;
    let mut pending = client.call_loan(request)?;
    let thumbnail = file.with_extension("thumb.ppm");
    let mut output = None;
    while let Some(rows) = pending.next().map_err(|error| named(&error))? {
        let output = match &mut output {
            Some(output) => output,
            None => {
                let mut created = File::create(&thumbnail)?;
                let Size { width, height } = rows.header();
                write!(created, "P6\n{width} {height}\n255\n")?;
                output.insert(created)
            }
        };
        output.write_all(&rows)?;
        println!("{}: {} bytes more", thumbnail.display(), rows.len());
    }
    println!("{}: complete", thumbnail.display());
    Ok(())
}

/// An image in a PPM file.
struct Image<'a> {
    width: usize,
    height: usize,
    /// Three bytes each.
    pixels: &'a [u8],
}

impl<'a> Image<'a> {
    fn parse(file: &'a [u8]) -> Result<Self, &'static str> {
        let mut rest = file.strip_prefix(b"P6").ok_or("no PPM file: it does not begin with P6")?;
        let mut number = || -> Option<usize> {
            loop {
                let start = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
                rest = &rest[start..];
                if rest[0] != b'#' {
                    break;
                }
                rest = &rest[rest.iter().position(|&byte| byte == b'\n')?..]; // a comment
            }
            let end = rest.iter().position(u8::is_ascii_whitespace)?;
            let digits = std::str::from_utf8(&rest[..end]).ok()?;
            rest = &rest[end..];
            digits.parse().ok()
        };
        let (Some(width), Some(height), Some(255)) = (number(), number(), number()) else {
            return Err("a PPM file whose size or depth cannot be read");
        };
        let bytes = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(3)).filter(|&bytes| bytes > 0);
        match bytes.and_then(|bytes| rest.get(1..)?.get(..bytes)) {
            Some(pixels) => Ok(Self { width, height, pixels }),
            None => Err("a PPM file without pixels, or with too few"),
        }
    }

    /// Returns the mean colour of a square of `factor` pixels each way, as far as it is in the image.
    fn mean(&self, row: usize, column: usize, factor: usize) -> [u8; 3] {
        let rows = row * factor..self.height.min((row + 1) * factor);
        let count = rows.len() * factor;
        let mut sums = [0_usize; 3];
        for row in rows {
            let start = 3 * (row * self.width + column * factor);
            for pixel in self.pixels[start..start + 3 * factor].chunks_exact(3) {
                sums.iter_mut().zip(pixel).for_each(|(sum, &colour)| *sum += usize::from(colour));
            }
        }
        sums.map(|sum| u8::try_from(sum / count).expect("a mean of bytes is a byte"))
    }
}
