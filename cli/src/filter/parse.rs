//! From text to expressions.

use super::{Comparison, Expression, Operand};
use anyhow::{Result, bail};
use slotcast::dynamic::Value;
use winnow::ascii::{digit1, multispace0};
use winnow::combinator::{alt, cut_err, delimited, eof, fail, not, opt, peek, preceded, repeat, separated, terminated};
use winnow::error::{StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::token::{any, one_of, take_till, take_while};

/// Expressions are nested at most this deep.
const MAX_PARENTHESES: usize = 100;

/// Reads an expression.
///
/// # Errors
/// When it is none; the error says where, and what is expected there.
pub(super) fn parse(text: &str) -> Result<Expression> {
    if text.matches('(').count() > MAX_PARENTHESES {
        bail!("the filter has more than {MAX_PARENTHESES} parentheses");
    }
    let whole = terminated(disjunction, (multispace0, eof.context(expected("`and`, `or` or the end"))));
    let error = match { whole }.parse(text) {
        Ok(expression) => return Ok(expression),
        Err(error) => error,
    };
    let at = error.offset();
    let expected = error.inner().context().find_map(|context| match context {
        StrContext::Expected(StrContextValue::Description(what)) => Some(*what),
        _ => None,
    });
    let (before, rest) = text.split_at(at.min(text.len()));
    let found = if rest.is_empty() { "it ends".to_owned() } else { format!("it has `{}`", rest.trim_start()) };
    let after = if before.trim().is_empty() { String::new() } else { format!(" after `{}`", before.trim()) };
    bail!(
        "the filter is not valid{after}: expected {}, but {found}",
        expected.unwrap_or("a comparison, such as `x > 1`")
    )
}

fn expected(what: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(what))
}

fn disjunction(input: &mut &str) -> ModalResult<Expression> {
    separated(1.., conjunction, alt((symbol("||"), word("or")))).map(Expression::Any).parse_next(input)
}

fn conjunction(input: &mut &str) -> ModalResult<Expression> {
    separated(1.., negation, alt((symbol("&&"), word("and")))).map(Expression::All).parse_next(input)
}

fn negation(input: &mut &str) -> ModalResult<Expression> {
    let exclamation = (multispace0, '!', not('=')).void();
    let negations: usize = repeat(0.., alt((exclamation, word("not")))).parse_next(input)?;
    let inner = alt((delimited(symbol("("), cut_err(disjunction), cut_err(close)), comparison)).parse_next(input)?;
    Ok(if negations % 2 == 1 { Expression::Not(Box::new(inner)) } else { inner })
}

fn close(input: &mut &str) -> ModalResult<()> {
    symbol(")").context(expected("`)`")).parse_next(input)
}

fn comparison(input: &mut &str) -> ModalResult<Expression> {
    let left = operand.parse_next(input)?;
    let Some(comparison) = opt(preceded(multispace0, operator)).parse_next(input)? else {
        return Ok(Expression::Truth(left));
    };
    let right = cut_err(operand).parse_next(input)?;
    Ok(Expression::Compare(left, comparison, right))
}

fn operator(input: &mut &str) -> ModalResult<Comparison> {
    alt((
        "==".value(Comparison::Equal),
        "!=".value(Comparison::NotEqual),
        "<=".value(Comparison::AtMost),
        ">=".value(Comparison::AtLeast),
        "<".value(Comparison::Less),
        ">".value(Comparison::Greater),
        "=".value(Comparison::Equal),
    ))
    .parse_next(input)
}

fn operand(input: &mut &str) -> ModalResult<Operand> {
    let what = "a field, a number, a text in quotes, true or false";
    preceded(multispace0, alt((number.map(Operand::Literal), text.map(Operand::Literal), name)))
        .context(expected(what))
        .parse_next(input)
}

fn number(input: &mut &str) -> ModalResult<Value> {
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let decimal = (alt(((digit1, opt(('.', opt(digit1)))).void(), ('.', digit1).void())), opt(exponent)).void();
    let hexadecimal = ("0x", take_while(1.., |digit: char| digit.is_ascii_hexdigit())).void();
    let digits = (opt(one_of(['+', '-'])), alt((hexadecimal, decimal))).take().parse_next(input)?;
    peek(not(one_of(|next: char| next.is_alphanumeric() || next == '_'))).parse_next(input)?;
    match of_digits(digits) {
        Some(value) => Ok(value),
        None => fail.parse_next(input),
    }
}

fn of_digits(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return u128::from_str_radix(hexadecimal, 16).ok().map(Value::from);
    }
    let integer = digits.parse().map(Value::Int).or_else(|_| digits.parse::<u128>().map(Value::from));
    integer.ok().or_else(|| digits.parse().ok().map(Value::F64))
}

/// Text in quotes of either kind, in which `\` takes the meaning from the next character.
fn text(input: &mut &str) -> ModalResult<Value> {
    let quote = one_of(['"', '\'']).parse_next(input)?;
    let plain = take_till(1.., move |next| next == quote || next == '\\').map(str::to_owned);
    let escaped = preceded('\\', any).map(|escaped: char| escaped.to_string());
    let parts: Vec<String> = repeat(0.., alt((plain, escaped))).parse_next(input)?;
    cut_err(quote.context(expected("the closing quote"))).parse_next(input)?;
    Ok(Value::Str(parts.concat()))
}

/// A path to a field, or a word that stands for itself.
fn name(input: &mut &str) -> ModalResult<Operand> {
    let is_name = |next: char| next.is_alphanumeric() || "_.[]-#:".contains(next);
    let starts = |next: char| next.is_alphabetic() || next == '_' || next == '[';
    let path = (one_of(starts), take_while(0.., is_name)).take().parse_next(input)?;
    Ok(match path {
        "true" => Operand::Literal(Value::Bool(true)),
        "false" => Operand::Literal(Value::Bool(false)),
        "and" | "or" | "not" => fail.parse_next(input)?,
        path => Operand::Field(path.to_owned()),
    })
}

fn symbol<'a>(symbol: &'static str) -> impl ModalParser<&'a str, (), winnow::error::ContextError> {
    (multispace0, symbol).void()
}

fn word<'a>(word: &'static str) -> impl ModalParser<&'a str, (), winnow::error::ContextError> {
    let goes_on = one_of(|next: char| next.is_alphanumeric() || "_.[".contains(next));
    (multispace0, word, peek(not(goes_on))).void()
}
