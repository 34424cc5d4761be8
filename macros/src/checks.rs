//! What only the compiler knows, checked by constants: padding, destructors, the pinned hash.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use crate::attributes::TypeAttributes;
use crate::part::Part;

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

/// The check for a destructor, then one for each place where padding could be, pointing at its field; each
/// of those says all gaps.
fn layout(input: &DeriveInput, parts: &[Part<'_>], this: &TokenStream, private: &TokenStream) -> TokenStream {
    let name = input.ident.to_string();
    let extents = parts.iter().map(|part| {
        let Part { member, ty, name, .. } = part;
        quote!(#private::extent::<#ty>(#name, #private::offset_of!(#this, #member)))
    });
    // Variables that are the derive's own, wherever the code that names them points.
    let size = Ident::new("__size", Span::call_site());
    let fields = Ident::new("__fields", Span::call_site());
    let ident_span = input.ident.span();
    let destructor = pointing(quote!(#private::no_destructor::<#this>), ident_span);
    let destructor = quote_spanned!(ident_span=> #destructor(#name, #fields););
    let padding = (0..=parts.len()).map(|at| {
        let span = parts.get(at).or(parts.last()).map_or(ident_span, Part::span);
        let check = pointing(quote!(#private::no_padding_before), span);
        quote_spanned!(span=> #check(#name, #size, #fields, #at);)
    });
    quote! {
        let #size = #private::size_of::<#this>();
        let #fields = &[#(#extents),*];
        #destructor
        #(#padding)*
    }
}

/// The same tokens, all at `span`: an error in them points there and nowhere else.
fn pointing(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                let inside = pointing(group.stream(), span);
                token = TokenTree::Group(Group::new(group.delimiter(), inside));
            }
            token.set_span(span);
            token
        })
        .collect()
}

/// The check of the hash that `#[shm(hash = "…")]` pins, if it does.
pub(crate) fn pinned_hash(input: &DeriveInput, attributes: &TypeAttributes) -> Option<TokenStream> {
    let (hash, span) = attributes.hash?;
    let private = &attributes.path;
    let ident = &input.ident;
    let name = ident.to_string();
    let check = pointing(quote!(#private::pinned_hash), span);
    let arguments = quote!(#name, <#ident as #private::ShmMessage>::HASH, #private::SchemaHash(#hash));
    let call = quote_spanned!(span=> #check(#arguments));
    Some(quote!(const _: () = #call;))
}
