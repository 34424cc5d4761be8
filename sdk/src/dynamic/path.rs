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
    /// The element of a message of variable size that the path leads through.
    pub(super) element: Option<usize>,
    /// Whether the last step was `elements`.
    at_elements: bool,
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
    let mut location = FieldLocation { offset: 0, ty: root, elements: Vec::new(), element: None, at_elements: false };
    let error = |problem| PathError { path: path.to_owned(), problem };
    for segment in segments(path) {
        segment.and_then(|segment| location.step(segment)).map_err(error)?;
    }
    if location.at_elements {
        return Err(error("name one element, such as `elements[0]`".to_owned()));
    }
    Ok(location)
}

impl FieldLocation<'_> {
    fn step(&mut self, segment: Segment<'_>) -> Result<(), String> {
        if let Some(field) = self.ty.newtype().filter(|_| segment != Segment::Field("0")) {
            self.offset += field.offset;
            self.ty = &field.ty;
            return self.step(segment);
        }
        match (segment, &self.ty.shape) {
            (segment, Shape::Slice { header, element }) => self.step_into_slice(segment, header.as_deref(), element)?,
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

impl<'a> FieldLocation<'a> {
    /// Steps into a message of variable size. With a header it has the parts `header` and `elements`, as
    /// its value has; without one it is a list.
    fn step_into_slice(
        &mut self,
        segment: Segment<'_>,
        header: Option<&'a Type>,
        element: &'a Type,
    ) -> Result<(), String> {
        match (segment, header) {
            (Segment::Field("header"), Some(header)) if !self.at_elements => self.ty = header,
            (Segment::Field("elements"), Some(_)) if !self.at_elements => self.at_elements = true,
            (Segment::Index(index), header) if self.at_elements || header.is_none() => {
                let at = index.checked_mul(element.size).and_then(|at| at.checked_add(self.ty.size));
                let end = at.and_then(|at| at.checked_add(element.size));
                self.offset = at.filter(|_| end.is_some()).ok_or_else(|| format!("no message has element {index}"))?;
                (self.ty, self.element, self.at_elements) = (element, Some(index), false);
            }
            (_, Some(_)) if self.at_elements => return Err("after `elements` comes an index in brackets".to_owned()),
            (_, Some(_)) => return Err(format!("{} has the parts `header` and `elements`", self.ty)),
            (_, None) => return Err(format!("{} has elements, such as `[0]`", self.ty)),
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
