//! The inner process: starts a daemon, hands it the chunks, watches, answers, stops it, and gives account.

use super::account::{Account, render};
use super::ask::Newcomer;
use super::place::Place;
use super::progress::Progress;
use super::project::{self, Confinement};
use super::records::{self, Records};
use super::script::{CHOICES, TASKS};
use super::signals::{self, Ends};
use super::{account, gone};
use crate::cli::client::{Client, unit_path};
use crate::cli::console::Console;
use crate::cli::error::CommandError;
use crate::cli::lifecycle::{Lifecycle, StartOptions};
use crate::cli::target::Target;
use crate::domain::ids::ChunkName;
use crate::shim::confined::this_program;
use crate::shim::policy::JailPolicy;
use crate::shim::probe::probe;
use crate::wire::answer::{Answer, Words};
use crate::wire::lists::WorkUnits;
use crate::wire::names::StatusName;
use crate::wire::requests::InjectBatch;
use crate::wire::unit::WorkUnit;
use hyper::Method;
use std::time::{Duration, Instant};

/// Between two looks at the units.
const LOOK: Duration = Duration::from_millis(100);
/// A demo in which nothing can go on any more is over after this long: a unit that is freed starts far sooner.
const STILL: Duration = Duration::from_secs(2);
/// No demo takes longer, unless it waits for its newcomer.
const LIMIT: Duration = Duration::from_secs(90);

/// Runs the demo in `place`.
pub(super) fn inside(place: &Place, lifecycle: &dyn Lifecycle, console: &mut Console) -> Result<(), CommandError> {
    let mut progress = Progress::new(Instant::now());
    let confinement = confinement(place, &mut progress, console)?;
    project::make(place, confinement)?;
    let root = place.project();
    let chunks = format!("A project with {} chunks, in {}", TASKS.len(), root.display());
    progress.say(&chunks, console)?;
    let options =
        StartOptions { project_dir: root.clone(), host: None, port: Some(0), paused: false, foreground: false };
    lifecycle.start(&options)?;
    let watched = signals::runtime()?.block_on(watch(place, lifecycle, &mut progress, console));
    let stopped = lifecycle.stop(&root);
    let mut records = watched?;
    stopped?;
    records.processes = gone(place);
    let account = Account::of(&records);
    if console.json {
        console.value(&account)?;
    } else {
        let text = render::text(&account, &console.look);
        console.text(&text)?;
    }
    account::verdict(&account)
}

/// Finds out what this machine can promise, and says what it cannot.
fn confinement(place: &Place, progress: &mut Progress, console: &mut Console) -> Result<Confinement, CommandError> {
    let scratch = place.root().join("home");
    let missing = match probe(&this_program(), &scratch, &JailPolicy::for_system()) {
        Ok(found) if found.missing.is_empty() => {
            progress.say("Agents run in the sandbox, with all of its guarantees", console)?;
            return Ok(Confinement::Sandbox);
        }
        Ok(found) => found.missing.iter().map(|gap| gap.guarantee.as_str()).collect::<Vec<_>>().join(", "),
        Err(error) => format!("all of them: {error}"),
    };
    let text = format!(
        "This machine cannot give every guarantee of the sandbox ({missing}): the demo runs WITHOUT it. \
         Its agent is harmless; see docs/OPERATIONS.md for what real ones need"
    );
    progress.say(&text, console)?;
    Ok(Confinement::Nothing)
}

/// From the first chunk handed over to the last word of the daemon. Needs an event loop.
async fn watch(
    place: &Place,
    lifecycle: &dyn Lifecycle,
    progress: &mut Progress,
    console: &mut Console,
) -> Result<Records, CommandError> {
    let mut ends = Ends::listen()?;
    let target = Target { root: place.project(), address: None };
    let client = Client::new(target, lifecycle);
    tokio::select! {
        records = records_of_run(place, &client, progress, console) => records,
        () = ends.next() => Err(CommandError::Interrupted),
    }
}

async fn records_of_run(
    place: &Place,
    client: &Client<'_>,
    progress: &mut Progress,
    console: &mut Console,
) -> Result<Records, CommandError> {
    let names = TASKS.iter().filter_map(|task| ChunkName::parse(task.chunk).ok()).collect();
    let batch = InjectBatch { chunks: names, phase: None, priority: 0, retain_worktree: false, hold: false };
    client.send(Method::POST, "/work-units/inject-batch", &batch).await?;
    let names: Vec<&str> = TASKS.iter().map(|task| task.chunk).collect();
    progress.say(&format!("Handed over:  ve orch inject {}", names.join(" ")), console)?;
    let mut newcomer = Newcomer::new(console.json);
    let mut said = None;
    let (mut last, mut changed, started) = (Vec::new(), Instant::now(), Instant::now());
    loop {
        let units: WorkUnits = client.get("/work-units").await?.read()?;
        let units = units.work_units;
        progress.show(&units, console)?;
        let standing: Vec<_> = units.iter().map(|unit| (unit.status, unit.phase, unit.updated_at)).collect();
        if standing != last {
            (last, changed) = (standing, Instant::now());
        }
        if let Some(unit) = units.iter().find(|unit| is_asking(unit)) {
            if let Some(words) = newcomer.answer(console)? {
                said = Some(meaning(&words));
                answer(unit, words, client, progress, console).await?;
            }
            changed = Instant::now();
        } else if is_over(&units, changed.elapsed()) || started.elapsed() > LIMIT {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    records::collect(place, client, said).await
}

async fn answer(
    unit: &WorkUnit,
    words: Words,
    client: &Client<'_>,
    progress: &mut Progress,
    console: &mut Console,
) -> Result<(), CommandError> {
    let said = match &words {
        Words::Choice(number) => format!("--option {number}"),
        Words::Text(text) => format!("{text:?}"),
    };
    let Ok(chunk) = ChunkName::parse(&unit.chunk) else { return Ok(()) };
    client
        .send(
            Method::POST,
            &unit_path(&chunk, "/answer"),
            &Answer { words, item: None, question: None, undo_seconds: None },
        )
        .await?;
    progress.say(&format!("Answered:  ve orch answer {chunk} {said}"), console)
}

/// An answer in words.
fn meaning(words: &Words) -> String {
    match words {
        Words::Text(text) => text.clone(),
        Words::Choice(number) => {
            let index = usize::try_from(*number).unwrap_or(0).saturating_sub(1);
            CHOICES.get(index).copied().unwrap_or_default().to_owned()
        }
    }
}

fn is_asking(unit: &WorkUnit) -> bool {
    let open = |unit: &WorkUnit| unit.attention.as_ref().is_some_and(|entry| entry.kind == "question");
    unit.status == StatusName::NeedsAttention && open(unit)
}

/// Whether nothing goes on any more: at once when all is done, else when nothing has moved for a while and nothing is at work.
fn is_over(units: &[WorkUnit], still: Duration) -> bool {
    let is_done = |unit: &WorkUnit| unit.status == StatusName::Done && unit.worktree.is_none();
    let is_at_work =
        |unit: &WorkUnit| matches!(unit.status, StatusName::Ready | StatusName::Assigned | StatusName::Running);
    units.iter().all(is_done) || (still >= STILL && !units.iter().any(is_at_work))
}

/// The answer when nobody is there to give one.
pub(super) const DEFAULT: Words = Words::Choice(1);
