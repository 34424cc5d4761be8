//! Calls between tasks.

use slotcast::testing::TempDomain;
use slotcast::tokio::{Client, Server};
use slotcast::{CallError, ServeError};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn both(domain: &TempDomain) -> (Client<u64, u64>, Server<u64, u64>) {
    let server = slotcast::Server::builder("count").domain(domain).create().unwrap();
    let client = slotcast::Client::builder("count").domain(domain).timeout(LONG).create().unwrap();
    (client.try_into().unwrap(), server.try_into().unwrap())
}

/// Counts to each request, each in a task of its own.
async fn serve(mut server: Server<u64, u64>, calls: u64) {
    let mut tasks = Vec::new();
    for _ in 0..calls {
        let call = server.next().await.unwrap();
        tasks.push(tokio::spawn(async move {
            for number in 0..*call.get_ref().request() {
                call.send(&number).await.unwrap();
            }
            call.finish().unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_call_at_once_and_each_gets_its_own_response() {
    const TASKS: u64 = 30; // more than the window
    let domain = TempDomain::new();
    let (client, server) = both(&domain);
    let client = std::sync::Arc::new(client);
    let serving = tokio::spawn(serve(server, TASKS));
    let calling: Vec<_> = (0..TASKS)
        .map(|count| {
            let client = client.clone();
            tokio::spawn(async move {
                let mut pending = client.call(&(count * 10)).await.unwrap();
                let mut received = 0;
                while let Some(number) = pending.next().await.unwrap() {
                    assert_eq!(*number, received);
                    received += 1;
                }
                received
            })
        })
        .collect();
    for (count, task) in calling.into_iter().enumerate() {
        assert_eq!(task.await.unwrap(), count as u64 * 10);
    }
    serving.await.unwrap();
}

#[tokio::test]
async fn one_thread_calls_and_serves_itself() {
    let domain = TempDomain::new();
    let (client, server) = both(&domain);
    let serving = tokio::spawn(serve(server, 1));
    let mut pending = client.call(&1000).await.unwrap();
    for number in 0..1000 {
        assert_eq!(pending.next().await.unwrap().as_deref(), Some(&number));
    }
    assert!(pending.next().await.unwrap().is_none());
    serving.await.unwrap();
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let domain = TempDomain::new();
    let (client, mut server) = both(&domain);
    let mut pending = client.call(&1).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(5), pending.next()).await;
    assert!(early.is_err(), "nothing has come");
    let call = server.next().await.unwrap();
    call.respond(&7).await.unwrap();
    assert_eq!(pending.next().await.unwrap().as_deref(), Some(&7));
    assert!(pending.next().await.unwrap().is_none());
}

#[tokio::test]
async fn cancelling_wakes_the_task_that_works_on_the_call() {
    let domain = TempDomain::new();
    let (client, mut server) = both(&domain);
    let pending = client.call(&1).await.unwrap();
    let call = server.next().await.unwrap();
    let working = tokio::spawn(async move {
        call.cancelled().await.unwrap();
        call.send(&1).await
    });
    drop(pending);
    let sent = tokio::time::timeout(LONG / 2, working).await.expect("it is woken").unwrap();
    assert!(matches!(sent, Err(ServeError::Cancelled)), "{sent:?}");
}

#[tokio::test]
async fn a_server_that_ends_and_a_deadline_end_the_wait() {
    let domain = TempDomain::new();
    let (client, server) = both(&domain);
    let mut pending = client.call(&1).await.unwrap();
    let mut late = client.call_within(&1, Duration::from_millis(30)).await.unwrap();
    assert!(matches!(late.next().await, Err(CallError::Expired(_))));
    drop(server);
    let ended = tokio::time::timeout(LONG / 2, pending.next()).await.expect("not the deadline ends it");
    assert!(matches!(ended, Err(CallError::ServerDied { .. })), "{ended:?}");
    let none = client.call_within(&1, Duration::from_millis(30)).await;
    assert!(matches!(none, Err(CallError::NoServer { .. })), "{none:?}");
}
