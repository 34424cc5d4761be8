//! Which bytes are values of the type: what the constants say, as traits that the compiler checks
//! earlier.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{DataEnum, DeriveInput, Expr, Lit, Type, UnOp};

use crate::attributes::TypeAttributes;
use crate::const_checks::pointing;
use crate::errors::Errors;
use crate::field::MessageField;
use crate::generics;

/// A struct has what all its fields have.
pub(crate) fn of_struct(input: &DeriveInput, fields: &[MessageField<'_>], attributes: &TypeAttributes) -> TokenStream {
    let private = &attributes.path;
    let all = |name: &str, in_field: &str| {
        let (name, in_field) = (Ident::new(name, Span::call_site()), Ident::new(in_field, Span::call_site()));
        let mut bounds = generics::bounds(&input.generics, fields.iter().map(|field| field.ty), private);
        for field in fields.iter().filter(|field| !is_number(field.ty)) {
            generics::require_when_used(field.ty, &in_field, &mut bounds, private);
        }
        implementation(input, &quote!(#private::#name), bounds.as_ref())
    };
    let (zero, any_bytes) = (all("ZeroValid", "ZeroInField"), all("AnyBytesValid", "AnyBytesInField"));
    let in_place = attributes.in_place.map(|_| {
        let (parameters, _, clause) = input.generics.split_for_impl();
        let checks = fields.iter().map(|field| {
            let ty = field.ty;
            quote_spanned!(ty.span()=> #private::in_place::<#ty>();)
        });
        quote! {
            #[allow(dead_code)]
            fn __is_readable_in_place #parameters () #clause { #(#checks)* }
        }
    });
    quote!(#zero #any_bytes #in_place)
}

/// An enum has a zero if one of its variants is 0. A variant whose value is not a literal counts as
/// one that may be 0.
pub(crate) fn of_enum(
    input: &DeriveInput,
    data: &DataEnum,
    attributes: &TypeAttributes,
    errors: &mut Errors,
) -> TokenStream {
    if let Some(span) = attributes.in_place {
        errors.at(
            span,
            "an enum is never read in place: some of its bit patterns are no variant. Put its integer (`u8`, say) into \
             the message, and convert after receiving",
        );
    }
    if !may_be_zero(data) {
        return TokenStream::new();
    }
    let private = &attributes.path;
    implementation(input, &quote!(#private::ZeroValid), None)
}

/// Returns whether a type is spelled as a number or an array of numbers, for which any bytes are
/// valid: bounds that always hold cost compile time. (If another type has that name, the constants
/// still know.)
pub(crate) fn is_number(ty: &Type) -> bool {
    const NUMBERS: [&str; 12] = ["u8", "u16", "u32", "u64", "u128", "i8", "i16", "i32", "i64", "i128", "f32", "f64"];
    match ty {
        Type::Path(path) => NUMBERS.iter().any(|number| path.path.is_ident(number)),
        Type::Array(array) => is_number(&array.elem),
        _ => false,
    }
}

fn implementation(input: &DeriveInput, of: &TokenStream, bounds: Option<&syn::WhereClause>) -> TokenStream {
    let (parameters, arguments, _) = input.generics.split_for_impl();
    let ident = &input.ident;
    // Of something that a derive emits the compiler would say to implement it by hand.
    let of = pointing(of.clone(), ident.span());
    quote! {
        impl #parameters #of for #ident #arguments #bounds {}
    }
}

fn may_be_zero(data: &DataEnum) -> bool {
    let mut next = Some(0);
    data.variants.iter().any(|variant| {
        let value = match &variant.discriminant {
            None => next,
            Some((_, expression)) => integer(expression),
        };
        next = value.and_then(|value: i128| value.checked_add(1));
        value.is_none_or(|value| value == 0)
    })
}

/// The value of an integer literal, with or without a sign.
fn integer(expression: &Expr) -> Option<i128> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(integer) => integer.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => integer(&unary.expr)?.checked_neg(),
        Expr::Paren(inner) => integer(&inner.expr),
        Expr::Group(inner) => integer(&inner.expr),
        _ => None,
    }
}
