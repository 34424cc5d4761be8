//! Checks of what only the compiler knows, as constants in the emitted code: padding, destructors,
//! the pinned hash.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::DeriveInput;

use crate::attributes::TypeAttributes;
use crate::field::MessageField;

/// Returns the checks of a struct: those in its `LAYOUT_CHECKED`, and those beside the
/// implementation.
///
/// A type that is not generic is checked beside it: immediately, whether it is used or not. The
/// constants of the trait remain usable, so users of the type do not fail too. A generic type is
/// checked by one of them, for the arguments that it is used with. The others remain usable here,
/// too: the compiler prints a note for each constant that uses one that failed.
pub(crate) fn of_struct(
    input: &DeriveInput,
    fields: &[MessageField<'_>],
    attributes: &TypeAttributes,
) -> (TokenStream, TokenStream) {
    if input.generics.params.is_empty() {
        let ident = &input.ident;
        let layout = layout(input, fields, &quote!(#ident), &attributes.path);
        let pin = pinned_hash(input, attributes);
        (TokenStream::new(), quote!(const _: () = { #layout }; #pin))
    } else {
        (layout(input, fields, &quote!(Self), &attributes.path), TokenStream::new())
    }
}

/// Returns the check for a destructor, then one for each place where padding could be. Each of
/// those points at its field, and reports all gaps.
fn layout(input: &DeriveInput, fields: &[MessageField<'_>], this: &TokenStream, private: &TokenStream) -> TokenStream {
    let name = input.ident.to_string();
    let extents = fields.iter().map(|field| {
        let MessageField { member, ty, name, .. } = field;
        quote!(#private::extent::<#ty>(#name, #private::offset_of!(#this, #member)))
    });
    // Variables of the derive's own, wherever the code that names them points.
    let size = Ident::new("__size", Span::call_site());
    let all = Ident::new("__fields", Span::call_site());
    let ident_span = input.ident.span();
    let destructor = pointing(quote!(#private::no_destructor::<#this>), ident_span);
    let destructor = quote_spanned!(ident_span=> #destructor(#name, #all););
    let padding = (0..=fields.len()).map(|at| {
        let span = fields.get(at).or(fields.last()).map_or(ident_span, MessageField::span);
        let check = pointing(quote!(#private::no_padding_before), span);
        quote_spanned!(span=> #check(#name, #size, #all, #at);)
    });
    quote! {
        let #size = #private::size_of::<#this>();
        let #all = &[#(#extents),*];
        #destructor
        #(#padding)*
    }
}

/// Returns the same tokens, all at `span`: an error in them points there and nowhere else.
pub(crate) fn pointing(tokens: TokenStream, span: Span) -> TokenStream {
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

/// Returns the check of the hash that `#[shm(hash = "…")]` pins, if there is one.
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
