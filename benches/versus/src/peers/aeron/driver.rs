//! The media driver of a pair, and the clients that are connected to it.
//!
//! The process that sends first runs the driver, because there is no third processor for it. One
//! thread does all of the driver's work, and backs off when there is none: the default. One that
//! spins takes the processor from the sender; one that yields was slower at most sizes. The files of
//! terms are not sparse, and are touched when they are mapped, so that no message waits for a page.

use crate::channel::{Channel, Flow};
use crate::peers::Failure;
use rusteron_media_driver::bindings::aeron_threading_mode_enum::AERON_THREADING_MODE_SHARED;
use rusteron_media_driver::{Aeron, AeronContext, AeronDriver, AeronDriverContext, IntoCString};
use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::ErrorKind;
use std::thread::sleep;
use std::time::Duration;

/// How long a client's own thread sleeps between looks at what the driver has answered, where the
/// time until the first message counts, in nanoseconds. The default is 16 ms.
const CLIENT_SLEEP: &CStr = c"100000";

thread_local! {
    /// The driver, if this process runs it: until the process ends.
    static DRIVER: RefCell<Option<AeronDriver>> = const { RefCell::new(None) };
    /// The client of all channels of this process, as Aeron's makers advise.
    static CLIENT: RefCell<Option<Aeron>> = const { RefCell::new(None) };
}

/// Returns the driver's folder, which goes with that of the pair.
fn folder(channel: &Channel) -> Result<CString, Failure> {
    let folder = channel.folder().join("aeron");
    Ok(folder.to_str().ok_or("the folder's name is not UTF-8")?.into_c_string())
}

/// Starts the driver in this process, unless a process of the pair has done so.
pub(super) fn start_once(channel: &Channel) -> Result<(), Failure> {
    match File::create_new(channel.folder().join("aeron-driver")) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    let context = AeronDriverContext::new()?;
    context.set_dir(&folder(channel)?)?;
    context.set_threading_mode(AERON_THREADING_MODE_SHARED)?;
    context.set_term_buffer_sparse_file(false)?;
    let driver = AeronDriver::new(&context)?;
    driver.start(false)?;
    DRIVER.set(Some(driver));
    Ok(())
}

/// Returns this process's client, connected to the driver of the pair.
pub(super) fn connect(channel: &Channel) -> Result<Aeron, Failure> {
    if let Some(client) = CLIENT.with_borrow(Clone::clone) {
        return Ok(client);
    }
    let file = channel.folder().join("aeron/cnc.dat");
    while !file.exists() {
        sleep(Duration::from_micros(50)); // who has started this process limits the time
    }
    let context = AeronContext::new()?;
    context.set_dir(&folder(channel)?)?;
    context.set_pre_touch_mapped_memory(true)?;
    if channel.flow == Flow::First {
        context.set_idle_strategy_init_args(CLIENT_SLEEP)?;
        context.set_idle_strategy(c"sleeping")?;
    }
    let client = Aeron::new(&context)?;
    client.start()?;
    CLIENT.set(Some(client.clone()));
    Ok(client)
}
