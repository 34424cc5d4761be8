use crate::messages::{COUNTED, Counted, FOUND, PATIENCE};
use slotcast::tokio::Subscriber;
use slotcast::{Publisher, Str};
use std::error::Error;
use std::path::Path;

/// Reads each file.
pub(crate) async fn run(directory: &Path) -> Result<(), Box<dyn Error>> {
    let mut counted = Publisher::new(COUNTED)?;
    // Before any file can be found: the first stage waits for this one.
    if !counted.wait_for_subscribers(1, PATIENCE)? {
        return Err("the stage that sums up does not start".into());
    }
    let mut found = Subscriber::new(FOUND)?;
    loop {
        let path = found.recv().await?.path;
        if path.is_empty() {
            break;
        }
        let path = Path::new(&*path);
        // A file that cannot be read counts as empty.
        let contents = tokio::fs::read(directory.join(path)).await.unwrap_or_default();
        let lines = contents.iter().filter(|&&byte| byte == b'\n').count();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        counted.publish(&Counted {
            bytes: contents.len() as u64,
            lines: lines as u64,
            kind: Str::try_from(kind).unwrap_or_default(),
            is_file: true,
        })?;
    }
    counted.publish(&Counted { bytes: 0, lines: 0, kind: Str::default(), is_file: false })?;
    crate::until_input_ends().await
}
