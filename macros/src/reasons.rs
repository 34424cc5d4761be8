//! Which spelling of a field's type deserves which message, should it turn out not to be one of a message.

use proc_macro2::{Ident, Span};
use syn::{PathArguments, Type};

/// The trait of `slotcast::__private` by which a field's type is asked to be a message. All of
/// them are `ShmMessage` with another text for the case that it is not.
pub(crate) fn asked(ty: &Type) -> Ident {
    let name = match spelling(ty).as_ref().map(|(name, arguments)| (name.as_str(), *arguments)) {
        Some(("usize" | "isize", 0)) => "WidthInMessage",
        Some(("Vec" | "VecDeque" | "BinaryHeap" | "LinkedList", 1)) => "ElementsInMessage",
        Some(("String" | "PathBuf" | "OsString" | "CString", 0)) => "TextInMessage",
        Some(("HashMap" | "BTreeMap", 2..) | ("HashSet" | "BTreeSet", 1..)) => "EntriesInMessage",
        Some(("Box" | "Rc" | "Arc" | "Weak" | "Cow" | "NonNull", 1..)) => "ValueInMessage",
        Some((
            "Cell" | "RefCell" | "UnsafeCell" | "OnceCell" | "LazyCell" | "Mutex" | "RwLock" | "OnceLock" | "LazyLock"
            | "AtomicPtr",
            1..,
        )) => "SameWhileShared",
        Some((name, 0)) if is_atomic(name) => "SameWhileShared",
        Some(("Option" | "Result", 1..)) => "AlwaysThere",
        Some(("Duration" | "Instant" | "SystemTime", 0)) => "TimeInMessage",
        Some(("NonZero" | "MaybeUninit" | "ManuallyDrop", 1)) => "PlainInMessage",
        Some((name, 0)) if name.starts_with("NonZero") => "PlainInMessage",
        _ => "ShmMessage",
    };
    Ident::new(name, Span::call_site())
}

/// Whether a type of this spelling is likely to be neither `Send` nor `Sync`, which goes without saying
/// once it is said that it is no message.
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

/// The last name of a path and how many generic arguments it has.
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
