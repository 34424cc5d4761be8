//! What is found.

/// What a function that looks at a structure has found, and whether it is to mend that.
pub(super) struct Findings {
    pub(super) mends: bool,
    pub(super) texts: Vec<String>,
}

impl Findings {
    /// Notes a problem. Returns whether to mend it.
    pub(super) fn note(&mut self, text: String) -> bool {
        self.texts.push(text);
        self.mends
    }
}
