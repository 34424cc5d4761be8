//! Generic parameters: which ones are refused, and which bounds the implementation needs.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::spanned::Spanned as _;
use syn::{DeriveInput, GenericParam, Generics, Type, WhereClause};

use crate::const_checks::pointing;
use crate::errors::Errors;

pub(crate) fn check(generics: &Generics, errors: &mut Errors) {
    for parameter in generics.lifetimes() {
        errors.at(
            parameter.lifetime.span(),
            format_args!(
                "a message cannot borrow, so it cannot have lifetime parameters: remove `{}` and store the \
                 data itself (`Str<N>` for text, `[T; N]` or `FixedVec<T, N>` for slices)",
                parameter.lifetime
            ),
        );
    }
}

/// Returns the type's own where clause, with a bound on every field type that depends on a
/// parameter. Bounds are on field types, not on parameters: `T` need not be a message if a field is
/// only a `Wrapper<T>`.
pub(crate) fn bounds<'a>(
    generics: &Generics,
    fields: impl Iterator<Item = &'a Type>,
    private: &TokenStream,
) -> Option<WhereClause> {
    let mut bounds = generics.where_clause.clone();
    for ty in fields.filter(|ty| mentions_parameter(ty.to_token_stream(), generics)) {
        let clause = bounds.get_or_insert_with(empty);
        clause.predicates.push(syn::parse_quote!(#ty: #private::ShmMessage));
    }
    bounds
}

/// Adds the bound that the type is `Send`, `Sync` and `'static`. It is for types with another
/// problem that is already reported, so that the compiler does not report this one too. The
/// compiler does not check a bound over all lifetimes before use.
pub(crate) fn assume_thread_safe(input: &DeriveInput, bounds: &mut Option<WhereClause>, private: &TokenStream) {
    let ident = &input.ident;
    let (_, arguments, _) = input.generics.split_for_impl();
    bounds.get_or_insert_with(empty).predicates.push(syn::parse_quote! {
        for<'__any> #ident #arguments: #private::ThreadSafe<'__any>
    });
}

/// Adds the bound that a type has a trait of `slotcast::__private`. The trait takes a lifetime, so
/// that the compiler checks the bound where the implementation is used, and not before.
pub(crate) fn require_when_used(ty: &Type, required: &Ident, bounds: &mut Option<WhereClause>, private: &TokenStream) {
    // At the field, which the compiler shows as the reason.
    let required = pointing(quote!(#private::#required<'__any>), ty.span());
    bounds.get_or_insert_with(empty).predicates.push(syn::parse_quote!(for<'__any> #ty: #required));
}

fn empty() -> WhereClause {
    WhereClause { where_token: Default::default(), predicates: Default::default() }
}

fn mentions_parameter(tokens: TokenStream, generics: &Generics) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => generics.params.iter().any(|parameter| match parameter {
            GenericParam::Type(parameter) => parameter.ident == ident,
            GenericParam::Const(parameter) => parameter.ident == ident,
            GenericParam::Lifetime(_) => false,
        }),
        TokenTree::Group(group) => mentions_parameter(group.stream(), generics),
        _ => false,
    })
}

/// Returns `impl<…> Trait for Name<…> where …`, up to the opening brace.
pub(crate) fn impl_header(
    name: &Ident,
    generics: &Generics,
    bounds: Option<&WhereClause>,
    private: &TokenStream,
) -> TokenStream {
    let (parameters, arguments, _) = generics.split_for_impl();
    quote!(unsafe impl #parameters #private::ShmMessage for #name #arguments #bounds)
}
