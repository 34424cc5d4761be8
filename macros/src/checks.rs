//! What only the compiler knows, checked by constants: padding, destructors, the pinned hash.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use crate::attributes::TypeAttributes;
use crate::structure::Part;

/// The checks of a struct: those inside its schema, and those beside the implementation.
///
/// A type that is not generic is checked beside it, at once and whether it is used or not, and its schema
/// stays good, so that users of the type do not fail too. A generic one is checked within its
/// schema, for the parameters that it is used with.
pub(crate) fn of_struct(
    input: &DeriveInput,
    parts: &[Part<'_>],
    attributes: &TypeAttributes,
) -> (TokenStream, TokenStream) {
    let private = &attributes.path;
    if !input.generics.params.is_empty() {
        let this = quote!(Self);
        let destructor = no_destructor(input, &this, private);
        let padding = no_padding(input, parts, &this, private);
        return (quote!(#destructor #padding), TokenStream::new());
    }
    let ident = &input.ident;
    let this = quote!(#ident);
    let destructor = no_destructor(input, &this, private);
    let padding = no_padding(input, parts, &this, private);
    let pin = pinned_hash(input, attributes);
    let beside = quote! {
        const _: () = { #destructor };
        const _: () = { #padding };
        #pin
    };
    (TokenStream::new(), beside)
}

/// The checks of an enum, beside the implementation.
pub(crate) fn of_enum(input: &DeriveInput, attributes: &TypeAttributes) -> TokenStream {
    let ident = &input.ident;
    let destructor = no_destructor(input, &quote!(#ident), &attributes.path);
    let pin = pinned_hash(input, attributes);
    quote!(const _: () = { #destructor }; #pin)
}

fn no_destructor(input: &DeriveInput, this: &TokenStream, private: &TokenStream) -> TokenStream {
    let name = input.ident.to_string();
    quote_spanned!(input.ident.span()=> #private::no_destructor::<#this>(#name);)
}

/// One call for each place where padding could be, each pointing at its field; each says all.
fn no_padding(
    input: &DeriveInput,
    parts: &[Part<'_>],
    this: &TokenStream,
    private: &TokenStream,
) -> TokenStream {
    let name = input.ident.to_string();
    let extents = parts.iter().map(
        |Part {
             member, ty, name, ..
         }| {
            quote!((#name, #private::offset_of!(#this, #member), #private::size_of::<#ty>()))
        },
    );
    let calls = (0..=parts.len()).map(|at| {
        let span = parts
            .get(at)
            .or(parts.last())
            .map_or(input.ident.span(), Part::span);
        quote_spanned!(span=> #private::no_padding_before(#name, __size, __fields, #at);)
    });
    quote! {
        let __size = #private::size_of::<#this>();
        let __fields = &[#(#extents),*];
        #(#calls)*
    }
}

fn pinned_hash(input: &DeriveInput, attributes: &TypeAttributes) -> Option<TokenStream> {
    let (hash, span) = attributes.hash?;
    let private = &attributes.path;
    let ident = &input.ident;
    let name = ident.to_string();
    Some(quote_spanned! {span=>
        const _: () = #private::pinned_hash(
            #name,
            <#ident as #private::ShmMessage>::HASH,
            #private::SchemaHash(#hash),
        );
    })
}
