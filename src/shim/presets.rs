//! The standard lists: what of this machine a confined program may read. Credential files are never among them: where a
//! directory holds one, its children are listed instead of itself.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Directories of the system that hold programs and their settings.
const SYSTEM: [&str; 11] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/sys", "/opt", "/nix/store", "/gnu/store"];

/// Files that programs need and that are often links to places outside the directories of the system.
const TARGETS: [&str; 8] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/localtime",
    "/etc/machine-id",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// Names in `/etc` that begin like this are secret.
const SECRET_PREFIXES: [&str; 4] = ["shadow", "gshadow", "sudoers", "krb5.keytab"];

/// A set of programs for one kind of project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Toolchain {
    /// Cargo and rustup.
    Rust,
    /// Node.js, wherever it is installed.
    Node,
    /// Python and pyenv.
    Python,
    /// Go.
    Go,
}

impl Toolchain {
    /// Every preset; what `auto` stands for.
    pub const ALL: [Toolchain; 4] = [Toolchain::Rust, Toolchain::Node, Toolchain::Python, Toolchain::Go];

    /// The preset that configuration calls `name`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "rust" => Some(Toolchain::Rust),
            "node" => Some(Toolchain::Node),
            "python" => Some(Toolchain::Python),
            "go" => Some(Toolchain::Go),
            _ => None,
        }
    }
}

/// What the toolchains found on this machine add to a policy and to the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toolchains {
    /// Paths to read.
    pub read: Vec<PathBuf>,
    /// Variables that tell the tools where they live, since `$HOME` is another one inside.
    pub env: Vec<(String, PathBuf)>,
}

/// Where the operator's tools are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// The operator's home.
    pub home: PathBuf,
    /// The directories of the operator's `PATH`.
    pub path: Vec<PathBuf>,
}

impl Operator {
    /// Finds `presets` on this machine. What is not installed adds nothing.
    pub fn toolchains(&self, presets: &[Toolchain]) -> Toolchains {
        let mut found = Toolchains::default();
        for preset in presets {
            match preset {
                Toolchain::Rust => self.rust(&mut found),
                Toolchain::Node => self.installation("node", &mut found),
                Toolchain::Python => self.python(&mut found),
                Toolchain::Go => self.installation("go", &mut found),
            }
        }
        found
    }

    /// What is to be read so that `program`, a path or a name on `PATH`, can run: itself, the directory it is installed
    /// in, and the same for its interpreter. Empty when there is no such program.
    pub fn program(&self, program: &str) -> Vec<PathBuf> {
        let mut read = BTreeSet::new();
        self.add_program(program, 2, &mut read);
        read.into_iter().collect()
    }

    /// The path that `program` means: as it is where it holds a slash, else the first on `PATH`.
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        if program.contains('/') {
            return Path::new(program).is_file().then(|| PathBuf::from(program));
        }
        self.path.iter().map(|dir| dir.join(program)).find(|path| path.is_file())
    }

    fn rust(&self, found: &mut Toolchains) {
        let cargo = self.home.join(".cargo");
        found.read.extend(children_without_credentials(&cargo));
        let rustup = self.home.join(".rustup");
        for (name, dir) in [("CARGO_HOME", cargo), ("RUSTUP_HOME", rustup.clone())] {
            if dir.is_dir() {
                found.env.push((name.to_owned(), dir));
            }
        }
        found.read.extend(existing([rustup]));
        self.installation("rustc", found);
    }

    fn python(&self, found: &mut Toolchains) {
        let pyenv = self.home.join(".pyenv");
        if pyenv.is_dir() {
            found.env.push(("PYENV_ROOT".to_owned(), pyenv.clone()));
            found.read.push(pyenv);
        }
        self.installation("python3", found);
        found.read.extend(existing([self.home.join(".local/share/uv/python")]));
    }

    /// The whole installation that holds `program`: the parent of its `bin`.
    fn installation(&self, program: &str, found: &mut Toolchains) {
        let Some(real) = self.find(program).and_then(|path| path.canonicalize().ok()) else { return };
        if is_system(&real) || found.read.iter().any(|granted| real.starts_with(granted)) {
            return;
        }
        let Some(bin) = real.parent() else { return };
        match bin.parent() {
            Some(prefix) if bin.ends_with("bin") && !self.is_too_wide(prefix) => found.read.push(prefix.to_owned()),
            _ => found.read.push(real),
        }
    }

    fn add_program(&self, program: &str, depth: u8, read: &mut BTreeSet<PathBuf>) {
        let Some(path) = self.find(program) else { return };
        let Ok(real) = path.canonicalize() else { return };
        if !is_system(&path) {
            read.insert(path);
        }
        if !is_system(&real) {
            let package = real.ancestors().filter(|dir| dir.ends_with("node_modules")).last();
            let dir = package.or(real.parent()).filter(|dir| !self.is_too_wide(dir));
            read.insert(dir.map_or_else(|| real.clone(), Path::to_path_buf));
        }
        if depth == 0 {
            return;
        }
        for interpreter in interpreter(&real) {
            self.add_program(&interpreter, depth - 1, read);
            let mut found = Toolchains::default();
            self.installation(&interpreter, &mut found);
            read.extend(found.read);
        }
    }

    /// Whether `dir` holds more than an installation: the root, a home or what is above one, a collection of the settings
    /// of many programs, or somebody's credentials.
    fn is_too_wide(&self, dir: &Path) -> bool {
        let collections = [".local", ".local/share", ".config", ".cache"];
        dir.components().count() < 3
            || self.home.starts_with(dir)
            || collections.iter().any(|name| self.home.join(name) == dir)
            || names(dir).iter().any(|name| is_credential(name))
    }
}

/// The directories of the system that exist, and the targets of its links that lie elsewhere.
pub(crate) fn system() -> Vec<PathBuf> {
    let mut read = existing(SYSTEM);
    for target in TARGETS {
        let Ok(real) = Path::new(target).canonicalize() else { continue };
        if !read.iter().any(|dir| real.starts_with(dir)) {
            read.push(real);
        }
    }
    read
}

/// Secrets below the directories of the system.
pub(crate) fn secrets() -> Vec<PathBuf> {
    let secret = |dir: &str, test: &dyn Fn(&str) -> bool| -> Vec<PathBuf> {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.filter(|entry| entry.file_name().to_str().is_some_and(test)).map(|entry| entry.path()).collect()
    };
    let mut mask = secret("/etc", &|name| SECRET_PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
    mask.extend(secret("/etc/ssh", &|name| name.starts_with("ssh_host_") && name.ends_with("_key")));
    mask.extend(existing(["/etc/ssl/private"]));
    mask
}

/// The children of `dir` but for credential files.
fn children_without_credentials(dir: &Path) -> Vec<PathBuf> {
    existing(names(dir).into_iter().filter(|name| !is_credential(name)).map(|name| dir.join(name)))
}

fn names(dir: &Path) -> Vec<OsString> {
    fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect()
}

/// Whether a file of this name is known to hold a login.
fn is_credential(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.contains("credentials") || ["auth.json", ".netrc", ".npmrc", ".pypirc"].contains(&name.as_ref())
}

fn existing<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Vec<PathBuf> {
    paths.into_iter().map(Into::into).filter(|path: &PathBuf| path.exists()).collect()
}

fn is_system(path: &Path) -> bool {
    SYSTEM.iter().any(|dir| path.starts_with(dir))
}

/// The programs named in the `#!` line of `script`: the interpreter and, for `env`, what it starts.
fn interpreter(script: &Path) -> Vec<String> {
    let Ok(file) = File::open(script) else { return Vec::new() };
    let mut line = Vec::new();
    if BufReader::new(file).take(256).read_until(b'\n', &mut line).is_err() {
        return Vec::new();
    }
    let Some(words) = line.strip_prefix(b"#!").and_then(|rest| std::str::from_utf8(rest).ok()) else {
        return Vec::new();
    };
    let mut words = words.split_whitespace();
    let Some(first) = words.next() else { return Vec::new() };
    let started = first.ends_with("/env").then(|| words.find(|word| !word.starts_with('-') && !word.contains('=')));
    std::iter::once(first).chain(started.flatten()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::os::unix::fs::symlink;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The files below `dir` that a list of paths makes readable.
    fn covered(read: &[PathBuf], dir: &Path) -> Vec<String> {
        let mut files = Vec::new();
        let mut dirs = vec![dir.to_owned()];
        while let Some(next) = dirs.pop() {
            for path in names(&next).into_iter().map(|name| next.join(name)) {
                if path.is_dir() {
                    dirs.push(path);
                } else if read.iter().any(|granted| path.starts_with(granted)) {
                    files.push(path.strip_prefix(dir).unwrap().display().to_string());
                }
            }
        }
        files.sort();
        files
    }

    #[test]
    fn a_tool_beside_a_login_is_granted_alone() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        for file in [".agent/agent", ".agent/.credentials.json", ".local/bin/python3", ".local/share/keyrings/login"] {
            write(&home.join(file), "");
        }
        let operator = Operator { home: home.clone(), path: vec![home.join(".agent"), home.join(".local/bin")] };
        let mut read = operator.program("agent");
        read.extend(operator.toolchains(&Toolchain::ALL).read);
        assert_eq!(covered(&read, &home), [".agent/agent", ".local/bin/python3"]);
    }

    #[test]
    fn cargo_is_listed_without_its_credentials() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        for file in [".cargo/bin/cargo", ".cargo/credentials.toml", ".cargo/credentials", ".cargo/config.toml"] {
            write(&home.join(file), "");
        }
        // As rustup leaves it: every tool is a link to itself.
        symlink("cargo", home.join(".cargo/bin/rustc")).unwrap();
        let found = Operator { home: home.clone(), path: vec![home.join(".cargo/bin")] }.toolchains(&Toolchain::ALL);
        assert_eq!(covered(&found.read, &home), [".cargo/bin/cargo", ".cargo/bin/rustc", ".cargo/config.toml"]);
        assert_eq!(found.env, [("CARGO_HOME".to_owned(), home.join(".cargo"))]);
    }

    #[test]
    fn a_script_brings_its_package_and_its_interpreter() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let package = home.join("n/lib/node_modules/agent/cli.js");
        write(&package, "#!/usr/bin/env -S node\n");
        write(&home.join("n/bin/node"), "");
        symlink(&package, home.join("n/bin/agent")).unwrap();
        let operator = Operator { home: home.clone(), path: vec![home.join("n/bin")] };
        let read = operator.program("agent");
        assert!(read.contains(&home.join("n/lib/node_modules")), "{read:?}");
        assert!(read.contains(&home.join("n/bin/agent")), "{read:?}");
        assert!(read.contains(&home.join("n")), "{read:?}");
    }

    #[test]
    fn a_program_in_the_home_does_not_open_the_home() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        write(&home.join("agent"), "");
        write(&home.join("bin/node"), "");
        let operator = Operator { home: home.clone(), path: vec![home.clone(), home.join("bin")] };
        assert_eq!(operator.program("agent"), [home.join("agent")]);
        assert_eq!(operator.toolchains(&[Toolchain::Node]).read, [home.join("bin/node")]);
    }
}
