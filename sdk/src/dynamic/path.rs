//! Paths to fields, such as `pose.flags[2]`.

use super::layout::{LIST_HEAD, Shape, Type};
use crate::error_debug::debug_is_display;
use std::fmt;

/// One step into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment<'a> {
    Field(&'a str),
    Index(usize),
}

/// Why a path does not lead to a field: it is not valid, or the layout has no such field.
///
/// # Examples
///
/// ```
/// use slotcast::dynamic::Layout;
///
/// let error = Layout::of::<[u8; 2]>()?.accessor("[2]").unwrap_err();
/// assert_eq!(error.to_string(), "path `[2]`: [u8; 2] has no element 2; they are numbered from 0 to 1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("path `{path}`: {problem}")]
pub struct PathError {
    /// The path.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

debug_is_display!(struct PathError { path, problem });

/// Returns the steps of a path. It ends after an error.
pub(super) fn segments(path: &str) -> impl Iterator<Item = Result<Segment<'_>, String>> {
    let mut rest = path;
    let mut first = true;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let result = next(&mut rest, first);
        first = false;
        if result.is_err() {
            rest = "";
        }
        Some(result)
    })
}

fn next<'a>(rest: &mut &'a str, first: bool) -> Result<Segment<'a>, String> {
    if let Some(inside) = rest.strip_prefix('[') {
        let (digits, after) = inside.split_once(']').ok_or("a `[` has no `]`")?;
        *rest = after;
        let index = digits.parse().map_err(|_| format!("`{}` is not an index", digits.escape_debug()))?;
        return Ok(Segment::Index(index));
    }
    let name = match rest.strip_prefix('.') {
        Some(_) if first => return Err("it begins with a dot".to_owned()),
        Some(name) => name,
        None if first => *rest,
        None => return Err("a name after `]` needs a dot before it".to_owned()),
    };
    let (name, after) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
    *rest = after;
    if name.is_empty() { Err("a name is empty".to_owned()) } else { Ok(Segment::Field(name)) }
}

/// Where a path leads in messages of a layout.
pub(super) struct FieldLocation<'a> {
    pub(super) offset: usize,
    pub(super) ty: &'a Type,
    /// The elements of lists that the path leads through.
    pub(super) elements: Vec<ListElement>,
}

/// An element of a list. A message has it only if the list is long enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListElement {
    /// Where the list's length is.
    pub(super) len_at: usize,
    pub(super) capacity: usize,
    pub(super) index: usize,
}

pub(super) fn find<'a>(root: &'a Type, path: &str) -> Result<FieldLocation<'a>, PathError> {
    let mut location = FieldLocation { offset: 0, ty: root, elements: Vec::new() };
    for segment in segments(path) {
        let step = segment.and_then(|segment| location.step(segment));
        step.map_err(|problem| PathError { path: path.to_owned(), problem })?;
    }
    Ok(location)
}

impl FieldLocation<'_> {
    fn step(&mut self, segment: Segment<'_>) -> Result<(), String> {
        match (segment, &self.ty.shape) {
            (Segment::Field(name), Shape::Struct { fields, .. }) => {
                let Some(field) = fields.iter().find(|field| &*field.name == name) else {
                    let names = Names(fields.iter().map(|field| &*field.name));
                    return Err(format!("{} has no field `{name}`; it has {names}", self.ty));
                };
                self.offset += field.offset;
                self.ty = &field.ty;
            }
            (Segment::Index(index), Shape::Array { element, len }) if index < *len => {
                self.offset += index * element.size;
                self.ty = element;
            }
            (Segment::Index(index), &Shape::List { ref element, capacity }) if index < capacity => {
                self.elements.push(ListElement { len_at: self.offset, capacity, index });
                self.offset += LIST_HEAD + index * element.size;
                self.ty = element;
            }
            (Segment::Index(index), Shape::Array { len, .. } | Shape::List { capacity: len, .. }) => {
                return Err(format!("{} has no element {index}; they are numbered from 0 to {}", self.ty, len - 1));
            }
            (Segment::Field(name), _) => return Err(format!("{} is not a struct, and has no field `{name}`", self.ty)),
            (Segment::Index(index), _) => {
                return Err(format!("{} is not an array, and has no element {index}", self.ty));
            }
        }
        Ok(())
    }
}

/// Prints the first of some names, and whether there are more.
pub(super) struct Names<I>(pub(super) I);

impl<'a, I: Iterator<Item = &'a str> + Clone> fmt::Display for Names<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        for (index, name) in self.0.clone().enumerate() {
            match index {
                0 => write!(f, "{name}")?,
                1..SHOWN => write!(f, ", {name}")?,
                _ => return f.write_str(", …"),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        use Segment::{Field, Index};
        let good = |path| segments(path).collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(good(""), []);
        assert_eq!(good("a"), [Field("a")]);
        assert_eq!(good("a.b[2]"), [Field("a"), Field("b"), Index(2)]);
        assert_eq!(good("[1][0].x"), [Index(1), Index(0), Field("x")]);
        let bad = |path| segments(path).collect::<Result<Vec<_>, _>>().unwrap_err();
        assert_eq!(bad(".a"), "it begins with a dot");
        assert_eq!(bad("a."), "a name is empty");
        assert_eq!(bad("a..b"), "a name is empty");
        assert_eq!(bad("a[2"), "a `[` has no `]`");
        assert_eq!(bad("a[-1]"), "`-1` is not an index");
        assert_eq!(bad("a[1]b"), "a name after `]` needs a dot before it");
    }
}
