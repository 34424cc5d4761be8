//! What is probably wrong with a topic, as far as a look at its endpoints shows.

use super::{Endpoint, Topic};
use crate::output;

/// Returns a text for each problem.
pub(super) fn of(topic: &Topic) -> Vec<String> {
    let mut problems = Vec::new();
    let (publishers, subscribers) = (topic.living_publishers(), topic.living_subscribers());
    if publishers == 0 && subscribers > 0 {
        problems.push("no publisher".to_owned());
    }
    for publisher in &topic.publishers {
        of_endpoint(topic, publisher, "publisher", &mut problems);
    }
    for subscriber in &topic.subscribers {
        of_endpoint(topic, subscriber, "subscriber", &mut problems);
        if let Some(lost @ 1..) = subscriber.details.lost {
            problems.push(format!("subscriber {} has lost {}", subscriber.title(), output::count_u64(lost, "message")));
        }
        if let (Some(held @ 1..), Some(max)) = (subscriber.details.held, subscriber.details.max_held)
            && held == max
        {
            problems.push(format!("subscriber {} holds all {max} samples that it may", subscriber.title()));
        }
    }
    problems
}

fn of_endpoint<D>(topic: &Topic, endpoint: &Endpoint<D>, role: &str, problems: &mut Vec<String>) {
    let title = endpoint.title();
    match endpoint.state {
        "dead" => problems.push(format!("{role} {title} is dead")),
        "stopped" => problems.push(format!("{role} {title} is stopped")),
        _ => {}
    }
    if let Some(error) = &endpoint.error {
        problems.push(format!("{role} {title}: {error}"));
    }
    if endpoint.alive && endpoint.schema_hash.is_some() && endpoint.schema_hash != topic.schema_hash {
        let of = endpoint.type_name.as_deref().unwrap_or_default();
        problems.push(format!("{role} {title} has another schema: of {of}"));
    }
}
