//! The graph of files: an edge for each file that names something which another file defines.
//! Re-exports are followed to the definition.

use crate::tree::{Binding, Definition, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Module(usize),
    Item(usize),
}

/// One file uses another: with the first name that it uses.
pub(crate) struct Edge {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
    pub(crate) name: String,
}

impl Tree {
    /// Returns what a path in a module leads to, which is nothing outside the crate.
    pub(crate) fn resolve(&self, module: usize, path: &[String]) -> BTreeSet<Target> {
        let mut found = BTreeSet::new();
        self.follow(module, path, &mut BTreeSet::new(), &mut found);
        found
    }

    fn follow(
        &self,
        module: usize,
        path: &[String],
        visited: &mut BTreeSet<(usize, Vec<String>)>,
        found: &mut BTreeSet<Target>,
    ) {
        let Some((first, rest)) = path.split_first() else {
            found.insert(Target::Module(module));
            return;
        };
        if !visited.insert((module, path.to_vec())) {
            return;
        }
        match first.as_str() {
            "crate" | "slotcast" => return self.follow(0, rest, visited, found),
            "self" => return self.follow(module, rest, visited, found),
            "super" => {
                if let Some(parent) = self.modules[module].parent {
                    self.follow(parent, rest, visited, found);
                }
                return;
            }
            _ => {}
        }
        let here = &self.modules[module];
        for binding in here.names.get(first).into_iter().flatten() {
            match binding {
                Binding::Module(child, _) => self.follow(*child, rest, visited, found),
                Binding::Item(item) => {
                    if rest.is_empty() || self.items[*item].is_type {
                        found.insert(Target::Item(*item));
                    }
                }
                // `use x::x`: the first `x` is a module beside it, not the import itself.
                Binding::Import { path, .. } if path[0] == *first => {
                    let whole: Vec<_> = path[1..].iter().chain(rest).cloned().collect();
                    for child in here.child(first) {
                        self.follow(child, &whole, visited, found);
                    }
                }
                Binding::Import { path, .. } => {
                    let whole: Vec<_> = path.iter().chain(rest).cloned().collect();
                    self.follow(module, &whole, visited, found);
                }
            }
        }
        if !here.names.contains_key(first) {
            let is_known = |glob: &&Vec<String>| {
                here.names.contains_key(&glob[0]) || ["crate", "slotcast", "self", "super"].contains(&&*glob[0])
            };
            for glob in here.globs.iter().filter(is_known) {
                let whole: Vec<_> = glob.iter().chain(path).cloned().collect();
                self.follow(module, &whole, visited, found);
            }
        }
    }

    /// Returns every use of one file by another, once. A name that is only re-exported is not used.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut found = BTreeMap::new();
        for (index, module) in self.modules.iter().enumerate() {
            let named: BTreeSet<_> = module.paths.iter().map(|path| path[0].as_str()).collect();
            let used = module.uses.iter().filter(|import| {
                let name = import.name.as_deref();
                !import.re_exported || name.is_some_and(|name| named.contains(name))
            });
            for path in used.map(|import| &import.path).chain(&module.paths) {
                for target in self.resolve(index, path) {
                    let Target::Item(item) = target else { continue };
                    let Definition { name, file, .. } = &self.items[item];
                    if *file != module.file {
                        found.entry((module.file.clone(), file.clone())).or_insert_with(|| name.clone());
                    }
                }
            }
        }
        found.into_iter().map(|((from, to), name)| Edge { from, to, name }).collect()
    }

    /// Returns the paths by which users of the crate can name something, and what each leads to.
    pub(crate) fn public_names(&self) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        self.list_public(0, "", &mut BTreeSet::new(), &mut found);
        found
    }

    fn list_public(
        &self,
        module: usize,
        prefix: &str,
        above: &mut BTreeSet<usize>,
        found: &mut BTreeMap<String, usize>,
    ) {
        if !above.insert(module) {
            return;
        }
        for (name, bindings) in &self.modules[module].names {
            let path = format!("{prefix}{name}");
            for binding in bindings {
                let targets = match binding {
                    Binding::Module(child, true) => [Target::Module(*child)].into(),
                    Binding::Item(item) => [Target::Item(*item)].into(),
                    Binding::Import { path, public: true } => self.resolve(module, path),
                    _ => BTreeSet::new(),
                };
                for target in targets {
                    match target {
                        Target::Module(child) => self.list_public(child, &format!("{path}::"), above, found),
                        Target::Item(item) if self.items[item].public => {
                            found.insert(path.clone(), item);
                        }
                        Target::Item(_) => {}
                    }
                }
            }
        }
        above.remove(&module);
    }
}

/// Returns the groups of files in which every file can be reached from every other one.
pub(crate) fn cycles(edges: &[Edge]) -> Vec<BTreeSet<&Path>> {
    let mut next: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for edge in edges {
        next.entry(&edge.from).or_default().insert(&edge.to);
    }
    let reachable = |start: &Path| {
        let mut seen: BTreeSet<&Path> = BTreeSet::new();
        let mut left: Vec<&Path> = next.get(start).into_iter().flatten().copied().collect();
        while let Some(file) = left.pop() {
            if seen.insert(file) {
                left.extend(next.get(file).into_iter().flatten().copied());
            }
        }
        seen
    };
    let reach: BTreeMap<&Path, BTreeSet<&Path>> = next.keys().map(|file| (*file, reachable(file))).collect();
    let groups = reach.iter().filter(|(file, seen)| seen.contains(*file)).map(|(file, seen)| {
        let mutual = seen.iter().filter(|other| reach.get(*other).is_some_and(|back| back.contains(file)));
        mutual.copied().collect::<BTreeSet<_>>()
    });
    groups.collect::<BTreeSet<_>>().into_iter().collect()
}

impl Tree {
    /// Returns every path by which a module uses a name that the crate root only re-exports.
    pub(crate) fn imports_through_root(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for (index, module) in self.modules.iter().enumerate().skip(1) {
            let paths = module.uses.iter().map(|import| &import.path).chain(&module.paths);
            for path in paths.filter(|path| self.is_through_root(index, path)) {
                found.insert(format!("{} uses {}", module.file.display(), path.join("::")));
            }
        }
        found.into_iter().collect()
    }

    fn is_through_root(&self, module: usize, path: &[String]) -> bool {
        let mut here = Some(module);
        for part in path {
            here = match (part.as_str(), here) {
                ("crate" | "slotcast", _) => Some(0),
                ("self", here) => here,
                ("super", Some(here)) => self.modules[here].parent,
                (name, Some(0)) => {
                    let bindings = self.modules[0].names.get(name);
                    return bindings.into_iter().flatten().any(|binding| matches!(binding, Binding::Import { .. }));
                }
                _ => None,
            };
        }
        false
    }
}
