//! Topic names: which are valid, and typed constants of them.

use crate::error_debug::debug_is_display;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use crate::schema::{ConstText, shortened};

/// The maximal length of a topic name, in bytes.
pub const MAX_TOPIC_NAME: usize = 200;

/// Checks that `name` is a valid topic name.
///
/// A valid name has 1 to [`MAX_TOPIC_NAME`] bytes. It consists of segments of letters, digits, `_`,
/// `-` and `.`, separated by single `/`. No segment is empty or begins with a dot. Case matters.
///
/// ```
/// # use slotcast::check_topic_name;
/// assert!(check_topic_name("robot/arm-2/joint_state").is_ok());
/// assert!(check_topic_name("/robot/imu").is_err());
/// ```
///
/// # Errors
///
/// Returns the first problem, with the byte at which it is.
pub const fn check_topic_name(name: &str) -> Result<(), TopicNameProblem> {
    let bytes = name.as_bytes();
    if bytes.is_empty() {
        return Err(TopicNameProblem::Empty);
    }
    if bytes.len() > MAX_TOPIC_NAME {
        return Err(TopicNameProblem::TooLong { len: bytes.len() });
    }
    if bytes[0] == b'/' && bytes.len() > 1 {
        return Err(TopicNameProblem::LeadingSlash);
    }
    let mut at = 0;
    let mut starts_segment = true;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if starts_segment => return Err(TopicNameProblem::EmptySegment { at }),
            b'.' if starts_segment => return Err(TopicNameProblem::LeadingDot { at }),
            b'/' => starts_segment = true,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' => starts_segment = false,
            _ => {
                return Err(TopicNameProblem::Character { character: char_at(bytes, at), at });
            }
        }
        at += 1;
    }
    if starts_segment {
        return Err(TopicNameProblem::EmptySegment { at });
    }
    Ok(())
}

/// Returns the character that begins at the byte `at` of UTF-8 text.
const fn char_at(bytes: &[u8], at: usize) -> char {
    let first = bytes[at] as u32;
    let (mut code, more) = match bytes[at].leading_ones() {
        0 => (first, 0),
        2 => (first & 0x1f, 1),
        3 => (first & 0x0f, 2),
        _ => (first & 0x07, 3),
    };
    let mut i = 1;
    while i <= more {
        code = code << 6 | (bytes[at + i] as u32 & 0x3f);
        i += 1;
    }
    match char::from_u32(code) {
        Some(character) => character,
        None => char::REPLACEMENT_CHARACTER,
    }
}

/// What is wrong with a topic name.
///
/// ```
/// use slotcast::{TopicNameProblem, check_topic_name};
///
/// assert_eq!(check_topic_name("robot//imu"), Err(TopicNameProblem::EmptySegment { at: 6 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicNameProblem {
    /// It has no characters.
    #[error("it is empty; write one like `robot/imu`")]
    Empty,
    /// It has more than [`MAX_TOPIC_NAME`] bytes.
    #[error("it has {len} bytes; at most {MAX_TOPIC_NAME} are allowed")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// It has a character that is not allowed.
    #[error(
        "it has {character:?} at byte {at}; allowed are letters (A to Z, a to z), digits, `_`, `-`, `.`, and \
         `/` between segments"
    )]
    Character {
        /// The character.
        character: char,
        /// The byte at which it begins, from 0.
        at: usize,
    },
    /// It begins with `/`, as absolute names of other systems do.
    #[error("it begins with `/`; remove the leading `/`")]
    LeadingSlash,
    /// It ends with `/`, or has two in a row.
    #[error("it has an empty segment at byte {at}; `/` stands between segments, one at a time")]
    EmptySegment {
        /// The byte at which the segment would be, from 0.
        at: usize,
    },
    /// A segment begins with a dot.
    #[error("it has a segment that begins with `.` at byte {at}; begin it with a letter, digit, `_` or `-`")]
    LeadingDot {
        /// The byte at which the dot is, from 0.
        at: usize,
    },
}

/// A text is not a valid topic name.
///
/// ```
/// let error = slotcast::TopicName::new("/robot/imu").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "\"/robot/imu\" is not a valid topic name: it begins with `/`; remove the leading `/`",
/// );
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a valid topic name: {problem}", name = shortened(name))]
pub struct TopicNameError {
    /// The text.
    pub name: Box<str>,
    /// What is wrong with it.
    pub problem: TopicNameProblem,
}

debug_is_display!(struct TopicNameError { name, problem });

/// A valid topic name. Cloning is cheap.
///
/// ```
/// # fn main() -> Result<(), slotcast::TopicNameError> {
/// use slotcast::TopicName;
///
/// let name: TopicName = "robot/arm-2/joint_state".parse()?;
/// assert_eq!(name.as_str(), "robot/arm-2/joint_state");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicName(Arc<str>);

impl TopicName {
    /// Creates a topic name from a text, which is checked. Allocates.
    ///
    /// # Errors
    ///
    /// As [`check_topic_name`].
    pub fn new(name: &str) -> Result<TopicName, TopicNameError> {
        match check_topic_name(name) {
            Ok(()) => Ok(TopicName(name.into())),
            Err(problem) => Err(TopicNameError { name: name.into(), problem }),
        }
    }

    /// Creates a topic name from a text that is known to be valid.
    pub(super) fn valid(name: &str) -> TopicName {
        TopicName(name.into())
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for TopicName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for TopicName {
    type Err = TopicNameError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        TopicName::new(name)
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// A topic's name together with the type of its messages, created by [`topic!`](crate::topic). Both
/// are written once, and a name that is not valid does not compile.
///
/// ```
/// use slotcast::{Topic, topic};
///
/// const TEMPERATURE: Topic<f32> = topic!("robot/temperature");
/// assert_eq!(TEMPERATURE.name(), "robot/temperature");
/// ```
pub struct Topic<T: ?Sized, H = ()> {
    name: &'static str,
    messages: PhantomData<fn(&T) -> H>,
}

impl<T: ?Sized, H> Topic<T, H> {
    /// Returns the name, which is valid.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// For `topic!`.
    #[doc(hidden)]
    #[track_caller]
    pub const fn __literal(name: &'static str) -> Topic<T, H> {
        if let Err(error) = check_topic_name(name) {
            let text = ConstText::<512>::new().text("\"").text(name);
            let text = error.explain(text.text("\" is not a valid topic name: it "));
            panic!("{}", text.as_str())
        }
        Topic { name, messages: PhantomData }
    }
}

impl TopicNameProblem {
    /// Returns the text of `Display`, in a constant.
    const fn explain(self, text: ConstText<512>) -> ConstText<512> {
        match self {
            TopicNameProblem::Empty => text.text("is empty; write one like `robot/imu`"),
            TopicNameProblem::TooLong { len } => {
                text.text("has ").number(len as u128).text(" bytes; at most 200 are allowed")
            }
            TopicNameProblem::Character { character, at } => text
                .text("has `")
                .text(character.encode_utf8(&mut [0; 4]))
                .text("` at byte ")
                .number(at as u128)
                .text("; allowed are letters (A to Z, a to z), digits, `_`, `-`, `.`, and `/` between segments"),
            TopicNameProblem::LeadingSlash => text.text("begins with `/`; remove the leading `/`"),
            TopicNameProblem::EmptySegment { at } => text
                .text("has an empty segment at byte ")
                .number(at as u128)
                .text("; `/` stands between segments, one at a time"),
            TopicNameProblem::LeadingDot { at } => text
                .text("has a segment that begins with `.` at byte ")
                .number(at as u128)
                .text("; begin it with a letter, digit, `_` or `-`"),
        }
    }
}

impl<T: ?Sized, H> Clone for Topic<T, H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized, H> Copy for Topic<T, H> {}

impl<T: ?Sized, H> fmt::Debug for Topic<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({:?})", self.name)
    }
}

impl<T: ?Sized, H> fmt::Display for Topic<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

/// Creates a [`Topic`] constant. The name is checked at compile time.
///
/// ```
/// # use slotcast::{Topic, topic};
/// const ODOMETRY: Topic<[f64; 3]> = topic!("robot/odometry");
/// ```
///
/// ```compile_fail
/// # use slotcast::{Topic, topic};
/// const ODOMETRY: Topic<[f64; 3]> = topic!("robot//odometry");
/// ```
#[macro_export]
macro_rules! topic {
    ($name:expr) => {
        const { $crate::Topic::__literal($name) }
    };
}

/// What can name a topic with messages of type `T` and headers of type `H`: a text, or a
/// [`Topic<T, H>`](Topic) of exactly these types.
///
/// ```
/// use slotcast::{IntoTopic, Topic, TopicNameError, topic};
///
/// fn is_diagnostic(name: impl IntoTopic<u64>) -> Result<bool, TopicNameError> {
///     Ok(name.into_topic()?.as_str().starts_with("diagnostics/"))
/// }
///
/// const UPTIME: Topic<u64> = topic!("diagnostics/uptime");
/// # fn main() -> Result<(), TopicNameError> {
/// assert!(is_diagnostic(UPTIME)? && !is_diagnostic("robot/imu")?);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a topic with messages of type `{T}`",
    label = "expected a text such as \"robot/imu\", or a `Topic<{T}>`",
    note = "a `Topic` constant names topics of its own message type only"
)]
pub trait IntoTopic<T: ?Sized, H = ()> {
    /// Returns the name, which is checked.
    ///
    /// # Errors
    ///
    /// As [`check_topic_name`]; never for a [`Topic`] or a [`TopicName`].
    fn into_topic(self) -> Result<TopicName, TopicNameError>;
}

impl<T: ?Sized, H> IntoTopic<T, H> for &str {
    fn into_topic(self) -> Result<TopicName, TopicNameError> {
        TopicName::new(self)
    }
}

impl<T: ?Sized, H> IntoTopic<T, H> for &String {
    fn into_topic(self) -> Result<TopicName, TopicNameError> {
        TopicName::new(self)
    }
}

impl<T: ?Sized, H> IntoTopic<T, H> for String {
    fn into_topic(self) -> Result<TopicName, TopicNameError> {
        TopicName::new(&self)
    }
}

impl<T: ?Sized, H> IntoTopic<T, H> for TopicName {
    fn into_topic(self) -> Result<TopicName, TopicNameError> {
        Ok(self)
    }
}

impl<T: ?Sized, H> IntoTopic<T, H> for &TopicName {
    fn into_topic(self) -> Result<TopicName, TopicNameError> {
        Ok(self.clone())
    }
}

impl<T: ?Sized, H> IntoTopic<T, H> for Topic<T, H> {
    fn into_topic(self) -> Result<TopicName, TopicNameError> {
        Ok(TopicName(self.name.into()))
    }
}

impl<T: ?Sized, H> IntoTopic<T, H> for &Topic<T, H> {
    fn into_topic(self) -> Result<TopicName, TopicNameError> {
        (*self).into_topic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong() {
        let error = |name: &str| check_topic_name(name).unwrap_err();
        assert_eq!(error(""), TopicNameProblem::Empty);
        assert_eq!(error(&"x".repeat(201)), TopicNameProblem::TooLong { len: 201 });
        assert_eq!(error("a+b"), TopicNameProblem::Character { character: '+', at: 1 });
        assert_eq!(error("a/größe"), TopicNameProblem::Character { character: 'ö', at: 4 });
        assert_eq!(error("a/𝛼"), TopicNameProblem::Character { character: '𝛼', at: 2 });
        assert_eq!(error("/a"), TopicNameProblem::LeadingSlash);
        assert_eq!(error("/"), TopicNameProblem::EmptySegment { at: 0 });
        assert_eq!(error("a//b"), TopicNameProblem::EmptySegment { at: 2 });
        assert_eq!(error("a/"), TopicNameProblem::EmptySegment { at: 2 });
        assert_eq!(error(".."), TopicNameProblem::LeadingDot { at: 0 });
        assert_eq!(error("a/./b"), TopicNameProblem::LeadingDot { at: 2 });
    }

    #[test]
    fn accepts_what_is_valid() {
        for name in ["a", "robot/imu", "A-1/b_2/c.d", "a..", &"x".repeat(200)] {
            assert_eq!(check_topic_name(name), Ok(()), "{name}");
        }
    }
}
