//! The C++ compilers of this machine, for the tests of `slotcast.hpp`.

pub mod mistakes;
pub mod peers;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// What every program is compiled with: the header has to pass under all of these.
pub const WARNINGS: &[&str] = &["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Wconversion", "-Wshadow", "-Werror"];

/// A C++ compiler.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// Its program, such as `g++`.
    pub program: String,
    /// Whether it is Clang, which has other options for its messages.
    pub is_clang: bool,
}

impl Compiler {
    /// Returns a command that compiles C++ of `standard` (17 or 20) with the include directories of
    /// the C++ and C headers.
    pub fn command(&self, standard: u32) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(format!("-std=c++{standard}"));
        command.arg("-I").arg(root().join("cpp/include")).arg("-I").arg(root().join("c/include"));
        command
    }
}

/// Returns the folder `bindings`.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the folder for compiled programs, beside those of the profile.
///
/// # Panics
///
/// If it cannot be created.
pub fn programs() -> PathBuf {
    let test = env::current_exe().expect("this binary has a path");
    let folder = test.ancestors().nth(3).expect("tests are in a folder of the profile's").join("tmp");
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// Returns the C++ compilers that there are: `$CXX`, or of `g++`, `clang++` and `c++` those that
/// run. If there is none, says so, and returns none.
///
/// # Panics
///
/// If there is none and `SLOTCAST_REQUIRE_CXX` is set.
pub fn compilers() -> Vec<Compiler> {
    let found: Vec<Compiler> = match env::var("CXX") {
        Ok(chosen) if !chosen.is_empty() => compiler(&chosen).into_iter().collect(),
        _ => {
            let both: Vec<Compiler> = ["g++", "clang++"].into_iter().filter_map(compiler).collect();
            if both.is_empty() { compiler("c++").into_iter().collect() } else { both }
        }
    };
    if found.is_empty() {
        let text = "left out: there is no C++ compiler (g++, clang++, c++ or $CXX)";
        assert!(env::var_os("SLOTCAST_REQUIRE_CXX").is_none(), "SLOTCAST_REQUIRE_CXX is set, but {text}");
        println!("{text}");
    }
    found
}

fn compiler(program: &str) -> Option<Compiler> {
    let output = Command::new(program).arg("--version").output().ok().filter(|output| output.status.success())?;
    let is_clang = String::from_utf8_lossy(&output.stdout).contains("clang");
    Some(Compiler { program: program.to_owned(), is_clang })
}

/// Returns the static C library, which is built the first time.
///
/// # Panics
/// If it cannot be built.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--package", "slotcast-c", "--message-format", "json-render-diagnostics"]);
        let output = build.current_dir(root()).stderr(Stdio::inherit()).output().expect("cargo runs");
        assert!(output.status.success(), "the C library is built");
        let text = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
        let start = text.find("libslotcast_c.a").and_then(|at| text[..at].rfind('"'));
        let rest = &text[start.expect("cargo names the library") + 1..];
        PathBuf::from(rest.split('"').next().unwrap_or_default())
    })
}

/// Returns the tool, or a Rust example, of this workspace. It is built if it was not before.
///
/// # Panics
/// If it cannot be built.
pub fn rust_program(name: &str) -> PathBuf {
    let test = env::current_exe().expect("this binary has a path");
    let profile = test.ancestors().nth(2).expect("tests are in a folder of the profile's");
    let (path, arguments) = match name {
        "slotcast" => (profile.join(name), ["--package", "slotcast-cli", "--bin"]),
        _ => (profile.join("examples").join(name), ["--package", "slotcast-examples", "--example"]),
    };
    if !path.exists() {
        let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        let status = build.arg("build").args(arguments).arg(name).current_dir(root()).status().expect("cargo runs");
        assert!(status.success(), "{name} is built");
    }
    path
}
