//! The ids of events: enums without fields, of one byte.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput};

use crate::attributes::TypeAttributes;
use crate::errors::Errors;
use crate::representation;

pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let attributes = TypeAttributes::of(input, &mut errors);
    let Data::Enum(data) = &input.data else {
        errors.at(input.ident.span(), "only an enum without fields has ids of events");
        return errors.into_compile_errors().unwrap_or_default();
    };
    match representation::check_enum(input, &mut errors) {
        Some(repr) if repr != "u8" => {
            errors.at(repr.span(), "ids of events are 0 to 255: use `#[repr(u8)]`");
        }
        _ => {}
    }
    for variant in data.variants.iter().filter(|variant| !variant.fields.is_empty()) {
        errors.on(
            &variant.fields,
            "an event has no fields: publish a message for what has more to say than that it happened",
        );
    }
    if let Some(errors) = errors.into_compile_errors() {
        return errors;
    }
    let (private, ident) = (&attributes.path, &input.ident);
    let variants: Vec<_> = data.variants.iter().map(|variant| &variant.ident).collect();
    quote! {
        #[automatically_derived]
        impl #private::EventId for #ident {
            #[inline]
            fn to_id(self) -> #private::primitive::u8 {
                self as #private::primitive::u8
            }

            #[inline]
            fn from_id(__id: #private::primitive::u8) -> #private::Option<Self> {
                #(if __id == Self::#variants as #private::primitive::u8 {
                    return #private::Option::Some(Self::#variants);
                })*
                #private::Option::None
            }
        }
    }
}
