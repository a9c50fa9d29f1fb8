//! The house's tables as data: who may name whom, what is fenced, what is called only in one place.

/// A module, the modules of `ve` that it may name, and the framework crates that are fenced elsewhere but open to it.
pub struct Module {
    pub name: &'static str,
    pub names: &'static [&'static str],
    pub crates: &'static [&'static str],
}

const fn module(name: &'static str, names: &'static [&'static str], crates: &'static [&'static str]) -> Module {
    Module { name, names, crates }
}

/// Every module may name itself. What is not in this table is no module of `ve`.
pub const MODULES: [Module; 13] = [
    module("domain", &[], &[]),
    module("project", &["domain"], &["rustix"]),
    module("db", &["domain"], &["diesel", "diesel_migrations", "libsqlite3_sys"]),
    module("git", &["domain"], &["git2", "rustix"]),
    module(
        "code",
        &["domain"],
        &[
            "tree_sitter",
            "tree_sitter_c",
            "tree_sitter_cpp",
            "tree_sitter_go",
            "tree_sitter_java",
            "tree_sitter_javascript",
            "tree_sitter_python",
            "tree_sitter_rust",
            "tree_sitter_typescript",
        ],
    ),
    module("shim", &["domain"], &["nix", "rustix", "landlock", "seccompiler", "caps", "procfs"]),
    // The adapter speaks of what the shim is asked to start.
    module("agent", &["domain", "shim"], &["nix"]),
    module("wire", &["domain"], &["utoipa"]),
    module("actors", &["domain", "project", "db", "git", "code", "agent", "shim"], &["actix"]),
    module("dashboard", &[], &[]),
    module("http", &["domain", "wire", "actors", "dashboard"], &["actix", "actix_web", "actix_web_actors", "utoipa"]),
    module("cli", &["domain", "wire", "project", "daemon", "git", "agent", "shim"], &["rustix"]),
    module(
        "daemon",
        &["domain", "project", "db", "git", "agent", "shim", "wire", "actors", "http", "dashboard"],
        &["actix", "actix_web", "actix_web_actors", "nix", "rustix", "procfs"],
    ),
];

/// Crates that belong to somebody: no module names one unless its row says so. Every other crate is open to all but `domain`.
pub const FENCED: [&str; 23] = [
    "actix",
    "actix_web",
    "actix_web_actors",
    "caps",
    "diesel",
    "diesel_migrations",
    "git2",
    "landlock",
    "libsqlite3_sys",
    "nix",
    "procfs",
    "rustix",
    "seccompiler",
    "tree_sitter",
    "tree_sitter_c",
    "tree_sitter_cpp",
    "tree_sitter_go",
    "tree_sitter_java",
    "tree_sitter_javascript",
    "tree_sitter_python",
    "tree_sitter_rust",
    "tree_sitter_typescript",
    "utoipa",
];

/// A single file that may name a crate or a module its table does not grant, and why.
pub const EXCEPTIONS: [(&str, &str, &str); 2] = [
    ("src/actors/machine.rs", "rustix", "free disk is measured where the scheduler asks for it"),
    ("src/actors/repository/history.rs", "git2", "a test that makes hundreds of commits without a checkout"),
];

/// A folder inside a module outside of which nobody names a crate, and why.
pub const CORNERS: [(&str, &str, &str); 1] = [("src/cli/top/", "ratatui", "every other command writes lines")];

/// Only these start actors: the tree, and the sessions that actix-web-actors starts for each WebSocket.
pub const STARTERS: [&str; 3] = ["src/actors/child.rs", "src/actors/supervisor.rs", "src/http/stream.rs"];

/// The only file with unsafe code.
pub const UNSAFE: &str = "src/shim/sys.rs";

/// Lines of a file without its test module.
pub const LONGEST: usize = 500;

/// Generated files, which nobody wrote and nobody documents.
pub const GENERATED: [&str; 1] = ["src/db/schema.rs"];
