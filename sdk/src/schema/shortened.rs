//! Texts of other processes, cut before they become parts of errors.

use std::borrow::Cow;

/// How many characters are kept.
const MAX: usize = 256;

/// Returns the text, cut after 256 characters with `…` if it has more. Another process chose it, and
/// one error must not fill a log.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn only_long_texts_are_cut() {
        for text in ["", "driver", &"ö".repeat(256)] {
            assert_eq!(shortened(text), text);
        }
        let long = shortened(&"ö".repeat(900_000)).into_owned();
        assert_eq!(long, format!("{}…", "ö".repeat(256)));
    }
}
