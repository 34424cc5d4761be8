//! The tool in a terminal of its own, of which the test sees the screen.

use portable_pty::{Child, CommandBuilder, MasterPty, PtyPair, PtySize, native_pty_system};
use rustix::termios::LocalModes;
use slotcast::Domain;
use slotcast::testing::{PATIENCE, until};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The keys that are more than a character.
pub(crate) const ENTER: &str = "\r";
pub(crate) const ESCAPE: &str = "\x1b";
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const CTRL_C: &str = "\x03";

/// A terminal in which the tool runs. It is killed when this is dropped.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    /// Kept open, so that the terminal stays as the tool has left it.
    _slave: Box<dyn portable_pty::SlavePty + Send>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    /// How many bytes it has written.
    written: Arc<AtomicUsize>,
}

fn positive(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a terminal has a size")
}

fn size((columns, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Terminal {
    /// Starts the tool in a terminal of this size, columns first.
    pub(crate) fn start(domain: &Domain, arguments: &str, of: (u16, u16)) -> Self {
        Self::start_with(domain, arguments, of, &[])
    }

    /// Does the same with variables of the environment.
    pub(crate) fn start_with(domain: &Domain, arguments: &str, of: (u16, u16), variables: &[(&str, &str)]) -> Self {
        let PtyPair { slave, master } = native_pty_system().openpty(size(of)).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_slotcast"));
        command.arg("--domain");
        command.arg(domain.path());
        command.args(arguments.split_whitespace());
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        variables.iter().for_each(|(name, value)| command.env(name, value));
        let screen = Arc::new(Mutex::new(vt100::Parser::new(positive(of.1), positive(of.0), 0)));
        let (mut output, drawn) = (master.try_clone_reader().expect("its output"), Arc::clone(&screen));
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                drawn.lock().unwrap().process(&bytes[..read]);
                count.fetch_add(read, Ordering::Relaxed);
            }
        });
        let keys = master.take_writer().expect("its keys");
        let child = slave.spawn_command(command).expect("the tool starts");
        Self { child, master, _slave: slave, keys, screen, written }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).and_then(|()| self.keys.flush()).expect("it takes keys");
    }

    /// Changes the size of the terminal, columns first.
    pub(crate) fn resize(&mut self, of: (u16, u16)) {
        self.screen.lock().unwrap().screen_mut().set_size(positive(of.1), positive(of.0));
        self.master.resize(size(of)).expect("it can be resized");
    }

    /// Returns what is on the screen.
    pub(crate) fn contents(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Returns whether anything on the screen has a colour.
    pub(crate) fn has_colors(&self) -> bool {
        let parser = self.screen.lock().unwrap();
        let (rows, columns) = parser.screen().size();
        let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        cells
            .filter_map(|(row, column)| parser.screen().cell(row, column))
            .any(|cell| cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default)
    }

    /// Waits until the screen is as wanted, and returns it.
    pub(crate) fn wait(&mut self, what: &str, mut is_so: impl FnMut(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let contents = self.contents();
            if is_so(&contents) {
                return contents;
            }
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                panic!("it has ended with {status}, before {what}:\n{contents}");
            }
            assert!(start.elapsed() < PATIENCE, "waited until {what}:\n{contents}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Changes the size of the terminal, and waits until something is drawn after that.
    pub(crate) fn resize_and_wait(&mut self, of: (u16, u16)) {
        let before = self.written.load(Ordering::Relaxed);
        self.resize(of);
        let written = Arc::clone(&self.written);
        self.wait("it is drawn again", |_| written.load(Ordering::Relaxed) > before);
    }

    /// Waits until a text is on the screen, and returns the line in which it is first.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let contents = self.wait(&format!("{text:?} is shown"), |contents| contents.contains(text));
        contents.lines().find(|line| line.contains(text)).unwrap_or_default().to_owned()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = self.child.process_id().and_then(|pid| i32::try_from(pid).ok());
        let pid = pid.and_then(rustix::process::Pid::from_raw).expect("a process id");
        rustix::process::kill_process(pid, signal).expect("it can be signalled");
    }

    /// Waits for its end. It must be successful, and leave the terminal as it was. `last` is what
    /// the terminal shows then.
    pub(crate) fn finish_with(self, last: &str) {
        self.end_with(0, last);
    }

    /// Waits for its end, with this code. It must leave the terminal as it was. `last` is what the
    /// terminal shows then.
    pub(crate) fn end_with(mut self, code: u32, last: &str) {
        let mut status = None;
        until("it ends", || {
            status = self.child.try_wait().expect("it can be waited for");
            status.is_some()
        });
        let status = status.expect("it has ended");
        assert!(status.signal().is_none() && status.exit_code() == code, "{status}:\n{}", self.contents());
        until("the screen is left", || !self.screen.lock().unwrap().screen().alternate_screen());
        until("the cursor is back", || !self.screen.lock().unwrap().screen().hide_cursor());
        let start = Instant::now();
        while !self.contents().contains(last) {
            assert!(start.elapsed() < PATIENCE, "{last:?} is not shown:\n{}", self.contents());
            std::thread::yield_now();
        }
        self.assert_usual_mode();
    }

    /// Waits for its end. It must be successful, and leave the terminal as it was.
    pub(crate) fn finish(self) {
        self.finish_with("");
    }

    /// Checks that keys are echoed and lines edited, as they are at first.
    fn assert_usual_mode(&self) {
        let path = self.master.tty_name().expect("it has a name");
        let flags = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NOCTTY;
        let terminal = rustix::fs::open(path, flags, rustix::fs::Mode::empty()).expect("it can be opened");
        let modes = rustix::termios::tcgetattr(terminal).expect("it has modes").local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "{modes:?}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
