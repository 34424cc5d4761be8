//! What all commands are given: the domain, and how long to wait.

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use slotcast::{Domain, Observer};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// The options of all commands.
#[derive(Args)]
pub(crate) struct Global {
    /// The domain: its directory, or a name without `/`, as SLOTCAST_DOMAIN has it [default: the
    /// default domain of all programs]
    #[arg(long, global = true, value_name = "DOMAIN", help_heading = "Options of all commands", display_order = 900,
        value_parser = OsStringValueParser::new().try_map(not_empty))]
    domain: Option<OsString>,
    /// Seconds until a command that waits gives up [default: never]
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Options of all commands", display_order = 901,
        value_parser = seconds)]
    timeout: Option<Duration>,
}

/// What all commands are given.
pub(crate) struct Context {
    /// The domain that they look at.
    pub(crate) domain: Domain,
    /// How long they wait; without one, for ever.
    pub(crate) timeout: Option<Duration>,
}

impl Context {
    /// Takes over the options.
    pub(crate) fn new(global: Global) -> Self {
        let domain = match global.domain {
            None => Domain::default(),
            Some(path) if path.as_bytes().contains(&b'/') => Domain::at(path),
            Some(name) => Domain::named(name),
        };
        Self { domain, timeout: global.timeout }
    }

    /// Returns an observer of the domain.
    pub(crate) fn observer(&self) -> Observer {
        Observer::new(&self.domain)
    }
}

fn not_empty(domain: OsString) -> Result<OsString, String> {
    if domain.is_empty() {
        Err("it is empty: leave out `--domain` for the default domain".to_owned())
    } else {
        Ok(domain)
    }
}

/// Reads a number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
