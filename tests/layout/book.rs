//! Tables of the book, between `<!-- name -->` and `<!-- end -->`.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;

const PAGES: [&str; 2] = [include_str!("../../book/src/registry.md"), include_str!("../../book/src/ring.md")];

/// Returns what stands between a marker and the end marker.
pub(crate) fn block(name: &str) -> &'static str {
    let marker = format!("<!-- {name} -->\n");
    let (_, after) = PAGES.iter().find_map(|page| page.split_once(&marker)).unwrap_or_else(|| panic!("no {marker}"));
    after.split_once("<!-- end -->").expect("an end").0.trim()
}

/// Returns the cells of a table, without its head.
pub(crate) fn rows(name: &str) -> Vec<Vec<&'static str>> {
    let lines = block(name).lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The fields of a structure: offset and size of each.
pub(crate) struct Layout(BTreeMap<&'static str, (u64, Option<usize>)>);

impl Layout {
    pub(crate) fn of(name: &str) -> Self {
        let rows = rows(&format!("layout: {name}"));
        let fields: BTreeMap<_, _> =
            rows.iter().map(|row| (row[2], (row[0].parse().expect(row[0]), row[1].parse().ok()))).collect();
        assert!(!fields.is_empty() && fields.len() == rows.len(), "{name}: {fields:?}");
        Self(fields)
    }

    pub(crate) fn offset(&self, field: &str) -> u64 {
        self.0.get(field).unwrap_or_else(|| panic!("no {field} in {:?}", self.0)).0
    }

    /// Returns the bytes of a field of the structure that begins at `start`.
    pub(crate) fn bytes(&self, file: &File, start: u64, field: &str) -> Vec<u8> {
        let size = self.0[field].1.unwrap_or_else(|| panic!("{field} has no size"));
        let mut bytes = vec![0; size];
        file.read_exact_at(&mut bytes, start + self.offset(field)).expect(field);
        bytes
    }

    /// Returns a field as a number.
    pub(crate) fn number(&self, file: &File, start: u64, field: &str) -> u128 {
        self.bytes(file, start, field).iter().rev().fold(0, |number, &byte| number << 8 | u128::from(byte))
    }

    /// Returns a field of at most 8 bytes as a number.
    pub(crate) fn word(&self, file: &File, start: u64, field: &str) -> u64 {
        self.number(file, start, field).try_into().expect(field)
    }

    /// Returns every byte of `0..size` that no field covers.
    pub(crate) fn gaps(&self, size: u64) -> impl Iterator<Item = u64> {
        let covered: Vec<_> =
            self.0.values().map(|&(offset, bytes)| offset..bytes.map_or(size, |bytes| offset + bytes as u64)).collect();
        (0..size).filter(move |byte| !covered.iter().any(|range| range.contains(byte)))
    }

    /// Returns the fields that begin in `range`.
    pub(crate) fn names_in(&self, range: std::ops::Range<u64>) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.iter().filter(|(_, field)| range.contains(&field.0)).collect();
        names.sort_by_key(|(_, field)| field.0);
        names.into_iter().map(|(name, _)| *name).collect()
    }

    pub(crate) fn range(&self, field: &str) -> std::ops::Range<u64> {
        let (offset, bytes) = self.0[field];
        offset..offset + bytes.expect("a size") as u64
    }
}

/// Parses a magic number: a word and the version, as the tables spell it.
pub(crate) fn magic(word: &str, last: u8) -> Vec<u8> {
    let mut magic = word.as_bytes().to_vec();
    magic.push(last);
    magic
}
