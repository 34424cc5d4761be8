use crate::messages::{FOUND, Found, PATIENCE, SUMMED, WINDOW};
use slotcast::tokio::Subscriber;
use slotcast::{Publisher, Str};
use std::collections::VecDeque;
use std::error::Error;
use std::path::Path;

/// Directories with generated files.
const SKIPPED: [&str; 2] = [".git", "target"];

/// Publishes the path of each file below a directory.
pub(crate) async fn run(directory: &Path) -> Result<(), Box<dyn Error>> {
    // Before any file can have been read.
    let mut summed = Subscriber::new(SUMMED)?;
    let mut found = Publisher::new(FOUND)?;
    if !found.wait_for_subscribers(1, PATIENCE)? {
        return Err("the stage that counts does not start".into());
    }
    let mut under_way = 0;
    let mut directories = VecDeque::from([directory.to_owned()]);
    while let Some(current) = directories.pop_front() {
        let Ok(mut entries) = tokio::fs::read_dir(&current).await else { continue };
        while let Some(entry) = entries.next_entry().await? {
            let (kind, path) = (entry.file_type().await?, entry.path());
            if kind.is_dir() && !SKIPPED.iter().any(|name| entry.file_name() == *name) {
                directories.push_back(path);
                continue;
            }
            // A name that is longer, or not UTF-8, is skipped.
            let path = path.strip_prefix(directory)?.to_str().and_then(|path| Str::try_from(path).ok());
            if let Some(path) = path.filter(|_| kind.is_file()) {
                found.publish(&Found { path })?;
                under_way += 1;
            }
            while summed.try_recv()?.is_some() {
                under_way -= 1;
            }
            if under_way == WINDOW {
                summed.recv().await?;
                under_way -= 1;
            }
        }
    }
    found.publish(&Found { path: Str::default() })?;
    crate::until_input_ends().await
}
