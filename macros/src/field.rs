//! One field of a struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Field, Member, Type};

use crate::attributes::FieldAttributes;
use crate::errors::Errors;
use crate::{reasons, types};

/// One field of a message, as the expansion needs it.
pub(crate) struct MessageField<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) name: String,
    /// The trait that requires the type to be a message.
    required: Ident,
    attributes: FieldAttributes,
}

impl<'a> MessageField<'a> {
    pub(crate) fn of(member: Member, field: &'a Field, errors: &mut Errors) -> MessageField<'a> {
        types::check(&field.ty, errors);
        let name = match &member {
            Member::Named(ident) => ident.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        };
        let attributes = FieldAttributes::of(field, errors);
        MessageField { member, ty: &field.ty, name, required: reasons::required_trait(&field.ty), attributes }
    }

    /// Returns where an error about the field's position points.
    pub(crate) fn span(&self) -> Span {
        match &self.member {
            Member::Named(ident) => ident.span(),
            Member::Unnamed(_) => self.ty.span(),
        }
    }

    /// Returns the span for code of the derive that stands for the field's type: errors point at
    /// the type, but names resolve as in the derive. (The type may come from a `macro_rules!`
    /// macro, in which the derive's variables do not exist.)
    fn type_span(&self) -> Span {
        self.ty.span().resolved_at(Span::call_site())
    }

    /// Returns the description of the field in the schema.
    pub(crate) fn descriptor(&self, private: &TokenStream) -> TokenStream {
        let MessageField { member, ty, name, required, attributes: FieldAttributes { unit, doc } } = self;
        quote_spanned! {self.type_span()=>
            #private::field(
                #name,
                #private::offset_of!(Self, #member),
                <#ty as #private::#required>::SCHEMA,
                #doc,
                #unit,
            )
        }
    }

    /// Returns a constant of the field's type, as the trait defines it.
    pub(crate) fn constant(&self, constant: &str, private: &TokenStream) -> TokenStream {
        let MessageField { ty, required, .. } = self;
        let constant = Ident::new(constant, Span::call_site());
        quote_spanned! {self.type_span()=> <#ty as #private::#required>::#constant }
    }

    /// Returns the statement that validates the bytes of the field.
    pub(crate) fn validation(&self, private: &TokenStream) -> TokenStream {
        let MessageField { member, ty, name, required, .. } = self;
        quote_spanned! {self.type_span()=>
            if !<#ty as #private::#required>::EVERY_BIT_PATTERN_VALID {
                #private::in_field(
                    #name,
                    <#ty as #private::#required>::validate(#private::part(
                        __bytes,
                        #private::offset_of!(Self, #member),
                        #private::size_of::<#ty>(),
                    )),
                )?;
            }
        }
    }
}
