//! For people: the schema as the SDK prints it, and its hash.

use slotcast::dynamic::Layout;

pub(super) fn render(layout: &Layout) -> String {
    format!("{}\n\n// hash {}\n", layout.schema(), layout.hash())
}
