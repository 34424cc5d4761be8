//! Names that C allows.

use std::collections::HashSet;

/// Returns the name, or if it is used, the name with a number. It is used from now on.
pub(super) fn unused(names: &mut HashSet<String>, name: String) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !names.contains(name)).unwrap_or(name);
    names.insert(free.clone());
    free
}

/// Returns `name` with only letters, digits and underscores, and different from every keyword of C
/// and everything that the standard headers and `slotcast.h` define.
pub(super) fn identifier(name: &str) -> String {
    let mut text: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        text.insert(0, '_');
    }
    let is_like = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    let is_macro =
        text.to_ascii_uppercase() == text && is_like(&["INT", "UINT", "PTRDIFF", "SIZE", "SIG", "WCHAR", "WINT"]);
    let is_of_the_compiler =
        text.strip_prefix('_').is_some_and(|rest| rest.starts_with(|c: char| c == '_' || c.is_ascii_uppercase()));
    let is_of_the_binding = text.starts_with("sc_") || text.starts_with("SC_");
    let is_taken = is_macro || is_of_the_compiler || is_of_the_binding;
    if RESERVED.contains(&text.as_str()) || text.ends_with("_t") || is_taken {
        text.push('_');
    }
    text
}

const RESERVED: [&str; 49] = [
    "alignas",
    "alignof",
    "asm",
    "auto",
    "bool",
    "break",
    "case",
    "char",
    "const",
    "constexpr",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "false",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "nullptr",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "struct",
    "switch",
    "thread_local",
    "true",
    "typedef",
    "typeof",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
    "linux",
    "unix",
    "NULL",
    "offsetof",
];
