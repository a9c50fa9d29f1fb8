//! Where the state of all projects of one user lives.

use super::error::LayoutError;
use std::ffi::OsString;
use std::path::PathBuf;

/// The directory that holds the logins which the units of all projects share: beside their state, wherever that of one of them is configured to be.
pub fn logins_home(env: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    state_home(None, env).unwrap_or_else(|_| PathBuf::from("/nonexistent")).join("logins")
}

/// The directory that holds the state of all projects of this user: as configured, else by the XDG convention.
pub fn state_home(configured: Option<&str>, env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, LayoutError> {
    let absolute = |name| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").ok_or(LayoutError::NoHome);
    if let Some(configured) = configured {
        let path = match configured.strip_prefix("~/") {
            Some(rest) => home()?.join(rest),
            None => PathBuf::from(configured),
        };
        return if path.is_absolute() { Ok(path) } else { Err(LayoutError::RelativeState(path)) };
    }
    match absolute("XDG_STATE_HOME") {
        Some(path) => Ok(path.join("ve")),
        None => Ok(home()?.join(".local/state/ve")),
    }
}
