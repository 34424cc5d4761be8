//! What is wrong on the topics of the domain, as `why` finds it.

use super::check::{Check, Severity};
use crate::context::Context;
use crate::why::{self, Kind};

pub(super) fn check(context: &Context) -> Vec<Check> {
    let topics = match why::survey(context) {
        Ok(topics) => topics,
        Err(error) => {
            let meaning = "Nothing of the domain can be checked.";
            return vec![Check::found(
                "topics",
                Severity::Error,
                error.to_string(),
                meaning,
                "See the findings above.",
            )];
        }
    };
    let count = topics.len();
    let mut checks = Vec::new();
    for (topic, reasons) in topics {
        for reason in reasons {
            let (kind, severity, meaning) = described(reason.kind);
            checks.push(Check::found(kind, severity, format!("{topic}: {}", reason.text), meaning, reason.remedy));
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok("topics", format!("topics without a problem: {count}")));
    }
    checks
}

/// Returns the name, severity and meaning of a reason.
fn described(kind: Kind) -> (&'static str, Severity, &'static str) {
    match kind {
        Kind::Permission => ("unreadable", Severity::Error, "Subscribers of this user cannot read it either."),
        Kind::Stopped => {
            ("stopped", Severity::Warning, "Nothing comes from it, and it reads nothing, until it goes on.")
        }
        Kind::Mismatch => ("mismatch", Severity::Error, "These two do not exchange messages."),
        Kind::Lossless => ("lossless", Severity::Error, "The publisher publishes nothing until it is read."),
        Kind::Pool => ("pool", Severity::Warning, "The publisher may be unable to publish until samples are dropped."),
        _ => ("topic", Severity::Note, "It can be intended."),
    }
}
