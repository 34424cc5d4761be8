//! The installed package, moved, used by projects outside the tree: in C and in C++, through CMake and
//! pkg-config, with the static and the shared library. An ordinary user does all of it.

use slotcast_cpp::{WARNINGS, library, root};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// `nobody`, which these tests become if they are run by root.
const USER: u32 = 65534;

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Returns a command of an ordinary user.
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(USER).gid(USER).env("HOME", "/");
    }
    command
}

/// Returns what a command prints; it must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}{error}");
    out.into_owned()
}

fn is_there(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|it| it.status.success());
    if !found {
        println!("left out: there is no {tool}");
    }
    found
}

/// Returns a folder of the user.
fn folder(place: &str) -> TempDir {
    let folder = tempfile::Builder::new().prefix("slotcast-test-").tempdir_in(place).unwrap();
    if is_root() {
        chown(folder.path(), Some(USER), Some(USER)).unwrap();
    }
    folder
}

/// A place of the user with the files that are installed, of this tree, and with the built library.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = folder(std::env::temp_dir().to_str().unwrap());
        let files = ["install.sh", "deb.sh", "package", "c/include", "c/link.sh", "c/slotcast.map", "c/tests/consumer"];
        let tree = folder.path().join("tree/bindings");
        for file in files.into_iter().chain(["cpp/include", "../Cargo.toml", "../LICENSE-MIT", "../LICENSE-APACHE"]) {
            let target = tree.join(file);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            run(Command::new("cp").arg("-r").arg(root().join(file)).arg(target));
        }
        run(Command::new("cp").arg(library()).arg(folder.path()));
        // Without what debuggers need, linking takes a tenth of the time.
        run(Command::new("strip").arg("--strip-debug").arg(folder.path().join("libslotcast_c.a")));
        run(Command::new("chmod").arg("-R").arg("a+rX").arg(folder.path()));
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Installs the package, and moves it.
    fn installed(&self) -> PathBuf {
        let (first, moved) = (self.path("installed"), self.path("moved/here"));
        run(command(self.path("tree/bindings/install.sh")).arg(&first).arg(self.folder.path()));
        run(command("mkdir").arg(self.path("moved")));
        run(command("mv").arg(first).arg(&moved));
        moved
    }

    /// Builds a consumer through CMake, and runs it, with both libraries.
    fn try_cmake(&self, prefix: &Path, language: &str) {
        let build = self.path(&format!("build-{language}"));
        let mut configure = command("cmake");
        configure.arg("-S").arg(self.path("tree/bindings/c/tests/consumer").join(language)).arg("-B").arg(&build);
        run(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())));
        run(command("cmake").arg("--build").arg(&build));
        publishes_to_itself(&build.join("with_static"), Path::new(""));
        publishes_to_itself(&build.join("with_shared"), &prefix.join("lib"));
    }

    /// Builds a consumer through pkg-config, and runs it: with the shared library, with the static one,
    /// and as a program that is static altogether.
    fn try_pkg_config(&self, prefix: &Path, language: &str, compiler: &[&str]) {
        let source = self.path(&format!("tree/bindings/c/tests/consumer/{language}/main.{language}"));
        let kinds: [(&[&str], &[&str]); 3] =
            [(&["slotcast"], &[]), (&["slotcast-static"], &[]), (&["--static", "slotcast"], &["-static"])];
        for (number, (package, options)) in kinds.into_iter().enumerate() {
            let mut flags = command("pkg-config");
            flags.args(["--cflags", "--libs"]).args(package).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
            let flags = run(&mut flags);
            let program = self.path(&format!("{language}-{number}"));
            let mut compile = command(compiler[0]);
            compile.args(&compiler[1..]).args(WARNINGS).args(options).arg(&source).arg("-o").arg(&program);
            run(compile.args(flags.split_whitespace()));
            let libraries = if number == 0 { prefix.join("lib") } else { PathBuf::new() };
            publishes_to_itself(&program, &libraries);
        }
    }

    fn try_with(&self, prefix: &Path) {
        let cpp = slotcast_cpp::compilers().into_iter().next().map(|compiler| compiler.program);
        if is_there("cmake") {
            self.try_cmake(prefix, "c");
            cpp.iter().for_each(|_| self.try_cmake(prefix, "cpp"));
        }
        if is_there("pkg-config") {
            self.try_pkg_config(prefix, "c", &["cc", "-std=c11"]);
            cpp.iter().for_each(|compiler| self.try_pkg_config(prefix, "cpp", &[compiler, "-std=c++17"]));
        }
    }
}

/// Runs a program of the consumer, in a registry of its own. `libraries` is where shared ones are;
/// empty if it has to work without any.
fn publishes_to_itself(program: &Path, libraries: &Path) {
    let registry = folder("/dev/shm");
    let mut command = command(program);
    command.env("SLOTCAST_ROOT", registry.path().join("root")).env_remove("SLOTCAST_DOMAIN");
    assert_eq!(run(command.env("LD_LIBRARY_PATH", libraries)), "42\n");
}

#[test]
fn an_installed_and_moved_package_is_used() {
    let place = Place::new();
    let prefix = place.installed();
    let library = fs::metadata(prefix.join("lib/libslotcast.a")).unwrap();
    assert!(library.uid() != 0 && library.permissions().mode() & 0o444 == 0o444, "{library:?}");
    place.try_with(&prefix);
}

#[test]
fn a_debian_package_is_used() {
    if !is_there("dpkg-deb") {
        return;
    }
    let place = Place::new();
    let package = run(command(place.path("tree/bindings/deb.sh")).arg(place.folder.path()).arg(place.folder.path()));
    let extracted = place.path("extracted");
    run(command("dpkg-deb").arg("-x").arg(package.trim_end()).arg(&extracted));
    let fields = run(command("dpkg-deb").arg("-f").arg(package.trim_end()));
    assert!(fields.contains(concat!("Version: ", env!("CARGO_PKG_VERSION"))), "{fields}");
    place.try_pkg_config(&extracted.join("usr"), "c", &["cc", "-std=c11"]);
}
