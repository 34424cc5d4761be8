//! `#[repr(…)]`: what it says, and whether a message may be laid out so.

use proc_macro2::Span;
use quote::ToTokens as _;
use syn::{Attribute, DeriveInput, Ident};

use crate::errors::Errors;

/// Everything in all `#[repr(…)]` of a type that matters here.
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
            // What is malformed the compiler reports itself.
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

/// A struct needs `repr(C)` or `repr(transparent)`, and not `packed`.
pub(crate) fn check_struct(input: &DeriveInput, errors: &mut Errors) {
    let found = Representation::of(&input.attrs);
    if let Some(span) = found.packed {
        errors.at(
            span,
            "a packed struct cannot be a message: references to its fields would not be aligned; \
             use `#[repr(C)]`, and order the fields so that there is no padding",
        );
    } else if let Some(span) = found.rust {
        errors.at(span, NOT_REPR_C);
    } else if found.c.is_none() && found.transparent.is_none() {
        errors.at(input.ident.span(), NOT_REPR_C);
    }
}

const NOT_REPR_C: &str = "the layout of this struct is not defined: add `#[repr(C)]` to it, so that \
    every program that has it puts the same field at the same place";

/// A field-less enum needs a primitive integer representation, which is returned.
pub(crate) fn check_enum(input: &DeriveInput, errors: &mut Errors) -> Option<Ident> {
    let found = Representation::of(&input.attrs);
    if let Some(span) = found.align {
        errors.at(
            span,
            "an enum with an alignment of its own has padding: remove `align` here, and align the struct that has \
             the enum in it",
        );
    }
    match found.integer {
        Some(integer) => match integer.to_string().as_str() {
            "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64" => return Some(integer),
            "usize" | "isize" => errors.at(
                integer.span(),
                format_args!(
                    "`{integer}` has another size on another machine: use `#[repr(u8)]`, or `u16` to \
                     `u64` or `i8` to `i64`"
                ),
            ),
            _ => errors
                .at(integer.span(), "an enum in a message is one of `u8` to `u64` or `i8` to `i64`: use `#[repr(u8)]`"),
        },
        None => match found.c {
            Some(span) => errors.at(
                span,
                "the size of a `repr(C)` enum is the C compiler's choice: use `#[repr(u8)]`, or \
                 `#[repr(u32)]` where a C `enum` is on the other side",
            ),
            None => errors.at(input.ident.span(), "the layout of this enum is not defined: add `#[repr(u8)]` to it"),
        },
    }
    None
}
