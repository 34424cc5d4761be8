//! Long parts of messages are cut or summarized, for people.

use super::summary;
use slotcast::dynamic::Value;
use std::sync::Arc;

/// How much of a message is printed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shorten {
    /// How many elements of a list, and characters of a text; without it, all.
    pub(crate) limit: Option<usize>,
    /// Whether lists are replaced by their length.
    pub(crate) no_lists: bool,
    /// Whether texts are replaced by their length.
    pub(crate) no_texts: bool,
    /// Whether tensors and images are summarized.
    pub(crate) summaries: bool,
}

/// What stands for the rest of a list or text.
const REST: &str = "...";

impl Shorten {
    /// Returns whether anything can be left out.
    pub(crate) fn is_needed(self) -> bool {
        self.limit.is_some() || self.no_lists || self.no_texts || self.summaries
    }

    /// Shortens a value.
    pub(crate) fn apply(self, value: Value) -> Value {
        match value {
            Value::Struct(fields) => self.apply_to_struct(fields),
            Value::List(values) if self.no_lists => summary::of_list(&values),
            Value::Bytes(bytes) if self.no_lists => summary::of_bytes(&bytes),
            Value::Str(text) if self.no_texts => Value::Str(format!("<text of {} bytes>", text.len())),
            Value::Str(text) => Value::Str(self.cut(text)),
            Value::Bytes(bytes) => match self.limit {
                Some(limit) if bytes.len() > limit => {
                    Value::List(bytes.iter().take(limit).map(|&byte| byte.into()).chain([REST.into()]).collect())
                }
                _ => Value::Bytes(bytes),
            },
            Value::List(values) => {
                let limit = self.limit.unwrap_or(usize::MAX);
                let rest = (values.len() > limit).then(|| Value::from(REST));
                Value::List(values.into_iter().take(limit).map(|value| self.apply(value)).chain(rest).collect())
            }
            value => value,
        }
    }

    fn apply_to_struct(self, mut fields: Vec<(Arc<str>, Value)>) -> Value {
        if self.summaries {
            if let Some(tensor) = summary::of_tensor(&fields) {
                return tensor;
            }
            summary::replace_pixels(&mut fields);
        }
        Value::Struct(fields.into_iter().map(|(name, value)| (name, self.apply(value))).collect())
    }

    fn cut(self, mut text: String) -> String {
        if let Some((end, _)) = self.limit.and_then(|limit| text.char_indices().nth(limit)) {
            text.truncate(end);
            text.push_str(REST);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(shorten: Shorten, value: Value) -> String {
        shorten.apply(value).to_string()
    }

    #[test]
    fn long_lists_and_texts_are_cut() {
        let shorten = Shorten { limit: Some(2), ..Shorten::default() };
        let list = vec![Value::from(1.5), 2.5.into(), 3.5.into()];
        assert_eq!(shortened(shorten, list.clone().into()), "[1.5, 2.5, \"...\"]");
        assert_eq!(shortened(shorten, vec![1_u8, 2, 3].into()), "[1, 2, \"...\"]");
        assert_eq!(shortened(shorten, vec![1_u8, 2].into()), "[1, 2]");
        assert_eq!(shortened(shorten, "größe".into()), "\"gr...\"");
        let none = Shorten { no_lists: true, no_texts: true, ..Shorten::default() };
        let value = Value::from([("list", list.into()), ("text", "abc".into()), ("on", true.into())]);
        assert_eq!(shortened(none, value), "{list: \"<list of 3 f64>\", text: \"<text of 3 bytes>\", on: true}");
    }
}
