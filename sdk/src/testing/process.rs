//! Processes that tests script, stop and kill.

use crate::failpoint;
use crate::failpoint::Action;
use crate::registry::Domain;
use crate::sys::process::{Signal, signal};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long to wait for anything: far longer than it ever takes, so that a test fails and does not
/// hang.
pub const PATIENCE: Duration = Duration::from_secs(60);

const FUNCTION: &str = "SLOTCAST_TESTING_FUNCTION";
const DOMAIN: &str = "SLOTCAST_TESTING_DOMAIN";
const ARGUMENTS: &str = "SLOTCAST_TESTING_ARGUMENTS";
/// Marks the lines that are said, among everything that a test may print.
const MARK: &str = "slotcast-says ";

/// Another process of a test. It is killed when this is dropped.
///
/// It and the test talk in lines: the process [says](Script::say) lines and [hears](Script::hear)
/// those that it is [told](Self::tell).
///
/// # Examples
///
/// ```no_run
/// use slotcast::testing::{self, Process, TempDomain};
///
/// // #[test]
/// fn child_echoes() {
///     testing::process(|script| {
///         script.hear("ping");
///         script.say("pong");
///     });
/// }
///
/// // #[test]
/// fn a_process_answers() {
///     let mut other = Process::start("child_echoes", &TempDomain::new(), &[]);
///     other.tell("ping");
///     other.expect("pong");
///     other.finish();
/// }
/// ```
#[derive(Debug)]
pub struct Process {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    function: String,
}

impl Process {
    /// Starts this test binary again, at the test function of this path (`module::name`), which
    /// calls [`process`].
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(function: &str, domain: &Domain, arguments: &[&str]) -> Self {
        Self::start_with(function, domain, arguments, None)
    }

    /// Starts a process like [`start`](Self::start), which stops or dies when it reaches a point
    /// inside the protocols for the `visit`th time, counted from 1. The book lists the names of the
    /// points.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start_until(
        function: &str,
        domain: &Domain,
        arguments: &[&str],
        point: &str,
        visit: u64,
        action: Action,
    ) -> Self {
        Self::start_with(function, domain, arguments, Some(failpoint::setting(point, visit, action)))
    }

    fn start_with(function: &str, domain: &Domain, arguments: &[&str], point: Option<String>) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
        command.args(["--exact", function, "--nocapture", "--test-threads=1"]);
        command.env(FUNCTION, function).env(DOMAIN, domain.path()).env(ARGUMENTS, arguments.join("\n"));
        command.env_remove(failpoint::VARIABLE).envs(point.map(|point| (failpoint::VARIABLE, point)));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a process");
        let output = child.stdout.take().expect("its output is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some((_, said)) = line.split_once(MARK)
                    && sender.send(said.to_owned()).is_err()
                {
                    break;
                }
            }
        });
        Self { input: child.stdin.take(), child, lines, function: function.into() }
    }

    /// Returns its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the next line that it says; waits for it.
    ///
    /// # Panics
    /// If it ends before, or says nothing for [`PATIENCE`].
    pub fn listen(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => panic!("{} has said nothing for {PATIENCE:?}", self.function),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("{} has ended without a word: {:?}", self.function, self.child.wait())
            }
        }
    }

    /// Waits for a line.
    ///
    /// # Panics
    /// As [`listen`](Self::listen); also if it says another line first.
    pub fn expect(&mut self, line: &str) {
        let said = self.listen();
        assert_eq!(said, line, "what {} says", self.function);
    }

    /// Sends it a line, for which it waits with [`Script::hear`].
    ///
    /// # Panics
    /// If it does not take it.
    pub fn tell(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input is open");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("it takes a line");
    }

    /// Kills it with SIGKILL, and waits for its end.
    ///
    /// # Panics
    /// If that cannot be done.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it can be waited for")
    }

    /// Kills it with SIGKILL, and leaves it unreaped.
    ///
    /// # Panics
    /// If that cannot be done.
    pub fn kill_without_reaping(&mut self) {
        self.child.kill().expect("it can be killed");
    }

    /// Stops it with SIGSTOP, and waits until it is.
    ///
    /// # Panics
    /// If that cannot be done.
    pub fn stop(&mut self) {
        signal(self.id(), Signal::STOP).expect("it can be stopped");
        self.wait_until_stopped();
    }

    /// Waits until it is stopped, by [`stop`](Self::stop) or at a point.
    ///
    /// # Panics
    /// If it is not for [`PATIENCE`].
    pub fn wait_until_stopped(&mut self) {
        let path = format!("/proc/{}/stat", self.id());
        until("it is stopped", || {
            let stat = std::fs::read_to_string(&path).expect("it lives");
            stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
        });
    }

    /// Continues it after it was stopped.
    ///
    /// # Panics
    /// If that cannot be done.
    pub fn go_on(&mut self) {
        signal(self.id(), Signal::CONT).expect("it can go on");
    }

    /// Returns how it has ended, if it has. Does not wait.
    ///
    /// # Panics
    /// If that cannot be asked.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it can be waited for")
    }

    /// Waits for its end, and returns how it has ended.
    ///
    /// # Panics
    /// If it does not end for [`PATIENCE`].
    pub fn wait(&mut self) -> ExitStatus {
        self.input = None;
        let mut status = None;
        until("it ends", || {
            status = self.child.try_wait().expect("it can be waited for");
            status.is_some()
        });
        status.expect("it has ended")
    }

    /// Waits for its end, which must be successful.
    ///
    /// # Panics
    /// If it failed, or does not end for [`PATIENCE`].
    pub fn finish(mut self) {
        let status = self.wait();
        assert!(status.success(), "{} failed: {status}", self.function);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process that a test has started knows and says; see [`Process`].
#[derive(Debug)]
pub struct Script {
    domain: Domain,
    arguments: Vec<String>,
}

/// Calls `act` if [`Process::start`] has started this process for that. Does nothing in an ordinary
/// run of the tests. A test function calls it and nothing else.
pub fn process(act: impl FnOnce(Script)) {
    if std::env::var_os(FUNCTION).is_some() {
        failpoint::prepare();
        let variable = |name| std::env::var(name).expect("it is set where a process is started");
        let arguments = variable(ARGUMENTS).lines().map(str::to_owned).collect();
        act(Script { domain: Domain::at(variable(DOMAIN)), arguments });
    }
}

impl Script {
    /// Returns the domain of the test.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Returns an argument with which the process was started.
    ///
    /// # Panics
    /// If there is no such argument, or it cannot be parsed as a `T`.
    pub fn argument<T: std::str::FromStr>(&self, index: usize) -> T {
        let argument = &self.arguments[index];
        argument.parse().unwrap_or_else(|_| panic!("argument {index} is {argument:?}"))
    }

    /// Says a line to the test.
    ///
    /// # Panics
    /// If the test has ended.
    pub fn say(&self, line: &str) {
        let mut output = std::io::stdout().lock();
        writeln!(output, "{MARK}{line}").and_then(|()| output.flush()).expect("the test listens");
    }

    /// Waits for a line of the test.
    ///
    /// # Panics
    /// If the test has ended, or sends another line.
    pub fn hear(&self, line: &str) {
        let mut heard = String::new();
        std::io::stdin().lock().read_line(&mut heard).expect("the test speaks");
        assert_eq!(heard.trim_end(), line);
    }
}

/// Waits until `is_so` returns `true`. `what` is what is waited for, for the panic.
///
/// # Panics
/// If it does not for [`PATIENCE`].
///
/// # Examples
///
/// ```
/// let start = std::time::Instant::now();
/// slotcast::testing::until("a millisecond has passed", || start.elapsed().as_millis() >= 1);
/// ```
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited for {PATIENCE:?} until {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}
