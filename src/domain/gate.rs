//! Gates: configured shell commands whose exit decides whether work goes on to the branch.

/// The gates of a project, each kind in the order in which they run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gates {
    /// Run in the unit's worktree, before it lands.
    pub worker: Vec<String>,
    /// Run on exactly the tree that would land.
    pub integration: Vec<String>,
}
