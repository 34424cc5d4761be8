//! What is emitted beside errors: an implementation that nothing else complains about.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::generics;

pub(crate) fn expand(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let (_, arguments, _) = input.generics.split_for_impl();
    let ident = &input.ident;
    let mut bounds = generics::bounds(&input.generics, std::iter::empty(), private)
        .unwrap_or_else(|| syn::parse_quote!(where));
    // A type with a pointer in it is neither `Send` nor `Sync`, and one that borrows is not `'static`; the
    // stub must not say so once more. A bound for every lifetime is not checked until it is used.
    bounds.predicates.push(syn::parse_quote! {
        for<'__any> #ident #arguments: #private::Refused<'__any>
    });
    let head = generics::implementation(ident, &input.generics, Some(&bounds), private);
    quote! {
        #[automatically_derived]
        #head {
            const SCHEMA: &'static #private::Schema = #private::REFUSED;

            fn validate(
                __bytes: &[#private::primitive::u8],
            ) -> #private::Result<(), #private::InvalidValue> {
                #private::Result::Err(#private::refused())
            }
        }
    }
}
