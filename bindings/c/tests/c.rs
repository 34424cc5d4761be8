//! Programs in C and in Rust that exchange messages, end, are killed, disagree, and pass what is
//! not valid.

mod patterns;

use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{FixedVec, Listener, Pad, Publisher, ShmMessage, Str, Subscriber};
use slotcast_cpp::mistakes::Mistakes;
use slotcast_cpp::peers::Peer;
use slotcast_cpp::{Compiler, WARNINGS, library, programs, root};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TOPIC: &str = "c/topic";
const COUNT: u16 = 1000;

/// That of `programs/peer.c`.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Imu {
    stamp_ns: u64,
    accel: [f32; 3],
    gyro: [f32; 3],
    valid: bool,
    pad: Pad<7>,
}

/// Those of `programs/golden.c`.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Point {
    x: f32,
    y: f32,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(i16)]
enum Gear {
    Reverse = -1,
    Neutral,
    First,
    Fourth = 4,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
#[shm(version = 3)]
struct Kinds {
    path: FixedVec<Point, 3>,
    numbers: FixedVec<u64, 2>,
    letter: char,
    gear: Gear,
    name: Str<8>,
    on: bool,
    pad: Pad<1>,
}

fn imu(i: u16) -> Imu {
    let accel = [f32::from(i), 1.0, 2.0];
    Imu { stamp_ns: i.into(), accel, gyro: [0.0; 3], valid: i.is_multiple_of(2), pad: Pad::default() }
}

/// Returns the C compilers that there are: `gcc`, `clang`, or else `cc`, with which Rust links.
fn compilers() -> Vec<&'static str> {
    let is_there = |it: &&str| Command::new(it).arg("--version").output().is_ok_and(|it| it.status.success());
    let found: Vec<_> = ["gcc", "clang"].into_iter().filter(is_there).collect();
    if found.is_empty() { vec!["cc"] } else { found }
}

/// Compiles a program of `bindings/c` against the static library.
fn compile(compiler: &str, source: &str, name: &str, options: &[&str]) -> PathBuf {
    let program = programs().join(format!("{name}-{compiler}"));
    let folder = root().join("c");
    let mut command = Command::new(compiler);
    command.args(["-std=c11", "-D_GNU_SOURCE", "-O1"]).args(WARNINGS).args(options);
    command.arg("-I").arg(folder.join("include")).arg(folder.join(source)).arg("-o").arg(&program);
    let output = command.arg(library()).args(["-lpthread", "-ldl", "-lm"]).output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// Runs a side until it has ended with success, and returns what it prints.
fn run(program: &Path, domain: &TempDomain, side: &str) -> String {
    let Output { status, stdout, stderr } =
        Command::new(program).arg(side).env("SLOTCAST_TEST_DOMAIN", domain.path()).output().unwrap();
    assert!(status.success(), "{side}: {status}\n{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn c_to_rust(program: &Path) {
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Imu>::builder(TOPIC).domain(&domain).lossless().create().unwrap();
    let publisher = Peer::start(program, &domain, &["publish"]);
    for i in 0..COUNT {
        assert_eq!(*subscriber.recv_timeout(PATIENCE).unwrap().unwrap(), imu(i));
    }
    publisher.finish();
}

fn rust_to_c(program: &Path) {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Imu>::builder(TOPIC).domain(&domain).lossless(PATIENCE).create().unwrap();
    let mut subscriber = Peer::start(program, &domain, &["receive"]);
    subscriber.expect("ready");
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
    for i in 0..COUNT {
        publisher.publish(&imu(i)).unwrap();
    }
    subscriber.expect("all received");
    subscriber.finish();
}

fn c_to_c(program: &Path) {
    let domain = TempDomain::new();
    let mut subscriber = Peer::start(program, &domain, &["receive"]);
    subscriber.expect("ready");
    let publisher = Peer::start(program, &domain, &["publish"]);
    subscriber.expect("all received");
    subscriber.finish();
    publisher.finish();
}

fn a_killed_publisher_is_reported(program: &Path) {
    let domain = TempDomain::new();
    let mut watcher = Peer::start(program, &domain, &["members"]);
    watcher.expect("ready");
    let mut publisher = Peer::start(program, &domain, &["publish-on"]);
    publisher.expect("published");
    let joined = watcher.line();
    let pid = joined.strip_prefix("1 ").unwrap_or_else(|| panic!("{joined}"));
    publisher.kill();
    watcher.expect(&format!("3 {pid}"));
    watcher.finish();
}

fn a_killed_subscriber_holds_nobody_up(program: &Path) {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Imu>::builder(TOPIC).domain(&domain).lossless(PATIENCE).create().unwrap();
    let mut subscriber = Peer::start(program, &domain, &["members"]);
    subscriber.expect("ready");
    assert!(publisher.wait_for_subscribers(1, PATIENCE).unwrap());
    subscriber.kill();
    for i in 0..COUNT {
        publisher.publish(&imu(i)).unwrap();
    }
}

fn a_mismatch_names_the_field(program: &Path) {
    let domain = TempDomain::new();
    let publisher = Publisher::<Imu>::builder(TOPIC).domain(&domain).create().unwrap();
    let text = run(program, &domain, "mismatch");
    assert!(text.contains("accel") && text.contains("f32") && text.contains("f64"), "{text}");
    drop(publisher);
}

fn events_are_heard(program: &Path) {
    for is_killed in [false, true] {
        let domain = TempDomain::new();
        let mut rust = Listener::<u8>::builder("c/events").domain(&domain).create().unwrap();
        let mut hearer = Peer::start(program, &domain, &["listen"]);
        hearer.expect("ready");
        let mut notifier = Peer::start(program, &domain, &["notify"]);
        notifier.expect("told");
        let mut heard = 0;
        while heard < 3 {
            if let Some((id, count)) = rust.recv_timeout(PATIENCE).unwrap().unwrap().event() {
                assert_eq!(id, 7);
                heard += count;
            }
        }
        hearer.expect("2");
        let mut heard = 0;
        while heard < 3 {
            let line = hearer.line();
            heard += line.strip_prefix("event 7 ").unwrap_or_else(|| panic!("{line}")).parse::<u64>().unwrap();
        }
        if is_killed {
            notifier.kill();
            hearer.expect("4");
        } else {
            notifier.finish();
            hearer.expect("3");
        }
        hearer.finish();
    }
}

fn within_one_process(program: &Path) {
    for side in ["slices", "full", "waiting", "partial", "observe", "paths"] {
        run(program, &TempDomain::new(), side);
    }
    let json = run(program, &TempDomain::new(), "bad-input");
    assert!(json.contains("\"stamp_ns\":2") && json.contains("\"valid\":true"), "{json}");
}

#[test]
fn c_and_rust_exchange_messages() {
    for compiler in compilers() {
        let program = compile(compiler, "tests/programs/peer.c", "peer", &[]);
        c_to_rust(&program);
        rust_to_c(&program);
        c_to_c(&program);
        a_killed_publisher_is_reported(&program);
        a_killed_subscriber_holds_nobody_up(&program);
        a_mismatch_names_the_field(&program);
        events_are_heard(&program);
        within_one_process(&program);
    }
}

/// The same under the sanitizers: no error of memory, and nothing leaked.
#[test]
fn nothing_leaks_or_is_undefined() {
    let options = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let program = compile(compilers()[0], "tests/programs/peer.c", "sanitized", &options);
    c_to_c(&program);
    a_mismatch_names_the_field(&program);
    within_one_process(&program);
    let golden = compile(compilers()[0], "tests/programs/golden.c", "golden-sanitized", &options);
    assert!(run(&golden, &TempDomain::new(), "").contains(" Kinds"));
}

#[test]
fn schemas_in_c_have_the_hashes_of_rust() {
    let golden = std::fs::read_to_string(root().join("../tests/schema/golden.txt")).unwrap();
    for compiler in compilers() {
        let printed = run(&compile(compiler, "tests/programs/golden.c", "golden", &[]), &TempDomain::new(), "");
        let (hashes, refusals): (Vec<_>, Vec<_>) = printed.lines().partition(|line| line.find(' ') == Some(32));
        assert_eq!(hashes.len(), 7, "{printed}");
        for line in hashes {
            let kinds = format!("{} Kinds", Kinds::SCHEMA.hash());
            assert!(golden.lines().any(|it| it == line) || line == kinds, "{line}");
        }
        assert_eq!(
            refusals,
            [
                "Padded: 3 bytes before field \"value\" are in no field: declare `uint8_t pad[3]` there, and SC_PAD \
                 for it",
                "a description of a type is null"
            ]
        );
    }
}

/// After changing a sentence run `UPDATE=1 cargo test -p slotcast-c --test c each_mistake`, and read the
/// differences.
#[test]
fn each_mistake_is_reported_as_expected() {
    let folder = root().join("c/tests/must_not_compile");
    let command = |compiler: &Compiler| {
        let mut command = Command::new(&compiler.program);
        command.arg("-std=c11").arg("-I").arg(root().join("c/include"));
        command
    };
    let mistakes = Mistakes { folder: &folder, extension: "c", command };
    let compiler = |program: &str| Compiler { program: program.to_owned(), is_clang: program == "clang" };
    mistakes.check(&compilers().into_iter().map(compiler).collect::<Vec<_>>());
    mistakes.check_files(20);
}

#[test]
fn headers_compile_without_warnings() {
    let flags = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Werror", "-fsyntax-only"];
    let mut commands: Vec<_> = compilers().into_iter().map(|it| (it.to_owned(), "c", "-std=c11")).collect();
    commands.extend(slotcast_cpp::compilers().into_iter().map(|it| (it.program, "c++", "-std=c++17")));
    for (compiler, language, standard) in commands {
        let mut command = Command::new(&compiler);
        command.args(["-x", language, standard]).args(flags).arg("-I").arg(root().join("c/include"));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/tick.h");
        let output = command.arg(source).output().unwrap();
        assert!(output.status.success(), "{command:?} {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The programs that the book lists.
#[test]
fn examples_compile() {
    for compiler in compilers() {
        for name in ["publisher", "subscriber", "epoll"] {
            compile(compiler, &format!("examples/{name}.c"), name, &[]);
        }
    }
}

#[test]
fn messages_allocate_nothing() {
    let wrapped = ["malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign"];
    let wrapped: Vec<_> = wrapped.iter().map(|name| format!("-Wl,--wrap={name}")).collect();
    let options: Vec<_> = wrapped.iter().map(String::as_str).collect();
    for compiler in compilers() {
        let program = compile(compiler, "tests/programs/allocations.c", "allocations", &options);
        let counted = run(&program, &TempDomain::new(), "");
        assert_eq!(counted, "0 allocations of 200000 messages, some before\n");
    }
}
