//! The sources of frames. Each frame is read or drawn directly where subscribers will see it: in a
//! loan.

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The bytes of a pixel: red, green, blue.
const PIXEL: usize = 3;

/// Width and height of a frame, in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

impl Size {
    /// The size of drawn frames, and of raw ones unless `--size` sets another.
    pub(crate) const FULL_HD: Self = Self { width: 1920, height: 1080 };

    pub(crate) fn bytes(self) -> usize {
        self.width as usize * self.height as usize * PIXEL
    }
}

impl FromStr for Size {
    type Err = String;

    /// Parses a size such as `640x480`.
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
    /// Moving bands of colours.
    Drawn { row: Vec<u8>, next: usize },
    /// The frames of files, over and over.
    Files { paths: Vec<PathBuf>, raw: Size, next: usize, open: Option<Reel> },
}

impl Footage {
    /// Creates the frames of these files, or drawn ones if there are no files. Raw frames have the
    /// size `raw`.
    ///
    /// Fails unless each file has at least one whole frame. Prints how many bytes are left over.
    pub(crate) fn new(paths: Vec<PathBuf>, raw: Size) -> Result<Self, Box<dyn Error>> {
        for path in &paths {
            Reel::open(path, raw)?.check()?;
        }
        Ok(if paths.is_empty() {
            // Twice a row, so that a whole row can begin at any column of the first one.
            let columns = 0..2 * Size::FULL_HD.width;
            let row = columns.flat_map(|column| [column, column / 2, column / 4].map(|c| c.to_le_bytes()[0])).collect();
            Self::Drawn { row, next: 0 }
        } else {
            Self::Files { paths, raw, next: 0, open: None }
        })
    }

    /// Returns the size of the next frame.
    pub(crate) fn size(&mut self) -> Result<Size, Box<dyn Error>> {
        let Self::Files { paths, raw, next, open } = self else { return Ok(Size::FULL_HD) };
        if let Some(size) = open.as_mut().map(Reel::size).transpose()?.flatten() {
            return Ok(size);
        }
        let path = &paths[*next % paths.len()];
        let reel = open.insert(Reel::open(path, *raw)?);
        *next += 1;
        reel.size()?.ok_or_else(|| format!("{}: it contains no frame any more", path.display()).into())
    }

    /// Reads or draws the next frame. [`size`](Self::size) must be called before.
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
            Self::Files { open, .. } => open.as_mut().ok_or("its size was not requested")?.fill(frame),
        }
    }
}

/// What files can contain.
const UNDERSTOOD: &str = "what is read is binary PPM (P6, 8 bits a colour), and raw RGB (3 bytes a pixel) of the size that \
                          `--size WxH` sets, 1920x1080 without it";

/// A file with frames.
pub(crate) struct Reel {
    path: PathBuf,
    file: BufReader<File>,
    /// The size of raw frames, and how many bytes of them are left; `None` for PPM images.
    raw: Option<(Size, u64)>,
}

impl Reel {
    fn open(path: &Path, raw: Size) -> Result<Self, Box<dyn Error>> {
        let explained = |error| format!("{}: {error}", path.display());
        // Anything else has no known length, and could not be read again.
        if !path.metadata().map_err(explained)?.is_file() {
            return Err(format!("{}: not a regular file", path.display()).into());
        }
        let file = File::open(path).map_err(explained)?;
        let length = file.metadata().map_err(explained)?.len();
        let mut file = BufReader::new(file);
        let format = match *file.fill_buf().map_err(explained)? {
            [] => return Err(format!("{}: the file is empty; {UNDERSTOOD}", path.display()).into()),
            [b'P', digit @ b'1'..=b'7', space, ..] if space.is_ascii_whitespace() => Some(digit),
            _ => None,
        };
        match format {
            None => Ok(Self { path: path.to_owned(), file, raw: Some((raw, length)) }),
            Some(b'6') => Ok(Self { path: path.to_owned(), file, raw: None }),
            Some(other) => {
                Err(format!("{}: an image of the format P{}; {UNDERSTOOD}", path.display(), other as char).into())
            }
        }
    }

    /// Checks the whole file, so that nothing is started for an invalid one.
    fn check(mut self) -> Result<(), Box<dyn Error>> {
        let path = self.path.display().to_string();
        let length = self.file.get_ref().metadata()?.len();
        if let Some((size, _)) = self.raw {
            let frame = size.bytes() as u64;
            match (length / frame, length % frame) {
                (0, _) => {
                    return Err(format!(
                        "{path}: a raw frame of {size} needs {frame} bytes, and the file has {length}; {UNDERSTOOD}"
                    )
                    .into());
                }
                (_, 0) => {}
                (frames, rest) => eprintln!(
                    "{path}: raw frames of {size}: {frames}, bytes left over: {rest}; if that is not its size, \
                     `--size WxH` sets it"
                ),
            }
            return Ok(());
        }
        for number in 1.. {
            let Some(size) = self.size()? else { break };
            let (needed, left) = (size.bytes() as u64, length.saturating_sub(self.file.stream_position()?));
            if left < needed {
                return Err(format!(
                    "{path}: its image {number}, of {size}, needs {needed} bytes, and the file ends after {left}: \
                     {} are missing",
                    needed - left
                )
                .into());
            }
            self.file.seek_relative(needed.try_into()?)?;
        }
        Ok(())
    }

    /// Returns the size of its next frame, or `None` if there are no more.
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
            _ => Err(format!("{}: not a binary PPM image with 8 bits a colour", self.path.display()).into()),
        }
    }

    fn fill(&mut self, frame: &mut [u8]) -> Result<(), Box<dyn Error>> {
        let path = self.path.display();
        self.file.read_exact(frame).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => format!("{path}: the file has become shorter: one of its frames is cut off"),
            _ => format!("{path}: {error}"),
        })?;
        if let Some((_, left)) = &mut self.raw {
            *left -= frame.len() as u64;
        }
        Ok(())
    }

    /// Reads a word of a PPM header, and the one space after it. Returns an empty word at the end
    /// of the file.
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
