//! What is emitted beside errors: an implementation that nothing else complains about.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::generics;

pub(crate) fn expand(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let mut bounds = input.generics.where_clause.clone();
    generics::assume_thread_safe(input, &mut bounds, private);
    let head = generics::implementation(&input.ident, &input.generics, bounds.as_ref(), private);
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
