//! What is refused at once, and how.

use crate::calls::{client, server};
use slotcast::testing::TempDomain;
use slotcast::{CallError, Client, CreateError, Server, ShmMessage};
use std::time::Duration;

#[test]
fn a_second_server_is_refused_with_the_name_of_the_first() {
    let domain = TempDomain::new();
    let first = Server::<u64, u64>::builder("count").domain(&domain).name("abacus").create().unwrap();
    let text = Server::<u64, u64>::builder("count").domain(&domain).create().unwrap_err().to_string();
    assert!(text.contains("abacus"), "{text}");
    drop(first);
    server(&domain);
}

#[test]
fn wrong_types_are_refused_on_either_side() {
    let domain = TempDomain::new();
    let _server = server(&domain);
    let request = Client::<u32, u64>::builder("count").domain(&domain).create().unwrap_err();
    assert!(matches!(request, CreateError::Mismatch(_)), "{request}");
    assert!(request.to_string().contains("count~requests"), "{request}");
    let response = Client::<u64, f64>::builder("count").domain(&domain).create().unwrap_err();
    assert!(matches!(response, CreateError::Mismatch(_)), "{response}");
    assert!(response.to_string().contains("count~responses"), "{response}");
}

/// The text names the field that differs, on either side and in either direction.
#[test]
fn the_field_that_differs_is_named() {
    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    struct Speed {
        metres_per_second: f64,
    }
    #[derive(ShmMessage, Clone, Copy)]
    #[repr(C)]
    #[shm(name = "Speed")]
    struct Other {
        metres_per_second: f32,
        slip: f32,
    }
    let domain = TempDomain::new();
    let _server = Server::<Speed, Speed>::builder("drive").domain(&domain).create().unwrap();
    let request = Client::<Other, Speed>::builder("drive").domain(&domain).create().unwrap_err().to_string();
    let response = Client::<Speed, Other>::builder("drive").domain(&domain).create().unwrap_err().to_string();
    for text in [request, response] {
        assert!(text.contains("metres_per_second") && text.contains("f64") && text.contains("f32"), "{text}");
    }
}

#[test]
fn a_server_of_other_types_than_its_clients_is_refused() {
    let domain = TempDomain::new();
    let _client = client(&domain);
    let request = Server::<u32, u64>::builder("count").domain(&domain).create().unwrap_err();
    assert!(request.to_string().contains("count~requests"), "{request}");
    let response = Server::<u64, f64>::builder("count").domain(&domain).create().unwrap_err();
    assert!(response.to_string().contains("count~responses"), "{response}");
}

#[test]
fn settings_of_nonsense_are_refused() {
    let domain = TempDomain::new();
    let builder = || Client::<u64, u64>::builder("count").domain(&domain);
    for wrong in [builder().window(0), builder().window(129), builder().timeout(Duration::ZERO)] {
        let error = wrong.create().unwrap_err();
        assert!(matches!(error, CreateError::Setting { .. }), "{error}");
    }
    assert!(Client::<u64, u64>::builder("no~name").domain(&domain).create().is_err());
    assert_eq!(domain.leftovers(), [] as [std::path::PathBuf; 0]);
}

#[test]
fn calls_without_time_or_server_fail_at_once() {
    let domain = TempDomain::new();
    let client = client(&domain);
    assert!(matches!(client.try_call(&1), Err(CallError::NoServer { .. })));
    assert!(matches!(client.call_within(&1, Duration::ZERO), Err(CallError::ZeroDeadline { .. })));
    let waited = client.call_within(&1, Duration::from_millis(5));
    assert!(matches!(waited, Err(CallError::NoServer { .. })), "{waited:?}");
}
