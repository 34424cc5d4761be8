//! Which spelling of a field's type gets which error text, if the type turns out not to be a
//! message.

use proc_macro2::{Ident, Span};
use syn::{PathArguments, Type};

/// Returns the trait of `slotcast::__private` that requires a field's type to be a message. All of
/// them are `ShmMessage` with another error text.
pub(crate) fn required_trait(ty: &Type) -> Ident {
    let name = match spelling(ty).as_ref().map(|(name, arguments)| (name.as_str(), *arguments)) {
        Some(("usize" | "isize", 0)) => "FixedWidth",
        Some(("Vec" | "VecDeque" | "BinaryHeap" | "LinkedList", 1)) => "InlineElements",
        Some(("String" | "PathBuf" | "OsString" | "CString", 0)) => "InlineText",
        Some(("HashMap" | "BTreeMap", 2..) | ("HashSet" | "BTreeSet", 1..)) => "InlineEntries",
        Some(("Box" | "Rc" | "Arc" | "Weak" | "Cow" | "NonNull", 1..)) => "InlineValue",
        Some((
            "Cell" | "RefCell" | "UnsafeCell" | "OnceCell" | "LazyCell" | "Mutex" | "RwLock" | "OnceLock" | "LazyLock"
            | "AtomicPtr",
            1..,
        )) => "ConstantWhileShared",
        Some((name, 0)) if is_atomic(name) => "ConstantWhileShared",
        Some(("Option" | "Result", 1..)) => "AlwaysPresent",
        Some(("PhantomData", 1)) => "VisibleInLayout",
        Some(("Duration" | "Instant" | "SystemTime", 0)) => "DefinedTime",
        Some(("NonZero" | "MaybeUninit" | "ManuallyDrop", 1)) => "PlainValue",
        Some((name, 0)) if name.starts_with("NonZero") => "PlainValue",
        _ => "ShmMessage",
    };
    Ident::new(name, Span::call_site())
}

/// Returns whether a type of this spelling is likely to be neither `Send` nor `Sync`. That need not
/// be reported once the type is reported not to be a message.
pub(crate) fn is_bound_to_thread(ty: &Type) -> bool {
    spelling(ty).is_some_and(|(name, arguments)| {
        let bound = ["Rc", "Weak", "NonNull", "Cell", "RefCell", "UnsafeCell", "OnceCell", "LazyCell"];
        arguments > 0 && bound.contains(&name.as_str())
    })
}

fn is_atomic(name: &str) -> bool {
    name.strip_prefix("Atomic").is_some_and(|rest| {
        ["Bool", "U8", "U16", "U32", "U64", "Usize", "I8", "I16", "I32", "I64", "Isize"].contains(&rest)
    })
}

/// Returns the last name of a path, and how many generic arguments it has.
fn spelling(ty: &Type) -> Option<(String, usize)> {
    match ty {
        Type::Paren(inner) => spelling(&inner.elem),
        Type::Group(inner) => spelling(&inner.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let arguments = match &last.arguments {
                PathArguments::AngleBracketed(arguments) => arguments.args.len(),
                _ => 0,
            };
            Some((last.ident.to_string(), arguments))
        }
        _ => None,
    }
}
