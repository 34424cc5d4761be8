//! The other process: started by the first, pinned to another processor, and told line by line what
//! to do.
//!
//! What it can do is a [`Task`], defined by the measure that needs it. `main.rs` lists all tasks.

use crate::shared::{self, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;
use slotcast::Domain;
use slotcast_benches::{Place, cpus};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

type Failure = Box<dyn Error>;

/// Work for the other process: sent as JSON, and done there.
pub(crate) trait Task: Serialize + DeserializeOwned {
    /// Its name in the line that is sent.
    const NAME: &'static str;
    /// What the other process answers when it is ready.
    type Answer: DeserializeOwned;

    /// Does the work, in the other process. Calls [`answer`] once, when the first process may go
    /// on.
    fn run(self, context: &mut Context) -> Result<(), Failure>;
}

/// One kind of task that the other process can do.
pub(crate) struct Handler {
    name: &'static str,
    run: fn(serde_json::Value, &mut Context) -> Result<(), Failure>,
}

impl Handler {
    pub(crate) const fn of<T: Task>() -> Self {
        Self { name: T::NAME, run: |task, context| serde_json::from_value::<T>(task)?.run(context) }
    }
}

/// What tasks find in the other process.
pub(crate) struct Context {
    pub(crate) table: &'static Table,
    pub(crate) domain: Domain,
    kept: HashMap<TypeId, Box<dyn Any>>,
}

impl Context {
    /// Returns what an earlier task left for later ones, or its default. There is one value of each
    /// type.
    pub(crate) fn kept<T: Default + 'static>(&mut self) -> &mut T {
        let kept = self.kept.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        kept.downcast_mut().expect("it is filed under its type")
    }
}

/// The other process, and what this one shares with it.
pub(crate) struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    place: Place,
    pub(crate) table: &'static Table,
}

impl Peer {
    pub(crate) fn start(cpu: usize) -> Result<Self, Failure> {
        let place = Place::new()?;
        let table = shared::table(&table_in(place.path()))?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["child", "peer"])
            .arg(place.path())
            .arg(cpu.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the other process has no pipes".into());
        };
        Ok(Self { child, input, output: BufReader::new(output), place, table })
    }

    pub(crate) fn domain(&self) -> &Domain {
        &self.place
    }

    /// Sends a task, and waits for the answer.
    pub(crate) fn tell<T: Task>(&mut self, task: &T) -> Result<T::Answer, Failure> {
        writeln!(self.input, "{}", serde_json::to_string(&(T::NAME, task))?)?;
        self.input.flush()?;
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("the other process has ended".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Ends the other process.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        drop(self.input);
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the other process has failed: {status}").into()) }
    }
}

fn table_in(directory: &Path) -> PathBuf {
    directory.join("table")
}

/// Runs the other process: one task after another, until its input is closed.
pub(crate) fn run(directory: &Path, cpu: usize, handlers: &[Handler]) -> Result<(), Failure> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    cpus::pin(cpu)?;
    let table = shared::table(&table_in(directory))?;
    let mut context = Context { table, domain: Place::domain_in(directory), kept: HashMap::new() };
    for line in stdin().lines() {
        let (name, task): (String, serde_json::Value) = serde_json::from_str(&line?)?;
        let handler = handlers.iter().find(|handler| handler.name == name);
        let handler = handler.ok_or_else(|| format!("no task is called {name:?}: is it in the list of main.rs?"))?;
        (handler.run)(task, &mut context)?;
    }
    Ok(())
}

/// Answers the process that started this one.
pub(crate) fn answer(answer: &impl Serialize) -> Result<(), Failure> {
    let mut output = stdout().lock();
    writeln!(output, "{}", serde_json::to_string(answer)?)?;
    Ok(output.flush()?)
}
