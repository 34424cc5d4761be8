//! Topic names and registries that cannot be used.

use slotcast::testing::TempDomain;
use slotcast::{Domain, Publisher, Subscriber};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(format!("/dev/shm/slotcast-test-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, Permissions::from_mode(0o700));
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn error_in(path: &Path) -> String {
    Subscriber::<u64>::builder("x").domain(&Domain::at(path)).create().expect_err("an error").to_string()
}

#[test]
fn a_topic_name_is_checked_before_anything_is_created() {
    let domain = TempDomain::new();
    for (name, reason) in [
        ("", "it is empty"),
        ("/robot", "it begins with `/`; remove the leading `/`"),
        ("robot//imu", "it has an empty segment at byte 6"),
        ("robot/../imu", "begins with `.` at byte 6"),
        ("robot imu", "it has ' ' at byte 5"),
        ("robot/ïmu", "it has 'ï' at byte 6"),
        ("a+b", "it has '+' at byte 1"),
        (&"x".repeat(201), "it has 201 bytes"),
    ] {
        let error = Publisher::<u64>::builder(name).domain(&domain).create().unwrap_err().to_string();
        assert!(error.contains(reason), "{name:?}: {error}");
        let error = Subscriber::<u64>::builder(name).domain(&domain).create().unwrap_err().to_string();
        assert!(error.contains(reason), "{name:?}: {error}");
    }
    assert!(!domain.path().exists());
}

#[test]
fn the_longest_name_and_depth_work() {
    let domain = TempDomain::new();
    let name = format!("{}/{}", "a".repeat(99), "b".repeat(100));
    let mut publisher = Publisher::<u64>::builder(name.as_str()).domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<u64>::builder(name.as_str()).domain(&domain).create().unwrap();
    publisher.publish(&1).unwrap();
    assert_eq!(*subscriber.try_recv().unwrap().unwrap(), 1);
}

#[test]
fn a_registry_whose_parent_is_missing() {
    let error = error_in(Path::new("/dev/shm/slotcast-test-does-not-exist/domain"));
    assert_eq!(
        error,
        "topic \"x\": cannot create the directory /dev/shm/slotcast-test-does-not-exist/domain: No such file or \
         directory (os error 2): create the directory above it, or choose another one with `Domain::at`"
    );
}

#[test]
fn a_registry_on_a_read_only_file_system() {
    let error = error_in(Path::new("/proc/slotcast"));
    assert!(error.starts_with("topic \"x\": cannot create the directory /proc/slotcast: "), "{error}");
    assert!(error.contains("choose another one with `Domain::at`"), "{error}");
}

#[test]
fn a_registry_that_others_can_use() {
    let folder = Folder::new("open");
    fs::set_permissions(&folder.0, Permissions::from_mode(0o755)).unwrap();
    let error = error_in(&folder.0);
    let path = folder.0.display();
    assert_eq!(
        error,
        format!(
            "topic \"x\": {path} is accessible to other users (mode 755): give Slotcast a directory of its own with \
             mode 700, or choose another one with `Domain::at`"
        )
    );
}

#[test]
fn a_registry_that_is_a_link_or_a_file() {
    let folder = Folder::new("link");
    let (real, link, file) = (folder.0.join("real"), folder.0.join("link"), folder.0.join("file"));
    fs::create_dir(&real).unwrap();
    symlink(&real, &link).unwrap();
    fs::write(&file, "").unwrap();
    for path in [&link, &file] {
        let error = error_in(path);
        assert!(error.contains("is not a directory (links are not followed)"), "{error}");
    }
}

#[test]
fn a_topic_file_that_is_invalid() {
    let domain = TempDomain::new();
    let topic = domain.path().join("x");
    for (contents, found) in [(vec![], "it has 0 bytes instead of 4096"), (vec![7; 4096], "it begins with [07, 07")] {
        fs::create_dir_all(&topic).unwrap();
        for path in [domain.path(), &topic] {
            fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
        }
        fs::write(topic.join("topic"), contents).unwrap();
        let error = error_in(domain.path());
        assert!(error.contains("is not a topic file of this version of slotcast") && error.contains(found), "{error}");
        fs::remove_dir_all(&topic).unwrap();
    }
}

#[test]
fn settings_out_of_range() {
    let domain = TempDomain::new();
    for depth in [0, (1 << 24) + 1, u64::MAX] {
        let error = Publisher::<u64>::builder("x").domain(&domain).depth(depth).create().unwrap_err().to_string();
        assert_eq!(error, format!("topic \"x\": `depth` is {depth}, and must be between 1 and 16777216 messages"));
    }
    assert_eq!(domain.leftovers(), [] as [PathBuf; 0]);
}
