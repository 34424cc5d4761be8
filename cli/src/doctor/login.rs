//! The login manager, which can remove a user's shared memory when the user logs out.

use super::check::{Check, Severity};
use std::fs;
use std::path::{Path, PathBuf};

/// Users below this number are of the system: their files are not removed.
const FIRST_USER: u32 = 1000;

const FOLDERS: [&str; 4] = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

pub(super) fn check(domain: &Path) -> Vec<Check> {
    let kind = "remove_ipc";
    let user = rustix::process::geteuid().as_raw();
    let is_affected = user >= FIRST_USER && domain.starts_with("/dev/shm");
    if !is_affected || !Path::new("/run/systemd/system").exists() {
        return vec![Check::ok(kind, "no login manager removes this domain")];
    }
    if !removes(FOLDERS.map(Path::new)) || stays_logged_in(user) {
        return vec![Check::ok(kind, "the login manager keeps the files of this user")];
    }
    vec![Check::found(
        kind,
        Severity::Note,
        "systemd-logind removes this user's files in /dev/shm when the last session ends (RemoveIPC=yes)",
        "Endpoints of programs that go on without a session announce themselves anew, after up to a second.",
        "For such programs run `loginctl enable-linger`, start them as system services, or set RemoveIPC=no in \
         /etc/systemd/logind.conf.",
    )]
}

/// Returns whether the configuration has the files of users removed, which is the default. The last
/// setting counts: files of `logind.conf.d`, by name, come after the main one.
fn removes(folders: [&Path; 4]) -> bool {
    let main = folders.iter().map(|folder| folder.join("logind.conf")).find(|path| path.exists());
    let drop_ins = folders.iter().filter_map(|folder| fs::read_dir(folder.join("logind.conf.d")).ok());
    let mut drop_ins: Vec<PathBuf> = drop_ins.flatten().flatten().map(|entry| entry.path()).collect();
    drop_ins.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    drop_ins.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    let settings = main.into_iter().chain(drop_ins).filter_map(|path| fs::read_to_string(path).ok());
    settings.filter_map(|text| setting(&text)).next_back().unwrap_or(true)
}

/// Returns the value of `RemoveIPC` in a file.
fn setting(text: &str) -> Option<bool> {
    let values = text.lines().filter_map(|line| line.trim().strip_prefix("RemoveIPC"));
    let values = values.filter_map(|rest| rest.trim_start().strip_prefix('=')).map(str::trim);
    values.map(|value| !["no", "false", "off", "0"].contains(&value.to_ascii_lowercase().as_str())).next_back()
}

fn stays_logged_in(user: u32) -> bool {
    let name = fs::read_to_string("/etc/passwd").unwrap_or_default().lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(user)).then(|| name.to_owned())
    });
    name.is_some_and(|name| Path::new("/var/lib/systemd/linger").join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_setting_counts() {
        assert_eq!(setting("[Login]\n#RemoveIPC=yes\n"), None);
        assert_eq!(setting("[Login]\nRemoveIPC = no\n"), Some(false));
        assert_eq!(setting("RemoveIPC=no\n RemoveIPC=YES\n"), Some(true));
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path(), Path::new("/no"), Path::new("/no"), Path::new("/no")];
        assert!(removes(folders), "the default");
        fs::write(folder.path().join("logind.conf"), "RemoveIPC=yes").unwrap();
        fs::create_dir(folder.path().join("logind.conf.d")).unwrap();
        fs::write(folder.path().join("logind.conf.d/50-keep.conf"), "RemoveIPC=no").unwrap();
        assert!(!removes(folders));
    }
}
