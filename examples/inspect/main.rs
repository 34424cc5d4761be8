//! Displays what is published on this machine, without knowing any of its types and without being
//! noticed.
//!
//! ```text
//! cargo run --example inspect                              the topics, and their endpoints
//! cargo run --example inspect -- host/load                 the layout, then the messages
//! cargo run --example inspect -- host/load one --count 1   one field of one message
//! cargo run --example inspect -- --clean                   removes what dead processes left
//! ```

use bytesize::ByteSize;
use clap::Parser;
use slotcast::dynamic::{Accessor, Sample, Value};
use slotcast::observer::ObservedTopic;
use slotcast::registry::{Pages, Peer, Role};
use slotcast::{Domain, Observer};
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How often to poll for new messages.
const PAUSE: Duration = Duration::from_millis(1);

/// Print what is published, as JSON lines.
#[derive(Parser)]
struct Arguments {
    /// The topic to follow [default: list all topics]
    topic: Option<String>,
    /// The part of the message to print, such as `pose.flags[2]` [default: all of it]
    path: Option<String>,
    /// Remove what dead processes left in the domain, and end
    #[arg(long, conflicts_with_all = ["topic", "count"])]
    clean: bool,
    /// The domain's directory [default: the default domain of all programs]
    #[arg(long)]
    domain: Option<PathBuf>,
    /// End after this many messages [default: never]
    #[arg(long)]
    count: Option<u64>,
    /// Begin with up to this many earlier messages of each publisher
    #[arg(long, default_value_t = 1)]
    history: u64,
}

fn main() -> ExitCode {
    slotcast_examples::report("inspect", run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let domain = arguments.domain.as_ref().map_or_else(Domain::default, Domain::at);
    if arguments.clean {
        return Ok(domain.clean()?);
    }
    let observer = Observer::new(&domain);
    match &arguments.topic {
        None => list(&observer),
        Some(name) => match observer.topic(name)? {
            Some(topic) => follow(&topic, arguments),
            None => Err(format!("no endpoint is on topic \"{name}\" in {}", domain.path().display()).into()),
        },
    }
}

fn list(observer: &Observer) -> Result<(), Box<dyn Error>> {
    for name in observer.topics()? {
        let Some(topic) = observer.topic(&name)? else { continue };
        println!("{name}");
        for endpoint in topic.endpoints()? {
            match &endpoint.peer {
                Err(error) => println!("    {error}"),
                Ok(peer) => {
                    let done = match peer.role {
                        Role::Publisher => topic.published(peer).map(|messages| format!("{messages} published")),
                        Role::Subscriber => topic.progress(peer).map(|(with, total)| {
                            let received = total.received() + with.iter().map(|line| line.1.received()).sum::<u64>();
                            let lost = total.lost + with.iter().map(|line| line.1.lost).sum::<u64>();
                            format!("{received} received, {lost} lost")
                        }),
                    };
                    let state = match done {
                        // What it had is removed, or will be by the next endpoint.
                        _ if !endpoint.alive => "dead".into(),
                        Ok(done) => format!("{done}; {}", setup(peer)),
                        Err(error) => format!("{error}; {}", setup(peer)),
                    };
                    println!("    {} of {}, {}: {state}", peer.role, peer.schema.type_name(), peer.name);
                }
            }
        }
    }
    Ok(())
}

/// Describes an endpoint's settings, and how much memory it may take.
fn setup(peer: &Peer) -> String {
    let qos = &peer.qos;
    let mut parts = Vec::new();
    if peer.role == Role::Publisher {
        parts.push(format!("depth {}", qos.depth));
    }
    if let Some(memory) = peer.memory {
        parts.push(format!("memory up to {}", ByteSize(memory.bytes)));
    }
    match qos.pages {
        Pages::Huge => parts.push("huge pages".into()),
        Pages::Transparent => parts.push("huge pages where available".into()),
        _ => {}
    }
    for (is_so, text) in [(qos.exclusive, "exclusive"), (qos.lossless, "lossless"), (qos.latest, "latest")] {
        parts.extend(is_so.then(|| text.into()));
    }
    parts.join(", ")
}

fn follow(topic: &ObservedTopic, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let mut reader = topic.read(arguments.history)?;
    let path = arguments.path.as_deref().unwrap_or_default();
    let part = reader.layout().accessor(path)?;
    println!("{}", reader.layout().schema());
    let mut rest = arguments.count.unwrap_or(u64::MAX);
    while rest > 0 {
        match reader.try_recv() {
            Ok(Some(sample)) => {
                let mut output = std::io::stdout().lock();
                serde_json::to_writer(&mut output, &line(&sample, &part)?)?;
                writeln!(output)?;
                rest -= 1;
            }
            Ok(None) => std::thread::sleep(PAUSE),
            // An error of one publisher: others are still read.
            Err(error) => eprintln!("inspect: {error}"),
        }
    }
    Ok(())
}

/// Returns a message as a value, with its origin.
fn line(sample: &Sample, part: &Accessor) -> Result<Value, Box<dyn Error>> {
    let mut fields = vec![
        ("publisher".into(), sample.publisher().to_string().into()),
        ("sequence".into(), sample.sequence().into()),
        ("lost_before".into(), sample.lost_before().into()),
    ];
    if let Some(time) = sample.timestamp() {
        fields.push(("monotonic_ns".into(), time.into()));
    }
    match part.read(sample.bytes()) {
        Ok(Some(value)) => fields.push(("value".into(), value)),
        Ok(None) => {} // an element that the list in this message does not have
        Err(invalid) => {
            fields.push(("invalid".into(), invalid.to_string().into()));
            fields.push(("found".into(), sample.layout().decode_anything(sample.bytes())?));
        }
    }
    Ok(Value::Struct(fields))
}
