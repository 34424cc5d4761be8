//! What only the compiler knows, checked by constants: padding, destructors, the pinned hash.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use crate::attributes::TypeAttributes;
use crate::structure::{Part, located_at};

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
    if input.generics.params.is_empty() {
        let ident = &input.ident;
        let layout = layout(input, parts, &quote!(#ident), &attributes.path);
        let pin = pinned_hash(input, attributes);
        (TokenStream::new(), quote!(const _: () = { #layout }; #pin))
    } else {
        (layout(input, parts, &quote!(Self), &attributes.path), TokenStream::new())
    }
}

/// The checks of an enum, beside the implementation.
pub(crate) fn of_enum(input: &DeriveInput, attributes: &TypeAttributes) -> TokenStream {
    let ident = &input.ident;
    let destructor = no_destructor(input, &quote!(#ident), &quote!(&[]), &attributes.path);
    let pin = pinned_hash(input, attributes);
    quote!(const _: () = { #destructor }; #pin)
}

fn no_destructor(input: &DeriveInput, this: &TokenStream, extents: &TokenStream, private: &TokenStream) -> TokenStream {
    let name = input.ident.to_string();
    quote_spanned!(located_at(input.ident.span())=> #private::no_destructor::<#this>(#name, #extents);)
}

/// One call for each place where padding could be, each pointing at its field; each says all.
fn layout(input: &DeriveInput, parts: &[Part<'_>], this: &TokenStream, private: &TokenStream) -> TokenStream {
    let name = input.ident.to_string();
    let extents = parts.iter().map(
        |Part { member, ty, name, .. }| quote!(#private::extent::<#ty>(#name, #private::offset_of!(#this, #member))),
    );
    let destructor = no_destructor(input, this, &quote!(__fields), private);
    let padding = (0..=parts.len()).map(|at| {
        let span = parts.get(at).or(parts.last()).map_or_else(Span::call_site, Part::span);
        quote_spanned!(span=> #private::no_padding_before(#name, __size, __fields, #at);)
    });
    quote! {
        let __size = #private::size_of::<#this>();
        let __fields = &[#(#extents),*];
        #destructor
        #(#padding)*
    }
}

fn pinned_hash(input: &DeriveInput, attributes: &TypeAttributes) -> Option<TokenStream> {
    let (hash, span) = attributes.hash?;
    let private = &attributes.path;
    let ident = &input.ident;
    let name = ident.to_string();
    Some(quote_spanned! {located_at(span)=>
        const _: () = #private::pinned_hash(
            #name,
            <#ident as #private::ShmMessage>::HASH,
            #private::SchemaHash(#hash),
        );
    })
}
