//! Calls without a type, beside clients and servers with types in other processes.

use slotcast::dynamic::{self, ClientError, Layout, ServerError, Value};
use slotcast::schema::Schema;
use slotcast::service::Reason;
use slotcast::testing::{self, PATIENCE, Process, TempDomain, until};
use slotcast::{CallError, Client, CreateError, Domain, ServeError, Server, ShmMessage};
use std::task::Poll;
use std::time::{Duration, Instant};

fn number() -> Layout {
    Layout::of::<u64>().unwrap()
}

fn numbers() -> Layout {
    Layout::new(Schema::slice_of(None, u64::SCHEMA.clone()).unwrap()).unwrap()
}

fn server(domain: &Domain) -> dynamic::ServerBuilder {
    dynamic::Server::builder("count", &number(), &number()).domain(domain)
}

fn client(domain: &Domain) -> dynamic::Client {
    dynamic::Client::builder("count").types(&number(), &number()).domain(domain).create().unwrap()
}

/// Serves until it is told to end: counts up to the request, and refuses 13.
#[test]
fn child_counts() {
    testing::process(|script| {
        let mut server = Server::<u64, u64>::builder("count").domain(script.domain()).create().unwrap();
        script.say("ready");
        loop {
            let call = server.next().unwrap();
            match *call.request() {
                13 => call.refuse(&Reason::new(4, "13 is not counted")).unwrap(),
                most => {
                    let sent = (0..most).try_for_each(|number| call.send(&number));
                    match sent {
                        Ok(()) => call.finish().unwrap(),
                        Err(ServeError::Cancelled) => script.say("cancelled"),
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
    });
}

#[test]
fn a_client_without_a_type_calls_a_server_of_another_process() {
    let domain = TempDomain::new();
    let mut other = Process::start("services::child_counts", &domain, &[]);
    other.expect("ready");
    for client in [dynamic::Client::new("count", &domain).unwrap(), client(&domain)] {
        let mut pending = client.call(&Value::Int(1000), PATIENCE).unwrap();
        for number in 0..1000_u64 {
            let item = pending.next().unwrap().unwrap();
            assert_eq!((item.value().unwrap(), item.bytes()), (Value::Int(number.into()), &number.to_le_bytes()[..]));
        }
        assert!(pending.next().unwrap().is_none() && pending.next().unwrap().is_none());
        let refused = client.call(&Value::Int(13), PATIENCE).unwrap().next();
        let Err(ClientError::Call(CallError::Refused(reason))) = refused else { panic!("{refused:?}") };
        assert_eq!((reason.code, reason.text.as_str()), (4, "13 is not counted"));
        let mut endless = client.call(&Value::Int(i128::from(u64::MAX)), PATIENCE).unwrap();
        endless.next().unwrap().unwrap();
        drop(endless);
        other.expect("cancelled");
        assert_eq!(client.servers().unwrap(), 1);
    }
    let client = client(&domain);
    let mut pending = client.call(&Value::Int(i128::from(u64::MAX)), PATIENCE).unwrap();
    pending.next().unwrap().unwrap();
    other.kill();
    let begun = Instant::now();
    let error = loop {
        match pending.next() {
            Ok(item) => assert!(item.is_some()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ClientError::Call(CallError::ServerDied { .. })), "{error}");
    assert!(begun.elapsed() < PATIENCE / 2, "not the deadline ended it");
}

/// Arguments: what it calls with. It says what comes.
#[test]
fn child_calls() {
    testing::process(|script| {
        let client = Client::<u64, u64>::builder("count").domain(script.domain()).timeout(PATIENCE).create().unwrap();
        for index in 0..5 {
            let request: u64 = script.argument(index);
            let mut pending = client.call(&request).unwrap();
            let mut items = Vec::new();
            loop {
                match pending.next() {
                    Ok(Some(item)) => items.push(*item),
                    Ok(None) => break script.say(&format!("{items:?}")),
                    Err(error) => break script.say(&format!("{items:?} {error}")),
                }
            }
        }
    });
}

#[test]
fn a_server_without_a_type_serves_a_client_of_another_process() {
    let domain = TempDomain::new();
    let mut server = server(&domain).create().unwrap();
    let mut other = Process::start("services::child_calls", &domain, &["3", "7", "8", "9", "10"]);
    let call = server.next().unwrap();
    assert_eq!(call.request().value().unwrap(), Value::Int(3));
    assert!(call.remaining() > PATIENCE / 2 && call.remaining() <= PATIENCE && !call.is_cancelled());
    for number in 0..3 {
        call.send(&Value::Int(number)).unwrap();
    }
    call.finish().unwrap();
    other.expect("[0, 1, 2]");
    server.next().unwrap().respond_bytes(&49_u64.to_le_bytes()).unwrap();
    other.expect("[49]");
    let call = server.next().unwrap();
    let error = call.send(&Value::Str("no number".into())).unwrap_err();
    assert!(matches!(error, ServerError::Response(_)), "{error}");
    assert!(matches!(call.send_bytes(&[1, 2]), Err(ServerError::Response(_))));
    call.send(&Value::Int(8)).unwrap();
    call.refuse(&Reason::new(1, "enough")).unwrap();
    other.expect("[8] the server refuses: enough (code 1)");
    drop(server.next().unwrap());
    other.expect(&format!("[] the server refuses: the server dropped the call without an end (code {})", u32::MAX));
    let call = server.next().unwrap();
    other.kill();
    until("the call of a dead client is cancelled", || call.is_cancelled());
    let is_told = || matches!(call.send(&Value::Int(1)), Err(ServerError::Serve(ServeError::Cancelled)));
    until("sending says so, too", is_told);
    drop((call, server));
    domain.clean().unwrap();
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[test]
fn windows_deadlines_and_cancelling_bound_both_sides() {
    let domain = TempDomain::new();
    let mut server = server(&domain).create().unwrap();
    let builder = dynamic::Client::builder("count").types(&number(), &number()).domain(&domain);
    let client = builder.window(2).create().unwrap();
    let mut first = client.call(&Value::Int(1), PATIENCE).unwrap();
    let second = client.call(&Value::Int(2), PATIENCE).unwrap();
    let full = client.try_call_bytes(&[0; 8], PATIENCE).unwrap_err();
    assert!(matches!(full, ClientError::Call(CallError::Full { window: 2, .. })), "{full}");
    let full = client.call_bytes(&[0; 8], Duration::from_millis(20)).unwrap_err();
    assert!(matches!(full, ClientError::Call(CallError::Full { .. })), "{full}");
    assert!(first.try_next().is_pending() && first.wait_next(Duration::from_millis(1)).is_pending());

    let call = server.next().unwrap();
    assert!(call.send_within(&[1; 8], Duration::ZERO).unwrap());
    assert!(call.send_within(&[2; 8], Duration::ZERO).unwrap());
    assert!(!call.send_within(&[3; 8], Duration::from_millis(1)).unwrap(), "the client has taken none yet");
    assert_eq!(first.next().unwrap().unwrap().bytes(), [1; 8]);
    assert!(call.send_within(&[3; 8], PATIENCE).unwrap());
    drop(second);
    drop(first);
    until("it is cancelled", || call.is_cancelled());
    assert!(server.try_next().unwrap().is_none(), "a call that was cancelled is skipped");

    let mut expired = client.call(&Value::Int(1), Duration::from_millis(30)).unwrap();
    assert!(matches!(expired.next(), Err(ClientError::Call(CallError::Expired(_)))));
    assert!(server.try_next().unwrap().is_none(), "a call that has expired is skipped");
    drop(expired);
    let zero = client.call(&Value::Int(1), Duration::ZERO).unwrap_err();
    assert!(matches!(zero, ClientError::Call(CallError::ZeroDeadline { .. })), "{zero}");
    let _queued = client.call(&Value::Int(5), PATIENCE).unwrap();
    let mut queued = client.call(&Value::Int(6), PATIENCE).unwrap();
    until("both calls have come", || server.event_fd().is_ok() && queued.try_next().is_pending());
    let call = server.next().unwrap();
    drop(server);
    assert_eq!(call.request().value().unwrap(), Value::Int(5), "it goes on without its server");
    call.respond(&Value::Int(25)).unwrap();
    let Poll::Ready(Err(ClientError::Call(error))) = queued.wait_next(PATIENCE) else { panic!("it is refused") };
    assert!(matches!(&error, CallError::Refused(reason) if reason.code == Reason::CLOSED), "{error}");
}

#[test]
fn slices_go_both_ways_and_types_that_nobody_set_are_found() {
    let domain = TempDomain::new();
    let server = dynamic::Server::builder("count", &numbers(), &numbers()).domain(&domain);
    let mut server = server.create().unwrap();
    let client = dynamic::Client::new("count", &domain).unwrap();
    let list = |numbers: &[i128]| Value::List(numbers.iter().map(|number| Value::Int(*number)).collect());
    for (request, is_seen) in
        [(Value::Int(7), list(&[7])), (list(&[1, 2, 3]), list(&[1, 2, 3])), (list(&[]), list(&[]))]
    {
        let mut pending = client.call(&request, PATIENCE).unwrap();
        let call = server.next().unwrap();
        assert_eq!(call.request().value().unwrap(), is_seen, "its server has said that requests are slices");
        call.send(&is_seen).unwrap();
        call.respond(&list(&[0; 1000])).unwrap();
        let expected = if matches!(request, Value::Int(_)) { request } else { is_seen };
        assert_eq!(pending.next().unwrap().unwrap().value().unwrap(), expected);
        assert_eq!(pending.next().unwrap().unwrap().bytes().len(), 8000);
        assert!(pending.next().unwrap().is_none());
    }
    let error = client.try_call_bytes(&[0; 9], PATIENCE).unwrap_err();
    assert!(matches!(error, ClientError::Request(_)), "{error}");
    let single = Client::<u64, u64>::builder("count").domain(&domain).create().unwrap();
    let pending = single.call(&1).unwrap();
    server.next().unwrap().send(&list(&[1, 2])).unwrap();
    assert!(matches!(pending.one(), Err(CallError::Malformed { elements: 2, .. })));
}

#[test]
fn wrong_types_and_settings_are_refused_where_they_are() {
    let domain = TempDomain::new();
    let other = Layout::of::<f32>().unwrap();
    let error = dynamic::Client::new("count", &domain).unwrap_err();
    assert!(matches!(error, ClientError::Call(CallError::NoServer { .. })), "{error}");
    let _server = server(&domain).create().unwrap();
    assert!(matches!(server(&domain).create(), Err(CreateError::Exclusive { .. })));
    assert!(matches!(server(&domain).any().create(), Err(CreateError::Exclusive { .. })));
    for (request, response) in [(&other, &number()), (&number(), &other)] {
        let builder = dynamic::Client::builder("count").types(request, response).domain(&domain);
        let error = builder.create().unwrap_err();
        assert!(error.to_string().contains("f32"), "{error}");
    }
    let error = dynamic::Client::builder("count").window(129).domain(&domain).create().unwrap_err();
    assert!(error.to_string().contains("a window of 129"), "{error}");
    let with_header = Schema::slice_of(Some(u8::SCHEMA.clone()), u64::SCHEMA.clone()).unwrap();
    let with_header = Layout::new(with_header).unwrap();
    let error = dynamic::Server::builder("other", &with_header, &number()).domain(&domain).create().unwrap_err();
    assert!(
        error.to_string().contains("a header has a multiple of 8 bytes and is aligned to at most 16, not 1 and 1"),
        "{error}"
    );
    // The end of a response has a header of zeros.
    let from_one = Schema::slice_of(Some(FromOne::SCHEMA.clone()), u64::SCHEMA.clone()).unwrap();
    let from_one = Layout::new(from_one).unwrap();
    let error = dynamic::Server::builder("other", &number(), &from_one).domain(&domain).create().unwrap_err();
    assert!(error.to_string().contains("zeros are no value of its header"), "{error}");
}

/// Stands by, and serves one call.
#[test]
fn child_stands_by() {
    testing::process(|script| {
        script.say("ready");
        let mut server = server(script.domain()).standby(PATIENCE).create().unwrap();
        script.say("serves");
        server.next().unwrap().respond(&Value::Int(2)).unwrap();
        script.hear("end");
    });
}

#[test]
fn a_standby_takes_over_and_is_not_given_the_calls_of_the_one_before() {
    let domain = TempDomain::new();
    let first = server(&domain).create().unwrap();
    let mut other = Process::start("services::child_stands_by", &domain, &[]);
    other.expect("ready");
    let client = client(&domain);
    let mut lost = client.call(&Value::Int(1), PATIENCE).unwrap();
    drop(first);
    other.expect("serves");
    let error = lost.next().unwrap_err();
    let is_told = matches!(
        error,
        ClientError::Call(CallError::ServerReplaced { .. } | CallError::ServerDied { .. } | CallError::Refused(_))
    );
    assert!(is_told, "{error}");
    drop(lost);
    let mut pending = client.call(&Value::Int(1), PATIENCE).unwrap();
    assert_eq!(pending.next().unwrap().unwrap().value().unwrap(), Value::Int(2));
    other.tell("end");
    other.finish();
}

#[test]
fn handles_can_be_sent_to_other_threads() {
    fn is_send<T: Send>() {}
    is_send::<dynamic::Client>();
    is_send::<dynamic::PendingCall>();
    is_send::<dynamic::Server>();
    is_send::<dynamic::ServerCall>();
    is_send::<dynamic::ValueWriter>();
    is_send::<dynamic::ValueReader>();
}

/// One of several servers without a type: it answers with its process's id.
#[test]
fn child_answers_with_its_id() {
    testing::process(|script| {
        let mut server = server(script.domain()).any().create().unwrap();
        script.say("ready");
        loop {
            // A client that has given up is no failure.
            let _ = server.next().unwrap().respond(&Value::Int(std::process::id().into()));
        }
    });
}

#[test]
fn a_stopped_server_holds_up_no_calls_to_others() {
    const CALLS: u64 = 1000;
    let domain = TempDomain::new();
    let mut servers = [0, 1].map(|_| Process::start("services::child_answers_with_its_id", &domain, &[]));
    servers.iter_mut().for_each(|server| server.expect("ready"));
    let client = client(&domain);
    let call = |timeout| {
        let item = client.call(&Value::Int(1), timeout)?.next()?;
        Ok::<_, Box<ClientError>>(item.expect("it has one item").value().unwrap())
    };
    let [stopped, other] = [0, 1].map(|at: usize| Value::Int(servers[at].id().into()));
    while call(PATIENCE).unwrap() != stopped {} // both are known
    servers[0].stop();
    servers[0].wait_until_stopped();
    let (mut answered, mut failed) = (0, 0);
    while answered < CALLS {
        match call(Duration::from_millis(200)) {
            Ok(id) => {
                assert_eq!(id, other);
                answered += 1;
            }
            Err(error) => {
                let is_late = matches!(*error, ClientError::Call(CallError::Expired(_) | CallError::Publish(_)));
                assert!(is_late, "{error}");
                failed += 1;
            }
        }
    }
    assert!(failed < CALLS / 10, "{failed} of {CALLS}");
    servers[0].go_on();
    until("it is called again", || call(Duration::from_millis(200)).is_ok_and(|id| id == stopped));
    servers.iter_mut().for_each(|server| _ = server.kill());
}

/// A header of which zero is no value.
#[derive(ShmMessage, Clone, Copy)]
#[repr(u64)]
enum FromOne {
    One = 1,
}
