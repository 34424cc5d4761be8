//! Fields of messages: finding one by its path, and all of them.

use crate::near;
use anyhow::{Result, anyhow};
use slotcast::dynamic::{Accessor, Layout, Value};
use slotcast::schema::{InvalidValue, Kind, Schema};

/// Arrays of more elements are one field.
const MAX_ELEMENTS: u64 = 64;
/// So many fields at most are considered.
const MAX_FIELDS: usize = 10_000;

/// A field of messages, or all elements of those that are of variable size.
pub(crate) enum Field {
    One(Box<Accessor>),
    Elements(Layout),
}

impl Field {
    /// Finds a field by its path.
    ///
    /// # Errors
    /// As [`find`].
    pub(crate) fn new(layout: &Layout, path: &str) -> Result<Self> {
        match find(layout, path) {
            Ok(accessor) => Ok(Self::One(Box::new(accessor))),
            Err(_) if layout.is_variable() && path == "elements" && layout.size() > 0 => {
                Ok(Self::Elements(layout.clone()))
            }
            Err(error) => Err(error),
        }
    }

    /// Returns its value. Returns `None` if it is an element that the message does not have.
    ///
    /// # Errors
    /// When its bytes are not a valid value.
    pub(crate) fn read(&self, message: &[u8]) -> Result<Option<Value>, InvalidValue> {
        match self {
            Self::One(accessor) => accessor.read(message),
            Self::Elements(layout) => Ok(layout.decode(message)?.get("elements").cloned()),
        }
    }
}

/// Finds a field by its path, such as `pose.flags[2]`.
///
/// # Errors
/// When there is no such field; the error names the nearest.
pub(crate) fn find(layout: &Layout, path: &str) -> Result<Accessor> {
    layout.accessor(path).map_err(|error| {
        let parts = parts(layout.schema());
        match near::nearest(path, parts.iter().map(String::as_str)).as_slice() {
            [] => anyhow!("{error}"),
            nearest => anyhow!("{error}; did you mean {}?", near::alternatives(nearest)),
        }
    })
}

/// Returns the paths of all fields that have no parts, in order. Elements of arrays are fields, but
/// not those of lists, whose number differs from message to message.
pub(crate) fn all(schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    collect(schema, "", &mut found);
    found
}

/// As [`all`], and the parts that they are in: `pose`, `pose.flags`, `pose.flags[2]`.
pub(crate) fn parts(schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    for path in all(schema) {
        for (end, _) in path.match_indices(['.', '[']) {
            if end > 0 && found.iter().all(|part| *part != path[..end]) {
                found.push(path[..end].to_owned());
            }
        }
        found.push(path);
    }
    found
}

/// As [`all`], of those that a path leads to: the path itself if it has no parts.
pub(crate) fn below(schema: &Schema, path: &str) -> Vec<String> {
    let mut found = all(schema);
    found.retain(|field| {
        let rest = field.strip_prefix(path);
        path.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    });
    if found.is_empty() {
        found.push(path.to_owned());
    }
    found
}

fn collect(schema: &Schema, path: &str, found: &mut Vec<String>) {
    if found.len() == MAX_FIELDS {
        return;
    }
    match &schema.kind {
        Kind::Struct { fields } => {
            let mut fields = fields.iter().filter(|field| !field.schema.get().is_padding()).peekable();
            let first = fields.next();
            // A newtype is its field.
            if let (Some(first), None) = (first, fields.peek())
                && first.name == "0"
            {
                return collect(first.schema.get(), path, found);
            }
            let dot = if path.is_empty() { "" } else { "." };
            for field in first.into_iter().chain(fields) {
                collect(field.schema.get(), &format!("{path}{dot}{}", field.name), found);
            }
        }
        Kind::Array { element, len } if *len <= MAX_ELEMENTS => {
            (0..*len).for_each(|index| collect(element.get(), &format!("{path}[{index}]"), found));
        }
        Kind::Slice { header: Some(header), .. } => {
            collect(header.get(), "header", found);
            found.push("elements".to_owned());
        }
        _ => found.push(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slotcast::{FixedVec, ShmMessage};

    #[derive(ShmMessage)]
    #[repr(C)]
    struct Speed(f32);

    #[derive(ShmMessage)]
    #[repr(C)]
    struct Wheels {
        speeds: [Speed; 2],
        marks: FixedVec<u16, 4>,
    }

    #[test]
    fn fields_are_listed_and_nearest_ones_suggested() {
        let layout = Layout::of::<Wheels>().unwrap();
        assert_eq!(all(layout.schema()), ["speeds[0]", "speeds[1]", "marks"]);
        assert_eq!(below(layout.schema(), "speeds"), ["speeds[0]", "speeds[1]"]);
        assert_eq!(below(layout.schema(), "marks[1]"), ["marks[1]"]);
        all(layout.schema()).iter().for_each(|path| assert!(find(&layout, path).is_ok(), "{path}"));
        let error = find(&layout, "speed[0]").err().unwrap().to_string();
        assert!(error.ends_with("did you mean `speeds[0]` or `speeds[1]`?"), "{error}");
    }
}
