//! `tree`: the topics as a tree.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output::{self, Format};
use crate::overview;
use crate::topics::TopicFilter;
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  slotcast tree
  slotcast tree 'robot/**'";

/// Show the topics as a tree
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Tree {
    #[command(flatten)]
    topics: TopicFilter,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A segment of topic names. It can be a topic and have others below it.
#[derive(Default, Serialize)]
struct Node {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    type_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Node>,
}

impl Tree {
    /// Prints the tree.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let mut root = Node::default();
        let names = self.topics.select(context)?;
        let mut living = 0;
        for topic in &names {
            if overview::is_alive(context, topic)? {
                living += 1;
                root.add(topic.as_str(), topic.as_str(), overview::type_name(context, topic)?);
            }
        }
        let mut out = output::stdout();
        if self.format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(&root.children)?)?;
        } else {
            self.topics.tell_absent(context, &names);
            root.children.iter().try_for_each(|node| write!(out, "{}", node.drawn()))?;
            overview::tell_dead(names.len(), living);
        }
        Ok(if root.children.is_empty() { Outcome::No } else { Outcome::Done })
    }
}

impl Node {
    fn add(&mut self, rest: &str, topic: &str, type_name: Option<String>) {
        let (segment, below) = rest.split_once('/').map_or((rest, None), |(segment, below)| (segment, Some(below)));
        // Names come in order, but `a-b` comes between `a` and `a/b`.
        let index = self.children.iter().position(|child| child.name == segment).unwrap_or_else(|| {
            self.children.push(Self { name: segment.to_owned(), ..Self::default() });
            self.children.len() - 1
        });
        let child = &mut self.children[index];
        match below {
            Some(below) => child.add(below, topic, type_name),
            None => (child.topic, child.type_name) = (Some(topic.to_owned()), type_name),
        }
    }

    fn drawn(&self) -> termtree::Tree<String> {
        let label = match &self.type_name {
            Some(of) => format!("{} [{of}]", self.name),
            None => self.name.clone(),
        };
        termtree::Tree::new(label).with_leaves(self.children.iter().map(Self::drawn))
    }
}
