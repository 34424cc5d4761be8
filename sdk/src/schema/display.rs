//! A schema as text: types as in Rust, everything else in comments.

use std::fmt;

use super::{Field, Kind, Schema, Variant};

/// Prints the message as Rust code, with sizes, offsets, units and documentation in comments,
/// followed by every struct and enum inside it.
///
/// ```
/// # use slotcast::ShmMessage;
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// struct Imu {
///     /// When it was measured.
///     #[shm(unit = "ns")]
///     stamp: u64,
///     accel: [f32; 2],
/// }
/// assert_eq!(
///     Imu::SCHEMA.to_string(),
///     "\
/// struct Imu { // 16 bytes, aligned to 8
///     stamp: u64,      // at 0, in ns: When it was measured.
///     accel: [f32; 2], // at 8
/// }"
/// );
/// ```
impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let definitions = self.definitions();
        if definitions.first().is_none_or(|first| !std::ptr::eq(*first, self)) {
            write!(f, "{} // {}", self.type_name(), Measures(self))?;
            if !definitions.is_empty() {
                write!(f, "\n\n")?;
            }
        }
        for (index, definition) in definitions.iter().enumerate() {
            if index > 0 {
                write!(f, "\n\n")?;
            }
            definition.write_definition(f)?;
        }
        Ok(())
    }
}

impl Schema {
    /// Returns this and every struct and enum inside it, each once, outer before inner.
    pub(super) fn definitions(&self) -> Vec<&Schema> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Schema>) {
        match &self.kind {
            Kind::Primitive(_) | Kind::Str { .. } => {}
            Kind::Array { element, .. } | Kind::List { element, .. } => {
                element.get().collect(found);
            }
            Kind::Slice { header, element } => {
                header.iter().chain([element]).for_each(|part| part.get().collect(found));
            }
            Kind::Enum { .. } | Kind::Struct { .. } => {
                if found.contains(&self) {
                    return;
                }
                found.push(self);
                if let Kind::Struct { fields } = &self.kind {
                    fields.iter().for_each(|field| field.schema.get().collect(found));
                }
            }
        }
    }

    fn write_definition(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.doc.lines() {
            writeln!(f, "/// {line}")?;
        }
        match &self.kind {
            Kind::Struct { fields } => {
                writeln!(f, "struct {} {{ // {}", self.name, Measures(self))?;
                let width = fields.iter().map(|field| declaration(field).chars().count()).max();
                for field in fields.iter() {
                    write_field(f, field, width.unwrap_or(0))?;
                }
            }
            Kind::Enum { repr, variants } => {
                writeln!(f, "enum {}: {} {{ // {}", self.name, repr.name(), Measures(self))?;
                for Variant { name, value, doc } in variants.iter() {
                    match doc.lines().next() {
                        Some(doc) => writeln!(f, "    {name} = {value}, // {doc}")?,
                        None => writeln!(f, "    {name} = {value},")?,
                    }
                }
            }
            _ => {}
        }
        write!(f, "}}")
    }
}

fn declaration(field: &Field) -> String {
    format!("{}: {},", field.name, field.schema.get().type_name())
}

fn write_field(f: &mut fmt::Formatter<'_>, field: &Field, width: usize) -> fmt::Result {
    write!(f, "    {:width$} // at {}", declaration(field), field.offset)?;
    if !field.unit.is_empty() {
        write!(f, ", in {}", field.unit)?;
    }
    if let Some(doc) = field.doc.lines().next() {
        write!(f, ": {doc}")?;
    }
    writeln!(f)
}

/// Prints size, alignment and version.
struct Measures<'a>(&'a Schema);

impl fmt::Display for Measures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Schema { size, align, version, .. } = self.0;
        if let Kind::Slice { element, .. } = &self.0.kind {
            let (at, each) = (self.0.elements_at(), element.get().size);
            return write!(f, "elements of {each} byte{} from byte {at} on", if each == 1 { "" } else { "s" });
        }
        write!(f, "{size} byte{}, aligned to {align}", if *size == 1 { "" } else { "s" })?;
        if *version > 0 {
            write!(f, ", version {version}")?;
        }
        Ok(())
    }
}
