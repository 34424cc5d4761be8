//! The sources are structured as `ARCHITECTURE.md` says.
//!
//! `cargo test -p slotcast-tests --test architecture graph -- --nocapture` prints the graph of
//! files; with `SLOTCAST_TREE=/path/to/sdk/src` that of another checkout.

mod failpoints;
mod graph;
mod layers;
mod sizes;
mod surface;
mod tree;
mod words;

use graph::{Edge, cycles};
use layers::{layer_of, layers};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use tree::Tree;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository")
}

/// Returns the folder of the SDK's sources.
fn sdk() -> PathBuf {
    repository().join("sdk/src")
}

/// Prints the structure of the SDK, or of the tree in `SLOTCAST_TREE`.
#[test]
fn graph() {
    let root = env::var_os("SLOTCAST_TREE").map_or_else(sdk, PathBuf::from);
    let tree = Tree::read(&root);
    let files = tree.files();
    let edges = tree.edges();
    let upward = upward(&edges, &layers(&root).unwrap_or_default());
    let cycles = cycles(&edges);
    let public = tree.public_names();
    let mut errors: Vec<_> = public.iter().filter(|(_, item)| tree.is_error(&root, **item)).collect();
    errors.sort_by_key(|(_, item)| **item);
    errors.dedup_by_key(|(_, item)| **item);
    let blocks: usize = files.iter().map(|file| tree::unsafe_blocks(tree::code_of(&root.join(file)))).sum();

    println!("files                {}", files.len());
    println!("edges                {}", edges.len());
    println!("edges upward         {}", upward.len());
    upward.iter().for_each(|edge| println!("    {edge}"));
    println!("through the root     {}", tree.imports_through_root().len());
    println!("cycles               {}", cycles.len());
    for cycle in &cycles {
        let names: Vec<_> = cycle.iter().map(|file| file.display().to_string()).collect();
        println!("    {} files: {}", names.len(), names.join(" "));
    }
    println!("unsafe blocks        {blocks}");
    println!("public error types   {}", errors.len());
    println!("    {}", errors.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" "));
    println!("public names         {}", public.len());
    println!("    {}", public.keys().map(String::as_str).collect::<Vec<_>>().join(" "));
    let (lines, file) = sizes::longest_file(&root, &files);
    println!("longest file         {lines} lines of code: {}", file.display());
    let function = sizes::longest_function(&tree);
    println!("longest function     {} lines: {} in {}", function.lines, function.name, function.file.display());
    assert!(edges.len() > files.len(), "only {} edges were seen: is this test blind?", edges.len());
}

/// Returns the edges that lead to a higher layer, as text.
fn upward(edges: &[Edge], layers: &[String]) -> Vec<String> {
    let height = |file: &Path| layers.iter().position(|layer| *layer == layer_of(file));
    let is_upward =
        |edge: &&Edge| matches!((height(&edge.from), height(&edge.to)), (Some(from), Some(to)) if from < to);
    let text = |edge: &Edge| format!("{} uses {} of {}", edge.from.display(), edge.name, edge.to.display());
    edges.iter().filter(is_upward).map(text).collect()
}

impl Tree {
    /// Returns whether a type implements `Error`.
    fn is_error(&self, root: &Path, item: usize) -> bool {
        let item = &self.items[item];
        let text = || fs::read_to_string(root.join(&item.file)).unwrap();
        item.is_type && (item.derives_error || text().contains(&format!("Error for {}", item.name)))
    }
}
