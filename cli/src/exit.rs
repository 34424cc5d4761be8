//! Exit codes, the same for all commands.

use crate::context::Context;
use crate::output::tell;
use crate::ownership;
use anyhow::Result;
use slotcast::registry::RegistryError;
use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

/// What a command found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Code 0: it did what it was asked for.
    Done,
    /// Code 1: it worked, and the answer is no: nothing was found, a check failed, time ran out.
    No,
}

/// What was asked for does not exist: code 1, after this text. Commands return it as an error.
#[derive(Debug)]
pub(crate) struct NotFound(pub(crate) String);

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for NotFound {}

/// Prints the error, if there is one, and returns the code that the process exits with. Code 1
/// stands for [`NotFound`], and 2 for other errors, as for arguments that are not valid. A reader
/// that has closed its end of the pipe has seen what it wanted.
pub(crate) fn report(result: Result<Outcome>, context: &Context) -> ExitCode {
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tell!("{error:#}");
            if let (true, Some(owner)) = (is_refused(&error), ownership::foreign(context.domain.path())) {
                tell!("{owner}: run this as the user whose processes publish");
            }
            ExitCode::from(if error.is::<NotFound>() { 1 } else { 2 })
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    kinds(error).any(|kind| kind == io::ErrorKind::BrokenPipe)
}

fn is_refused(error: &anyhow::Error) -> bool {
    kinds(error).any(|kind| kind == io::ErrorKind::PermissionDenied)
}

fn kinds(error: &anyhow::Error) -> impl Iterator<Item = io::ErrorKind> {
    let io_error = |cause: &'_ (dyn Error + 'static)| match cause.downcast_ref::<RegistryError>() {
        Some(RegistryError::Io { reason, .. }) => Some(reason.kind()),
        _ => cause.downcast_ref::<io::Error>().map(io::Error::kind),
    };
    error.chain().filter_map(io_error)
}
