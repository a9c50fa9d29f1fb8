//! Reads one file: every path it names, resolved to where it leads, and what else the house forbids.

use crate::rules::{CORNERS, EXCEPTIONS, FENCED, GENERATED, LONGEST, MODULES, STARTERS, UNSAFE};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// What a file does that the house forbids: the rule's name, and what it met.
pub type Offence = (&'static str, String);

/// The offences of the file at `path` (as `src/...`) with this text.
pub fn offences(path: &str, text: &str) -> BTreeSet<Offence> {
    let mut found = BTreeSet::new();
    let file = match syn::parse_file(text) {
        Ok(file) => file,
        Err(error) => return BTreeSet::from([("syntax", error.to_string())]),
    };
    let documented = file.attrs.iter().any(|attribute| attribute.path().is_ident("doc"));
    if !documented && !is_test_file(path) && !GENERATED.contains(&path) {
        found.insert(("doc", "it does not begin with what it is".to_owned()));
    }
    let lines = text.lines().count() - test_lines(&file.items);
    if lines > LONGEST {
        found.insert(("length", format!("{lines} lines")));
    }
    let mut scan =
        Scan { path, here: module_path(path), renamed: BTreeMap::new(), found, quiet: usize::from(is_test_file(path)) };
    for item in &file.items {
        scan.learn(item);
    }
    scan.visit_file(&file);
    scan.found
}

/// Files that are test modules as a whole; the first of a folder says what they are.
fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("tests.rs")
}

/// `src/db/rows/unit.rs` is `["db", "rows", "unit"]`; `src/lib.rs` and `src/main.rs` are the root.
fn module_path(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// Lines of modules that only tests are compiled with.
fn test_lines(items: &[syn::Item]) -> usize {
    let lines = |item: &syn::Item| match item {
        syn::Item::Mod(module) if module.content.is_some() && is_test(&module.attrs) => {
            let span = module.span();
            span.end().line - span.start().line + 1
        }
        _ => 0,
    };
    items.iter().map(lines).sum()
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

struct Scan<'a> {
    path: &'a str,
    here: Vec<String>,
    /// What a name brought in by `use … as` or by the last part of a `use` stands for.
    renamed: BTreeMap<String, Vec<String>>,
    found: BTreeSet<Offence>,
    /// How deep in code that only tests are compiled with: its helpers may use what they like of other crates.
    quiet: usize,
}

impl Scan<'_> {
    fn offend(&mut self, rule: &'static str, what: impl Into<String>) {
        self.found.insert((rule, what.into()));
    }

    /// Remembers what the names of a `use` stand for, so that a renamed module is still known by its own name.
    fn learn(&mut self, item: &syn::Item) {
        if let syn::Item::Use(item) = item {
            for (path, name) in leaves(&item.tree, Vec::new()) {
                if path.first() != Some(&name) || path.len() > 1 {
                    self.renamed.insert(name, path);
                }
            }
        }
    }

    /// Where a path leads, as seen from the crate's root; `crate` in front of what is in `ve`.
    fn resolve(&self, path: &[String]) -> Vec<String> {
        let mut rest = path;
        let mut at: Vec<String> = self.here.clone();
        match rest.first().map(String::as_str) {
            Some("crate" | "ve") => return [vec!["crate".to_owned()], rest[1..].to_vec()].concat(),
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|part| part == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            Some(first) => {
                return match self.renamed.get(first) {
                    Some(full) if full.first().is_some_and(|start| start != first) => {
                        self.resolve(&[full.clone(), rest[1..].to_vec()].concat())
                    }
                    _ => path.to_vec(),
                };
            }
            None => return Vec::new(),
        }
        [vec!["crate".to_owned()], at, rest.to_vec()].concat()
    }

    fn name(&mut self, path: &[String]) {
        let full = self.resolve(path);
        let Some(first) = full.first() else { return };
        let Some(home) = self.here.first().cloned() else { return };
        let Some(module) = MODULES.iter().find(|module| module.name == home) else {
            return self.offend("module", format!("{home} is not in the table of modules"));
        };
        let excepted = |what: &str| EXCEPTIONS.iter().any(|(path, granted, _)| *path == self.path && *granted == what);
        if first == "crate" {
            let Some(target) = full.get(1) else { return };
            let known = MODULES.iter().any(|module| module.name == target);
            if known && *target != home && !module.names.contains(&target.as_str()) && !excepted(target) {
                self.offend("layer", format!("{home} names {target}"));
            }
        } else if let Some((corner, _, _)) = CORNERS.iter().find(|(_, fenced, _)| first == fenced) {
            if !self.path.starts_with(corner) {
                self.offend("fence", format!("{home} names {first}"));
            }
        } else if FENCED.contains(&first.as_str()) {
            if !module.crates.contains(&first.as_str()) && !excepted(first) {
                self.offend("fence", format!("{home} names {first}"));
            }
        } else if home == "domain" && self.quiet == 0 && CRATES.contains(&first.as_str()) {
            self.offend("domain", format!("domain names {first}"));
        }
        if home == "domain" && IO.iter().any(|io| full.join("::").starts_with(io)) {
            self.offend("domain", format!("domain names {}", full.join("::")));
        }
        let ends = |what: &[&str]| full.len() >= what.len() && full[full.len() - what.len()..].iter().eq(what);
        let started = ends(&["Supervisor", "start"]) && full.first().is_some_and(|first| first != "crate");
        let starts = started || ends(&["Actor", "start"]) || full.iter().any(|part| part == "SyncArbiter");
        if starts && !STARTERS.contains(&self.path) {
            self.offend("start", full.join("::"));
        }
    }

    fn method(&mut self, call: &syn::ExprMethodCall) {
        let name = call.method.to_string();
        // Only actors have these; `start` of a codec takes nothing and starts nothing, and lives in a field.
        let field = matches!(&*call.receiver, syn::Expr::Field(_)) || matches!(&*call.receiver, syn::Expr::Call(_));
        let starts = name == "start"
            && call.args.is_empty()
            && !field
            && self.here.first().is_some_and(|home| ACTING.contains(&home.as_str()));
        if (starts || name == "run_interval") && !STARTERS.contains(&self.path) {
            self.offend("start", format!(".{name}()"));
        }
    }

    fn attribute(&mut self, attribute: &syn::Attribute) {
        if attribute.path().is_ident("allow") {
            self.offend("allow", "#[allow]");
        }
    }

    /// Paths inside macro calls, which the parser leaves alone: names joined by `::`.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut path, mut colons) = (Vec::<String>::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if ident == "unsafe" {
                        self.no_unsafe();
                    }
                    if colons != 2 {
                        self.flush(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.flush(&mut path);
                    self.tokens(group.stream());
                    colons = 0;
                }
                _ => {
                    self.flush(&mut path);
                    colons = 0;
                }
            }
        }
        self.flush(&mut path);
    }

    fn flush(&mut self, path: &mut Vec<String>) {
        if path.len() > 1 {
            let whole = std::mem::take(path);
            self.name(&whole);
        }
        path.clear();
    }

    fn no_unsafe(&mut self) {
        if self.path != UNSAFE {
            self.offend("unsafe", "unsafe code");
        }
    }
}

/// Crates a bare path may begin with; any other first part is a name of the file itself.
const CRATES: [&str; 25] = [
    "bytes",
    "clap",
    "clap_complete",
    "futures_util",
    "http_body_util",
    "hyper",
    "hyper_util",
    "jiff",
    "serde",
    "serde_json",
    "serde_saphyr",
    "sha1",
    "subtle",
    "tempfile",
    "thiserror",
    "tokio",
    "toml",
    "tracing",
    "tracing_appender",
    "tracing_subscriber",
    "uuid",
    "proptest",
    "insta",
    "syn",
    "tokio_tungstenite",
];

/// What of the standard library is input, output, a clock, a thread or a process.
const IO: [&str; 10] = [
    "std::fs",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::env",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::sync::mpsc",
];

/// Modules in which a method called `start` may start an actor.
const ACTING: [&str; 3] = ["actors", "http", "daemon"];

/// Every name a `use` brings in, with the path it stands for.
fn leaves(tree: &syn::UseTree, mut before: Vec<String>) -> Vec<(Vec<String>, String)> {
    match tree {
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves(&path.tree, before)
        }
        syn::UseTree::Name(name) if name.ident == "self" => {
            let last = before.last().cloned().unwrap_or_default();
            vec![(before, last)]
        }
        syn::UseTree::Name(name) => {
            before.push(name.ident.to_string());
            vec![(before, name.ident.to_string())]
        }
        syn::UseTree::Rename(rename) => {
            if rename.ident != "self" {
                before.push(rename.ident.to_string());
            }
            vec![(before, rename.rename.to_string())]
        }
        syn::UseTree::Glob(_) => vec![(before, "*".to_owned())],
        syn::UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before.clone())).collect(),
    }
}

impl<'ast> Visit<'ast> for Scan<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for (path, _) in leaves(&item.tree, Vec::new()) {
            self.name(&path);
        }
        visit::visit_item_use(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let tests = usize::from(is_test(&item.attrs));
        if item.content.is_some() {
            self.here.push(item.ident.to_string());
            for inner in item.content.iter().flat_map(|(_, items)| items) {
                self.learn(inner);
            }
            self.quiet += tests;
            visit::visit_item_mod(self, item);
            self.quiet -= tests;
            self.here.pop();
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.name(&parts);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.method(call);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        self.attribute(attribute);
        if let syn::Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.no_unsafe();
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if signature.unsafety.is_some() {
            self.no_unsafe();
        }
        visit::visit_signature(self, signature);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.unsafety.is_some() {
            self.no_unsafe();
        }
        visit::visit_item_impl(self, item);
    }
}
