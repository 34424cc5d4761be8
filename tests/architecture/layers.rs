//! Which layer may use which.

use crate::graph::cycles;
use crate::tree::Tree;
use crate::{sdk, upward};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Returns the layers, the lowest first, as `ARCHITECTURE.md` two folders above the sources lists
/// them.
pub(crate) fn layers(sources: &Path) -> Option<Vec<String>> {
    let page = fs::read_to_string(sources.parent()?.parent()?.join("ARCHITECTURE.md")).ok()?;
    let heading = page.lines().find(|line| line.starts_with("## ") && line.ends_with("of `sdk/src`"))?;
    let table = page.split_once(heading)?.1.split("\n## ").next()?;
    let names = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    Some(names.map(str::to_owned).collect())
}

/// Returns the layer of a file: its first folder, or its own name.
pub(crate) fn layer_of(file: &Path) -> String {
    let first = file.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").into()
}

#[test]
fn the_page_names_every_layer_and_no_other() {
    let tree = Tree::read(&sdk());
    let present: BTreeSet<_> = tree.files().into_iter().map(layer_of).filter(|layer| layer != "lib").collect();
    assert_eq!(present, layers(&sdk()).expect("a table of layers").into_iter().collect());
}

#[test]
fn imports_go_down_only() {
    let edges = Tree::read(&sdk()).edges();
    assert!(edges.len() > 300, "only {} imports were seen: is this test blind?", edges.len());
    assert_eq!(upward(&edges, &layers(&sdk()).expect("a table of layers")), [] as [String; 0]);
}

#[test]
fn no_file_uses_itself_through_others() {
    let edges = Tree::read(&sdk()).edges();
    let circles = cycles(&edges);
    assert!(circles.is_empty(), "{circles:?}");
}

#[test]
fn publishing_and_receiving_do_not_use_each_other() {
    let wings = ["publisher", "subscriber"].map(str::to_owned);
    let edges = Tree::read(&sdk()).edges();
    let mut across = edges.iter().filter(|edge| {
        let (from, to) = (layer_of(&edge.from), layer_of(&edge.to));
        from != to && wings.contains(&from) && wings.contains(&to)
    });
    assert!(across.next().is_none_or(|edge| panic!("{} uses {}", edge.from.display(), edge.to.display())));
}

#[test]
fn protocols_need_only_the_shared_words() {
    let edges = Tree::read(&sdk()).edges();
    for edge in edges.iter().filter(|edge| layer_of(&edge.from) == "protocol") {
        assert!(["protocol", "sync"].contains(&&*layer_of(&edge.to)), "{} uses {}", edge.from.display(), edge.name);
    }
}

/// A name is imported from the module that owns it: `lib.rs` is for users of the crate.
#[test]
fn nothing_is_imported_through_the_root() {
    let through = Tree::read(&sdk()).imports_through_root();
    assert_eq!(through, [] as [String; 0]);
}

#[test]
fn the_root_declares_and_re_exports_and_does_nothing_else() {
    let root = syn::parse_file(&fs::read_to_string(sdk().join("lib.rs")).unwrap()).unwrap();
    let others = root.items.iter().filter(|item| match item {
        syn::Item::Mod(item) => item.content.is_some() && item.ident != "__private",
        syn::Item::Use(_) | syn::Item::ExternCrate(_) => false,
        syn::Item::Macro(item) => !item.mac.path.is_ident("compile_error"),
        _ => true,
    });
    assert_eq!(others.count(), 0);
}

#[test]
fn no_file_is_named_for_having_no_place() {
    let nowhere = ["utils", "util", "common", "helpers", "misc"];
    for file in Tree::read(&sdk()).files() {
        let stem = file.file_stem().unwrap().to_str().unwrap();
        assert!(!nowhere.contains(&stem) && !nowhere.contains(&&*layer_of(file)), "{}", file.display());
    }
}

/// A module that has a folder is the `mod.rs` in that folder, not a file beside it.
#[test]
fn a_folder_has_its_index_inside() {
    let root = sdk();
    let beside: Vec<PathBuf> = Tree::read(&root)
        .files()
        .into_iter()
        .filter(|file| root.join(file.with_extension("")).is_dir())
        .map(Path::to_owned)
        .collect();
    assert_eq!(beside, [] as [PathBuf; 0]);
}
