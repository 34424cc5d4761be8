//! The derive macro of the [`slotcast`](https://docs.rs/slotcast) crate, which re-exports it.
//!
//! It works in two phases. What can be seen in the source text (representation, pointers, attributes)
//! is refused here, all mistakes at once, and a stub takes the implementation's place so that one
//! mistake is not followed by errors wherever the type is used. What only the compiler knows
//! (whether a field's type is a message, padding, destructors) is checked by constants in
//! the code that is emitted. That code names nothing but `::slotcast::__private`.

mod attributes;
mod checks;
mod enumeration;
mod errors;
mod generics;
mod part;
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

/// Makes a struct or a field-less enum a message: see `slotcast::ShmMessage`.
#[proc_macro_derive(ShmMessage, attributes(shm))]
pub fn derive_shm_message(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input).into()
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
                "a union cannot be a message: which of its fields holds is not in the bytes; \
                 use a struct with a field that says which, or bytes (`[u8; N]`)",
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
