//! What is emitted beside errors: an implementation that causes no further errors.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput};

use crate::errors::Errors;
use crate::{generics, reasons, types};

pub(crate) fn expand(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let mut bounds = input.generics.where_clause.clone();
    generics::assume_thread_safe(input, &mut bounds, private);
    let header = generics::impl_header(&input.ident, &input.generics, bounds.as_ref(), private);
    let (ident, (parameters, arguments, clause)) = (&input.ident, input.generics.split_for_impl());
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

        #[automatically_derived]
        impl #parameters #private::ZeroValid for #ident #arguments #clause {}
        #[automatically_derived]
        impl #parameters #private::AnyBytesValid for #ident #arguments #clause {}
    }
}

/// What the compiler has to say of those fields that were not refused by their spelling, so that it
/// is said at once: of a struct without parameters, and of types of which the standard library has
/// one by that name.
pub(crate) fn other_fields(input: &DeriveInput, private: &TokenStream) -> TokenStream {
    let Data::Struct(data) = &input.data else { return TokenStream::new() };
    if !input.generics.params.is_empty() {
        return TokenStream::new();
    }
    let checks = data.fields.iter().filter_map(|field| {
        let mut refused = Errors::default();
        types::check(&field.ty, &mut refused);
        let required = reasons::required_trait(&field.ty);
        if refused.into_compile_errors().is_some() || required == "ShmMessage" {
            return None;
        }
        let ty = &field.ty;
        Some(quote_spanned!(ty.span()=> let _ = <#ty as #private::#required>::SCHEMA;))
    });
    quote!(const _: fn() = || { #(#checks)* };)
}
