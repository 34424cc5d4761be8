//! `export`: numbers for Prometheus.

mod metrics;

use crate::context::Context;
use crate::counted::Counted;
use crate::exit::Outcome;
use crate::rates::{self, Detail, TopicSummary, Watch};
use crate::signals::Signals;
use crate::topics::TopicPattern;
use anyhow::{Result, anyhow, bail};
use clap::Args;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};
use tiny_http::{Header, Method, Request, Response, Server};

/// How often counters are read between requests: only sizes that vary, and endpoints that live for
/// a short time, need that.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// How often processes that show counters are looked for between requests.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long counters of processes that have ended stay.
const KEEP: Duration = Duration::from_secs(3600);

/// Serve counters over HTTP, for Prometheus
///
/// It serves the path /metrics: what was published, received and lost, as counters that begin when
/// the exporter first sees a topic, and only grow, also when publishers are started again; and how
/// many endpoints are alive, how far subscribers are behind, and how much memory there is. And the
/// counters and errors that processes show; those of a process that has ended stay for an hour.
///
/// It prints the address once it listens.
#[derive(Args)]
#[command(after_help = "Examples:
  slotcast export
  slotcast export --listen 127.0.0.1:0 'robot/**'
  curl http://127.0.0.1:9752/metrics")]
pub(crate) struct Export {
    /// Only these topics: names, or patterns such as 'robot/*/imu' [default: all]
    #[arg(value_name = "TOPIC")]
    topics: Vec<TopicPattern>,
    /// Where to listen: an address of this machine alone, and a port; 0 lets the kernel choose one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9752", value_parser = loopback)]
    listen: SocketAddr,
}

impl Export {
    /// Serves until it is ended.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let signals = Signals::handle()?;
        let mut counted = Counted::new(context.observer(), self.topics.clone(), KEEP);
        let mut watch = Watch::new(context, self.topics, Detail::Counts);
        watch.poll()?;
        let mut look_at = Instant::now();
        let server = Server::http(self.listen).map_err(|error| anyhow!("cannot listen on {}: {error}", self.listen))?;
        println!("http://{}/metrics", server.server_addr());
        io::stdout().flush()?;
        let start = Instant::now();
        while !signals.is_stopped() {
            let request = server.recv_timeout(POLL_INTERVAL)?;
            watch.poll()?;
            // A process that ends before it is found takes its counters with it.
            if request.is_some() || Instant::now() >= look_at {
                counted.refresh()?;
                look_at = Instant::now() + LOOK_EVERY;
            }
            if let Some(request) = request {
                answer(request, &mut watch, &counted)?;
            }
            if signals.wants_statistics() {
                rates::print_statistics(&watch, start.elapsed())?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn answer(request: Request, watch: &mut Watch, counted: &Counted) -> Result<()> {
    let path = request.url().split('?').next().unwrap_or_default();
    let (code, kind, text) = match (request.method(), path) {
        (Method::Get | Method::Head, "/metrics") => {
            let topics: Vec<_> = watch.topics_mut().map(|topic| TopicSummary::take(topic, Duration::ZERO)).collect();
            (200, metrics::CONTENT_TYPE, metrics::text(&topics, &counted.shown())?)
        }
        (Method::Get | Method::Head, "/") => (200, PLAIN, "The metrics are at /metrics.\n".to_owned()),
        (Method::Get | Method::Head, _) => {
            (404, PLAIN, "There is nothing here: the metrics are at /metrics.\n".to_owned())
        }
        _ => (405, PLAIN, "Only GET is possible.\n".to_owned()),
    };
    let Ok(header) = Header::from_bytes("Content-Type", kind) else { bail!("{kind} is no content type") };
    let response = Response::from_string(text).with_status_code(code).with_header(header);
    // A client that does not read must not keep the counters from being read. One that has gone is
    // its own business.
    thread::spawn(move || request.respond(response));
    Ok(())
}

const PLAIN: &str = "text/plain; charset=utf-8";

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| format!("`{text}` is not an address and a port, such as 127.0.0.1:9752"))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(format!(
        "{} can be reached from other machines, and what is served is for this one: listen on 127.0.0.1, and let a \
         reverse proxy decide who may read it",
        address.ip()
    ))
}
