//! `call`: calls a service.

use crate::context::{self, Context};
use crate::exit::{NotFound, Outcome};
use crate::output;
use crate::values::{json, read, yaml};
use anyhow::Result;
use clap::{Args, ValueEnum};
use slotcast::dynamic::{Client, ClientError, Value};
use slotcast::{CallError, TopicName};
use std::io::Write;
use std::time::Duration;

/// How items are printed.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One line of YAML for each item
    #[default]
    Yaml,
    /// One line of JSON for each item
    Json,
}

/// Call a service, and print each item of the response
///
/// The request's type is that of the server. All fields have to be given. The exit code is 1 if
/// there is no server, it refuses or ends, or time runs out.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast call squares 12\n  \
    slotcast call robot/plan '{x: 1.5, y: 2}' --timeout 60\n  \
    slotcast call thumbnails '{path: a.png}' --format json")]
pub(crate) struct Call {
    /// The name of the service
    #[arg(value_name = "SERVICE")]
    service: TopicName,
    /// The request, in YAML or JSON; a list for a service of slices
    #[arg(allow_hyphen_values = true)]
    request: String,
    /// Seconds that the call may take
    #[arg(long = "deadline", value_name = "SECONDS", default_value = "5", value_parser = context::seconds)]
    deadline: Duration,
    /// End after this many items, and cancel the rest
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<u64>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Form,
}

impl Call {
    /// Calls, and prints what comes.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let request = read::one(&self.request)?;
        let result = self.print_items(context, &request);
        match result {
            Err(error) => Err(match *error {
                ClientError::Call(answer) if is_an_answer(&answer) => NotFound(answer.to_string()).into(),
                other => other.into(),
            }),
            Ok(written) => written.map(|()| Outcome::Done),
        }
    }

    /// Fails in two ways: the call can, and printing.
    fn print_items(&self, context: &Context, request: &Value) -> Result<Result<()>, Box<ClientError>> {
        let client = Client::new(self.service.as_str(), &context.domain)?;
        let mut pending = client.call(request, self.deadline)?;
        let mut printed = 0;
        while self.count.is_none_or(|count| printed < count)
            && let Some(item) = pending.next()?
        {
            let service = || self.service.to_string();
            let item = item.value().map_err(|reason| ClientError::Invalid { service: service(), reason })?;
            if let Err(error) = self.print(&item) {
                return Ok(Err(error));
            }
            printed += 1;
        }
        Ok(Ok(()))
    }

    fn print(&self, item: &Value) -> Result<()> {
        let mut out = output::stdout();
        match self.format {
            Form::Yaml => yaml::write(&mut out, item, true)?,
            Form::Json => json::write_line(&mut out, item)?,
        }
        Ok(out.flush()?)
    }
}

/// Returns whether this is an answer: not what was asked for, but nothing is wrong here.
fn is_an_answer(error: &CallError) -> bool {
    matches!(
        error,
        CallError::NoServer { .. }
            | CallError::Refused(_)
            | CallError::Expired(_)
            | CallError::ServerDied { .. }
            | CallError::ServerReplaced { .. }
    )
}
