//! The values of a structure, found in a copy of its bytes.
//!
//! The book specifies the bytes ("Regions"). Nothing in them is trusted: what contradicts itself is
//! an error, or is left out where another process may be writing.

use anyhow::{Context as _, Result, bail};
use slotcast::region::StructureKind;
use std::borrow::Cow;

/// A value of a structure: its bytes, or those of a key and, in a map, its value.
pub(crate) struct Element<'a> {
    pub(crate) parts: Vec<Cow<'a, [u8]>>,
}

impl<'a> Element<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        Self { parts: vec![Cow::Borrowed(bytes)] }
    }
}

/// Returns the values that a structure has now, in its order: a queue's from the oldest, a stack's
/// from the top. `size` is that of one value, in bytes, or of a key.
pub(crate) fn of<'a>(kind: StructureKind, bytes: &'a [u8], sizes: &[usize]) -> Result<Vec<Element<'a>>> {
    let size = *sizes.first().context("the type of its elements is not known")?;
    if size == 0 {
        bail!("its elements have no bytes");
    }
    let found = match kind {
        StructureKind::Array => array(bytes, size),
        StructureKind::Queue => queue(bytes, size),
        StructureKind::Stack => stack(bytes, size),
        StructureKind::RingBuffer => ring(bytes, size),
        StructureKind::Atomic => one(bytes, 8 + usize::from(read64(bytes, 0)? >> 30 & 1 == 1) * size, size),
        StructureKind::Signal => one(bytes, 8, size),
        StructureKind::Lazy => if_ready(bytes, size),
        StructureKind::Future => if_ready(bytes, size),
        StructureKind::Pool => pool(bytes, size),
        StructureKind::Map => keyed(bytes, size, sizes.get(1).copied()),
        StructureKind::Set => keyed(bytes, size, None),
        _ => bail!("{} has no elements", kind.with_article()),
    };
    found.with_context(|| format!("its {} bytes are not those of {} of this type", bytes.len(), kind.with_article()))
}

fn read32(bytes: &[u8], at: usize) -> Result<u32> {
    let word =
        bytes.get(at..).and_then(|rest| rest.first_chunk()).with_context(|| format!("it has no word at {at}"))?;
    Ok(u32::from_le_bytes(*word))
}

fn read64(bytes: &[u8], at: usize) -> Result<u64> {
    let word =
        bytes.get(at..).and_then(|rest| rest.first_chunk()).with_context(|| format!("it has no word at {at}"))?;
    Ok(u64::from_le_bytes(*word))
}

fn read_size(bytes: &[u8], at: usize) -> Result<usize> {
    Ok(usize::try_from(read64(bytes, at)?)?)
}

fn check_size(stored: u32, size: usize) -> Result<()> {
    if stored as usize != size {
        bail!("its elements have {stored} bytes, and those of the type {size}");
    }
    Ok(())
}

/// Returns `count` values of a size from an offset on.
fn section(bytes: &[u8], at: usize, count: usize, size: usize) -> Result<&[u8]> {
    let end = count.checked_mul(size).and_then(|section| section.checked_add(at));
    let section = end.and_then(|end| bytes.get(at..end));
    section.with_context(|| format!("{count} elements of {size} bytes do not fit"))
}

fn one(bytes: &[u8], at: usize, size: usize) -> Result<Vec<Element<'_>>> {
    Ok(vec![Element::of(section(bytes, at, 1, size)?)])
}

fn array(bytes: &[u8], size: usize) -> Result<Vec<Element<'_>>> {
    let elements = section(bytes, 8, read_size(bytes, 0)?, size)?;
    if bytes.len() - 8 - elements.len() >= 8 {
        bail!("{} elements of {size} bytes leave bytes over", elements.len() / size);
    }
    Ok(elements.chunks_exact(size).map(Element::of).collect())
}

/// Returns the cells of a queue or stack, and the words beside them.
fn cells(bytes: &[u8], capacity: u32, size: usize) -> Result<(Vec<&[u8]>, Vec<u32>)> {
    let elements = section(bytes, 16, capacity as usize, size)?;
    let words = section(bytes, 16 + elements.len().next_multiple_of(8), capacity as usize, 4)?;
    let words = words.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word));
    Ok((elements.chunks_exact(size).collect(), words.collect()))
}

fn queue(bytes: &[u8], size: usize) -> Result<Vec<Element<'_>>> {
    let (head, tail, capacity) = (read32(bytes, 0)?, read32(bytes, 4)?, read32(bytes, 8)?);
    check_size(read32(bytes, 12)?, size)?;
    if !capacity.is_power_of_two() || tail.wrapping_sub(head) > capacity {
        bail!("its head is {head}, its tail {tail} and its capacity {capacity}");
    }
    let (cells, words) = cells(bytes, capacity, size)?;
    let positions = (0..tail.wrapping_sub(head)).map(|count| head.wrapping_add(count));
    let full = positions.map(|position| (position, (position & (capacity - 1)) as usize));
    let full = full.filter(|&(position, cell)| words[cell] == position.wrapping_add(1));
    Ok(full.map(|(_, cell)| Element::of(cells[cell])).collect())
}

fn stack(bytes: &[u8], size: usize) -> Result<Vec<Element<'_>>> {
    const READY: u32 = 2;
    let (top, capacity) = (read32(bytes, 0)?, read32(bytes, 4)?);
    check_size(read32(bytes, 8)?, size)?;
    // The top is -1 if the stack is empty.
    let count = top.wrapping_add(1);
    if count > capacity {
        bail!("its top is {top} and its capacity {capacity}");
    }
    let (cells, words) = cells(bytes, capacity, size)?;
    let ready = (0..count as usize).rev().filter(|&cell| words[cell] == READY);
    Ok(ready.map(|cell| Element::of(cells[cell])).collect())
}

fn ring(bytes: &[u8], size: usize) -> Result<Vec<Element<'_>>> {
    let (written, read, capacity) = (read64(bytes, 0)?, read64(bytes, 8)?, read32(bytes, 16)?);
    check_size(read32(bytes, 20)?, size)?;
    let data = section(bytes, 24, capacity as usize, 1)?;
    let (step, capacity) = (size as u64, u64::from(capacity));
    if written < read || !(written - read).is_multiple_of(step) || capacity < step {
        bail!("it has written {written} bytes and read {read}, and its capacity is {capacity}");
    }
    // A writer that drops elements may be ahead by more than fits.
    let fits = (written - read).min(capacity / step * step);
    let mut elements = Vec::new();
    for count in 0..fits / step {
        let begin = usize::try_from((written - fits + count * step) % capacity)?;
        let end = data.len().min(begin + size);
        let (first, rest) = (&data[begin..end], &data[..size - (end - begin)]);
        let whole = if rest.is_empty() { Cow::Borrowed(first) } else { Cow::Owned([first, rest].concat()) };
        elements.push(Element { parts: vec![whole] });
    }
    Ok(elements)
}

/// Returns the value of a future or lazy value, if it is set.
fn if_ready(bytes: &[u8], size: usize) -> Result<Vec<Element<'_>>> {
    if read32(bytes, 0)? == 2 { one(bytes, 16, size) } else { Ok(Vec::new()) }
}

/// Returns the text of a future that was set to an error.
pub(crate) fn failure(kind: StructureKind, bytes: &[u8], sizes: &[usize]) -> Option<String> {
    const FAILED: u32 = 3;
    let is_failed = kind == StructureKind::Future && read32(bytes, 0).is_ok_and(|state| state == FAILED);
    let text = bytes.get(16_usize.checked_add(*sizes.first()?)?..)?;
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    is_failed.then(|| String::from_utf8_lossy(text).into_owned())
}

/// Returns the objects that are taken.
fn pool(bytes: &[u8], size: usize) -> Result<Vec<Element<'_>>> {
    let capacity = read32(bytes, 0)? as usize;
    check_size(read32(bytes, 4)?, size)?;
    let owners = section(bytes, 16, capacity, 8)?;
    let objects = section(bytes, 16 + owners.len(), capacity, size)?;
    let taken = owners.as_chunks::<8>().0.iter().map(|owner| u64::from_le_bytes(*owner) & 3 == 2);
    let objects = objects.chunks_exact(size).zip(taken).filter(|(_, is_taken)| *is_taken);
    Ok(objects.map(|(object, _)| Element::of(object)).collect())
}

/// Returns the keys of a map or set, with the values of a map.
fn keyed(bytes: &[u8], key_size: usize, value_size: Option<usize>) -> Result<Vec<Element<'_>>> {
    const SET: u64 = 2;
    let (capacity, stored) = (read_size(bytes, 0)?, [read32(bytes, 8)?, read32(bytes, 12)?]);
    let size = value_size.unwrap_or(1);
    check_size(stored[0], key_size)?;
    check_size(stored[1], size)?;
    let slots = section(bytes, 24, capacity, 32)?;
    let keys = section(bytes, 24 + slots.len(), capacity, key_size)?;
    let values_at = (24 + slots.len() + keys.len()).next_multiple_of(8);
    let values = section(bytes, values_at, capacity, size.checked_mul(2).context("its values are too large")?)?;
    let mut found = Vec::new();
    for (slot, key) in keys.chunks_exact(key_size).enumerate() {
        let word = |index: usize| read64(slots, 32 * slot + 8 * index);
        let copy = usize::from(word(1)? >> 30 & 1 == 1);
        if word(0)? != SET || word(2 + copy)? == 0 {
            continue;
        }
        let value = &values[(2 * slot + copy) * size..][..size];
        let value = value_size.map(|_| Cow::Borrowed(value));
        found.push(Element { parts: std::iter::once(Cow::Borrowed(key)).chain(value).collect() });
    }
    Ok(found)
}

/// The fields of structures that are words of 32 bits only. Those without a name are not printed.
fn fields(kind: StructureKind) -> Option<&'static [&'static str]> {
    Some(match kind {
        StructureKind::Semaphore | StructureKind::Mutex => &["count", "waiting", "max"],
        StructureKind::Barrier => &["arrived", "generation", "participants"],
        StructureKind::Latch => &["count", "initial"],
        StructureKind::Once => &["state"],
        StructureKind::Event => &["signaled", "mode", "waiting"],
        _ => return None,
    })
}

/// Returns the fields of a structure that is words only. Returns `None` if it is another one.
pub(crate) fn words(kind: StructureKind, bytes: &[u8]) -> Option<Result<Vec<(&'static str, i32)>>> {
    let word = |(index, name): (usize, &'static str)| Ok((name, read32(bytes, 4 * index)?.cast_signed()));
    Some(fields(kind)?.iter().copied().enumerate().map(word).collect())
}
