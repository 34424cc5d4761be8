//! What is emitted beside errors: an implementation that causes no further errors.

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::generics;

pub(crate) fn expand(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let mut bounds = input.generics.where_clause.clone();
    generics::assume_thread_safe(input, &mut bounds, private);
    let header = generics::impl_header(&input.ident, &input.generics, bounds.as_ref(), private);
    quote! {
        #[automatically_derived]
        #header {
            const SCHEMA: &'static #private::Schema = #private::REFUSED;

            fn validate(
                __bytes: &[#private::primitive::u8],
            ) -> #private::Result<(), #private::InvalidValue> {
                #private::Result::Err(#private::refused())
            }
        }
    }
}
