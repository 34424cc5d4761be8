//! The derive macro of the [`slotcast`](https://docs.rs/slotcast) crate, which re-exports it.
//!
//! It works in two phases:
//!
//! 1. What the source text shows (representation, pointers, attributes) is checked here, and all
//!    mistakes are reported at once. A stub then replaces the implementation, so that one mistake
//!    does not cause errors wherever the type is used.
//! 2. What only the compiler knows (whether a field's type is a message, padding, destructors) is
//!    checked by constants in the emitted code. That code names nothing but
//!    `::slotcast::__private`.

mod attributes;
mod const_checks;
mod enumeration;
mod errors;
mod event_id;
mod field;
mod generics;
mod reasons;
mod representation;
mod structure;
mod stub;
mod types;
mod validity;

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput};

use attributes::TypeAttributes;
use errors::Errors;

/// Makes a struct, or an enum without fields, a message. The trait `slotcast::ShmMessage` has
/// examples and all requirements.
///
/// A struct needs `#[repr(C)]`, an enum an integer representation such as `#[repr(u8)]`. Settings
/// are given as `#[shm(setting = value, …)]`:
///
/// | setting | on | meaning |
/// | --- | --- | --- |
/// | `name = "robot.Imu"` | a type | its name in the schema, in place of its Rust name |
/// | `version = 2` | a type | its version; types of different versions do not match |
/// | `hash = "…"` | a type that is not generic | the hash that its layout must have, or it does not compile |
/// | `in_place` | a struct | it does not compile unless any bytes are a value: it is read in place |
/// | `crate = "my::slotcast"` | a type | the path of the `slotcast` crate, if it is not `::slotcast` |
/// | `unit = "m/s^2"` | a field | its unit, for people and tools |
#[proc_macro_derive(ShmMessage, attributes(shm))]
pub fn derive_shm_message(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input).into()
}

/// Makes an enum without fields the ids of events. The trait `slotcast::EventId` has an example.
///
/// It needs `#[repr(u8)]`, and also derives `ShmMessage`, `Clone` and `Copy`.
#[proc_macro_derive(EventId, attributes(shm))]
pub fn derive_event_id(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    event_id::expand(&syn::parse_macro_input!(input as DeriveInput)).into()
}

fn expand(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let attributes = TypeAttributes::of(input, &mut errors);
    generics::check(&input.generics, &mut errors);
    let body = match &input.data {
        Data::Struct(data) => structure::expand(input, data, &attributes, &mut errors),
        Data::Enum(data) => enumeration::expand(input, data, &attributes, &mut errors),
        Data::Union(data) => {
            errors.at(
                data.union_token.span(),
                "a union cannot be a message: its bytes do not say which field is valid; use a struct \
                 with a field that does, or plain bytes (`[u8; N]`)",
            );
            TokenStream::new()
        }
    };
    let body = match errors.into_compile_errors() {
        None => body,
        Some(errors) => {
            let stub = stub::expand(input, &attributes.path);
            let rest = stub::other_fields(input, &attributes.path);
            quote!(#errors #stub #rest)
        }
    };
    quote! {
        #[allow(unused_qualifications)]
        const _: () = {
            #body
        };
    }
}
