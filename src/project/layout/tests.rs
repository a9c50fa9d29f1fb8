//! The directories of a project, made in temporary ones, with real git where git's behaviour is the point.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::home::state_home;
use super::*;
use std::ffi::OsString;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::process::Command;

struct World {
    dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(world.root()).unwrap();
        world
    }

    fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("project")
    }

    fn home(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("state/ve")
    }

    fn claim(&self) -> (Layout, Claim) {
        Layout::claim(&self.root(), &self.home()).unwrap()
    }

    fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@localhost"])
            .args(args)
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.dir.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o777
}

fn is_complete(layout: &Layout) -> bool {
    let links = [("orchestrator.db", layout.database()), ("orchestrator.log", layout.log())];
    links.iter().all(|(name, target)| fs::read_link(layout.ve().join(name)).is_ok_and(|link| link == *target))
        && layout.chunk_links().is_dir()
        && layout.units().is_dir()
}

#[test]
fn claiming_is_idempotent_and_survives_the_loss_of_our_directory() {
    let world = World::new();
    let (layout, claim) = world.claim();
    assert_eq!(claim, Claim { recognised: Recognised::New, set_aside: vec![] });
    assert!(is_complete(&layout));
    assert_eq!((mode(layout.state()), mode(&layout.ve())), (0o700, 0o700));
    fs::write(layout.database(), "rows").unwrap();

    let (again, claim) = world.claim();
    assert_eq!((again, claim.recognised), (layout.clone(), Recognised::Known));

    fs::remove_dir_all(layout.ve()).unwrap();
    assert_eq!(Layout::find(&world.root(), &world.home()).unwrap(), Some(layout.clone()));
    layout.ensure().unwrap();
    assert!(is_complete(&layout));
    assert_eq!(fs::read_to_string(layout.ve().join("orchestrator.db")).unwrap(), "rows");
}

#[test]
fn finding_a_project_that_was_never_claimed_leaves_no_trace() {
    let world = World::new();
    assert_eq!(Layout::find(&world.root(), &world.home()).unwrap(), None);
    assert!(world.root().read_dir().unwrap().next().is_none());
    assert!(!world.home().exists());
}

#[test]
fn a_moved_project_keeps_its_state() {
    let world = World::new();
    let (layout, _) = world.claim();
    let moved = world.dir.path().canonicalize().unwrap().join("moved");
    fs::rename(world.root(), &moved).unwrap();
    let (there, claim) = Layout::claim(&moved, &world.home()).unwrap();
    assert_eq!(there.state(), layout.state());
    assert_eq!(claim.recognised, Recognised::Moved { from: world.root() });
}

#[test]
fn git_neither_cleans_nor_adds_our_directory() {
    let world = World::new();
    world.git(&["init", "-q"]);
    fs::write(world.root().join("file"), "x").unwrap();
    let (layout, _) = world.claim();
    layout.link_chunk(&ChunkName::parse("a").unwrap(), UnitId(1)).unwrap();
    world.git(&["add", "-A"]);
    world.git(&["commit", "-qm", "first"]);
    assert_eq!(world.git(&["ls-files"]), "file\n");
    assert_eq!(world.git(&["status", "--porcelain"]), "");

    fs::write(world.root().join("junk"), "x").unwrap();
    world.git(&["clean", "-fdxq"]);
    assert!(!world.root().join("junk").exists());
    assert!(is_complete(&layout));
    world.git(&["stash", "-u", "-q"]);
    assert!(is_complete(&layout));

    world.git(&["clean", "-ffdxq"]);
    assert!(!layout.ve().exists());
    layout.ensure().unwrap();
    assert!(is_complete(&layout));
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_project_below_its_repository_is_excluded_too() {
    let world = World::new();
    world.git(&["init", "-q"]);
    let sub = world.root().join("sub");
    fs::create_dir(&sub).unwrap();
    Layout::claim(&sub, &world.home()).unwrap();
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn files_of_another_tool_are_set_aside_with_their_journal() {
    let world = World::new();
    let ve = world.root().join(".ve");
    fs::create_dir_all(ve.join("chunks/a")).unwrap();
    for name in ["orchestrator.db", "orchestrator.db-wal", "orchestrator.log"] {
        fs::write(ve.join(name), name).unwrap();
    }
    let (layout, claim) = world.claim();
    assert!(is_complete(&layout));
    let aside = ve.join("orchestrator.db.before-ve");
    assert_eq!(claim.set_aside, [aside.clone(), ve.join("orchestrator.log.before-ve")]);
    assert_eq!(fs::read_to_string(aside).unwrap(), "orchestrator.db");
    assert_eq!(fs::read_to_string(ve.join("orchestrator.db.before-ve-wal")).unwrap(), "orchestrator.db-wal");

    let chunk = ChunkName::parse("a").unwrap();
    assert!(matches!(layout.link_chunk(&chunk, UnitId(1)), Err(LayoutError::Occupied { .. })));
    layout.unlink_chunk(&chunk).unwrap();
    assert!(ve.join("chunks/a").is_dir());
}

#[test]
fn chunk_links_follow_their_unit() {
    let world = World::new();
    let (layout, _) = world.claim();
    let chunk = ChunkName::parse("a").unwrap();
    layout.link_chunk(&chunk, UnitId(1)).unwrap();
    layout.link_chunk(&chunk, UnitId(2)).unwrap();
    let at = layout.chunk_links().join("a");
    assert_eq!(fs::read_link(&at).unwrap(), layout.units().join("2"));
    layout.unlink_chunk(&chunk).unwrap();
    layout.unlink_chunk(&chunk).unwrap();
    assert!(fs::symlink_metadata(&at).is_err());
}

#[test]
fn what_stands_in_the_way_is_named_with_a_hint() {
    let world = World::new();
    let ve = world.root().join(".ve");
    symlink("/", &ve).unwrap();
    let error = Layout::claim(&world.root(), &world.home()).unwrap_err();
    assert!(error.to_string().ends_with("/.ve: a symbolic link is in its place"), "{error}");
    fs::remove_file(&ve).unwrap();
    fs::write(&ve, "").unwrap();
    let error = Layout::claim(&world.root(), &world.home()).unwrap_err();
    assert!(error.to_string().ends_with("/.ve: a file is in its place"), "{error}");
    assert!(error.hint().contains("move it away"));
}

#[test]
fn an_unwritable_project_is_an_error_with_a_hint() {
    let world = World::new();
    if rustix::process::geteuid().is_root() {
        // Permissions do not bind root: this holds in the run as an ordinary user.
        return;
    }
    fs::set_permissions(world.root(), Permissions::from_mode(0o500)).unwrap();
    let error = Layout::claim(&world.root(), &world.home()).unwrap_err();
    fs::set_permissions(world.root(), Permissions::from_mode(0o700)).unwrap();
    assert!(error.to_string().contains("/.ve: "), "{error}");
    assert!(error.hint().contains("chmod u+w"));
}

#[test]
fn the_state_directory_is_as_configured_or_by_convention() {
    let env = |vars: &'static [(&str, &str)]| {
        move |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
    };
    let home = |configured, vars| state_home(configured, env(vars));
    let both = &[("HOME", "/h"), ("XDG_STATE_HOME", "/x")];
    assert_eq!(home(None, both).unwrap(), Path::new("/x/ve"));
    assert_eq!(home(Some("/mine"), both).unwrap(), Path::new("/mine"));
    assert_eq!(home(Some("~/mine"), both).unwrap(), Path::new("/h/mine"));
    assert_eq!(home(None, &[("HOME", "/h"), ("XDG_STATE_HOME", "rel")]).unwrap(), Path::new("/h/.local/state/ve"));
    assert!(matches!(home(None, &[]), Err(LayoutError::NoHome)));
    assert!(matches!(home(Some("mine"), both), Err(LayoutError::RelativeState(_))));
}

#[test]
fn a_copy_forgets_the_daemon_and_the_units_of_its_original() {
    let world = World::new();
    let (original, _) = world.claim();
    let chunk = ChunkName::parse("a").unwrap();
    original.link_chunk(&chunk, UnitId(1)).unwrap();
    fs::write(original.port(), "7845\n").unwrap();
    fs::write(original.token(), "secret").unwrap();
    let to = world.dir.path().canonicalize().unwrap().join("copy");
    let status = Command::new("cp").arg("-a").args([&world.root(), &to]).status().unwrap();
    assert!(status.success());

    assert_eq!(Layout::find(&to, &world.home()).unwrap(), None);
    let (copy, claim) = Layout::claim(&to, &world.home()).unwrap();
    assert_eq!(claim.recognised, Recognised::Copied { of: world.root() });
    assert!(is_complete(&copy));
    assert_ne!(copy.state(), original.state());
    for gone in [copy.port(), copy.token(), copy.chunk_links().join("a")] {
        assert!(fs::symlink_metadata(&gone).is_err(), "{}", gone.display());
    }
    assert!(original.port().exists() && original.chunk_links().join("a").is_symlink());
}

#[test]
fn starts_at_once_agree_on_one_project() {
    let world = World::new();
    let claims: Vec<_> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| world.claim().0)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(claims.iter().all(|layout| *layout == claims[0]));
    assert_eq!(world.home().read_dir().unwrap().count(), 1);
}
