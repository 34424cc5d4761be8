//! What is printed on a terminal, for people.

use crate::messages::state;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use slotcast::tensor::{DType, Tensor};
use slotcast::testing::TempDomain;
use slotcast::{Domain, Publisher};
use std::io::Read;

/// Runs the tool on a terminal, and returns what that has received.
fn run(domain: &Domain, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_slotcast"));
    command.args(["--domain", domain.path().to_str().unwrap()]);
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env_remove("NO_COLOR");
    variables.iter().for_each(|(name, value)| command.env(name, value));
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut text = Vec::new();
    let mut reader = pair.master.try_clone_reader().unwrap();
    // It ends with an error when nobody has the terminal open any more.
    while let Ok(1..) = {
        let mut part = [0; 4096];
        reader.read(&mut part).inspect(|&read| text.extend(&part[..read]))
    } {}
    assert!(child.wait().unwrap().success());
    String::from_utf8(text).unwrap().replace("\r\n", "\n")
}

#[test]
fn messages_are_short() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder("long").domain(&domain).create().unwrap();
    publisher.publish(&[7_u16; 300]).unwrap();
    let list = run(&domain, &["echo", "long", "--history", "1", "--once"], &[]);
    assert_eq!(list, format!("[{}\"...\"]\n---\n", "7, ".repeat(128)));
    let whole = run(&domain, &["echo", "long", "--history", "1", "--once", "--full-length"], &[]);
    assert_eq!(whole, format!("[{}7]\n---\n", "7, ".repeat(299)));
}

#[test]
fn tensors_are_summarized() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<[u8], Tensor>::builder("tensor").domain(&domain).create().unwrap();
    let header = Tensor::new(DType::U8, &[2, 200]).unwrap();
    publisher.publish_slice_with(&header, &[5; 400]).unwrap();
    let text = run(&domain, &["echo", "tensor", "--history", "1", "--once"], &[]);
    assert_eq!(text, "<u8 tensor, 2 × 200, from 5 to 5>\n---\n");
}

#[test]
fn headings_are_bold_unless_colours_are_unwanted() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::builder("state").domain(&domain).create().unwrap();
    publisher.publish(&state(0)).unwrap();
    let table = run(&domain, &["list", "-l", "-i", "0"], &[]);
    assert!(table.starts_with("\x1b[1mTOPIC "), "{table:?}");
    let plain = run(&domain, &["list", "-l", "-i", "0"], &[("NO_COLOR", "1")]);
    assert!(plain.starts_with("TOPIC ") && !plain.contains('\x1b'), "{plain:?}");
}
