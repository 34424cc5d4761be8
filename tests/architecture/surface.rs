//! What users of the crate see.

use crate::sdk;
use crate::tree::Tree;
use std::collections::BTreeSet;
use std::process::Command;

/// Public types at the root that have no example yet. The aim is an empty list.
const WITHOUT_EXAMPLE: &[&str] = &[];

#[test]
fn public_types_have_an_example() {
    let tree = Tree::read(&sdk());
    let at_root = tree.public_names().into_iter().filter(|(name, _)| !name.contains("::"));
    let types = at_root.filter(|(_, item)| tree.items[*item].is_type);
    let (with, without): (Vec<_>, Vec<_>) = types.partition(|(_, item)| tree.items[*item].has_example);
    let without: BTreeSet<_> = without.iter().map(|(name, _)| name.as_str()).collect();
    assert!(with.len() + without.len() > 40, "fewer types than there were: is this test blind?");
    let exceptions: BTreeSet<_> = WITHOUT_EXAMPLE.iter().copied().collect();
    let missing: Vec<_> = without.difference(&exceptions).collect();
    assert!(missing.is_empty(), "these types need an example in their documentation: {missing:?}");
    let present: Vec<_> = exceptions.difference(&without).collect();
    assert!(present.is_empty(), "these types have an example: remove them from the list here: {present:?}");
}

#[test]
fn tokio_is_no_dependency_unless_its_feature_is_enabled() {
    let tree = |features: &[&str]| {
        let arguments = ["tree", "--offline", "--package", "slotcast", "--edges", "normal", "--prefix", "none"];
        let output = Command::new(env!("CARGO")).args(arguments).args(features).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let is_present =
        |tree: &str| tree.lines().any(|line| line.starts_with("tokio ") || line.starts_with("futures-core "));
    assert!(!is_present(&tree(&[])));
    assert!(is_present(&tree(&["--features", "tokio"])));
}
