//! `export`: what Prometheus reads.

use crate::tool::Tool;
use rustix::process::Signal;
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Counters, Publisher, Subscriber};
use std::io::{Read, Write};
use std::net::TcpStream;

/// Sends a request. Returns the head of the answer and its body.
fn request(address: &str, line: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{line} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

fn metrics(address: &str) -> String {
    let (head, body) = request(address, "GET /metrics");
    assert!(head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(body.ends_with("# EOF\n"), "{body}");
    body
}

fn value(metrics: &str, name: &str) -> Option<u64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

fn start(domain: &TempDomain) -> (Tool, String) {
    let export = Tool::start(domain, "export --listen 127.0.0.1:0");
    let line = export.line();
    let address = line.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/metrics")).expect(&line);
    (export, address.to_owned())
}

#[test]
fn counters_only_grow_also_when_publishers_are_started_again() {
    let domain = TempDomain::new();
    let (export, address) = start(&domain);
    let published = "slotcast_published_messages_total{topic=\"counter\"}";
    let mut total = 0;
    for round in 1..=3 {
        let mut publisher = Publisher::<[u64; 2]>::builder("counter").depth(4).domain(&domain).create().unwrap();
        let mut subscriber =
            Subscriber::<[u64; 2]>::builder("counter").name("a \"b\"\n").domain(&domain).create().unwrap();
        (0..10 * round).for_each(|number| assert_eq!(publisher.publish(&[number; 2]), Ok(number)));
        total += 10 * round;
        until("it is counted", || value(&metrics(&address), published) == Some(total));
        let text = metrics(&address);
        assert_eq!(value(&text, "slotcast_published_bytes_total{topic=\"counter\"}"), Some(16 * total), "{text}");
        assert_eq!(value(&text, "slotcast_endpoints{topic=\"counter\",role=\"publisher\"}"), Some(1), "{text}");
        let unread = text.lines().find(|line| line.starts_with("slotcast_unread_messages{")).expect("a subscriber");
        assert!(
            unread.contains("name=\"a \\\"b\\\"\\n\"") && unread.ends_with(&format!(" {}", 10 * round)),
            "{unread}"
        );
        while subscriber.try_recv().unwrap().is_some() {}
        let lost = "slotcast_lost_messages_total{topic=\"counter\"}";
        let received = "slotcast_received_messages_total{topic=\"counter\"}";
        until("all are received or lost", || {
            let text = metrics(&address);
            value(&text, lost).unwrap() + value(&text, received).unwrap() == total
        });
    }
    until("both have left", || {
        let text = metrics(&address);
        assert_eq!(value(&text, published), Some(total), "{text}");
        value(&text, "slotcast_endpoints{topic=\"counter\",role=\"subscriber\"}") == Some(0)
    });
    export.signal(Signal::TERM);
    let (status, lines, errors) = export.finish();
    assert!(status.success() && lines.is_empty() && errors.is_empty(), "{status} {lines:?} {errors}");
    assert!(TcpStream::connect(&address).is_err(), "it listens no more");
}

#[test]
fn every_metric_has_a_type_and_a_help_text() {
    let domain = TempDomain::new();
    let _publisher = Publisher::<u64>::builder("counter").domain(&domain).create().unwrap();
    let _subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create().unwrap();
    let (_export, address) = start(&domain);
    let text = metrics(&address);
    let mut metrics = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split('{').next().unwrap();
        let family = name.trim_end_matches("_total");
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        assert!(text.contains(&format!("# TYPE {family} {kind}\n")), "{line}");
        assert!(text.contains(&format!("# HELP {family} ")), "{line}");
        metrics += 1;
    }
    assert_eq!(metrics, 4 + 4 + 2 + 1, "{text}");
}

#[test]
fn other_requests_and_addresses_are_refused() {
    let domain = TempDomain::new();
    let (_export, address) = start(&domain);
    for (line, code) in
        [("GET /", "200"), ("GET /nothing", "404"), ("POST /metrics", "405"), ("GET /metrics?a=b", "200")]
    {
        let (head, _) = request(&address, line);
        assert!(head.split(' ').nth(1) == Some(code), "{line}: {head}");
    }
    let other = Tool::start(&domain, &format!("export --listen {address}"));
    let (status, _, errors) = other.finish();
    assert!(status.code() == Some(2) && errors.contains("cannot listen on"), "{errors}");
    for wrong in ["0.0.0.0:0", "192.0.2.1:80", "localhost", "127.0.0.1", "127.0.0.1:99999"] {
        let (status, _, errors) = Tool::start(&domain, &format!("export --listen {wrong}")).finish();
        assert!(status.code() == Some(2) && errors.contains("--listen"), "{wrong}: {errors}");
    }
}

#[test]
fn child_counts_until_it_is_killed() {
    testing::process(|script| {
        let counters = Counters::builder("camera").name("left").domain(script.domain()).create().unwrap();
        counters.counter("buffered", "byte").unwrap().set(4096);
        counters.report("the shutter is \"stuck\"");
        script.say("counted");
        script.hear("end");
    });
}

#[test]
fn counters_of_processes_stay_after_their_death() {
    let domain = TempDomain::new();
    let (_export, address) = start(&domain);
    let mut other = Process::start("export::child_counts_until_it_is_killed", &domain, &[]);
    other.expect("counted");
    let find = |text: &str, name: &str| text.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    let check = |alive: &str| {
        let text = metrics(&address);
        let (counter, errors) =
            (find(&text, "slotcast_process_counter{"), find(&text, "slotcast_process_errors_total{"));
        assert!(counter.contains("label=\"buffered\",unit=\"byte\"") && counter.ends_with(" 4096"), "{text}");
        assert!(counter.contains(&format!("set=\"camera\",pid=\"{}\"", other.id())), "{counter}");
        assert!(errors.contains("text=\"the shutter is \\\"stuck\\\"\"") && errors.ends_with(" 1"), "{text}");
        find(&text, "slotcast_process_counters_alive{").ends_with(alive)
    };
    assert!(check(" 1"));
    other.kill();
    let text = || metrics(&address);
    until("its death is seen", || find(&text(), "slotcast_process_counters_alive{").ends_with(" 0"));
    assert!(find(&text(), "slotcast_process_counter{").ends_with(" 4096"));
}
