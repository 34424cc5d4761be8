//! Where frames are from. Each is read or drawn where subscribers will see it: into the bytes of a loan.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How many bytes a pixel has: red, green, blue.
const PIXEL: usize = 3;

/// Width and height of a frame, in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    /// Of drawn frames, and of raw ones without a choice.
    pub(crate) const FULL_HD: Self = Self { width: 1920, height: 1080 };

    pub(crate) fn bytes(self) -> usize {
        self.width as usize * self.height as usize * PIXEL
    }
}

impl FromStr for Size {
    type Err = String;

    /// As `640x480`.
    fn from_str(text: &str) -> Result<Self, String> {
        let sides = text.split_once('x').map(|(width, height)| (width.parse(), height.parse()));
        match sides {
            Some((Ok(width @ 1..=65535), Ok(height @ 1..=65535))) => Ok(Self { width, height }),
            _ => Err("width and height are needed, such as 640x480, of at most 65535".into()),
        }
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Frames without end.
pub(crate) enum Footage {
    /// Coloured bands that move.
    Drawn { row: Vec<u8>, next: usize },
    /// The frames of files, over and over.
    Files { paths: Vec<PathBuf>, raw: Size, next: usize, open: Option<Reel> },
}

impl Footage {
    /// Of files, raw ones of this size, or drawn if there are none.
    pub(crate) fn new(paths: Vec<PathBuf>, raw: Size) -> Self {
        if paths.is_empty() {
            // Twice a row, so that any part of it can be taken.
            let columns = 0..2 * Size::FULL_HD.width;
            let row = columns.flat_map(|column| [column, column / 2, column / 4].map(|c| c.to_le_bytes()[0])).collect();
            Self::Drawn { row, next: 0 }
        } else {
            Self::Files { paths, raw, next: 0, open: None }
        }
    }

    /// The size of the next frame.
    pub(crate) fn size(&mut self) -> Result<Size, Box<dyn Error>> {
        let Self::Files { paths, raw, next, open } = self else { return Ok(Size::FULL_HD) };
        if let Some(size) = open.as_mut().map(Reel::size).transpose()?.flatten() {
            return Ok(size);
        }
        let path = &paths[*next % paths.len()];
        let reel = open.insert(Reel::open(path, *raw)?);
        *next += 1;
        reel.size()?.ok_or_else(|| format!("{} has no frame", path.display()).into())
    }

    /// Reads or draws the next frame, of which the size was just asked.
    pub(crate) fn fill(&mut self, frame: &mut [u8]) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Drawn { row, next } => {
                let width = Size::FULL_HD.width as usize;
                for (y, line) in frame.chunks_exact_mut(width * PIXEL).enumerate() {
                    let start = (y + *next * 8) % width * PIXEL;
                    line.copy_from_slice(&row[start..start + line.len()]);
                }
                *next += 1;
                Ok(())
            }
            Self::Files { open, .. } => open.as_mut().ok_or("its size was not asked")?.fill(frame),
        }
    }
}

/// A file with frames.
pub(crate) struct Reel {
    path: PathBuf,
    file: BufReader<File>,
    /// The size of raw frames, and how many bytes of them are left; nothing of a file of PPM images.
    raw: Option<(Size, u64)>,
}

impl Reel {
    fn open(path: &Path, raw: Size) -> Result<Self, Box<dyn Error>> {
        let told = |error| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(told)?;
        let length = file.metadata().map_err(told)?.len();
        let mut file = BufReader::new(file);
        let is_ppm = file.fill_buf().map_err(told)?.starts_with(b"P6");
        Ok(Self { path: path.to_owned(), file, raw: (!is_ppm).then_some((raw, length)) })
    }

    /// The size of its next frame, if it has one more.
    fn size(&mut self) -> Result<Option<Size>, Box<dyn Error>> {
        if let Some((size, left)) = self.raw {
            return Ok((left >= size.bytes() as u64).then_some(size));
        }
        let kind = self.word()?;
        if kind.is_empty() {
            return Ok(None);
        }
        let numbers = [self.word()?, self.word()?, self.word()?].map(|word| word.parse().ok());
        match (kind.as_str(), numbers) {
            ("P6", [Some(width @ 1..=65535), Some(height @ 1..=65535), Some(255)]) => Ok(Some(Size { width, height })),
            _ => Err(format!("{}: no binary PPM image with 8 bits a colour", self.path.display()).into()),
        }
    }

    fn fill(&mut self, frame: &mut [u8]) -> Result<(), Box<dyn Error>> {
        self.file.read_exact(frame).map_err(|error| format!("{}: {error}", self.path.display()))?;
        if let Some((_, left)) = &mut self.raw {
            *left -= frame.len() as u64;
        }
        Ok(())
    }

    /// A word of a PPM header, and the one space after it; empty at the file's end.
    fn word(&mut self) -> std::io::Result<String> {
        let (mut word, mut byte) = (String::new(), [0]);
        while self.file.read(&mut byte)? == 1 {
            match byte[0] {
                b'#' => drop(self.file.skip_until(b'\n')?),
                space if space.is_ascii_whitespace() && word.is_empty() => {}
                space if space.is_ascii_whitespace() || word.len() > 8 => break,
                other => word.push(other.into()),
            }
        }
        Ok(word)
    }
}
