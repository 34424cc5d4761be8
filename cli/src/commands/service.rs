//! `service`: which services there are.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output::{self, Format, HEADING};
use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;
use slotcast::registry::{Part, PeerName, Role};
use slotcast::schema::{Kind, Schema};
use slotcast::{Observer, TopicName};
use std::io::Write;

/// Show which services there are
#[derive(Args)]
#[command(after_help = "Examples:\n  slotcast service list\n  slotcast service list --format json")]
pub(crate) struct Service {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the services, with their types, servers and clients
    ///
    /// The exit code is 1 if there are none. `slotcast call` calls one.
    List {
        /// How to print
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// The servers and clients of a service. Those that are dead are left out.
#[derive(Serialize)]
struct Found {
    service: String,
    request: Option<String>,
    response: Option<String>,
    servers: Vec<Peer>,
    clients: Vec<Peer>,
}

#[derive(Serialize)]
struct Peer {
    pid: u32,
    program: String,
    name: String,
}

impl Service {
    /// Lists the services.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let Action::List { format } = self.action;
        let mut found = Vec::new();
        for name in context.observer().services()? {
            // Of both topics the publishers: requests are the clients', responses the servers'.
            let (request, clients) = publishers(&context.observer(), &name, Part::Requests)?;
            let (response, servers) = publishers(&context.observer(), &name, Part::Responses)?;
            if !clients.is_empty() || !servers.is_empty() {
                found.push(Found { service: name.to_string(), request, response, servers, clients });
            }
        }
        let mut out = output::stdout();
        if format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(&found)?)?;
        } else {
            found.iter().try_for_each(|service| print(&mut out, service))?;
        }
        Ok(if found.is_empty() { Outcome::No } else { Outcome::Done })
    }
}

/// Returns the type of a part's elements, and its living publishers.
fn publishers(observer: &Observer, service: &TopicName, part: Part) -> Result<(Option<String>, Vec<Peer>)> {
    let (mut of, mut peers) = (None, Vec::new());
    let Some(observed) = observer.topic(service.part(part))? else { return Ok((of, peers)) };
    let living = observed.endpoints()?.into_iter().filter(|endpoint| endpoint.alive);
    for peer in living.filter_map(|endpoint| endpoint.peer.ok()) {
        of.get_or_insert_with(|| element(&peer.schema));
        if peer.role == Role::Publisher {
            let PeerName { pid, program, name, .. } = peer.name;
            peers.push(Peer { pid, program, name });
        }
    }
    Ok((of, peers))
}

/// Returns the type of the elements; with a header of the service's own, of both.
fn element(schema: &Schema) -> String {
    let Kind::Slice { header, element } = &schema.kind else { return schema.type_name().to_string() };
    let element = element.get().type_name();
    match header.as_ref().map(|header| &header.get().kind) {
        Some(Kind::Struct { fields }) if fields.first().is_some_and(|field| field.name == "envelope") => {
            let header = fields.last().map(|field| field.schema.get().type_name().to_string());
            format!("({}, [{element}])", header.unwrap_or_default())
        }
        _ => element.to_string(),
    }
}

fn print(out: &mut impl Write, found: &Found) -> Result<()> {
    let of = |of: &Option<String>| of.clone().unwrap_or_else(|| "?".to_owned());
    let (request, response) = (of(&found.request), of(&found.response));
    writeln!(out, "{HEADING}{}{HEADING:#} [{request} → {response}]", found.service)?;
    for (role, peers) in [("server", &found.servers), ("client", &found.clients)] {
        for Peer { pid, program, name } in peers {
            let name = if name.is_empty() { String::new() } else { format!(" \"{}\"", name.escape_debug()) };
            writeln!(out, "  {role} pid {pid}, {}{name}", program.escape_debug())?;
        }
    }
    Ok(())
}
