//! Topic arguments: names, with or without a leading `/`, and patterns such as `robot/*/imu`.

use crate::context::Context;
use crate::exit::NotFound;
use crate::near;
use crate::one_topic::topic_name;
use crate::output::tell;
use crate::overview;
use crate::why;
use anyhow::Result;
use clap::Args;
use globset::{GlobBuilder, GlobMatcher};
use slotcast::{Domain, TopicName};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// In how many topics of another domain living endpoints are looked for.
const MAX_TOPICS: usize = 16;
/// How many other domains are named where one is empty.
const MAX_OTHERS: usize = 3;

/// One topic or several.
#[derive(Args, Clone, Debug)]
pub(crate) struct TopicArgs {
    /// Names of topics, or patterns such as 'robot/*/imu' (`**` also stands for several segments)
    #[arg(value_name = "TOPIC", required = true)]
    patterns: Vec<TopicPattern>,
}

/// Any number of topics; without one, all.
#[derive(Args, Clone, Debug)]
pub(crate) struct TopicFilter {
    /// Only these topics: names, or patterns such as 'robot/*/imu' [default: all]
    #[arg(value_name = "TOPIC")]
    patterns: Vec<TopicPattern>,
}

/// The name of a topic, or a pattern of names.
#[derive(Clone, Debug)]
pub(crate) enum TopicPattern {
    /// One topic, which may not exist yet.
    Name(TopicName),
    /// All topics whose names match. `*` and `?` stand for anything within a segment, `**` for any
    /// number of segments, `[ab]` and `{left,right}` for one of several.
    Glob(GlobMatcher),
}

impl TopicPattern {
    /// Returns whether it stands for this topic.
    pub(crate) fn matches(&self, topic: &TopicName) -> bool {
        match self {
            Self::Name(name) => name == topic,
            Self::Glob(glob) => glob.is_match(topic.as_str()),
        }
    }
}

impl FromStr for TopicPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let relative = text.strip_prefix('/').filter(|rest| !rest.starts_with('/')).unwrap_or(text);
        if !relative.contains(['*', '?', '[', '{']) {
            return topic_name(relative).map(Self::Name);
        }
        let glob = GlobBuilder::new(relative).literal_separator(true).build();
        glob.map(|glob| Self::Glob(glob.compile_matcher())).map_err(|error| error.to_string())
    }
}

/// Prints it without the leading `/`.
impl fmt::Display for TopicPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name.as_str()),
            Self::Glob(glob) => f.write_str(glob.glob().glob()),
        }
    }
}

impl TopicArgs {
    /// Returns arguments that were read by the command itself.
    pub(crate) fn of(patterns: Vec<TopicPattern>) -> Self {
        Self { patterns }
    }

    /// Returns the only topic that these arguments can stand for. Returns `None` if there may be
    /// several. This depends on the arguments alone, so the form of what is printed can, too.
    pub(crate) fn single(&self) -> Option<&TopicName> {
        match self.patterns.as_slice() {
            [TopicPattern::Name(name)] => Some(name),
            _ => None,
        }
    }

    /// Returns what was given.
    pub(crate) fn patterns(&self) -> &[TopicPattern] {
        &self.patterns
    }

    /// Returns the topics that are named, whether they exist or not, and those of `existing` that
    /// match patterns. A topic may occur twice.
    pub(crate) fn wanted(&self, existing: &[TopicName]) -> Vec<TopicName> {
        let of_pattern = |pattern: &TopicPattern| match pattern {
            TopicPattern::Name(name) => vec![name.clone()],
            TopicPattern::Glob(_) => existing.iter().filter(|topic| pattern.matches(topic)).cloned().collect(),
        };
        self.patterns.iter().flat_map(of_pattern).collect()
    }

    /// Returns the topics that exist now, in the order of the arguments, each once.
    ///
    /// # Errors
    /// [`NotFound`] for the first argument that no topic matches; it names topics that are similar.
    pub(crate) fn resolve(&self, context: &Context) -> Result<Vec<TopicName>> {
        let existing = existing(context, &self.patterns)?;
        let mut found: Vec<TopicName> = Vec::new();
        for pattern in &self.patterns {
            let before = found.len();
            let matching = || existing.iter().filter(|topic| pattern.matches(topic));
            found.extend(matching().filter(|topic| !found.contains(topic)).cloned().collect::<Vec<_>>());
            if found.len() == before && matching().next().is_none() {
                return Err(absent(pattern, &existing, context).into());
            }
        }
        Ok(found)
    }
}

impl TopicFilter {
    /// Returns the topics that exist now and were asked for, in order of their names; all if none
    /// was given. Possibly none.
    ///
    /// # Errors
    /// When the domain exists and cannot be read.
    pub(crate) fn select(&self, context: &Context) -> Result<Vec<TopicName>> {
        let mut topics = existing(context, &self.patterns)?;
        if !self.patterns.is_empty() {
            topics.retain(|topic| self.patterns.iter().any(|pattern| pattern.matches(topic)));
        }
        Ok(topics)
    }

    /// Tells that there are no topics, or which of the arguments stands for none of those that were
    /// selected, so that a person does not look at nothing.
    pub(crate) fn tell_absent(&self, context: &Context, selected: &[TopicName]) {
        if self.patterns.is_empty() && selected.is_empty() {
            let (path, elsewhere) = (context.domain.path(), topics_elsewhere(context));
            match path.exists() {
                true => tell!("there are no topics in {}{elsewhere}", path.display()),
                false => tell!("the domain {} does not exist{elsewhere}", path.display()),
            }
        }
        let existing = context.observer().topics().unwrap_or_default();
        for pattern in self.patterns.iter().filter(|pattern| !selected.iter().any(|topic| pattern.matches(topic))) {
            tell!("{}", absent(pattern, &existing, context));
        }
    }
}

/// Returns the topics that exist now, and the parts of services and values that are named.
pub(crate) fn existing(context: &Context, patterns: &[TopicPattern]) -> Result<Vec<TopicName>> {
    let mut topics = context.observer().topics()?;
    for pattern in patterns {
        if let TopicPattern::Name(name) = pattern
            && name.split().1.is_some()
            && context.observer().topic(name)?.is_some()
        {
            topics.push(name.clone());
        }
    }
    Ok(topics)
}

/// Reads the name of one topic, with or without a leading `/`.
///
/// # Errors
/// When it is not valid, or a pattern.
pub(crate) fn name(text: &str) -> Result<TopicName, String> {
    match text.parse()? {
        TopicPattern::Name(name) => Ok(name),
        TopicPattern::Glob(_) => Err("it is a pattern; name one topic".to_owned()),
    }
}

/// Returns an error that says which topics are similar to one that does not exist.
pub(crate) fn absent(pattern: &TopicPattern, existing: &[TopicName], context: &Context) -> NotFound {
    let similar = near::nearest(&pattern.to_string(), existing.iter().map(TopicName::as_str));
    let domain = context.domain.path().display();
    let what = match pattern {
        TopicPattern::Name(name) => format!("there is no topic \"{name}\" in {domain}"),
        TopicPattern::Glob(glob) => format!("no topic in {domain} matches \"{}\"", glob.glob()),
    };
    if let TopicPattern::Name(name) = pattern
        && let Some(command) = listed_elsewhere(name, context)
    {
        return NotFound(format!("{what}, but what `{command}` shows has this name"));
    }
    NotFound(match (existing.len(), similar.as_slice()) {
        (0, _) => {
            let why =
                if context.domain.path().exists() { "it has no topics at all" } else { "that domain does not exist" };
            format!("{what}: {why}{}", topics_elsewhere(context))
        }
        (_, []) => format!("{what}: `slotcast list` shows those that there are"),
        (_, similar) => format!("{what}: did you mean {}?", near::alternatives(similar)),
    })
}

/// Returns the command that lists what has this name, if it is no topic but something else.
fn listed_elsewhere(name: &TopicName, context: &Context) -> Option<&'static str> {
    let observer = context.observer();
    if observer.values().is_ok_and(|values| values.contains(name)) {
        return Some("slotcast param list"); // a parameter is a service, too
    }
    if observer.services().is_ok_and(|services| services.contains(name)) {
        return Some("slotcast service list");
    }
    let is_event = |events: Vec<TopicName>| events.iter().any(|events| events.split().0 == name.as_str());
    observer.events().is_ok_and(is_event).then_some("slotcast event list")
}

/// Returns in which other domains there are topics, to be added to a sentence.
fn topics_elsewhere(context: &Context) -> String {
    let has_topics = |path: &PathBuf| {
        // Directories that are no domains have no living endpoints.
        let other = Context { domain: Domain::at(path), timeout: None };
        let topics = other.observer().topics().unwrap_or_default();
        topics.iter().take(MAX_TOPICS).any(|topic| overview::is_alive(&other, topic).unwrap_or(false))
    };
    let others = why::domains_beside(context.domain.path()).into_iter().filter(has_topics);
    let others: Vec<_> = others.take(MAX_OTHERS).map(|other| format!("`--domain {}`", other.display())).collect();
    if others.is_empty() { String::new() } else { format!("; there are topics with {}", others.join(" or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        pattern.parse::<TopicPattern>().unwrap().matches(&TopicName::new(name).unwrap())
    }

    #[test]
    fn names_and_patterns_are_told_apart() {
        assert!(matches("robot/imu", "robot/imu") && matches("/robot/imu", "robot/imu"));
        assert!(!matches("robot/imu", "robot/imu/raw"));
        assert!(matches("robot/*/imu", "robot/left/imu") && matches("/robot/*/imu", "robot/left/imu"));
        assert!(!matches("robot/*", "robot/left/imu") && matches("robot/**", "robot/left/imu"));
        assert!(matches("**/imu", "imu") && matches("**", "robot/left/imu"));
        assert!(matches("robot/{left,right}/imu", "robot/right/imu") && !matches("robot/[ab]", "robot/c"));
    }

    #[test]
    fn what_is_neither_is_refused() {
        let refused = |text: &str| text.parse::<TopicPattern>().unwrap_err();
        assert!(refused("//robot").contains("is not a valid topic name"), "{}", refused("//robot"));
        assert!(refused("").contains("it is empty"));
        assert!(refused("robot/[").contains("unclosed character class"), "{}", refused("robot/["));
    }
}
