//! C++17: with the header of the C++ binding, `slotcast.hpp`, messages that programs publish and
//! receive; without it, structs that have the layout.

use super::cpp_described;
use super::cpp_names::name_of;
use super::definitions::{Definition, Definitions, Names};
use slotcast::dynamic::Layout;
use slotcast::schema::{Field, Kind, Primitive, Schema, Variant};
use std::fmt::Write;

/// What stands before the types. Without `slotcast.hpp`, the containers have the same layout and
/// little else.
const SUPPORT: &str = "\
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#ifdef __has_include
#if __has_include(<slotcast.hpp>)
#include <slotcast.hpp>
#endif
#endif
#if !defined(SLOTCAST_HPP) && !defined(SLOTCAST_SUPPORT)
#define SLOTCAST_SUPPORT
namespace slotcast {
#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 uint128;
__extension__ typedef __int128 int128;
#endif
/// UTF-8 text up to the first NUL byte or the end.
template <std::size_t N>
struct Str {
    char bytes[N];
};
/// A list of at most N elements, of which the first `size()` count.
template <class T, std::size_t N>
struct FixedVec {
    std::uint8_t length[8];
    T items[N];
    std::uint64_t size() const noexcept {
        std::uint64_t size;
        std::memcpy(&size, length, sizeof size);
        return size < N ? size : N;
    }
};
/// Bytes without meaning.
template <std::size_t N>
struct Pad {
    std::uint8_t bytes[N];
};
} // namespace slotcast
#endif
";

pub(super) fn render(layout: &Layout) -> String {
    let (schema, hash) = (layout.schema(), layout.hash());
    let definitions = Definitions::of(schema, &["Message", "Header", "Element"], |name| {
        // Outside a namespace, names that begin with an underscore belong to the compiler.
        name_of(name.trim_start_matches('_'))
    });
    let mut text = format!("{SUPPORT}\n/// Messages with the layout {hash}.\nnamespace slotcast_{hash} {{\n");
    let _ = writeln!(text, "/// The hash of the message's layout.\ninline constexpr char hash[] = \"{hash}\";");
    let _ = writeln!(text, "static_assert(sizeof(hash) == 33);");
    for definition in definitions.iter() {
        text.push('\n');
        text += &match &definition.schema.kind {
            Kind::Struct { fields } => structure(&definitions, definition, fields),
            Kind::Enum { repr, variants } => enumeration(definition, *repr, variants),
            _ => String::new(),
        };
    }
    text.push('\n');
    match &schema.kind {
        Kind::Slice { header, element } => {
            if let Some(header) = header {
                text += &alias(&definitions, "Header", header.get());
            }
            text += &alias(&definitions, "Element", element.get());
            let _ = writeln!(text, "/// The byte at which the elements begin.");
            let _ = writeln!(text, "inline constexpr std::size_t elements_at = {};", schema.elements_at());
        }
        _ => text += &alias(&definitions, "Message", schema),
    }
    text += "#ifdef SLOTCAST_HPP\n// What slotcast.hpp has to know of these types.\n";
    for definition in definitions.iter() {
        text += &cpp_described::described(definition);
    }
    if let Kind::Slice { header, .. } = &schema.kind {
        let header = if header.is_some() { ", Header" } else { "" };
        let _ = writeln!(
            text,
            "/// The message: any number of elements{}.",
            if header.is_empty() { "" } else { ", and a header" }
        );
        let _ = writeln!(text, "using Message = ::slotcast::Slice<Element{header}>;");
    }
    let digits = hash.to_string();
    let (high, low) = digits.split_at(16);
    let _ = writeln!(
        text,
        "static_assert(::slotcast::schema_hash<Message> == ::slotcast::SchemaHash{{0x{high}, 0x{low}}});"
    );
    text += "#endif\n";
    let _ = writeln!(text, "}} // namespace slotcast_{hash}");
    text
}

fn alias(definitions: &Definitions<'_>, name: &str, schema: &Schema) -> String {
    let (ty, dimensions) = declared(definitions, schema);
    format!(
        "using {name} = {ty}{dimensions};\nstatic_assert(sizeof({name}) == {} && std::is_standard_layout<{name}>::value);\n",
        schema.size
    )
}

fn structure(definitions: &Definitions<'_>, Definition { schema, name }: &Definition<'_>, fields: &[Field]) -> String {
    let mut text = comment(&schema.doc, "");
    let needed = fields.iter().map(|field| field.schema.get().align).max().unwrap_or(1);
    let align = if schema.align > needed { format!("alignas({}) ", schema.align) } else { String::new() };
    let _ = writeln!(text, "struct {align}{name} {{");
    let mut asserts = String::new();
    for (member, field) in members_of(name, fields) {
        let (ty, dimensions) = declared(definitions, field.schema.get());
        // A member can have the name of a type, but not while it is declared with it.
        let scope =
            if matches!(field.schema.get().kind, Kind::Primitive(_)) { "" } else { elaborated(field.schema.get()) };
        let unit = if field.unit.is_empty() { String::new() } else { format!(" // {}", one_line(&field.unit)) };
        text += &comment(&field.doc, "    ");
        let _ = writeln!(text, "    {scope}{ty} {member}{dimensions};{unit}");
        let _ = writeln!(asserts, "static_assert(offsetof({name}, {member}) == {});", field.offset);
    }
    let _ = writeln!(text, "}};");
    let _ = writeln!(text, "static_assert(sizeof({name}) == {} && alignof({name}) == {});", schema.size, schema.align);
    let _ = writeln!(text, "static_assert(std::is_standard_layout<{name}>::value);");
    text + &asserts
}

/// Returns the fields of a struct with the names that they have in C++.
pub(super) fn members_of<'a>(name: &str, fields: &'a [Field]) -> Vec<(String, &'a Field)> {
    // A member that is named as its struct would be a constructor.
    let mut members = Names::new(&[name]);
    fields.iter().map(|field| (members.add(name_of(&field.name)), field)).collect()
}

/// Returns the variants of an enum with the names that they have in C++.
pub(super) fn values_of(variants: &[Variant]) -> Vec<(String, &Variant)> {
    let mut names = Names::default();
    variants.iter().map(|variant| (names.add(name_of(&variant.name)), variant)).collect()
}

/// Returns the word that makes a type's name mean the type although a member has the name.
fn elaborated(schema: &Schema) -> &'static str {
    match &schema.kind {
        Kind::Struct { .. } => "struct ",
        Kind::Enum { .. } => "enum ",
        Kind::Array { element, .. } => elaborated(element.get()),
        _ => "",
    }
}

fn enumeration(Definition { schema, name }: &Definition<'_>, repr: Primitive, variants: &[Variant]) -> String {
    let mut text = comment(&schema.doc, "");
    let _ = writeln!(text, "enum class {name} : {} {{", primitive(repr));
    for (name, variant) in values_of(variants) {
        // The smallest 64-bit integer has no literal.
        let value = match i64::try_from(variant.value) {
            Ok(i64::MIN) => "INT64_MIN".to_owned(),
            Ok(value) => value.to_string(),
            Err(_) => format!("{}u", variant.value),
        };
        text += &comment(&variant.doc, "    ");
        let _ = writeln!(text, "    {name} = {value},");
    }
    let _ = writeln!(text, "}};\nstatic_assert(sizeof({name}) == {});", schema.size);
    text
}

/// Returns the type, and what stands behind the name.
fn declared(definitions: &Definitions<'_>, schema: &Schema) -> (String, String) {
    let plain = |text: &str| (text.to_owned(), String::new());
    match &schema.kind {
        Kind::Primitive(kind) => plain(primitive(*kind)),
        Kind::Struct { .. } | Kind::Enum { .. } => plain(definitions.name(schema)),
        Kind::Array { element, len } => {
            let (ty, dimensions) = declared(definitions, element.get());
            (ty, format!("[{len}]{dimensions}"))
        }
        Kind::Str { capacity } => plain(&format!("::slotcast::Str<{capacity}>")),
        Kind::Pad { bytes } => plain(&format!("::slotcast::Pad<{bytes}>")),
        Kind::List { element, capacity } => {
            let (ty, dimensions) = declared(definitions, element.get());
            plain(&format!("::slotcast::FixedVec<{}{ty}{dimensions}, {capacity}>", elaborated(element.get())))
        }
        Kind::Slice { .. } => plain(""), // a message by itself
    }
}

fn primitive(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::U8 => "std::uint8_t",
        Primitive::U16 => "std::uint16_t",
        Primitive::U32 => "std::uint32_t",
        Primitive::U64 => "std::uint64_t",
        Primitive::U128 => "::slotcast::uint128",
        Primitive::I8 => "std::int8_t",
        Primitive::I16 => "std::int16_t",
        Primitive::I32 => "std::int32_t",
        Primitive::I64 => "std::int64_t",
        Primitive::I128 => "::slotcast::int128",
        Primitive::F32 => "float",
        Primitive::F64 => "double",
        Primitive::Bool => "bool",
        Primitive::Char => "char32_t",
    }
}

fn comment(doc: &str, indent: &str) -> String {
    doc.lines().map(|line| format!("{indent}/// {}\n", one_line(line))).collect()
}

/// Returns the text so that a comment that ends with its line ends there.
fn one_line(text: &str) -> String {
    text.replace('\n', " ").trim_end_matches(['\\', ' ', '/']).to_owned()
}
