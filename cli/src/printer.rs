//! How messages are printed.

use crate::fields::Field;
use crate::filter::{Expression, Filter};
use crate::values::csv::Columns;
use crate::values::shorten::Shorten;
use crate::values::{json, yaml};
use anyhow::{Result, bail};
use clap::ValueEnum;
use serde::Serialize;
use slotcast::TopicName;
use slotcast::dynamic::{Layout, Sample, Value};
use slotcast::schema::InvalidValue;
use std::io::Write;
use std::sync::Arc;

/// The form of messages.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// A document of YAML each, followed by a line `---`
    Yaml,
    /// A line of JSON each
    #[value(alias = "json")]
    Ndjson,
    /// A table: a line each, and a column for each field
    Csv,
    /// The bytes that they are in memory, without anything between them
    Raw,
}

/// How messages are printed, whatever their layout.
pub(crate) struct Printer {
    pub(crate) format: MessageFormat,
    /// The fields to print; all if there are none.
    pub(crate) fields: Vec<String>,
    pub(crate) filter: Option<Expression>,
    pub(crate) shorten: Shorten,
    /// Whether a document of YAML is one line.
    pub(crate) flow: bool,
    /// Whether each message is printed with its topic, sequence and the like.
    pub(crate) meta: bool,
    /// Whether the topic of each message is printed.
    pub(crate) several_topics: bool,
}

/// What is printed of messages of one layout.
pub(crate) struct View {
    fields: Vec<(Arc<str>, Field)>,
    filter: Option<Filter>,
    columns: Option<Columns>,
}

/// A message and where it comes from.
#[derive(Serialize)]
struct Envelope<'a> {
    topic: &'a str,
    #[serde(flatten)]
    origin: Option<Origin>,
    value: Option<&'a Value>,
}

#[derive(Serialize)]
struct Origin {
    publisher: String,
    sequence: u64,
    lost_before: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    monotonic_ns: Option<u64>,
}

impl Printer {
    /// Returns what is printed of messages of a layout, and prints what comes before them.
    ///
    /// # Errors
    /// When a field that is to be printed, or is in the filter, does not exist.
    pub(crate) fn view(&self, layout: &Layout, out: &mut impl Write) -> Result<View> {
        let fields = self.fields.iter().map(|path| Ok((path.as_str().into(), Field::new(layout, path)?)));
        let columns = match self.format {
            MessageFormat::Csv => {
                let columns = Columns::new(layout, &self.fields)?;
                columns.write_header(out)?;
                Some(columns)
            }
            _ => None,
        };
        let filter = self.filter.as_ref().map(|filter| filter.bind(layout)).transpose()?;
        Ok(View { fields: fields.collect::<Result<_>>()?, filter, columns })
    }

    /// Prints a message if the filter selects it, and returns whether it does.
    ///
    /// # Errors
    /// [`InvalidValue`] when it is not valid; otherwise when it cannot be written.
    pub(crate) fn print(
        &self,
        topic: &TopicName,
        sample: &Sample,
        view: &mut View,
        out: &mut impl Write,
    ) -> Result<bool> {
        if view.filter.as_ref().is_some_and(|filter| !filter.selects(sample.bytes())) {
            return Ok(false);
        }
        if let Some(columns) = &mut view.columns {
            columns.write(out, sample.bytes())?;
            return Ok(true);
        }
        if self.format == MessageFormat::Raw {
            return self.print_raw(sample, view, out).map(|()| true);
        }
        let value = view.value(sample)?;
        let value = if self.shorten.is_needed() { value.map(|value| self.shorten.apply(value)) } else { value };
        match self.format {
            MessageFormat::Ndjson => self.print_json(topic, sample, value.as_ref(), out)?,
            _ => self.print_yaml(topic, sample, value.as_ref(), out)?,
        }
        Ok(true)
    }

    fn print_raw(&self, sample: &Sample, view: &View, out: &mut impl Write) -> Result<()> {
        match view.fields.as_slice() {
            [] => out.write_all(sample.bytes())?,
            [(_, Field::One(field))] => out.write_all(field.bytes(sample.bytes()).unwrap_or_default())?,
            _ => bail!("only one field can be printed as raw bytes"),
        }
        Ok(())
    }

    fn print_json(
        &self,
        topic: &TopicName,
        sample: &Sample,
        value: Option<&Value>,
        out: &mut impl Write,
    ) -> Result<()> {
        if !self.meta && !self.several_topics {
            return json::write_line(out, &value);
        }
        let origin = self.meta.then(|| Origin {
            publisher: sample.publisher().to_string(),
            sequence: sample.sequence(),
            lost_before: sample.lost_before(),
            monotonic_ns: sample.timestamp(),
        });
        json::write_line(out, &Envelope { topic: topic.as_str(), origin, value })
    }

    fn print_yaml(
        &self,
        topic: &TopicName,
        sample: &Sample,
        value: Option<&Value>,
        out: &mut impl Write,
    ) -> Result<()> {
        if self.meta {
            write!(out, "# {topic}, message {} of {}", sample.sequence(), sample.publisher())?;
            if let Some(age) = sample.age() {
                write!(out, ", {age:.1?} old")?;
            }
            match sample.lost_before() {
                0 => writeln!(out)?,
                lost => writeln!(out, ", {lost} lost before it")?,
            }
        } else if self.several_topics {
            writeln!(out, "# {topic}")?;
        }
        match value {
            Some(value) => yaml::write(out, value, self.flow)?,
            None => writeln!(out, "null")?,
        }
        Ok(out.write_all(b"---\n")?)
    }
}

impl View {
    /// Returns what is printed of a message: one field alone, several as a struct. Returns `None`
    /// for an element that it does not have.
    fn value(&self, sample: &Sample) -> Result<Option<Value>, InvalidValue> {
        match self.fields.as_slice() {
            [] => sample.value().map(Some),
            [(_, field)] => field.read(sample.bytes()),
            fields => {
                let mut found = Vec::new();
                for (path, field) in fields {
                    found.extend(field.read(sample.bytes())?.map(|value| (path.clone(), value)));
                }
                Ok(Some(Value::Struct(found)))
            }
        }
    }
}
