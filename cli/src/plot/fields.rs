//! Which fields are drawn.

use super::series::Series;
use crate::fields;
use anyhow::{Result, bail};
use slotcast::dynamic::{Accessor, Layout, Sample};

/// More lines cannot be told apart.
const MAX_SERIES: usize = 12;

/// Returns a series for each of these fields. One that has parts stands for all numbers in it.
///
/// # Errors
/// When there is no such field; the error names the nearest. When it is not a number, and has none
/// in it. When there are too many.
pub(crate) fn series(layout: &Layout, paths: &[String], message: &Sample) -> Result<Vec<Series>> {
    let mut found: Vec<Series> = Vec::new();
    for path in paths {
        fields::find(layout, path)?;
        let before = found.len();
        for part in fields::below(layout.schema(), path) {
            let accessor = fields::find(layout, &part)?;
            let is_known = found.iter().any(|series| series.name == part);
            if !is_known && is_number(&accessor, message) {
                found.push(Series::new(part, accessor));
            }
        }
        if found.len() == before && !paths.iter().any(|other| other != path && path.starts_with(other.as_str())) {
            bail!("`{path}` is not a number{}", numbers(layout, message));
        }
    }
    if found.len() > MAX_SERIES {
        bail!("these are {} fields, and at most {MAX_SERIES} can be drawn: name some of them", found.len());
    }
    Ok(found)
}

/// Returns whether a field is a number, or an element of a list that this message does not have.
fn is_number(accessor: &Accessor, message: &Sample) -> bool {
    match accessor.read(message.bytes()) {
        Ok(Some(value)) => value.as_f64().is_some(),
        Ok(None) => true,
        Err(_) => accessor.read_f64(message.bytes()).is_some(),
    }
}

/// Names the fields that are numbers.
fn numbers(layout: &Layout, message: &Sample) -> String {
    let is_number = |path: &String| fields::find(layout, path).is_ok_and(|accessor| is_number(&accessor, message));
    let numbers: Vec<_> = fields::all(layout.schema()).into_iter().filter(is_number).collect();
    match numbers.len() {
        0 => ", and the messages have none".to_owned(),
        1..=MAX_SERIES => format!("; numbers are `{}`", numbers.join("`, `")),
        _ => format!("; numbers are `{}`, and others", numbers[..MAX_SERIES].join("`, `")),
    }
}
