use super::layout::{LIST_HEAD, Shape, Type};
use std::fmt;

/// One step into a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment<'a> {
    Field(&'a str),
    Index(usize),
}

/// A text that is no path, or leads nowhere in a layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("path `{path}`: {problem}")]
pub struct PathError {
    /// The path.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The steps of `a.b[2]`. After an error there are no more.
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
        let index = digits.parse().map_err(|_| format!("`{}` is no index", digits.escape_debug()))?;
        return Ok(Segment::Index(index));
    }
    let name = match rest.strip_prefix('.') {
        Some(_) if first => return Err("it begins with a dot".to_owned()),
        Some(name) => name,
        None if first => *rest,
        None => return Err("between `]` and a name there is a dot".to_owned()),
    };
    let (name, after) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
    *rest = after;
    if name.is_empty() { Err("a name is empty".to_owned()) } else { Ok(Segment::Field(name)) }
}

/// Where a path leads in messages of a layout.
pub(super) struct TopicAccess<'a> {
    pub(super) offset: usize,
    pub(super) ty: &'a Type,
    /// The lists on the way: where each one's length is, its capacity, and which element is meant.
    pub(super) lists: Vec<OfList>,
}

/// An element of a list, that is there only if the list is long enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct OfList {
    pub(super) len_at: usize,
    pub(super) capacity: usize,
    pub(super) index: usize,
}

pub(super) fn find<'a>(root: &'a Type, path: &str) -> Result<TopicAccess<'a>, PathError> {
    let mut place = TopicAccess { offset: 0, ty: root, lists: Vec::new() };
    for segment in segments(path) {
        let step = segment.and_then(|segment| place.step(segment));
        step.map_err(|problem| PathError { path: path.to_owned(), problem })?;
    }
    Ok(place)
}

impl TopicAccess<'_> {
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
                self.lists.push(OfList { len_at: self.offset, capacity, index });
                self.offset += LIST_HEAD + index * element.size;
                self.ty = element;
            }
            (Segment::Index(index), Shape::Array { len, .. } | Shape::List { capacity: len, .. }) => {
                return Err(format!("{} has no element {index}; they are numbered from 0 to {}", self.ty, len - 1));
            }
            (Segment::Field(name), _) => return Err(format!("{} is no struct, and has no field `{name}`", self.ty)),
            (Segment::Index(index), _) => return Err(format!("{} is no array, and has no element {index}", self.ty)),
        }
        Ok(())
    }
}

/// Some names, and that there are more.
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
        assert_eq!(bad("a[-1]"), "`-1` is no index");
        assert_eq!(bad("a[1]b"), "between `]` and a name there is a dot");
    }
}
