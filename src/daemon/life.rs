//! The life of one daemon, as its keeper sees it: from its start to what its end means.

use super::DaemonError;
use super::launch::Launch;
use super::log;
use super::ready::Word;
use super::serve::LEFT;
use super::signals::{StopKind, Stops};
use super::stopping;
use crate::project::layout::Layout;
use rustix::process::{Pid, Signal};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout};
use tokio::time::{Instant, sleep_until, timeout};

/// A daemon that was asked to end has this long. It ends its agents within 12 s; clients wait 20 s.
const END_BOUND: Duration = Duration::from_secs(16);
/// What a daemon wrote before its end arrives within this time.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How a daemon ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By request or by its own decision, for good.
    Clean,
    /// To be followed by a new one.
    Left,
    /// Against its will.
    Failed(Failure),
}

impl End {
    fn of(status: ExitStatus, asked: Option<StopKind>, said: Option<Word>) -> Self {
        match (asked, status.code(), said) {
            (Some(StopKind::Stop), _, _) => Self::Clean,
            (Some(StopKind::Leave), _, _) => Self::Left,
            (None, Some(code), _) if code == i32::from(LEFT) => Self::Left,
            (None, Some(0), Some(Word::Ready { .. })) => Self::Clean,
            (None, _, Some(Word::Failed { error, hint })) => Self::Failed(Failure::Said { error, hint }),
            (None, Some(code), _) => Self::Failed(Failure::Crashed { how: format!("ended with status {code}") }),
            (None, None, _) => {
                let signal = status.signal().unwrap_or_default();
                Self::Failed(Failure::Crashed { how: format!("was killed by signal {signal}") })
            }
        }
    }
}

/// What is known of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The daemon said why: a fragment for "failed to …", and what can be done.
    Said { error: String, hint: String },
    /// It ended without a word: a fragment for "the daemon …".
    Crashed { how: String },
}

impl Failure {
    /// The failure of a daemon that could not even be started.
    pub(super) fn said(error: &DaemonError) -> Self {
        Self::Said { error: error.to_string(), hint: error.hint().to_owned() }
    }

    /// For the client that waits for the daemon.
    pub(super) fn word(&self) -> Word {
        let error = match self {
            Self::Said { error, .. } => error.clone(),
            Self::Crashed { how } => format!("start the daemon: it {how}"),
        };
        Word::Failed { error, hint: self.hint().to_owned() }
    }

    /// For the log: a fragment for "the daemon …".
    pub(super) fn how(&self) -> String {
        match self {
            Self::Said { error, .. } => format!("failed to {error}"),
            Self::Crashed { how } => how.clone(),
        }
    }

    /// What the operator can do.
    pub(super) fn hint(&self) -> &str {
        match self {
            Self::Said { hint, .. } => hint,
            Self::Crashed { .. } => "see .ve/orchestrator.log",
        }
    }
}

/// Starts a daemon and stays with it to its end. Calls `on_ready` with its word when it serves.
pub(super) async fn live(
    launch: &Launch,
    layout: &Layout,
    stops: &mut Stops,
    mut on_ready: impl FnMut(&Word),
) -> Result<End, DaemonError> {
    let mut child = spawn(launch, layout)?;
    let mut words = child.stdout.take().map(BufReader::new);
    let mut said = None;
    let mut asked: Option<StopKind> = None;
    let mut kill_at: Option<Instant> = None;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.map_err(DaemonError::system("wait for the daemon"))?,
            word = hear(words.as_mut()), if words.is_some() => {
                words = None;
                said = word;
                if let Some(word @ Word::Ready { .. }) = &said {
                    on_ready(word);
                }
            }
            kind = stops.next() => {
                // Who was to leave may still be stopped; who is being stopped stays so.
                if asked != Some(StopKind::Stop) {
                    ask(layout, &child, kind);
                    asked = Some(kind);
                    kill_at = Some(Instant::now() + END_BOUND);
                }
            }
            () = sleep_until(kill_at.unwrap_or_else(Instant::now)), if kill_at.is_some() => {
                tracing::error!("the daemon does not end; killing it");
                // Fails only when it has just ended.
                child.start_kill().ok();
                kill_at = None;
            }
        }
    };
    if words.is_some() {
        // It may have spoken and ended at once.
        said = timeout(LAST_WORDS, hear(words.as_mut())).await.ok().flatten();
    }
    Ok(End::of(status, asked, said))
}

fn spawn(launch: &Launch, layout: &Layout) -> Result<Child, DaemonError> {
    let log = log::open(&layout.log()).map_err(DaemonError::io(&layout.log()))?;
    let mut command = launch.daemon();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    tokio::process::Command::from(command).spawn().map_err(DaemonError::system("start the daemon"))
}

/// Asks the daemon to end. That it is wanted is on disk before the daemon hears it.
fn ask(layout: &Layout, child: &Child, kind: StopKind) {
    let signal = match kind {
        StopKind::Stop => {
            // A full disk does not keep anybody from stopping.
            if let Err(error) = stopping::ask(layout) {
                tracing::warn!("failed to {error}");
            }
            Signal::TERM
        }
        StopKind::Leave => Signal::HUP,
    };
    // The child was not awaited yet, so its number is still its own.
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
    if let Some(Err(error)) = pid.map(|pid| rustix::process::kill_process(pid, signal)) {
        tracing::warn!("failed to signal the daemon: {error}");
    }
}

/// The next line; none at the end, or when it is no word.
async fn hear(words: Option<&mut BufReader<ChildStdout>>) -> Option<Word> {
    let mut line = String::new();
    words?.read_line(&mut line).await.ok()?;
    Word::parse(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statuses as wait(2) gives them.
    const EXIT_0: i32 = 0;
    const EXIT_1: i32 = 1 << 8;
    const EXIT_75: i32 = 75 << 8;
    const KILLED: i32 = 9;

    fn end(status: i32, asked: Option<StopKind>, said: Option<Word>) -> End {
        End::of(ExitStatus::from_raw(status), asked, said)
    }

    fn ready() -> Option<Word> {
        Some(Word::Ready { pid: 1, port: 1 })
    }

    fn crashed(how: &str) -> End {
        End::Failed(Failure::Crashed { how: how.to_owned() })
    }

    #[test]
    fn what_was_asked_for_is_no_crash() {
        for status in [EXIT_0, EXIT_1, EXIT_75, KILLED] {
            assert_eq!(end(status, Some(StopKind::Stop), ready()), End::Clean);
            assert_eq!(end(status, Some(StopKind::Leave), ready()), End::Left);
        }
    }

    #[test]
    fn an_end_by_itself_is_told_by_its_status_and_its_word() {
        assert_eq!(end(EXIT_0, None, ready()), End::Clean);
        assert_eq!(end(EXIT_75, None, ready()), End::Left);
        assert_eq!(end(KILLED, None, ready()), crashed("was killed by signal 9"));
        assert_eq!(end(EXIT_0, None, None), crashed("ended with status 0"));
        let (error, hint) = ("e".to_owned(), "h".to_owned());
        let word = Word::Failed { error: error.clone(), hint: hint.clone() };
        assert_eq!(end(EXIT_1, None, Some(word)), End::Failed(Failure::Said { error, hint }));
    }
}
