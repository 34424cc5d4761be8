//! The installed package, moved, used by a project outside the tree: through CMake and pkg-config,
//! with the static and the shared library.

use slotcast_cpp::{WARNINGS, compilers, library, root};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn an_installed_and_moved_package_is_used() {
    let compilers = compilers();
    let Some(compiler) = compilers.first() else { return };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (installed, prefix) = (folder.path().join("installed"), folder.path().join("moved/here"));
    let script = root().join("cpp/install.sh");
    run(Command::new(script).arg(&installed).arg(library().parent().unwrap()));
    fs::create_dir(prefix.parent().unwrap()).unwrap();
    fs::rename(&installed, &prefix).unwrap();
    let source = folder.path().join("consumer");
    fs::create_dir(&source).unwrap();
    for file in ["CMakeLists.txt", "main.cpp"] {
        fs::copy(root().join("cpp/tests/consumer").join(file), source.join(file)).unwrap();
    }
    let is_there = |tool: &str| Command::new(tool).arg("--version").output().is_ok_and(|it| it.status.success());
    if is_there("cmake") {
        let build = folder.path().join("build");
        let mut configure = Command::new("cmake");
        configure.arg("-S").arg(&source).arg("-B").arg(&build).env("CXX", &compiler.program);
        run(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())));
        run(Command::new("cmake").arg("--build").arg(&build));
        publishes_to_itself(&build.join("with_static"), &prefix);
        publishes_to_itself(&build.join("with_shared"), &prefix);
    } else {
        println!("left out: there is no cmake");
    }
    if is_there("pkg-config") {
        let mut flags = Command::new("pkg-config");
        flags.args(["--cflags", "--libs", "slotcast"]).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
        let flags = run(&mut flags);
        let program = folder.path().join("with_pkg_config");
        let mut compile = Command::new(&compiler.program);
        compile.arg("-std=c++17").args(WARNINGS).arg(source.join("main.cpp")).arg("-o").arg(&program);
        run(compile.args(flags.split_whitespace()));
        publishes_to_itself(&program, &prefix);
    } else {
        println!("left out: there is no pkg-config");
    }
}

/// Runs a program of the consumer, in a registry of its own.
fn publishes_to_itself(program: &Path, prefix: &Path) {
    let registry = tempfile::Builder::new().prefix("slotcast-test-").tempdir_in("/dev/shm").unwrap();
    let mut command = Command::new(program);
    command.env("SLOTCAST_ROOT", registry.path().join("root")).env_remove("SLOTCAST_DOMAIN");
    assert_eq!(run(command.env("LD_LIBRARY_PATH", prefix.join("lib"))), "42\n");
}

/// Returns what a command prints; it must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}{error}");
    out.into_owned()
}
