//! How two schemas differ, as data and as sentences.

use std::fmt;

use super::{Field, Kind, Schema, Variant};

/// One difference between two schemas.
///
/// "First" is the schema on which [`Schema::differences`] was called, "second" is the other one.
///
/// ```
/// use slotcast::ShmMessage;
///
/// let difference = <[u8; 4]>::SCHEMA.first_difference(<[u8; 5]>::SCHEMA).unwrap();
/// assert_eq!(
///     difference.between("publisher has", "subscriber expects").to_string(),
///     "the message: publisher has [u8; 4] at byte 0, subscriber expects [u8; 5] at byte 0"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The field's path from the message's root, such as `pose.temp` or `points[].x`; empty for the
    /// message itself.
    pub path: String,
    /// What differs.
    pub kind: DifferenceKind,
}

/// What can differ.
///
/// ```
/// use slotcast::ShmMessage;
/// use slotcast::schema::DifferenceKind;
///
/// let difference = u32::SCHEMA.first_difference(f32::SCHEMA).unwrap();
/// let DifferenceKind::Type { first, second } = difference.kind else { unreachable!() };
/// assert_eq!((&*first.ty, &*second.ty), ("u32", "f32"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "`first` and `second` are always the two sides")]
pub enum DifferenceKind {
    /// The field has different types, or arrays of different length.
    Type { first: FieldLocation, second: FieldLocation },
    /// The field is at different offsets, and no other difference explains that.
    Moved { first: FieldLocation, second: FieldLocation },
    /// The field has different names, but the same type, and is between the same other fields.
    Renamed { first: String, second: String, first_location: FieldLocation, second_location: FieldLocation },
    /// Only the first side has this field.
    OnlyFirst { first: FieldLocation },
    /// Only the second side has this field.
    OnlySecond { second: FieldLocation },
    /// The types are of the same kind and have different names.
    TypeName { first: String, second: String },
    /// The types have different versions.
    Version { first: u32, second: u32 },
    /// The types have the same fields, but different sizes or alignments, in bytes.
    Size { first: (u64, u64), second: (u64, u64) },
    /// The enum's variant has different values.
    VariantValue { variant: String, first: i128, second: i128 },
    /// Only the first side's enum has this variant.
    VariantOnlyFirst { variant: String, first: i128 },
    /// Only the second side's enum has this variant.
    VariantOnlySecond { variant: String, second: i128 },
    /// The variants are the same, in different order.
    VariantOrder,
}

/// A type and its offset.
///
/// ```
/// let location = slotcast::schema::FieldLocation { ty: "f32".into(), offset: 4 };
/// assert_eq!(location.to_string(), "f32 at byte 4");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLocation {
    /// The type as written in Rust: `f32`, `[u8; 4]`, `Pose`.
    pub ty: String,
    /// The offset from the start of the message in bytes. Inside an array it is that of the first
    /// element.
    pub offset: u64,
}

impl fmt::Display for FieldLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.ty, self.offset)
    }
}

impl Schema {
    /// Returns all differences between this schema and `other`, in memory order. The list is empty
    /// exactly if they have the [same layout](Schema::same_layout).
    ///
    /// ```
    /// # use slotcast::ShmMessage;
    /// # mod publisher { #[derive(slotcast::ShmMessage)] #[repr(C)] pub struct Imu { a: f32, temp: f32 } }
    /// # mod subscriber { #[derive(slotcast::ShmMessage)] #[repr(C)] pub struct Imu { a: f32, temp: [u8; 4] } }
    /// let differences = publisher::Imu::SCHEMA.differences(subscriber::Imu::SCHEMA);
    /// assert_eq!(
    ///     differences[0].between("publisher has", "subscriber expects").to_string(),
    ///     "field `temp`: publisher has f32 at byte 4, subscriber expects [u8; 4] at byte 4"
    /// );
    /// ```
    pub fn differences(&self, other: &Schema) -> Vec<Difference> {
        let mut found = Vec::new();
        compare("", (self, 0), (other, 0), &mut found);
        found
    }

    /// Returns the first difference in memory order, which is most likely the cause of all others.
    pub fn first_difference(&self, other: &Schema) -> Option<Difference> {
        self.differences(other).into_iter().next()
    }

    /// Returns the type as written in Rust: `f32`, `[u8; 4]`, `Str<16>`, `FixedVec<Point, 8>`,
    /// `Imu`.
    ///
    /// ```
    /// use slotcast::{FixedVec, ShmMessage, Str};
    ///
    /// assert_eq!(FixedVec::<Str<16>, 8>::SCHEMA.type_name(), "FixedVec<Str<16>, 8>");
    /// ```
    pub fn type_name(&self) -> String {
        match &self.kind {
            Kind::Primitive(_) | Kind::Struct { .. } | Kind::Enum { .. } => self.name.to_string(),
            Kind::Array { element, len } => format!("[{}; {len}]", element.get().type_name()),
            Kind::Str { capacity } => format!("Str<{capacity}>"),
            Kind::List { element, capacity } => {
                format!("FixedVec<{}, {capacity}>", element.get().type_name())
            }
            Kind::Slice { header: None, element } => format!("[{}]", element.get().type_name()),
            Kind::Slice { header: Some(header), element } => {
                format!("[{}] with header {}", element.get().type_name(), header.get().type_name())
            }
        }
    }
}

/// A schema, and the offset in the message of what it describes.
type Placed<'a> = (&'a Schema, u64);

fn compare(path: &str, first: Placed<'_>, second: Placed<'_>, found: &mut Vec<Difference>) {
    match (&first.0.kind, &second.0.kind) {
        (Kind::Primitive(a), Kind::Primitive(b)) if a == b => {}
        (Kind::Str { capacity: a }, Kind::Str { capacity: b }) if a == b => {}
        (Kind::Array { element: a, len: n }, Kind::Array { element: b, len: m }) if n == m => {
            compare(&format!("{path}[]"), (a.get(), first.1), (b.get(), second.1), found);
        }
        (Kind::List { element: a, capacity: n }, Kind::List { element: b, capacity: m }) if n == m => {
            let path = format!("{path}[]");
            compare(&path, (a.get(), first.1.saturating_add(8)), (b.get(), second.1.saturating_add(8)), found);
        }
        (Kind::Slice { header: a, element: t }, Kind::Slice { header: b, element: u })
            if a.is_some() == b.is_some() =>
        {
            if let (Some(a), Some(b)) = (a, b) {
                compare("header", (a.get(), 0), (b.get(), 0), found);
            }
            let (first, second) = (first.0.elements_at(), second.0.elements_at());
            compare("[]", (t.get(), first), (u.get(), second), found);
        }
        (Kind::Enum { repr: a, variants: v }, Kind::Enum { repr: b, variants: w }) if a == b => {
            compare_names(path, first.0, second.0, found);
            compare_variants(path, v, w, found);
        }
        (Kind::Struct { fields: a }, Kind::Struct { fields: b }) => {
            compare_names(path, first.0, second.0, found);
            let before = found.len();
            compare_fields(path, (a, first.1), (b, second.1), found);
            let sizes = |schema: &Schema| (schema.size, schema.align);
            if found.len() == before && sizes(first.0) != sizes(second.0) {
                let kind = DifferenceKind::Size { first: sizes(first.0), second: sizes(second.0) };
                found.push(Difference { path: path.to_owned(), kind });
            }
        }
        _ => {
            let kind = DifferenceKind::Type { first: location(first), second: location(second) };
            found.push(Difference { path: path.to_owned(), kind });
        }
    }
}

fn location((schema, offset): Placed<'_>) -> FieldLocation {
    let ty = match &schema.kind {
        Kind::Enum { repr, .. } => format!("enum {} ({})", schema.name, repr.name()),
        _ => schema.type_name(),
    };
    FieldLocation { ty, offset }
}

fn compare_names(path: &str, first: &Schema, second: &Schema, found: &mut Vec<Difference>) {
    let mut add = |kind| {
        found.push(Difference { path: path.to_owned(), kind });
    };
    if first.name != second.name {
        let (first, second) = (first.name.to_string(), second.name.to_string());
        add(DifferenceKind::TypeName { first, second });
    }
    if first.version != second.version {
        add(DifferenceKind::Version { first: first.version, second: second.version });
    }
}

fn compare_variants(path: &str, first: &[Variant], second: &[Variant], found: &mut Vec<Difference>) {
    let before = found.len();
    let mut add = |kind| {
        found.push(Difference { path: path.to_owned(), kind });
    };
    for a in first {
        let variant = a.name.to_string();
        match second.iter().find(|b| b.name == a.name) {
            Some(b) if b.value == a.value => {}
            Some(b) => add(DifferenceKind::VariantValue { variant, first: a.value, second: b.value }),
            None => add(DifferenceKind::VariantOnlyFirst { variant, first: a.value }),
        }
    }
    for b in second.iter().filter(|b| !first.iter().any(|a| a.name == b.name)) {
        let variant = b.name.to_string();
        add(DifferenceKind::VariantOnlySecond { variant, second: b.value });
    }
    let same_order = first.iter().map(|a| &a.name).eq(second.iter().map(|b| &b.name));
    if found.len() == before && !same_order {
        found.push(Difference { path: path.to_owned(), kind: DifferenceKind::VariantOrder });
    }
}

/// Compares the fields of two structs.
///
/// Fields are matched by name. Those left over are matched by position and type (renamed), or are
/// on one side only. A field after one that changed its size is at another offset too, which is not
/// a difference of its own. So `shift` tracks how far the second side is ahead of the first for
/// known reasons.
fn compare_fields(
    path: &str,
    (first, first_base): (&[Field], u64),
    (second, second_base): (&[Field], u64),
    found: &mut Vec<Difference>,
) {
    let inner = |name: &str| {
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    };
    let in_first = |name: &str| first.iter().find(|field| field.name == name);
    let in_second = |name: &str| second.iter().find(|field| field.name == name);
    let mut shift = 0_i128;
    let mut next_b = 0;
    for a in first {
        // Fields that only the second side has, before the counterpart of `a`.
        while let Some(b) = second.get(next_b).filter(|b| in_first(&b.name).is_none()) {
            let renamed = in_second(&a.name).is_none() && have_same_type(a, b);
            if renamed {
                break;
            }
            found.push(only_second(inner(&b.name), b, second_base));
            shift += i128::from(b.schema.get().size);
            next_b += 1;
        }
        let placed_a = (a.schema.get(), first_base.saturating_add(a.offset));
        if let Some(b) = in_second(&a.name) {
            let placed_b = (b.schema.get(), second_base.saturating_add(b.offset));
            let before = found.len();
            compare(&inner(&a.name), placed_a, placed_b, found);
            let actual = i128::from(b.offset) - i128::from(a.offset);
            if found.len() == before && actual != shift {
                let kind = DifferenceKind::Moved { first: location(placed_a), second: location(placed_b) };
                found.push(Difference { path: inner(&a.name), kind });
            }
            shift = actual + i128::from(b.schema.get().size) - i128::from(a.schema.get().size);
            next_b = second.iter().position(|field| field.name == a.name).map_or(next_b, |at| at + 1).max(next_b);
        } else if let Some(b) = second.get(next_b).filter(|b| in_first(&b.name).is_none() && have_same_type(a, b)) {
            let (first, second) = (a.name.to_string(), b.name.to_string());
            let placed_b = (b.schema.get(), second_base.saturating_add(b.offset));
            let (first_location, second_location) = (location(placed_a), location(placed_b));
            let kind = DifferenceKind::Renamed { first, second, first_location, second_location };
            found.push(Difference { path: inner(&a.name), kind });
            shift = i128::from(b.offset) - i128::from(a.offset);
            next_b += 1;
        } else {
            let kind = DifferenceKind::OnlyFirst { first: location(placed_a) };
            found.push(Difference { path: inner(&a.name), kind });
            shift -= i128::from(a.schema.get().size);
        }
    }
    for b in second.iter().skip(next_b).filter(|b| in_first(&b.name).is_none()) {
        found.push(only_second(inner(&b.name), b, second_base));
    }
}

fn have_same_type(a: &Field, b: &Field) -> bool {
    a.schema.get().same_layout(b.schema.get())
}

fn only_second(path: String, field: &Field, base: u64) -> Difference {
    let second = location((field.schema.get(), base.saturating_add(field.offset)));
    Difference { path, kind: DifferenceKind::OnlySecond { second } }
}

impl Difference {
    /// Returns the difference as a sentence. Name each side with its verb: `between("publisher
    /// has", "subscriber expects")`.
    pub fn between<'a>(&'a self, first: &'a str, second: &'a str) -> impl fmt::Display + 'a {
        Sentence { difference: self, first, second }
    }
}

struct Sentence<'a> {
    difference: &'a Difference,
    first: &'a str,
    second: &'a str,
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DifferenceKind as Kind;
        match self.difference.path.as_str() {
            "" => write!(f, "the message: ")?,
            // The message is a slice or an array.
            "[]" => write!(f, "the element: ")?,
            path => match path.strip_prefix("[].") {
                Some(inner) => write!(f, "field `{inner}` of the element: ")?,
                None => write!(f, "field `{path}`: ")?,
            },
        }
        let Sentence { first: one, second: two, .. } = self;
        match &self.difference.kind {
            Kind::Type { first, second } => write!(f, "{one} {first}, {two} {second}"),
            Kind::Moved { first, second } => {
                write!(f, "{one} it at byte {}, {two} it at byte {}", first.offset, second.offset)
            }
            Kind::Renamed { first, second, first_location, second_location } if first_location == second_location => {
                write!(f, "{one} `{first}`, {two} `{second}` ({first_location})")
            }
            Kind::Renamed { first, second, first_location, second_location } => {
                write!(f, "{one} `{first}` ({first_location}), {two} `{second}` ({second_location})")
            }
            Kind::OnlyFirst { first } => write!(f, "{one} {first}, {two} no such field"),
            Kind::OnlySecond { second } => write!(f, "{one} no such field, {two} {second}"),
            Kind::TypeName { first, second } => {
                write!(f, "{one} type `{first}`, {two} type `{second}`")
            }
            Kind::Version { first, second } => {
                write!(f, "{one} version {first}, {two} version {second}")
            }
            Kind::Size { first, second } => write!(
                f,
                "{one} {} bytes aligned to {}, {two} {} bytes aligned to {}",
                first.0, first.1, second.0, second.1
            ),
            Kind::VariantValue { variant, first, second } => {
                write!(f, "{one} variant {variant} = {first}, {two} variant {variant} = {second}")
            }
            Kind::VariantOnlyFirst { variant, first } => {
                write!(f, "{one} variant {variant} = {first}, {two} no such variant")
            }
            Kind::VariantOnlySecond { variant, second } => {
                write!(f, "{one} no variant {variant}, {two} variant {variant} = {second}")
            }
            Kind::VariantOrder => write!(f, "{one} the same variants in another order than {two}"),
        }
    }
}
