//! What the parts cost, separately and in one process: benches with criterion.
//!
//! ```text
//! cargo bench --bench parts                    all of them
//! cargo bench --bench parts -- "sample"        those with this in their names
//! ```
//!
//! They show which part has become slower or faster. What a message costs from process to process
//! is measured by the bench `handover`.

mod events;
mod messages;
mod registry;
mod services;

use criterion::Criterion;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Without `--bench`, as with `cargo test`, criterion runs everything once and measures nothing.
    if std::env::args().any(|argument| argument == "--bench")
        && let Some(ended) = slotcast_benches::build_alone("parts")
    {
        return ended;
    }
    let mut criterion = Criterion::default().configure_from_args();
    events::bench(&mut criterion);
    messages::bench(&mut criterion);
    registry::bench(&mut criterion);
    services::bench(&mut criterion);
    criterion.final_summary();
    ExitCode::SUCCESS
}
