//! `#[shm(…)]` and doc comments.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::meta::ParseNestedMeta;
use syn::parse::Parse;
use syn::{Attribute, DeriveInput, Expr, ExprLit, Field, Lit, LitInt, LitStr, Meta, Variant};

use crate::errors::Errors;

/// The attributes of a type, with defaults for those that are absent.
pub(crate) struct TypeAttributes {
    /// The name in the schema.
    pub(crate) name: String,
    pub(crate) version: u32,
    /// The hash that the layout must have, and where it is written.
    pub(crate) hash: Option<(u128, Span)>,
    /// Where the type requires that messages can be read in place.
    pub(crate) in_place: Option<Span>,
    /// The path of the SDK's private module.
    pub(crate) path: TokenStream,
    pub(crate) doc: String,
}

/// The attributes of a field.
pub(crate) struct FieldAttributes {
    pub(crate) unit: String,
    pub(crate) doc: String,
}

impl TypeAttributes {
    pub(crate) fn of(input: &DeriveInput, errors: &mut Errors) -> TypeAttributes {
        let mut found = TypeAttributes {
            name: input.ident.unraw().to_string(),
            version: 0,
            hash: None,
            in_place: None,
            path: quote!(::slotcast::__private),
            doc: doc(&input.attrs),
        };
        for_each_setting(&input.attrs, errors, |key, setting| match key {
            "name" => {
                let name: LitStr = value(setting, "a string: `name = \"robot.Imu\"`")?;
                check_name(&name)?;
                found.name = name.value();
                Ok(())
            }
            "version" => {
                let version: LitInt = value(setting, "a number: `version = 2`")?;
                found.version = version
                    .base10_parse()
                    .map_err(|_| syn::Error::new(version.span(), "a version must be between 0 and 4294967295"))?;
                Ok(())
            }
            "hash" => {
                let hash: LitStr = value(setting, "a string of 32 hexadecimal digits")?;
                found.hash = Some((parse_hash(&hash)?, hash.span()));
                Ok(())
            }
            "in_place" => {
                if setting.input.peek(syn::Token![=]) {
                    return Err(setting.error("this stands alone: `#[shm(in_place)]`"));
                }
                found.in_place = Some(setting.path.segments[0].ident.span());
                Ok(())
            }
            "crate" => {
                let path: LitStr = value(setting, "a path in quotes: `crate = \"my::slotcast\"`")?;
                let path: syn::Path = path.parse().map_err(|_| {
                    syn::Error::new(
                        path.span(),
                        "this is not a path: name the path of the `slotcast` crate, as in \
                         `crate = \"my::slotcast\"`",
                    )
                })?;
                found.path = quote!(#path::__private);
                Ok(())
            }
            "unit" => Err(setting.error("a unit belongs to a field: put `#[shm(unit = \"…\")]` before that field")),
            _ => Err(setting.error(format_args!(
                "unknown setting `{key}`: on a type, `#[shm(…)]` takes `name = \"…\"`, \
                 `version = N`, `hash = \"…\"`, `in_place` and `crate = \"…\"`"
            ))),
        });
        if let Some((_, span)) = found.hash
            && !input.generics.params.is_empty()
        {
            errors.at(
                span,
                "a generic type has a different layout, and hash, for each argument: pin the hash of \
                 a type that is not generic",
            );
        }
        found
    }
}

impl FieldAttributes {
    pub(crate) fn of(field: &Field, errors: &mut Errors) -> FieldAttributes {
        let mut unit = String::new();
        for_each_setting(&field.attrs, errors, |key, setting| match key {
            "unit" => {
                let text: LitStr = value(setting, "a string: `unit = \"m/s^2\"`")?;
                if text.value().is_empty() {
                    return Err(syn::Error::new(text.span(), "the unit is empty: remove the attribute"));
                }
                unit = text.value();
                Ok(())
            }
            "name" | "version" | "hash" | "crate" => {
                Err(setting
                    .error(format_args!("`{key}` belongs to the type: put `#[shm({key} = …)]` before the struct")))
            }
            _ => {
                Err(setting
                    .error(format_args!("unknown setting `{key}`: on a field, `#[shm(…)]` takes `unit = \"…\"`")))
            }
        });
        FieldAttributes { unit, doc: doc(&field.attrs) }
    }
}

/// Returns the doc comment of a variant, which takes no settings.
pub(crate) fn variant_doc(variant: &Variant, errors: &mut Errors) -> String {
    for_each_setting(&variant.attrs, errors, |key, setting| {
        Err(setting.error(format_args!("unknown setting `{key}`: a variant takes no `#[shm(…)]` settings")))
    });
    doc(&variant.attrs)
}

/// Calls `act` with each `key` of each `#[shm(key = …, …)]`. A key given twice is an error.
fn for_each_setting(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut act: impl FnMut(&str, &ParseNestedMeta<'_>) -> syn::Result<()>,
) {
    let mut seen = HashSet::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("shm")) {
        if !matches!(attribute.meta, Meta::List(_)) {
            let advice = "write the settings in parentheses: `#[shm(name = \"…\")]`";
            errors.add(syn::Error::new_spanned(attribute, advice));
            continue;
        }
        let parsed = attribute.parse_nested_meta(|setting| {
            let key = setting.path.to_token_stream().to_string().replace(' ', "");
            if seen.contains(&key) {
                errors.add(setting.error(format_args!("`{key}` is given twice")));
            }
            let done = act(&key, &setting);
            seen.insert(key);
            // A mistake in one setting must not hide those after it.
            if let Err(error) = done {
                errors.add(error);
                skip_value(&setting);
            }
            Ok(())
        });
        if let Err(error) = parsed {
            errors.add(error);
        }
    }
}

/// Returns the value after `=`, of the kind that `wanted` describes.
fn value<T: Parse>(setting: &ParseNestedMeta<'_>, wanted: &str) -> syn::Result<T> {
    let wanted = |span| syn::Error::new(span, format_args!("this takes {wanted}"));
    if !setting.input.peek(syn::Token![=]) {
        return Err(wanted(setting.path.segments[0].ident.span()));
    }
    let after = setting.value()?;
    let span = after.span();
    after.parse().map_err(|_| wanted(span))
}

/// Skips to the next comma.
fn skip_value(setting: &ParseNestedMeta<'_>) {
    while !setting.input.is_empty() && !setting.input.peek(syn::Token![,]) {
        if setting.input.parse::<proc_macro2::TokenTree>().is_err() {
            return;
        }
    }
}

fn check_name(name: &LitStr) -> syn::Result<()> {
    let text = name.value();
    let legal = |c: char| c.is_ascii_alphanumeric() || "_./:-".contains(c);
    let wrong = match text.chars().find(|&c| !legal(c)) {
        Some(character) => format!("this one contains {character:?}"),
        None if text.is_empty() || text.len() > 200 => format!("this one has {}", text.len()),
        None => return Ok(()),
    };
    Err(syn::Error::new(
        name.span(),
        format_args!("a message's name has 1 to 200 letters, digits, `_`, `.`, `/`, `:` or `-`; {wrong}"),
    ))
}

fn parse_hash(hash: &LitStr) -> syn::Result<u128> {
    let text = hash.value();
    if text.len() == 32
        && text.chars().all(|c| c.is_ascii_hexdigit())
        && let Ok(hash) = u128::from_str_radix(&text, 16)
    {
        return Ok(hash);
    }
    let wrong = match text.chars().find(|c| !c.is_ascii_hexdigit()) {
        Some(character) => format!("this one contains {character:?}"),
        None => format!("this one has {}", text.len()),
    };
    Err(syn::Error::new(
        hash.span(),
        format_args!(
            "a schema hash has 32 hexadecimal digits; {wrong}: write 32 zeros, and the compiler reports the \
             right hash"
        ),
    ))
}

/// Returns the text of the doc comments, without the leading space of each line.
fn doc(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        let Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        if !meta.path.is_ident("doc") {
            continue;
        }
        if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value {
            for line in text.value().split('\n') {
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned());
            }
        }
    }
    lines.join("\n").trim_matches('\n').to_owned()
}
