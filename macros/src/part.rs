//! One field of a struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Field, Member, Type};

use crate::attributes::FieldAttributes;
use crate::errors::Errors;
use crate::{reasons, types};

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
    pub(crate) fn of(member: Member, field: &'a Field, errors: &mut Errors) -> Part<'a> {
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

    pub(crate) fn descriptor(&self, private: &TokenStream) -> TokenStream {
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

    /// A constant of the field's type that says something of its values.
    pub(crate) fn says(&self, constant: &str, private: &TokenStream) -> TokenStream {
        let Part { ty, asked, .. } = self;
        let constant = Ident::new(constant, Span::call_site());
        quote_spanned! {self.type_span()=> <#ty as #private::#asked>::#constant }
    }

    pub(crate) fn validation(&self, private: &TokenStream) -> TokenStream {
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
