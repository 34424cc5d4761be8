//! Field types that can be refused by their spelling alone. All others are left to the compiler:
//! only it knows whether `Vec<u8>` is the standard library's or the user's own.

use syn::{Type, TypePath};

use crate::errors::Errors;

pub(crate) fn check(ty: &Type, errors: &mut Errors) {
    let message = match ty {
        Type::Paren(inner) => return check(&inner.elem, errors),
        // A type that a `macro_rules!` macro passed on as `$ty:ty`.
        Type::Group(inner) => return check(&inner.elem, errors),
        Type::Array(array) => return check(&array.elem, errors),
        Type::Ptr(_) => {
            "a pointer is valid in one process only: put the data itself into the message, or an index \
             (`u32`) into an array that both sides have"
        }
        Type::BareFn(_) => {
            "a function pointer is valid in one process only: use an enum without fields (`#[repr(u8)]`) \
             that says which function is meant"
        }
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => {
                "a reference is valid in one process only: use `slotcast::Str<N>` for text of up to N bytes"
            }
            Type::Slice(_) => {
                "a reference is valid in one process only: use `[T; N]` for exactly N elements, or \
                 `slotcast::FixedVec<T, N>` for up to N"
            }
            _ => "a reference is valid in one process only: put the data itself into the message, without `&`",
        },
        Type::Slice(_) => {
            "a field needs a fixed size: use `[T; N]` for exactly N elements, or `slotcast::FixedVec<T, N>` \
             for up to N; publish a message that is one large slice as `Publisher::<[T]>`"
        }
        Type::Path(path) if path.path.is_ident("str") => {
            "a field needs a fixed size: use `slotcast::Str<N>` for text of up to N bytes"
        }
        Type::Path(path) if is_marker(path) => {
            "a marker cannot be in a message: it changes what the type means and not its bytes, and a subscriber of \
             one meaning would take messages of the other. Remove this field, and say the difference by a field or by \
             two structs"
        }
        Type::Tuple(tuple) if tuple.elems.is_empty() => "`()` has no bytes to share: remove the field",
        Type::Tuple(_) => {
            "the layout of a tuple is not defined: use a struct with `#[repr(C)]` and \
             `#[derive(ShmMessage)]`, or an array if all types are the same"
        }
        Type::TraitObject(_) | Type::ImplTrait(_) => {
            "a trait object is valid in one process only: use the concrete type, or an enum without fields \
             (`#[repr(u8)]`) that says which type it is"
        }
        Type::Never(_) => "`!` has no values, so this message would have none: remove the field",
        _ => return,
    };
    errors.on(ty, message);
}

/// Whether a type is spelled as the standard library's marker.
fn is_marker(path: &TypePath) -> bool {
    path.path.segments.last().is_some_and(|last| last.ident == "PhantomData" && !last.arguments.is_empty())
}
