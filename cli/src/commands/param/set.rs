use super::get::newest;
use crate::context::{self, Context};
use crate::exit::{NotFound, Outcome};
use crate::output::{self, FAINT};
use crate::values::{assign, read};
use anyhow::{Result, anyhow, bail};
use clap::Args;
use slotcast::dynamic::{Client, ClientError, Value};
use slotcast::registry::Part;
use slotcast::{CallError, TopicName};
use std::io::Write;
use std::time::Duration;

/// Ask the owner of a value for another one
///
/// The owner takes it, or refuses it with a reason. Fields that are not given stay as they are. The
/// exit code is 1 if it refuses, does not answer in time, or there is none.
#[derive(Args)]
pub(crate) struct Set {
    /// Its name
    #[arg(value_name = "NAME")]
    name: TopicName,
    /// Fields, such as speed=0.7 or pose.flags[2]=true; or the whole value, in YAML or JSON
    #[arg(value_name = "FIELD=VALUE", required = true, allow_hyphen_values = true)]
    values: Vec<String>,
    /// Seconds that the owner may take
    #[arg(long = "deadline", value_name = "SECONDS", default_value = "5", value_parser = context::seconds)]
    deadline: Duration,
}

impl Set {
    /// Asks, and prints which version the value became.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let client = match Client::new(self.name.as_str(), &context.domain) {
            Err(ClientError::Call(CallError::NoServer { .. })) => return Err(self.no_owner(context)?.into()),
            client => client?,
        };
        let value = self.value(context)?;
        let called = client.call(&value, self.deadline);
        let answer = match called {
            Ok(mut pending) => pending.next(),
            Err(error) => Err(error),
        };
        let version = match answer {
            Err(ClientError::Call(CallError::Refused(reason))) => {
                return Err(NotFound(format!("\"{}\" stays as it is: {}", self.name, reason.text)).into());
            }
            Err(ClientError::Call(CallError::NoServer { .. })) => return Err(self.no_owner(context)?.into()),
            Err(ClientError::Call(answer @ (CallError::Expired(_) | CallError::ServerDied { .. }))) => {
                return Err(NotFound(answer.to_string()).into());
            }
            answer => answer?,
        };
        let version = version.and_then(|version| version.value().ok()).and_then(|version| version.as_int());
        let version = version.ok_or_else(|| anyhow!("the server of \"{}\" is no owner of a parameter", self.name))?;
        writeln!(output::stdout(), "{FAINT}# version {version}{FAINT:#}")?;
        Ok(Outcome::Done)
    }

    /// Returns the value that is wanted.
    fn value(&self, context: &Context) -> Result<Value> {
        let assignments: Vec<_> = self.values.iter().map_while(|text| assign::split(text)).collect();
        if assignments.len() < self.values.len() {
            let [whole] = self.values.as_slice() else {
                let other = &self.values[assignments.len()];
                bail!("`{other}` is no field and its value: give FIELD=VALUE each time, or the whole value alone");
            };
            return read::one(whole);
        }
        let topic = context.observer().topic(self.name.part(Part::Value))?;
        let Some(sample) = topic.as_ref().map(newest).transpose()?.flatten() else {
            return Err(NotFound(format!("\"{}\" has no value yet: give the whole value", self.name)).into());
        };
        let mut value = sample.value()?;
        for (path, text) in assignments {
            assign::assign(sample.layout(), &mut value, path, text)?;
        }
        Ok(value)
    }

    fn no_owner(&self, context: &Context) -> Result<NotFound> {
        let name = &self.name;
        let Some(topic) = context.observer().topic(name.part(Part::Value))? else {
            return Ok(NotFound(format!(
                "there is no value \"{name}\": `slotcast param list` shows those that there are"
            )));
        };
        Ok(NotFound(match super::endpoints(&topic)?.0 {
            Some(writer) => {
                format!("\"{name}\" is set by {} alone, which takes no requests: it is no `Parameter`", writer.name)
            }
            None => format!("\"{name}\" has no owner now: start it"),
        }))
    }
}
