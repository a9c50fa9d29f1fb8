#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use std::process::Command;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn lock(&self) -> PathBuf {
        self.0.path().join("lock")
    }
}

#[test]
fn a_lock_is_had_by_one_and_free_afterwards() {
    let place = Place::new();
    assert_eq!(holder(&place.lock()).unwrap(), None);
    let lock = Lock::take(&place.lock(), Mode::Kept).unwrap();
    let own = i32::try_from(std::process::id()).unwrap();
    assert!(matches!(Lock::take(&place.lock(), Mode::Kept), Err(DaemonError::AlreadyRunning { pid }) if pid == own));
    assert_eq!(holder(&place.lock()).unwrap().unwrap().pid(), own);
    drop(lock);
    assert_eq!(holder(&place.lock()).unwrap(), None);
    Lock::take(&place.lock(), Mode::Kept).unwrap();
}

#[test]
fn no_child_inherits_it() {
    let place = Place::new();
    let lock = Lock::take(&place.lock(), Mode::Kept).unwrap();
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    drop(lock);
    let free = holder(&place.lock()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(free, None);
}

#[test]
fn looking_never_keeps_a_daemon_from_its_lock() {
    let place = Place::new();
    drop(Lock::take(&place.lock(), Mode::Kept).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..300).for_each(|_| drop(holder(&place.lock()).unwrap())));
        }
        for _ in 0..100 {
            Lock::take(&place.lock(), Mode::Kept).unwrap();
        }
    });
}

#[test]
fn who_says_nothing_is_an_error_after_a_bounded_time() {
    let place = Place::new();
    let file = open(&place.lock()).unwrap();
    rustix::fs::flock(&file, FlockOperation::LockExclusive).unwrap();
    assert!(matches!(holder(&place.lock()), Err(DaemonError::UnknownHolder(_))));
}

#[test]
fn a_shorter_description_replaces_a_longer_one() {
    let place = Place::new();
    let lock = Lock::take(&place.lock(), Mode::Foreground).unwrap();
    let mut running = Running::own(Mode::Foreground).unwrap();
    running.port = Some(65_000);
    lock.describe(&running).unwrap();
    assert_eq!(holder(&place.lock()).unwrap(), Some(running.clone()));
    running.port = None;
    running.mode = Mode::Kept;
    lock.describe(&running).unwrap();
    assert_eq!(holder(&place.lock()).unwrap(), Some(running));
}

#[test]
fn a_lock_on_a_removed_file_is_taken_anew() {
    let place = Place::new();
    let stale = Lock::take(&place.lock(), Mode::Kept).unwrap();
    std::fs::remove_file(place.lock()).unwrap();
    assert!(!is_at(&stale.file, &place.lock()));
    assert!(is_at(&Lock::take(&place.lock(), Mode::Kept).unwrap().file, &place.lock()));
}
