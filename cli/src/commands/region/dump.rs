//! `region dump`: what a structure contains.

use super::elements::{self, Element};
use super::kind::Kind;
use super::opening::{self, RegionName};
use crate::exit::{NotFound, Outcome};
use crate::output;
use crate::values::{json, yaml};
use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use slotcast::dynamic::{Layout, Value};
use slotcast::region::{Region, StructureKind};
use std::io::{BufWriter, Write};

/// Print the elements of a structure; changes nothing
///
/// A queue is printed from its oldest element on, a stack from its top. Of a pool, the objects that
/// are taken are printed.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast region dump plant temperatures\n  \
    slotcast region dump plant jobs -n 10 --format ndjson\n  \
    slotcast region dump foreign samples --kind array --dtype f64")]
pub(crate) struct Dump {
    #[command(flatten)]
    region: RegionName,
    /// The structure's name
    structure: String,
    /// The type of the elements of a structure of which nothing is recorded
    #[arg(long, value_enum, value_name = "TYPE")]
    dtype: Option<Dtype>,
    /// What a structure is of which nothing is recorded
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Print at most so many elements
    #[arg(short = 'n', long, value_name = "COUNT")]
    count: Option<usize>,
    /// How to print
    #[arg(long, value_enum, default_value = "yaml")]
    format: DumpFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DumpFormat {
    /// A document of YAML each, followed by a line `---`
    Yaml,
    /// A line of JSON each
    #[value(alias = "json")]
    Ndjson,
}

#[derive(Clone, Copy, ValueEnum)]
enum Dtype {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
}

impl Dtype {
    fn layout(self) -> Result<Layout> {
        Ok(match self {
            Self::I8 => Layout::of::<i8>(),
            Self::I16 => Layout::of::<i16>(),
            Self::I32 => Layout::of::<i32>(),
            Self::I64 => Layout::of::<i64>(),
            Self::U8 => Layout::of::<u8>(),
            Self::U16 => Layout::of::<u16>(),
            Self::U32 => Layout::of::<u32>(),
            Self::U64 => Layout::of::<u64>(),
            Self::F32 => Layout::of::<f32>(),
            Self::F64 => Layout::of::<f64>(),
        }?)
    }
}

impl Dump {
    /// Prints the elements.
    pub(crate) fn run(self) -> Result<Outcome> {
        let region = self.region.open_to_read()?;
        if region.find(&self.structure)?.is_none() {
            return Err(opening::no_structure(&region, &self.structure)?.into());
        }
        self.print(&region).with_context(|| format!("`{}` in region `{}`", self.structure, region.name()))
    }

    fn print(&self, region: &Region) -> Result<Outcome> {
        let kind = self.kind(region)?;
        let part = part_with_data(region, kind, &self.structure)?;
        let bytes = region.bytes(&part)?;
        let data_kind = if kind == StructureKind::Channel { StructureKind::Queue } else { kind };
        let mut out = BufWriter::new(output::stdout());
        if let Some(fields) = elements::words(data_kind, &bytes) {
            let fields = fields?.into_iter().map(|(name, number)| (name.into(), Value::Int(number.into())));
            write(&mut out, &Value::Struct(fields.collect()), self.format)?;
            out.flush()?;
            return Ok(Outcome::Done);
        }
        if matches!(kind, StructureKind::RwLock | StructureKind::Monitor | StructureKind::Part) {
            bail!("it is {}, which has no elements", kind.with_article());
        }
        let layouts = self.layouts(region)?;
        let sizes: Vec<usize> = layouts.iter().map(Layout::size).collect();
        if let Some(text) = elements::failure(data_kind, &bytes, &sizes) {
            write(&mut out, &Value::Struct(vec![("error".into(), Value::Str(text))]), self.format)?;
        }
        let elements = elements::of(data_kind, &bytes, &sizes)?;
        for element in elements.iter().take(self.count.unwrap_or(usize::MAX)) {
            write(&mut out, &decode(element, &layouts)?, self.format)?;
        }
        out.flush()?;
        Ok(Outcome::Done)
    }

    fn kind(&self, region: &Region) -> Result<StructureKind> {
        match (region.kind(&self.structure)?, self.kind) {
            (Some((recorded, _)), None) => Ok(recorded),
            (Some((recorded, _)), Some(given)) if recorded == given.into() => Ok(recorded),
            (Some((recorded, _)), Some(_)) => bail!("it is recorded as {}: leave out --kind", recorded.with_article()),
            (None, Some(given)) => Ok(given.into()),
            (None, None) => bail!("nothing is recorded about it: say what it is with --kind and --dtype"),
        }
    }

    /// Returns the layouts of the elements: one, or those of keys and values.
    fn layouts(&self, region: &Region) -> Result<Vec<Layout>> {
        let recorded = region.schemas(&self.structure)?;
        match self.dtype {
            Some(_) if !recorded.is_empty() => bail!("its type is recorded: leave out --dtype"),
            Some(dtype) => Ok(vec![dtype.layout()?]),
            None if recorded.is_empty() => bail!("the type of its elements is not recorded: name it with --dtype"),
            None => recorded.into_iter().map(|schema| Ok(Layout::new(schema)?)).collect(),
        }
    }
}

/// Returns the name of the entry that has the elements: structures of several entries have them
/// beside the one of their name.
fn part_with_data(region: &Region, kind: StructureKind, structure: &str) -> Result<String> {
    let suffix = match kind {
        StructureKind::Signal => "_state",
        StructureKind::Channel => "_queue",
        _ => return Ok(structure.to_owned()),
    };
    let part = format!("{structure}{suffix}");
    match region.find(&part)? {
        Some(_) => Ok(part),
        None if kind == StructureKind::Channel => {
            Err(NotFound("it is a channel without a buffer, which keeps no elements".to_owned()).into())
        }
        None => bail!("its part `{part}` is missing"),
    }
}

fn decode(element: &Element<'_>, layouts: &[Layout]) -> Result<Value> {
    let values = element.parts.iter().zip(layouts).map(|(bytes, layout)| layout.decode(bytes));
    let mut values: Vec<Value> = values.collect::<Result<_, _>>()?;
    match values.len() {
        2 => Ok(Value::Struct(["key".into(), "value".into()].into_iter().zip(values).collect())),
        _ => values.pop().context("it has no type"),
    }
}

fn write(out: &mut impl Write, value: &Value, format: DumpFormat) -> Result<()> {
    match format {
        DumpFormat::Ndjson => json::write_line(out, value),
        DumpFormat::Yaml => {
            yaml::write(out, value, false)?;
            Ok(out.write_all(b"---\n")?)
        }
    }
}
