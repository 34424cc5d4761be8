//! Schemas from the tables that the macros of `slotcast.h` build.

use crate::failure::{Code, Failure, guard};
use crate::handles::hand_out;
use crate::{Schema, place, text};
use slotcast::dynamic::Layout;
use slotcast::schema::{self, Field, Kind, MAX_DEPTH, Primitive, Variant};
use std::borrow::Cow;
use std::ffi::c_char;

/// Kinds of sc_field and sc_type that are no primitive.
const STRUCT: u32 = 0x20;
const ENUM: u32 = 0x21;
const TEXT: u32 = 0x23;
const LIST: u32 = 0x24;
const PAD: u32 = 0x26;
const ALIAS: u32 = 0x7f;

/// sc_type.
#[repr(C)]
#[derive(Debug)]
pub struct Type {
    name: *const c_char,
    size: u64,
    align: u64,
    fields: *const FieldEntry,
    variants: *const VariantEntry,
    count: u64,
    version: u32,
    kind: u32,
    repr: u32,
}

/// sc_field.
#[repr(C)]
#[derive(Debug)]
pub struct FieldEntry {
    name: *const c_char,
    offset: u64,
    size: u64,
    of: *const Type,
    len: u64,
    kind: u32,
    element: u32,
}

/// sc_variant.
#[repr(C)]
#[derive(Debug)]
pub struct VariantEntry {
    name: *const c_char,
    value: i64,
}

/// Returns the schema of a table.
///
/// # Safety
/// The caller must ensure that the table is null, or as the macros build it.
unsafe fn described(table: *const Type, depth: u32) -> Result<schema::Schema, Failure> {
    // SAFETY: as the caller ensures.
    let table = unsafe { table.as_ref() }.ok_or_else(|| Failure::argument("a description of a type is null"))?;
    // SAFETY: as the caller ensures.
    let name = unsafe { required(table.name, "the name of a type") }?;
    if depth > MAX_DEPTH {
        return Err(Failure::argument(format_args!("{name} is nested in more than {MAX_DEPTH} levels: flatten it")));
    }
    let count = usize::try_from(table.count).map_err(Failure::argument)?;
    let kind = match table.kind {
        ALIAS if !table.fields.is_null() && count == 1 => {
            // SAFETY: there is one, as the macros ensure.
            let entry = unsafe { &*table.fields };
            // SAFETY: the macros build the field.
            return unsafe { declared(table.size, "a type without a name", entry, depth) };
        }
        STRUCT if !table.fields.is_null() => {
            // SAFETY: the macros count the fields.
            let fields = unsafe { std::slice::from_raw_parts(table.fields, count) };
            // SAFETY: the macros build each field.
            Kind::Struct { fields: unsafe { struct_fields(&name, table.size, fields, depth) }?.into() }
        }
        ENUM if !table.variants.is_null() => {
            let repr = of_kind(table.repr, &name)?;
            // SAFETY: the macros count the variants.
            let entries = unsafe { std::slice::from_raw_parts(table.variants, count) };
            let mut variants = Vec::with_capacity(count);
            for entry in entries {
                // SAFETY: the macros write the name.
                let name = unsafe { required(entry.name, "the name of a variant") }?.into();
                // C has no type for the values of all integers: those of `u64` are stored by their bits.
                let value =
                    if repr == Primitive::U64 { entry.value.cast_unsigned().into() } else { entry.value.into() };
                variants.push(Variant { name, value, doc: "".into() });
            }
            Kind::Enum { repr, variants: variants.into() }
        }
        other => return Err(Failure::argument(format_args!("{name}: {other} is no kind of type"))),
    };
    Ok(schema(name.into(), table.version, table.size, table.align, kind))
}

/// Returns the fields, which must cover the struct without a gap.
///
/// # Safety
/// The caller must ensure that the fields are as the macros build them.
unsafe fn struct_fields(of: &str, size: u64, entries: &[FieldEntry], depth: u32) -> Result<Vec<Field>, Failure> {
    let mut fields = Vec::with_capacity(entries.len());
    let mut end = 0_u64;
    for entry in entries {
        // SAFETY: as the caller ensures.
        let name = unsafe { required(entry.name, "the name of a field") }?;
        covers(of, &format!("before field \"{name}\""), end, entry.offset)?;
        // SAFETY: as the caller ensures.
        let schema = unsafe { declared(entry.size, &format!("{of}.{name}"), entry, depth) }?;
        end = entry.offset.saturating_add(entry.size);
        fields.push(field(name.into(), entry.offset, schema));
    }
    covers(of, "at the end", end, size)?;
    Ok(fields)
}

/// Returns the schema of a field, which must have the size that C has declared.
///
/// # Safety
/// As [`field_schema`].
unsafe fn declared(size: u64, what: &str, entry: &FieldEntry, depth: u32) -> Result<schema::Schema, Failure> {
    // SAFETY: as the caller ensures.
    let schema = unsafe { field_schema(what, entry, depth) }?;
    if schema.size != size {
        return Err(Failure::argument(format_args!(
            "{what} has {size} bytes in C, and its description has {}: describe it as it is declared",
            schema.size
        )));
    }
    Ok(schema)
}

fn covers(of: &str, place: &str, end: u64, next: u64) -> Result<(), Failure> {
    if next == end {
        return Ok(());
    }
    Err(Failure::argument(if next > end {
        let bytes = next - end;
        format!("{of}: {bytes} bytes {place} are in no field: declare `uint8_t pad[{bytes}]` there, and SC_PAD for it")
    } else {
        format!("{of}: fields overlap {place}: list each once, in the order of the struct")
    }))
}

/// # Safety
/// The caller must ensure that the field is as the macros build it.
unsafe fn field_schema(what: &str, entry: &FieldEntry, depth: u32) -> Result<schema::Schema, Failure> {
    // SAFETY: as the caller ensures.
    let element = || unsafe { element_schema(what, entry, depth) };
    let too_large = || Failure::argument(format_args!("{what} is too large"));
    let element = match entry.kind {
        PAD => return Ok(schema("".into(), 0, entry.size, 1, Kind::Pad { bytes: entry.size })),
        TEXT => return Ok(schema("".into(), 0, entry.len, 1, Kind::Str { capacity: entry.len })),
        LIST => element()?,
        _ if entry.len == 0 => return element(),
        _ => element()?,
    };
    let align = element.align;
    let size = element.size.checked_mul(entry.len).ok_or_else(too_large)?;
    if entry.kind == LIST {
        let size = size.checked_add(8).ok_or_else(too_large)?;
        return Ok(schema("".into(), 0, size, align, Kind::List { element: element.into(), capacity: entry.len }));
    }
    Ok(schema("".into(), 0, size, align, Kind::Array { element: element.into(), len: entry.len }))
}

/// # Safety
/// As [`field_schema`].
unsafe fn element_schema(what: &str, entry: &FieldEntry, depth: u32) -> Result<schema::Schema, Failure> {
    if entry.element == STRUCT {
        // SAFETY: as the caller ensures.
        return unsafe { described(entry.of, depth + 1) };
    }
    let primitive = of_kind(entry.element, what)?;
    Ok(schema(primitive.name().into(), 0, primitive.size(), primitive.size(), Kind::Primitive(primitive)))
}

fn field(name: Cow<'static, str>, offset: u64, of: schema::Schema) -> Field {
    Field { name, offset, schema: of.into(), doc: "".into(), unit: "".into() }
}

fn schema(name: Cow<'static, str>, version: u32, size: u64, align: u64, kind: Kind) -> schema::Schema {
    schema::Schema { name, version, size, align, doc: "".into(), kind }
}

/// Returns the primitive of a constant such as SC_U64, of which the lowest byte is its tag.
fn of_kind(kind: u32, what: &str) -> Result<Primitive, Failure> {
    let tag = kind.to_le_bytes()[0];
    let found = tag.checked_sub(1).and_then(|index| Primitive::ALL.get(usize::from(index)));
    let found = found.copied().filter(|found| u64::from(kind >> 8) == found.size());
    found.ok_or_else(|| Failure::argument(format_args!("{what}: {kind} is no primitive type, such as SC_U64")))
}

/// # Safety
/// As [`text`].
unsafe fn required(pointer: *const c_char, what: &str) -> Result<String, Failure> {
    // SAFETY: as the caller ensures.
    let found = unsafe { text(pointer, what) }?;
    found.map(str::to_owned).ok_or_else(|| Failure::argument(format_args!("{what} is null")))
}

/// Hands a schema out that was checked.
///
/// # Safety
/// The caller must ensure that `out` is null or a place for a pointer.
pub(crate) unsafe fn give(schema: schema::Schema, out: *mut *mut Schema) -> Result<Code, Failure> {
    let layout = Layout::new(schema).map_err(Failure::argument)?;
    // SAFETY: as the caller ensures.
    *unsafe { place(out, "the result") }? = hand_out(Schema(layout));
    Ok(Code::OK)
}

/// Creates the schema of a struct: `sc_schema_describe(SC_TYPE(Imu), &schema)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_describe(table: *const Type, out: *mut *mut Schema) -> Code {
    guard(|| {
        // SAFETY: the caller passes a table of the macros.
        let schema = unsafe { described(table, 1) }?;
        // SAFETY: the caller passes a place for a pointer.
        unsafe { give(schema, out) }
    })
}

/// Creates the schema of messages of any number of elements. The header may be null. The elements are
/// structs, or of a primitive, with a null element. A message begins with the header;
/// sc_schema_elements_at tells where the elements begin.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_schema_describe_slice(
    header: *const Type,
    element: *const Type,
    primitive: u32,
    out: *mut *mut Schema,
) -> Code {
    guard(|| {
        let header = match header.is_null() {
            true => None,
            // SAFETY: the caller passes a table of the macros.
            false => Some(unsafe { described(header, 2) }?),
        };
        let element = if element.is_null() {
            let found = of_kind(primitive, "the element")?;
            schema(found.name().into(), 0, found.size(), found.size(), Kind::Primitive(found))
        } else {
            // SAFETY: the caller passes a table of the macros.
            unsafe { described(element, 2) }?
        };
        let too_large = || Failure::argument("a message is larger than 2^64 bytes");
        let slice = schema::Schema::slice_of(header, element).ok_or_else(too_large)?;
        // SAFETY: the caller passes a place for a pointer.
        unsafe { give(slice, out) }
    })
}
