//! Structs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataStruct, DeriveInput};

use crate::attributes::TypeAttributes;
use crate::errors::Errors;
use crate::field::MessageField;
use crate::{const_checks, generics, reasons, representation, validity};

pub(crate) fn expand(
    input: &DeriveInput,
    data: &DataStruct,
    attributes: &TypeAttributes,
    errors: &mut Errors,
) -> TokenStream {
    representation::check_struct(input, errors);
    if data.fields.is_empty() {
        errors.at(
            input.ident.span(),
            "a message needs at least one field: this struct has no bytes to share (to send a signal \
             without data, use one field such as `count: u64`)",
        );
    }
    let fields: Vec<MessageField<'_>> = data
        .fields
        .members()
        .zip(&data.fields)
        .map(|(member, field)| MessageField::of(member, field, errors))
        .collect();

    let private = &attributes.path;
    let TypeAttributes { name, version, doc, .. } = attributes;
    let mut bounds = generics::bounds(&input.generics, fields.iter().map(|field| field.ty), private);
    if fields.iter().any(|field| reasons::is_bound_to_thread(field.ty)) {
        generics::assume_thread_safe(input, &mut bounds, private);
    }
    let header = generics::impl_header(&input.ident, &input.generics, bounds.as_ref(), private);
    let descriptors = fields.iter().map(|field| field.descriptor(private));
    let validations = fields.iter().map(|field| field.validation(private));
    let any_bytes = fields.iter().map(|field| field.constant("EVERY_BIT_PATTERN_VALID", private));
    let zero = fields.iter().map(|field| field.constant("ZERO_VALID", private));
    let (checks_when_used, checks_beside) = const_checks::of_struct(input, &fields, attributes);
    let inner = fields.iter().filter(|field| !validity::is_number(field.ty));
    let inner_checks = inner.map(|field| field.constant("LAYOUT_CHECKED", private));
    let validity = validity::of_struct(input, &fields, attributes);

    quote! {
        #[automatically_derived]
        #header {
            const SCHEMA: &'static #private::Schema = {
                &#private::Schema {
                    name: #private::Cow::Borrowed(#name),
                    version: #version,
                    size: #private::size_of::<Self>() as #private::primitive::u64,
                    align: #private::align_of::<Self>() as #private::primitive::u64,
                    doc: #private::Cow::Borrowed(#doc),
                    kind: #private::Kind::Struct {
                        // Braces, because only they let the array live as long as the constant.
                        fields: #private::Cow::Borrowed { 0: &[#(#descriptors),*] },
                    },
                }
            };

            const LAYOUT_CHECKED: () = {
                #checks_when_used
                #(let () = #inner_checks;)*
            };

            // The fields count too, not only the schema: a type that implements the trait by hand
            // can have fewer values than its kind.
            const EVERY_BIT_PATTERN_VALID: #private::primitive::bool =
                Self::SCHEMA.every_bit_pattern_valid() #(&& #any_bytes)*;
            const ZERO_VALID: #private::primitive::bool = Self::SCHEMA.zero_valid() #(&& #zero)*;

            #[inline]
            fn validate(
                __bytes: &[#private::primitive::u8],
            ) -> #private::Result<(), #private::InvalidValue> {
                #(#validations)*
                #private::Result::Ok(())
            }
        }

        #checks_beside
        #validity
    }
}
