//! C11: the types as the SDK writes them, and the hash.

use super::definitions::identifier;
use slotcast::dynamic::Layout;

pub(super) fn render(layout: &Layout) -> String {
    let (schema, hash) = (layout.schema(), layout.hash());
    let name = if schema.name.is_empty() { "Message".to_owned() } else { identifier(&schema.name, &[]) };
    format!(
        "#ifndef SLOTCAST_SCHEMA_{hash}\n#define SLOTCAST_SCHEMA_{hash}\n\n{}\n\
         /* The hash of the message's layout, as 32 hexadecimal digits. */\n\
         #define {name}_SCHEMA_HASH \"{hash}\"\n\
         _Static_assert(sizeof({name}_SCHEMA_HASH) == 33, \"32 digits and a NUL\");\n\n#endif\n",
        schema.to_c()
    )
}
