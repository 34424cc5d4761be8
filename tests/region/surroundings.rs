//! Full file systems, other users, and forks.

use slotcast::region::{Array, Mutex, Queue, Region, RegionError, StructureError};
use slotcast::testing::{self, Process, TempDomain};
use slotcast_tests::holdings::is_root;
use slotcast_tests::small_file_system::mount;
use slotcast_tests::temp_region::TempRegion;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::time::Duration;

const NOBODY: u32 = 65534;

fn start(function: &str, arguments: &[&str]) -> Process {
    Process::start(&format!("surroundings::{function}"), &TempDomain::new(), arguments)
}

#[test]
fn child_fills_a_file_system() {
    testing::process(|script| {
        if let Err(error) = mount(Path::new("/dev/shm"), 256) {
            return script.say(&format!("skipped: no file system can be mounted: {error}"));
        }
        let region = Region::create("small", 128 << 10).unwrap();
        let array = Array::<u64>::create(&region, "array", 10_000).unwrap();
        array.fill(&u64::MAX).unwrap();
        let error = Region::create("large", 256 << 10).unwrap_err().to_string();
        assert_eq!(Region::list().unwrap(), ["small"]);
        script.say(&error);
    });
}

#[test]
fn a_full_file_system_is_an_error_and_no_signal() {
    let mut child = start("child_fills_a_file_system", &[]);
    let said = child.listen();
    println!("{said}");
    assert!(
        said.starts_with("skipped") || said.contains("No space left on device") && said.contains("/dev/shm is full")
    );
    child.finish();
}

#[test]
fn no_region_is_larger_than_the_machine() {
    let name = TempRegion::new();
    let error = Region::create(&name, 1 << 50).unwrap_err();
    assert!(matches!(error, RegionError::Io { .. }), "{error}");
    assert!(!name.path().exists());
}

/// Reads what can be read without writing, and returns what is refused.
fn read(region: &Region) -> String {
    let array = Array::<u64>::open(region, "array");
    let refused = [
        array.as_ref().map_or(true, |array| array.set(0, &1).is_err()),
        Array::<u64>::create(region, "new", 1).is_err(),
        region.repair().is_err(),
    ];
    assert_eq!(refused, [true; 3]);
    let Ok(array) = array else { return "empty".to_owned() };
    assert_eq!(region.check().unwrap(), []);
    assert_eq!(region.bytes("queue").unwrap().len(), 16 + 2 * 8 + 2 * 4);
    let error = Queue::<u64>::open(region, "queue").unwrap_err();
    format!("{}: {error}", array.get(0).unwrap())
}

#[test]
fn child_opens_as_nobody() {
    testing::process(|script| {
        // SAFETY: the call takes only a number.
        assert_eq!(unsafe { libc::setgid(NOBODY) }, 0);
        // SAFETY: the call takes only a number.
        assert_eq!(unsafe { libc::setuid(NOBODY) }, 0);
        let name: String = script.argument(0);
        if let Ok(region) = Region::builder(&name).allow_other_users().read_only().open() {
            script.say(&read(&region));
        } else {
            script.say("cannot be read");
        }
        let opened = match Region::open(&name) {
            Err(RegionError::Owner { .. }) => Region::builder(&name).allow_other_users().open(),
            other => other,
        };
        match opened {
            Ok(region) => {
                Array::<u64>::open(&region, "array").unwrap().set(0, &9).unwrap();
                script.say("opened");
            }
            Err(error) => script.say(&error.to_string()),
        }
    });
}

#[test]
fn another_user_gets_in_by_the_mode_alone() {
    if !is_root() {
        return println!("skipped: only root can become another user");
    }
    let said = |name: &str| {
        let mut child = start("child_opens_as_nobody", &[name]);
        let said = [child.listen(), child.listen()];
        child.finish();
        said
    };
    let closed = TempRegion::new();
    drop(closed.create(1 << 16));
    assert_eq!(std::fs::metadata(closed.path()).unwrap().permissions().mode() & 0o777, 0o600);
    let [read, text] = said(&closed);
    assert_eq!(read, "cannot be read");
    assert!(text.contains("Permission denied") && text.contains("its owner can give others access"), "{text}");
    let open = TempRegion::new();
    let region = Region::builder(&open).mode(0o666).create(1 << 16).unwrap();
    let array = Array::<u64>::create(&region, "array", 1).unwrap();
    Queue::<u64>::create(&region, "queue", 2).unwrap();
    let [read, written] = said(&open);
    assert!(read.starts_with("0: region `") && read.contains("was opened for reading only"), "{read}");
    assert_eq!(written, "opened");
    assert_eq!(array.get(0), Some(9));
    std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let [read, written] = said(&open);
    assert!(read.starts_with("9: "), "{read}");
    assert!(written.contains("Permission denied"), "{written}");
}

#[test]
fn a_region_of_another_user_is_not_opened_by_accident() {
    if !is_root() {
        return println!("skipped: only root can give files away");
    }
    let name = TempRegion::new();
    drop(name.create(1 << 16));
    chown(name.path(), Some(NOBODY), None).unwrap();
    let text = Region::open(&name).unwrap_err().to_string();
    assert!(text.contains("belongs to user 65534, and this process runs as user 0"), "{text}");
    assert!(Region::builder(&name).allow_other_users().open().is_ok());
}

/// A forked child's handles do not touch what its parent shares.
#[test]
fn a_forked_childs_handles_are_refused() {
    let name = TempRegion::new();
    let region = name.create(1 << 16);
    let array = Array::<u64>::create(&region, "array", 2).unwrap();
    array.fill(&5).unwrap();
    let queue = Queue::<u64>::create(&region, "queue", 2).unwrap();
    let mutex = Mutex::create(&region, "mutex").unwrap();
    let guard = mutex.lock(Duration::from_secs(1)).unwrap();
    // SAFETY: the child calls only functions of this crate, and ends by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(guard);
        let _ = array.set(0, &6);
        let refused = matches!(queue.pop(Duration::from_secs(5)), Err(StructureError::Forked { .. }))
            && matches!(Array::<u64>::open(&region, "array"), Err(RegionError::Forked { .. }))
            && matches!(Array::<u64>::create(&region, "new", 1), Err(RegionError::Forked { .. }))
            && Region::open(&name).is_ok_and(|region| Array::<u64>::open(&region, "array").is_ok());
        // SAFETY: the call takes only a number.
        unsafe { libc::_exit(i32::from(!refused)) };
    }
    let mut status = 1;
    // SAFETY: the pointer is that of a number that lives.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    assert_eq!(array.to_vec(), [5, 5]);
    assert!(mutex.is_locked());
    drop(guard);
    assert!(!mutex.is_locked());
}
