//! Structs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataStruct, DeriveInput};

use crate::attributes::TypeAttributes;
use crate::errors::Errors;
use crate::part::Part;
use crate::{checks, generics, reasons, representation, validity};

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
            "a message needs at least one field: this struct has no bytes to share (to signal without \
             data, use one field such as `count: u64`)",
        );
    }
    let parts: Vec<Part<'_>> =
        data.fields.members().zip(&data.fields).map(|(member, field)| Part::of(member, field, errors)).collect();

    let private = &attributes.path;
    let TypeAttributes { name, version, doc, .. } = attributes;
    let mut bounds = generics::bounds(&input.generics, parts.iter().map(|part| part.ty), private);
    if parts.iter().any(|part| reasons::is_bound_to_thread(part.ty)) {
        generics::assume_thread_safe(input, &mut bounds, private);
    }
    let head = generics::implementation(&input.ident, &input.generics, bounds.as_ref(), private);
    let descriptors = parts.iter().map(|part| part.descriptor(private));
    let validations = parts.iter().map(|part| part.validation(private));
    let any_bytes = parts.iter().map(|part| part.says("EVERY_BIT_PATTERN_VALID", private));
    let zero = parts.iter().map(|part| part.says("ZERO_VALID", private));
    let (checks_in_schema, checks_beside) = checks::of_struct(input, &parts, attributes);
    let validity = validity::of_struct(input, &parts, attributes);

    quote! {
        #[automatically_derived]
        #head {
            const SCHEMA: &'static #private::Schema = {
                #checks_in_schema
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

            // What the fields say, not the schema alone: a type that somebody made a message of by hand can have fewer
            // values than its kind.
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
