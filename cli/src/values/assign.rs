//! Changing fields of a value: `speed=0.7`, `pose.flags[2]=true`.

use super::read;
use crate::fields;
use anyhow::{Context as _, Result, anyhow};
use slotcast::dynamic::{Layout, Value};

/// Returns the path and the new value of an assignment such as `pose.x=1.5`. Returns `None` for what
/// looks like no assignment: a value itself.
pub(crate) fn split(text: &str) -> Option<(&str, &str)> {
    let (path, value) = text.split_once('=')?;
    let is_path = path.starts_with(|first: char| first.is_alphabetic() || "_[".contains(first))
        && path.chars().all(|c| c.is_alphanumeric() || "_.[]".contains(c));
    is_path.then_some((path, value))
}

/// Changes a field of a value of this layout.
///
/// # Errors
/// When there is no such field, or the text is no value. What is of another type than the field shows
/// when the value is encoded.
pub(crate) fn assign(layout: &Layout, value: &mut Value, path: &str, text: &str) -> Result<()> {
    fields::find(layout, path)?;
    let new = read::one(text).with_context(|| format!("`{path}={text}`"))?;
    let steps = path.split(['.', '[']).filter(|step| !step.is_empty());
    let mut place = value;
    for step in steps.map(|step| step.trim_end_matches(']')) {
        let index = || step.parse::<usize>().ok();
        // A list of bytes has no elements that are values: it becomes one that has.
        if let Value::Bytes(bytes) = place {
            *place = Value::List(bytes.iter().map(|&byte| Value::Int(byte.into())).collect());
        }
        place = match place {
            Value::Struct(fields) => fields.iter_mut().find(|(name, _)| **name == *step).map(|(_, value)| value),
            Value::List(values) => index().and_then(|index| values.get_mut(index)),
            _ => None,
        }
        .ok_or_else(|| anyhow!("`{path}`: the value has no `{step}` now: give all of it"))?;
    }
    *place = new;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_changed_and_others_stay() {
        let layout = Layout::of::<[[u16; 2]; 2]>().unwrap();
        let mut value = layout.decode(&[1, 0, 2, 0, 3, 0, 4, 0]).unwrap();
        assign(&layout, &mut value, "[1][0]", "7").unwrap();
        assert_eq!(layout.encode(&value).unwrap(), [1, 0, 2, 0, 7, 0, 4, 0]);
        let error = assign(&layout, &mut value, "[2]", "7").unwrap_err().to_string();
        assert!(error.contains("has no element 2"), "{error}");
    }

    #[test]
    fn values_are_no_assignments() {
        assert_eq!(split("pose.flags[2]=true"), Some(("pose.flags[2]", "true")));
        assert_eq!(split("text=a=b"), Some(("text", "a=b")));
        for value in ["{a: 1}", "12", "\"a=b\"", "{text: \"a=b\"}", "[1, 2]", "=5"] {
            assert_eq!(split(value), None, "{value}");
        }
    }
}
