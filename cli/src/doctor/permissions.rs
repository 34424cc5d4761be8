//! Whether this user can use the domain.

use super::check::{Check, Severity};
use crate::ownership;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

pub(super) fn check(domain: &Path) -> Vec<Check> {
    let kind = "domain";
    let found = |text: String, remedy: String| {
        Check::found(
            kind,
            Severity::Error,
            text,
            "Endpoints refuse this domain: somebody else could have written it.",
            remedy,
        )
    };
    let path = domain.display();
    let metadata = match fs::symlink_metadata(domain) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return vec![Check::ok(kind, format!("{path} does not exist: nothing runs in it")), parent(domain)];
        }
        Err(error) => {
            let text = format!("{path} cannot be looked at: {error}");
            let remedy = ownership::foreign(domain).map_or("Choose another domain.".to_owned(), |owner| {
                format!("{owner}: run all processes as one user, or choose another domain with SLOTCAST_ROOT.")
            });
            return vec![Check::found(
                kind,
                Severity::Error,
                text,
                "This user cannot see the domain, nor use it.",
                remedy,
            )];
        }
    };
    let (user, mode) = (rustix::process::geteuid().as_raw(), metadata.permissions().mode() & 0o777);
    vec![if !metadata.is_dir() {
        found(format!("{path} is not a directory (links are not followed)"), format!("Remove {path}."))
    } else if metadata.uid() != user {
        let text = format!("{path} belongs to user {}, and this is user {user}", metadata.uid());
        found(text, "Run all processes as one user, or choose another domain with SLOTCAST_ROOT.".into())
    } else if mode & 0o077 != 0 {
        found(format!("{path} is open to other users (mode {mode:o})"), format!("`chmod 700 {path}`"))
    } else {
        Check::ok(kind, format!("{path} belongs to this user, and is closed to others"))
    }]
}

/// Checks whether the domain could be created.
fn parent(domain: &Path) -> Check {
    let kind = "domain_parent";
    let existing = domain.ancestors().skip(1).find(|path| path.exists()).unwrap_or(Path::new("/"));
    match rustix::fs::access(existing, rustix::fs::Access::WRITE_OK) {
        Ok(()) => Check::ok(kind, format!("{} can be written", existing.display())),
        Err(error) => Check::found(
            kind,
            Severity::Error,
            format!("{} cannot be written: {error}", existing.display()),
            "The domain cannot be created.",
            "Choose another one with SLOTCAST_ROOT, or `--domain` in this tool and `Domain::at` in programs.",
        ),
    }
}
