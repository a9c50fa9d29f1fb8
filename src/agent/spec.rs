//! What a session is to be: everything an adapter needs to know, decided by others.

use crate::domain::agent::AgentConfig;
use crate::domain::ids::{AttemptId, ChunkName, SessionId};
use crate::domain::report::Usage;
use crate::domain::time::Timestamp;
use std::path::PathBuf;

/// Where a process runs and what it is told about itself: the same for agents, gates and setup commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The attempt: marker, token and fence of every process below it.
    pub attempt: AttemptId,
    /// The chunk it works on.
    pub chunk: ChunkName,
    /// The phase as `VE_PHASE` says it, in lower case.
    pub phase: String,
    /// The directory it works in, as the process sees it.
    pub cwd: PathBuf,
    /// `HOME`, as the process sees it.
    pub home: PathBuf,
    /// `TMPDIR`, as the process sees it.
    pub tmp: PathBuf,
    /// `PATH`.
    pub path: String,
    /// `TZ`: an IANA name such as `Europe/Berlin`.
    pub timezone: String,
    /// The daemon's environment. An allow-list chooses from it.
    pub inherited: Vec<(String, String)>,
}

/// Everything about one session of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSpec {
    /// Where it runs.
    pub place: Place,
    /// Whether it begins or goes on.
    pub session: Session,
    /// What the conversation had used when the attempt began.
    pub used: Usage,
    /// What it is told first.
    pub prompt: String,
    /// The operator's answer it is resumed with, for agents that take it apart from the prompt.
    pub answer: Option<String>,
    /// Why the phase is entered again, for agents that take it apart from the prompt.
    pub reason: Option<String>,
    /// The tools of ours it is offered.
    pub tools: Tools,
    /// Who decides about permissions.
    pub permissions: Permissions,
    /// Turns of the model after which the agent ends by itself, where it can be told so.
    pub max_turns: u32,
    /// Which program, with which settings.
    pub config: AgentConfig,
    /// What the daemon lays in front of it.
    pub link: Link,
    /// Directory with the vendor's login, shared by all units of this machine, where the operator made one.
    pub login: Option<PathBuf>,
    /// When the attempt began: what times without a date refer to, until the agent says a later moment.
    pub started: Timestamp,
}

/// What the daemon lays in front of an agent: a directory that it can read and not write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The directory. It holds [`DAEMON`](super::launch::DAEMON) and the files of a [`Launch`](super::launch::Launch).
    pub dir: PathBuf,
    /// This program, which serves our tools to agents that start their tool servers themselves.
    pub program: PathBuf,
}

impl Link {
    /// Arguments of the program that serve our tools. They hold no secret: everybody may read a command line.
    pub fn server_args(&self) -> [String; 3] {
        let file = self.dir.join(super::launch::DAEMON);
        ["orch".to_owned(), "mcp-agent".to_owned(), file.to_string_lossy().into_owned()]
    }
}

/// The agent vendor's conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Session {
    /// Begins, under this id where the vendor lets us choose it.
    New(SessionId),
    /// Goes on.
    Resume(SessionId),
}

/// Which of our tools a session is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tools {
    /// `ask_operator` and `report_progress`.
    Work,
    /// Those, and `review_decision`.
    Review,
}

/// Who decides whether a tool may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// Everything is allowed: the sandbox is enforced.
    AllowAll,
    /// The operator decides, except about our own tools.
    AskOperator,
}
