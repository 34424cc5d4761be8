//! Messages from text: YAML, or JSON, of which any number can follow each other.

use anyhow::{Context as _, Result, anyhow};
use serde_saphyr::Options;
use slotcast::dynamic::Value;
use std::io::BufRead;

/// Reads one value, YAML or JSON.
///
/// # Errors
/// When it is neither; the error says where.
pub(crate) fn one(text: &str) -> Result<Value> {
    // JSON is read as JSON where it is, because YAML knows some of its escapes not.
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(error) => yaml(text).map_err(|other| if looks_like_json(text) { error.into() } else { other }),
    }
}

/// Returns whether a text that is neither is probably meant as JSON.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'))
}

fn yaml(text: &str) -> Result<Value> {
    let mut options = Options::default();
    options.strict_booleans = true; // `on` is a name, as in YAML 1.2
    options.reject_non_finite_typeless_float = false; // they become texts, which the layout accepts
    options.budget = None; // it is the user's own text
    serde_saphyr::from_str_with_options(text, options).map_err(|error| anyhow!("{error}"))
}

/// Reads values one after another: documents of YAML that end with a line `---`, or lines of JSON.
pub(crate) struct Documents<R> {
    input: R,
    /// What it is called in errors.
    name: String,
    /// How many lines were read.
    line: u64,
    text: String,
}

impl<R: BufRead> Documents<R> {
    /// Reads from `input`, which errors call `name`.
    pub(crate) fn new(input: R, name: String) -> Self {
        Self { input, name, line: 0, text: String::new() }
    }

    /// Returns the next value, or `None` at the end. Each is returned as soon as its last line was
    /// read.
    fn next_value(&mut self) -> Result<Option<Value>> {
        self.text.clear();
        let mut first = self.line + 1;
        loop {
            let start = self.text.len();
            let read = self.input.read_line(&mut self.text).with_context(|| format!("cannot read {}", self.name))?;
            self.line += 1;
            let line = &self.text[start..];
            let is_end = read == 0 || is_separator(line);
            if is_end {
                self.text.truncate(start);
                if !is_empty(&self.text) {
                    return self.parse(first, one).map(Some);
                }
                if read == 0 {
                    return Ok(None);
                }
                self.text.clear();
                first = self.line + 1;
            } else if is_empty(&self.text[..start]) && serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok() {
                self.text.drain(..start);
                return self.parse(self.line, |text| Ok(serde_json::from_str(text)?)).map(Some);
            }
        }
    }

    fn parse(&self, first: u64, parse: impl Fn(&str) -> Result<Value>) -> Result<Value> {
        parse(&self.text).with_context(|| match first {
            1 => self.name.clone(),
            first => format!("{}, in the message that begins at line {first}", self.name),
        })
    }
}

impl<R: BufRead> Iterator for Documents<R> {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_value().transpose()
    }
}

/// Returns whether a line ends a document of YAML, whatever it is in.
fn is_separator(line: &str) -> bool {
    let rest = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
    rest.is_some_and(|rest| rest.trim_start_matches([' ', '\t']).trim_end().is_empty() || rest.starts_with(" #"))
}

/// Returns whether there is nothing but empty lines and comments.
fn is_empty(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Documents::new(text.as_bytes(), "input".to_owned()).map(|value| value.unwrap().to_string()).collect()
    }

    #[test]
    fn documents_of_yaml_and_lines_of_json_are_told_apart() {
        assert_eq!(values("x: 1\ny: 2\n---\nx: 3\n---\n"), ["{x: 1, y: 2}", "{x: 3}"]);
        assert_eq!(values("---\n# robot/imu\n{x: 1,\n y: 2}\n---\n---\n...\n"), ["{x: 1, y: 2}"]);
        assert_eq!(values("{\"x\": 1}\n\n{\"x\": 2}\n[3, 4]\n"), ["{x: 1}", "{x: 2}", "[3, 4]"]);
        assert_eq!(values("5\n6\n---\n7\n--- # comment\n8"), ["5", "6", "7", "8"]);
        assert_eq!(values("text: |\n  one\n  two\n---\n"), ["{text: \"one\\ntwo\\n\"}"]);
        assert_eq!(values(""), [""; 0]);
    }

    #[test]
    fn the_place_of_a_mistake_is_named() {
        let mut documents = Documents::new("x: 1\n---\ny: [1\n---\n".as_bytes(), "input".to_owned());
        documents.next().unwrap().unwrap();
        let error = format!("{:#}", documents.next().unwrap().unwrap_err());
        assert!(error.starts_with("input, in the message that begins at line 3: "), "{error}");
    }
}
