//! Structs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{DataStruct, DeriveInput, Field, Member, Type};

use crate::attributes::{FieldAttributes, TypeAttributes};
use crate::errors::Errors;
use crate::{checks, generics, reasons, representation, types};

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
    let (checks_in_schema, checks_beside) = checks::of_struct(input, &parts, attributes);

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

            #[inline]
            fn validate(
                __bytes: &[#private::primitive::u8],
            ) -> #private::Result<(), #private::InvalidValue> {
                #(#validations)*
                #private::Result::Ok(())
            }
        }

        #checks_beside
    }
}

/// One field, as the expansion needs it.
pub(crate) struct Part<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) name: String,
    /// The trait by which the type is asked to be a message.
    asked: Ident,
    attributes: FieldAttributes,
}

impl<'a> Part<'a> {
    fn of(member: Member, field: &'a Field, errors: &mut Errors) -> Part<'a> {
        types::check(&field.ty, errors);
        let name = match &member {
            Member::Named(ident) => ident.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        let attributes = FieldAttributes::of(field, errors);
        Part { member, ty: &field.ty, name, asked: reasons::asked(&field.ty), attributes }
    }

    /// Where to point when something is wrong with the field's place.
    pub(crate) fn span(&self) -> Span {
        match &self.member {
            Member::Named(ident) => ident.span(),
            Member::Unnamed(_) => self.ty.span(),
        }
    }

    /// The span for code that is the derive's own but stands for the field's type: errors point there, names
    /// mean what they mean in the derive. (The type may come from a `macro_rules!` macro, in which the
    /// derive's variables do not exist.)
    fn type_span(&self) -> Span {
        self.ty.span().resolved_at(Span::call_site())
    }

    fn descriptor(&self, private: &TokenStream) -> TokenStream {
        let Part { member, ty, name, asked, attributes: FieldAttributes { unit, doc } } = self;
        quote_spanned! {self.type_span()=>
            #private::field(
                #name,
                #private::offset_of!(Self, #member),
                <#ty as #private::#asked>::SCHEMA,
                #doc,
                #unit,
            )
        }
    }

    fn validation(&self, private: &TokenStream) -> TokenStream {
        let Part { member, ty, name, asked, .. } = self;
        quote_spanned! {self.type_span()=>
            if !<#ty as #private::#asked>::EVERY_BIT_PATTERN_VALID {
                #private::in_field(
                    #name,
                    <#ty as #private::#asked>::validate(#private::part(
                        __bytes,
                        #private::offset_of!(Self, #member),
                        #private::size_of::<#ty>(),
                    )),
                )?;
            }
        }
    }
}
