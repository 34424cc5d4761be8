use serde::Serialize;

/// One thing that was checked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    /// What was checked, for programs; stable.
    pub(crate) kind: &'static str,
    pub(crate) severity: Severity,
    /// What is the case.
    pub(crate) text: String,
    /// What follows from it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) meaning: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) remedy: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Nothing is wrong.
    Ok,
    /// Good to know; does not count as a finding.
    Note,
    /// Something will not work, or be slow, in some cases.
    Warning,
    /// Something does not work now.
    Error,
}

impl Check {
    pub(super) fn ok(kind: &'static str, text: impl Into<String>) -> Self {
        Self { kind, severity: Severity::Ok, text: text.into(), meaning: String::new(), remedy: String::new() }
    }

    pub(super) fn found(
        kind: &'static str,
        severity: Severity,
        text: impl Into<String>,
        meaning: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { kind, severity, text: text.into(), meaning: meaning.into(), remedy: remedy.into() }
    }
}
