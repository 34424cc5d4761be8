//! `#[repr(…)]`: reading it, and checking that it suits a message.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::{Attribute, DeriveInput, Ident};

use crate::errors::Errors;

/// The parts of all `#[repr(…)]` of a type that matter here.
#[derive(Default)]
struct Representation {
    c: Option<Span>,
    transparent: Option<Span>,
    packed: Option<Span>,
    rust: Option<Span>,
    align: Option<Span>,
    integer: Option<Ident>,
}

impl Representation {
    fn of(attributes: &[Attribute]) -> Representation {
        let mut found = Representation::default();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
            // The compiler itself reports malformed attributes.
            let _ = attribute.parse_nested_meta(|setting| {
                let key = setting.path.to_token_stream().to_string();
                let span = setting.path.segments[0].ident.span();
                match key.as_str() {
                    "C" => found.c = Some(span),
                    "transparent" => found.transparent = Some(span),
                    "packed" => found.packed = Some(span),
                    "Rust" => found.rust = Some(span),
                    "align" => found.align = Some(span),
                    "simd" => {}
                    _ => found.integer = setting.path.get_ident().cloned(),
                }
                if setting.input.peek(syn::token::Paren) {
                    let content;
                    syn::parenthesized!(content in setting.input);
                    content.parse::<proc_macro2::TokenStream>()?;
                }
                Ok(())
            });
        }
        found
    }
}

/// Checks that a struct has `repr(C)` or `repr(transparent)`, and not `packed`.
pub(crate) fn check_struct(input: &DeriveInput, errors: &mut Errors) {
    let found = Representation::of(&input.attrs);
    if let Some(span) = found.packed {
        errors.at(
            span,
            "a packed struct cannot be a message: references to its fields would be unaligned; use \
             `#[repr(C)]`, and order the fields so that there is no padding",
        );
    } else if let Some(span) = found.rust {
        errors.at(span, NOT_REPR_C);
    } else if found.c.is_none() && found.transparent.is_none() {
        errors.at(input.ident.span(), NOT_REPR_C);
    }
}

const NOT_REPR_C: &str = "the layout of this struct is not defined: add `#[repr(C)]`, so that every \
    program puts each field at the same offset";

/// Checks that an enum has a primitive integer representation, and returns it.
pub(crate) fn check_enum(input: &DeriveInput, errors: &mut Errors) -> Option<Ident> {
    let found = Representation::of(&input.attrs);
    if let Some(span) = found.align {
        errors.at(
            span,
            "an enum with an alignment of its own has padding: remove `align` here, and align the struct that \
             contains the enum",
        );
    }
    match found.integer {
        Some(integer) => match integer.to_string().as_str() {
            "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64" => return Some(integer),
            "usize" | "isize" => errors.at(
                integer.span(),
                format_args!(
                    "the size of `{integer}` depends on the machine: use `#[repr(u8)]`, or one of `u16` to \
                     `u64` and `i8` to `i64`"
                ),
            ),
            _ => errors.at(
                integer.span(),
                "an enum in a message must be one of `u8` to `u64` and `i8` to `i64`: use `#[repr(u8)]`",
            ),
        },
        None => match found.c {
            Some(span) => errors.at(
                span,
                "the C compiler chooses the size of a `repr(C)` enum: use `#[repr(u8)]`, or \
                 `#[repr(u32)]` to match a C `enum`",
            ),
            None => errors.at(input.ident.span(), "the layout of this enum is not defined: add `#[repr(u8)]`"),
        },
    }
    None
}
