//! C11: the header that the SDK writes, and the hash.

use slotcast::dynamic::Layout;

pub(super) fn render(layout: &Layout) -> String {
    let hash = layout.hash();
    format!(
        "#pragma once\n{}\n/* The hash of the message's layout, as 32 hexadecimal digits. */\n\
         #define SLOTCAST_SCHEMA_HASH \"{hash}\"\n\
         _Static_assert(sizeof(SLOTCAST_SCHEMA_HASH) == 33, \"32 digits and a NUL\");\n",
        layout.schema().to_c()
    )
}
