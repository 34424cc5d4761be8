//! Enums without fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{DataEnum, DeriveInput};

use crate::attributes::{self, TypeAttributes};
use crate::errors::Errors;
use crate::{const_checks, generics, representation, validity};

pub(crate) fn expand(
    input: &DeriveInput,
    data: &DataEnum,
    attributes: &TypeAttributes,
    errors: &mut Errors,
) -> TokenStream {
    let mut repr = None;
    if !data.variants.is_empty() {
        repr = representation::check_enum(input, errors);
    } else {
        errors.at(input.ident.span(), "an enum without variants has no values, so there is nothing to publish");
    }
    if !input.generics.params.is_empty() {
        errors.on(&input.generics, "an enum without fields does not use generic parameters: remove them");
    }
    for variant in data.variants.iter().filter(|variant| !variant.fields.is_empty()) {
        errors.on(
            &variant.fields,
            "a variant with fields cannot be shared: which bytes are valid depends on the value; use a \
             struct with the fields of all variants, and an enum without fields that says which are valid",
        );
    }

    let private = &attributes.path;
    let TypeAttributes { name, version, doc, .. } = attributes;
    let variants: Vec<TokenStream> = data
        .variants
        .iter()
        .map(|variant| {
            let doc = attributes::variant_doc(variant, errors);
            let ident = &variant.ident;
            let name = ident.unraw().to_string();
            let value = quote!(Self::#ident as #private::primitive::#repr as #private::primitive::i128);
            quote!(#private::variant(#name, #value, #doc))
        })
        .collect();
    let header = generics::impl_header(&input.ident, &input.generics, None, private);
    let checks = const_checks::pinned_hash(input, attributes);
    let validity = validity::of_enum(input, data, attributes, errors);

    quote! {
        #[automatically_derived]
        #header {
            const SCHEMA: &'static #private::Schema = &#private::Schema {
                name: #private::Cow::Borrowed(#name),
                version: #version,
                size: #private::size_of::<Self>() as #private::primitive::u64,
                align: #private::align_of::<Self>() as #private::primitive::u64,
                doc: #private::Cow::Borrowed(#doc),
                kind: #private::Kind::Enum {
                    repr: <#private::primitive::#repr as #private::EnumRepr>::PRIMITIVE,
                    variants: #private::Cow::Borrowed { 0: &[#(#variants),*] },
                },
            };

            #[inline]
            fn validate(
                __bytes: &[#private::primitive::u8],
            ) -> #private::Result<(), #private::InvalidValue> {
                #private::validate_enum::<Self, #private::primitive::#repr>(__bytes)
            }
        }

        #checks
        #validity
    }
}
