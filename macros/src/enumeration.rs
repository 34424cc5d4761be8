//! Enums without fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{DataEnum, DeriveInput};

use crate::attributes::{self, TypeAttributes};
use crate::errors::Errors;
use crate::{checks, generics, representation, validity};

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
        errors.at(input.ident.span(), "an enum without variants has no values, so none to publish");
    }
    if !input.generics.params.is_empty() {
        errors.on(&input.generics, "an enum without fields has no use for generic parameters: remove them");
    }
    for variant in data.variants.iter().filter(|variant| !variant.fields.is_empty()) {
        errors.on(
            &variant.fields,
            "a variant with fields cannot be shared: which bytes are there depends on the value; use a \
             struct that has the fields of all variants and a field-less enum that says which hold",
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
            quote!(#private::variant(#name, Self::#ident as #private::primitive::#repr as #private::primitive::i128, #doc))
        })
        .collect();
    let head = generics::implementation(&input.ident, &input.generics, None, private);
    let checks = checks::pinned_hash(input, attributes);
    let validity = validity::of_enum(input, data, attributes, errors);

    quote! {
        #[automatically_derived]
        #head {
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
