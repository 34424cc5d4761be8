//! The structs and enums of a message, each under a name of its own: what source text of another
//! language begins with.

use slotcast::schema::{Kind, Schema};
use std::collections::HashSet;

/// A struct or enum of a message, and its name in the language that is written.
pub struct Definition<'a> {
    /// What it consists of.
    pub schema: &'a Schema,
    /// Its name there, which no other definition of the message has.
    pub name: String,
}

/// All structs and enums of a message, inner before outer.
pub struct Definitions<'a>(Vec<Definition<'a>>);

impl<'a> Definitions<'a> {
    /// Collects them. `identifier` turns the name of a type into one that the language allows;
    /// names in `taken` are used for something else. Of types with one name, all but the first get
    /// a number.
    pub fn of(schema: &'a Schema, taken: &[&str], identifier: impl Fn(&str) -> String) -> Self {
        let mut schemas = Vec::new();
        collect(schema, &mut schemas);
        let mut names = Names::new(taken);
        let named = schemas.into_iter().map(|schema| {
            let name = names.add(identifier(&schema.name));
            Definition { schema, name }
        });
        Self(named.collect())
    }

    /// Returns them, inner before outer.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Definition<'a>> {
        self.0.iter()
    }

    /// Returns the name of a struct or enum of the message.
    pub fn name(&self, schema: &Schema) -> &str {
        self.0.iter().find(|known| known.schema == schema).map_or("", |known| &known.name)
    }
}

fn collect<'a>(schema: &'a Schema, found: &mut Vec<&'a Schema>) {
    match &schema.kind {
        Kind::Primitive(_) | Kind::Str { .. } | Kind::Pad { .. } => {}
        Kind::Array { element, .. } | Kind::List { element, .. } => collect(element.get(), found),
        Kind::Slice { header, element } => {
            header.iter().chain([element]).for_each(|part| collect(part.get(), found));
        }
        Kind::Enum { .. } | Kind::Struct { .. } => {
            if found.contains(&schema) {
                return;
            }
            if let Kind::Struct { fields } = &schema.kind {
                fields.iter().for_each(|field| collect(field.schema.get(), found));
            }
            found.push(schema);
        }
    }
}

/// Names that are used in one scope.
#[derive(Default)]
pub struct Names(HashSet<String>);

impl Names {
    /// Creates a scope in which these names are used already.
    pub fn new(taken: &[&str]) -> Self {
        Self(taken.iter().map(ToString::to_string).collect())
    }

    /// Returns the name; with a number if it is used already.
    pub fn add(&mut self, name: String) -> String {
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !self.0.contains(name));
        let free = free.unwrap_or(name);
        self.0.insert(free.clone());
        free
    }
}

/// Returns `name` with only ASCII letters, digits and underscores, beginning with no digit, without
/// two underscores in a row (which C++ reserves), and different from all `keywords`.
pub fn identifier(name: &str, keywords: &[&str]) -> String {
    let mut text = String::new();
    for c in name.chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if c != '_' || !text.ends_with('_') {
            text.push(c);
        }
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        text.insert(0, '_');
    }
    if text.is_empty() || text == "_" {
        text = "_0".to_owned();
    }
    if keywords.contains(&text.as_str()) {
        text.push('_');
    }
    text
}
