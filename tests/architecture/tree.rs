//! A parsed crate: its modules, what each of them defines, and which paths it uses.
//!
//! What is compiled only for tests or for loom is left out. Of the bodies of `macro_rules!` only
//! the paths are seen.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, Meta, Token, UseTree, Visibility};

/// The modules of a crate; the first is its root.
pub(crate) struct Tree {
    pub(crate) modules: Vec<Module>,
    pub(crate) items: Vec<Definition>,
    pub(crate) functions: Vec<Function>,
}

/// A module: a file, or a `mod … { }` inside one.
pub(crate) struct Module {
    /// The file with its code, relative to the root.
    pub(crate) file: PathBuf,
    pub(crate) parent: Option<usize>,
    pub(crate) names: BTreeMap<String, Vec<Binding>>,
    /// The paths of `use …::*`.
    pub(crate) globs: Vec<Vec<String>>,
    pub(crate) uses: Vec<Use>,
    /// Every path in its code, except those of `use`.
    pub(crate) paths: BTreeSet<Vec<String>>,
}

/// What a name in a module refers to.
pub(crate) enum Binding {
    /// A module, by its index, and whether it is public.
    Module(usize, bool),
    /// Something that the module defines, by its index.
    Item(usize),
    /// An imported path, and whether users of the crate can import it from here.
    Import { path: Vec<String>, public: bool },
}

/// One imported path.
pub(crate) struct Use {
    pub(crate) path: Vec<String>,
    /// Its name in this module; `None` for `*`.
    pub(crate) name: Option<String>,
    /// Whether other modules can import it from here.
    pub(crate) re_exported: bool,
}

/// A type, function, constant, trait or macro.
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    pub(crate) public: bool,
    pub(crate) is_type: bool,
    pub(crate) has_example: bool,
    pub(crate) derives_error: bool,
}

/// A function with a body.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    pub(crate) lines: usize,
}

impl Module {
    /// Returns its submodules of this name: several, if they differ by `cfg`.
    pub(crate) fn child(&self, name: &str) -> impl Iterator<Item = usize> {
        self.names.get(name).into_iter().flatten().filter_map(|binding| match binding {
            Binding::Module(child, _) => Some(*child),
            _ => None,
        })
    }
}

impl Tree {
    /// Reads the crate whose root, `lib.rs` or `main.rs`, is in a folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut tree = Self { modules: Vec::new(), items: Vec::new(), functions: Vec::new() };
        let root = ["lib.rs", "main.rs"].into_iter().find(|name| folder.join(name).exists());
        let root = root.unwrap_or_else(|| panic!("no lib.rs or main.rs in {}", folder.display()));
        tree.read_file(folder, root.into(), PathBuf::new(), None);
        tree
    }

    /// Returns the files of the crate, relative to its root.
    pub(crate) fn files(&self) -> BTreeSet<&Path> {
        self.modules.iter().map(|module| module.file.as_path()).collect()
    }

    /// Reads a file whose submodules are in the folder `below`. Returns the index of its module.
    fn read_file(&mut self, folder: &Path, file: PathBuf, below: PathBuf, parent: Option<usize>) -> usize {
        let path = folder.join(&file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let syntax = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let module = self.add_module(file.clone(), parent);
        let mut functions = Functions { file: &file, found: &mut self.functions };
        syntax.items.iter().filter(|item| !is_test_only(attributes(item))).for_each(|item| functions.visit_item(item));
        self.read_items(folder, module, &below, syntax.items);
        module
    }

    fn add_module(&mut self, file: PathBuf, parent: Option<usize>) -> usize {
        self.modules.push(Module {
            file,
            parent,
            names: BTreeMap::new(),
            globs: Vec::new(),
            uses: Vec::new(),
            paths: BTreeSet::new(),
        });
        self.modules.len() - 1
    }

    fn read_items(&mut self, folder: &Path, module: usize, below: &Path, items: Vec<Item>) {
        for item in items.into_iter().filter(|item| !is_test_only(attributes(item))) {
            match item {
                Item::Mod(item) => {
                    let name = item.ident.to_string();
                    let inside = below.join(&name);
                    let child = match item.content {
                        Some((_, items)) => {
                            let child = self.add_module(self.modules[module].file.clone(), Some(module));
                            self.read_items(folder, child, &inside, items);
                            child
                        }
                        None => {
                            let alone = below.join(format!("{name}.rs"));
                            let file = if folder.join(&alone).exists() { alone } else { inside.join("mod.rs") };
                            self.read_file(folder, file, inside, Some(module))
                        }
                    };
                    let public = is_public(&item.vis) && !is_hidden(&item.attrs);
                    self.bind(module, name, Binding::Module(child, public));
                }
                Item::Use(item) => self.read_use(module, &item),
                Item::ExternCrate(_) => {}
                item => self.read_item(module, &item),
            }
        }
    }

    fn read_use(&mut self, module: usize, item: &ItemUse) {
        let public = is_public(&item.vis) && !is_hidden(&item.attrs);
        let re_exported = !matches!(item.vis, Visibility::Inherited);
        let mut found = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut found);
        for (path, name) in found {
            match &name {
                Some(name) => self.bind(module, name.clone(), Binding::Import { path: path.clone(), public }),
                None => self.modules[module].globs.push(path.clone()),
            }
            self.modules[module].uses.push(Use { path, name, re_exported });
        }
    }

    fn read_item(&mut self, module: usize, item: &Item) {
        if has(attributes(item), "macro_export") {
            return self.define(module, 0, item, true); // its paths are for users of the crate
        }
        collect_paths(item.to_token_stream(), &mut self.modules[module].paths);
        let mut inner = InnerUses(Vec::new());
        inner.visit_item(item);
        inner.0.iter().for_each(|item| self.read_use(module, item));
        self.define(module, module, item, false);
    }

    /// Defines an item of `module`, and binds its name in `scope`.
    fn define(&mut self, module: usize, scope: usize, item: &Item, exported: bool) {
        let Some((name, visibility, is_type)) = named(item) else { return };
        let public = exported || visibility.is_some_and(is_public);
        self.items.push(Definition {
            name: name.clone(),
            file: self.modules[module].file.clone(),
            public: public && !is_hidden(attributes(item)),
            is_type,
            has_example: documentation(attributes(item)).contains("```"),
            derives_error: derives_error(attributes(item)),
        });
        self.bind(scope, name, Binding::Item(self.items.len() - 1));
    }

    fn bind(&mut self, module: usize, name: String, binding: Binding) {
        self.modules[module].names.entry(name).or_default().push(binding);
    }
}

/// Returns the name of an item, its visibility, and whether it is a type or a trait.
fn named(item: &Item) -> Option<(String, Option<&Visibility>, bool)> {
    let (name, visibility, is_type) = match item {
        Item::Const(item) => (&item.ident, Some(&item.vis), false),
        Item::Enum(item) => (&item.ident, Some(&item.vis), true),
        Item::Fn(item) => (&item.sig.ident, Some(&item.vis), false),
        Item::Static(item) => (&item.ident, Some(&item.vis), false),
        Item::Struct(item) => (&item.ident, Some(&item.vis), true),
        Item::Trait(item) => (&item.ident, Some(&item.vis), true),
        Item::Type(item) => (&item.ident, Some(&item.vis), true),
        Item::Union(item) => (&item.ident, Some(&item.vis), true),
        Item::Macro(item) => (item.ident.as_ref()?, None, false),
        _ => return None,
    };
    Some((name.to_string(), visibility, is_type))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("doc") && list.tokens.to_string() == "hidden")
    })
}

/// Returns the documentation of an item.
fn documentation(attributes: &[Attribute]) -> String {
    let docs = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(pair.value.to_token_stream().to_string()),
        _ => None,
    });
    docs.collect::<Vec<_>>().join("\n")
}

fn derives_error(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("derive") => {
            list.tokens.clone().into_iter().any(|token| token.to_string() == "Error")
        }
        _ => false,
    })
}

/// Returns whether an item exists only under `cfg(test)` or `cfg(loom)`.
fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<Meta>().is_ok_and(|meta| holds(&meta) == Some(false))
    })
}

/// Returns whether a condition of `cfg` holds in an ordinary build, or `None` if that depends on
/// features or the target.
fn holds(condition: &Meta) -> Option<bool> {
    let Meta::List(list) = condition else {
        let is_test = condition.path().is_ident("test") || condition.path().is_ident("loom");
        return is_test.then_some(false);
    };
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let parts: Vec<_> = parts.iter().map(holds).collect();
    if list.path.is_ident("not") {
        parts.first().copied().flatten().map(|holds| !holds)
    } else if list.path.is_ident("all") {
        parts.contains(&Some(false)).then_some(false)
    } else {
        parts.iter().all(|part| *part == Some(false)).then_some(false)
    }
}

/// Collects the paths of a `use` tree, each with its name in this module.
fn flatten(tree: &UseTree, before: &mut Vec<String>, found: &mut Vec<(Vec<String>, Option<String>)>) {
    let mut add = |name: String, alias: String| {
        let mut path = before.clone();
        if name != "self" || path.is_empty() {
            path.push(name);
        }
        let alias = if alias == "self" { path.last().cloned().unwrap_or_default() } else { alias };
        found.push((path, (alias != "_").then_some(alias)));
    };
    match tree {
        UseTree::Path(part) => {
            before.push(part.ident.to_string());
            flatten(&part.tree, before, found);
            before.pop();
        }
        UseTree::Name(part) => add(part.ident.to_string(), part.ident.to_string()),
        UseTree::Rename(part) => add(part.ident.to_string(), part.rename.to_string()),
        UseTree::Glob(_) => found.push((before.clone(), None)),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, found)),
    }
}

/// Collects every `a::b::c` in code, also inside macros. A single name is a path, too.
fn collect_paths(code: TokenStream, found: &mut BTreeSet<Vec<String>>) {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let is_colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let is_joint = |at: usize| matches!(&tokens[at], TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => collect_paths(group.stream(), found),
            TokenTree::Ident(first) => {
                let after_dot = at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(punct) if punct.as_char() == '.');
                let mut path = vec![first.to_string()];
                while is_colon(at + 1) && is_joint(at + 1) && is_colon(at + 2) {
                    let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else { break };
                    path.push(next.to_string());
                    at += 3;
                }
                if !after_dot {
                    found.insert(path);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Returns the number of `unsafe` blocks in code, also inside macros.
pub(crate) fn unsafe_blocks(code: TokenStream) -> usize {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let is_unsafe = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "unsafe");
    let is_block =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let here = tokens.windows(2).filter(|pair| is_unsafe(&pair[0]) && is_block(&pair[1])).count();
    let inside = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => unsafe_blocks(group.stream()),
        _ => 0,
    });
    here + inside.sum::<usize>()
}

/// Returns the code of a file, without what is compiled only for tests or loom.
pub(crate) fn code_of(path: &Path) -> TokenStream {
    let syntax = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    let items = syntax.items.into_iter().filter(|item| !is_test_only(attributes(item)));
    items.map(|item| item.to_token_stream()).collect()
}

/// Collects the `use` statements inside functions.
struct InnerUses(Vec<ItemUse>);

impl<'ast> Visit<'ast> for InnerUses {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.0.push(item.clone());
    }
}

/// Collects functions and their lengths, from the signature to the last brace.
struct Functions<'a> {
    file: &'a Path,
    found: &'a mut Vec<Function>,
}

impl Functions<'_> {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let first = signature.fn_token.span.start().line;
        let last = block.brace_token.span.close().end().line;
        let (name, file) = (signature.ident.to_string(), self.file.into());
        self.found.push(Function { name, file, lines: last - first + 1 });
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}
