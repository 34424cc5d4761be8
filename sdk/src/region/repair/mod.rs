//! Finding what is wrong in a region, and making it consistent again.
//!
//! Each kind of structure has a function that looks at its words and, if it is asked to, mends
//! them. It knows no types: sizes are those that the structure says, and are checked as when it is
//! opened.

mod findings;
mod keyed;
mod sequences;
mod words;

use super::block::Block;
use super::error::RegionError;
use super::handle::Region;
use super::kind::StructureKind;
use super::name;
use super::table::RawEntry;
use findings::Findings;
use std::collections::BTreeSet;

/// Something that is wrong in a region.
///
/// # Examples
///
/// ```
/// use slotcast::region::Region;
/// # let name = format!("slotcast-doc-problem-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// assert!(region.check()?.is_empty());
/// # Region::remove(&name)?;
/// # Ok::<(), slotcast::region::RegionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The structure's name; empty for the table.
    pub structure: String,
    /// What is wrong.
    pub text: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &*self.structure {
            "" => f.write_str(&self.text),
            structure => write!(f, "`{structure}`: {}", self.text),
        }
    }
}

impl Region {
    /// Looks for what is wrong: in the table, and in the structures whose kind is recorded. Changes
    /// nothing. What other processes do meanwhile can look wrong: check again.
    ///
    /// # Errors
    /// [`RegionError::Forked`], and [`RegionError::Corrupt`] if the header is so wrong that there
    /// is no table.
    pub fn check(&self) -> Result<Vec<Problem>, RegionError> {
        let mut problems = self.check_table()?;
        problems.extend(self.examine(false)?);
        Ok(problems)
    }

    /// Frees what processes that have died hold, and makes structures consistent. An element that
    /// was being written or read when its process died is dropped. Returns what was wrong.
    ///
    /// The region must not be used meanwhile. Processes of this crate are noticed; other clients
    /// and threads of this process are not. The table is not changed.
    ///
    /// # Errors
    /// [`RegionError::InUse`] if other processes have the region open; [`RegionError::ReadOnly`],
    /// [`RegionError::Forked`] and [`RegionError::Corrupt`].
    pub fn repair(&self) -> Result<Vec<Problem>, RegionError> {
        self.inner.alone(|| self.examine(true))?
    }

    fn examine(&self, mends: bool) -> Result<Vec<Problem>, RegionError> {
        let mut problems = Vec::new();
        for entry in self.inner.raw_entries()? {
            let Some(name) = entry.name().filter(|&name| name != name::RECORDS) else { continue };
            let Some(block) = self.block_of(name, &entry) else { continue };
            let mut findings = Findings { mends, texts: Vec::new() };
            if examine_block(&block, &mut findings).is_none() {
                let kind = block.kind.with_article();
                findings.texts.push(format!("its size of {} bytes is not what {kind} says", block.size));
            }
            let problem = |text| Problem { structure: name.to_owned(), text };
            problems.extend(findings.texts.into_iter().map(problem));
        }
        Ok(problems)
    }

    /// Checks all entries of the table.
    fn check_table(&self) -> Result<Vec<Problem>, RegionError> {
        let entries = self.inner.raw_entries()?;
        let mut problems = Vec::new();
        let mut note = |structure: &str, text: String| problems.push(Problem { structure: structure.into(), text });
        let next = self.inner.next_offset().unwrap_or_else(|error| {
            note("", error.to_string());
            u64::MAX
        });
        let mut names = BTreeSet::new();
        for (index, entry) in entries.iter().enumerate() {
            let Some(name) = entry.name().filter(|name| !name.is_empty()) else {
                note("", format!("the name of entry {index} is empty, not UTF-8, or has no end"));
                continue;
            };
            if !names.insert(name) {
                note(name, "there are two of this name; the first is found".into());
            }
            match self.inner.check_bounds(entry) {
                Err(text) => note(name, text),
                Ok(()) if entry.offset + entry.size > next => {
                    note(name, format!("ends at {}, behind the next offset, {next}", entry.offset + entry.size));
                }
                Ok(()) => {}
            }
        }
        problems.extend(overlaps(&entries));
        Ok(problems)
    }
}

/// Returns the structures that overlap the one before them.
fn overlaps(entries: &[RawEntry]) -> Vec<Problem> {
    let mut sorted: Vec<&RawEntry> = entries.iter().collect();
    sorted.sort_unstable_by_key(|entry| entry.offset);
    let pairs = sorted.windows(2).filter(|pair| pair[0].offset.saturating_add(pair[0].size) > pair[1].offset);
    let problem = |pair: &[&RawEntry]| Problem {
        structure: pair[1].name().unwrap_or("?").into(),
        text: format!("begins at {}, inside `{}`", pair[1].offset, pair[0].name().unwrap_or("?")),
    };
    pairs.map(problem).collect()
}

/// Looks at one structure. Returns `None` if its size is not what it says.
fn examine_block(block: &Block, findings: &mut Findings) -> Option<()> {
    match block.kind {
        StructureKind::Queue => sequences::queue(block, findings),
        StructureKind::Stack => sequences::stack(block, findings),
        StructureKind::RingBuffer => sequences::ring(block, findings),
        StructureKind::Semaphore => words::semaphore(block, findings),
        StructureKind::Mutex => words::mutex(block, findings),
        StructureKind::Barrier => words::barrier(block, findings),
        StructureKind::Once => words::once(block, findings),
        StructureKind::Event => words::event(block, findings),
        StructureKind::Part => words::part(block, findings),
        StructureKind::Future => words::future(block, findings),
        StructureKind::Lazy => words::lazy(block, findings),
        StructureKind::Atomic => words::atomic(block, findings),
        StructureKind::Map | StructureKind::Set => keyed::map(block, findings),
        StructureKind::Pool => keyed::pool(block, findings),
        StructureKind::Channel => keyed::channel(block, findings),
        StructureKind::Array | StructureKind::Latch => Some(()),
        StructureKind::RwLock | StructureKind::Monitor | StructureKind::Signal => Some(()),
    }
}
