//! Works in progress: what a unit has touched by now, whether two of them merge, and what became of two that landed.

use super::home::Home;
use super::{RepositoryActor, pooled};
use crate::code;
use crate::code::outline::Outline;
use crate::domain::footprint::{Footprint, Lines, Part, TouchedFile, Trial};
use crate::domain::ids::{ChunkName, ObjectId};
use crate::domain::landing::Merge;
use crate::domain::phase::Phase;
use crate::domain::prediction::Outcome;
use crate::domain::work_unit::WorkUnit;
use crate::git::edits::{FileEdit, What};
use crate::git::lookout::{Fit, Looked, Lookout};
use crate::project::document;
use actix::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Looks at what a unit's work has touched, uncommitted work included. Nothing of the unit is changed.
#[derive(Message)]
#[rtype(result = "Sight")]
pub struct Look {
    /// Whose.
    pub unit: WorkUnit,
    /// The mark of the view before.
    pub before: Option<String>,
}

/// What a look shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What the look before showed.
    Same,
    /// Something new.
    New(View),
    /// Nothing that means something now.
    Nothing,
}

/// A unit's work at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Distinguishes it from other moments.
    pub mark: String,
    /// A commit of it.
    pub commit: ObjectId,
    /// What it has touched.
    pub footprint: Footprint,
}

/// Tries to merge two views; none if they are not there any more.
#[derive(Message)]
#[rtype(result = "Option<Trial>")]
pub struct Try(pub ObjectId, pub ObjectId);

/// Finds out what became of a pair of which both have landed.
#[derive(Message)]
#[rtype(result = "Outcome")]
pub struct Compare(pub Merge, pub Merge);

/// Whether what landed is in the way of a work that does not have it.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct Collides {
    /// What landed.
    pub landed: Merge,
    /// The tip of the work.
    pub work: ObjectId,
}

type Outcomes<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl RepositoryActor {
    /// Looks at works in progress, beside everything else and one at a time. What cannot be seen now is seen at the next look.
    fn looking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Home) -> Outcomes<T> + Send + 'static,
        otherwise: impl Fn() -> T + Send + Copy + 'static,
    ) -> ResponseFuture<T> {
        let work = move |home: &Home| {
            work(home).unwrap_or_else(|error| {
                tracing::debug!("failed to look at work in progress: {error}");
                otherwise()
            })
        };
        Box::pin(pooled(self.home.clone(), self.lookers.clone(), work, move |panic| {
            tracing::error!("looking at work in progress fell over: {panic}");
            otherwise()
        }))
    }
}

impl Handler<Look> for RepositoryActor {
    type Result = ResponseFuture<Sight>;

    fn handle(&mut self, Look { unit, before }: Look, _: &mut Self::Context) -> Self::Result {
        // Who works on the unit's directories goes first, and is not waited for.
        let Some(turn) = self.turns.take_if_free(unit.id) else { return Box::pin(std::future::ready(Sight::Nothing)) };
        let work = move |home: &Home| {
            let _turn = turn;
            look(home, &unit, before.as_deref())
        };
        self.looking(work, || Sight::Nothing)
    }
}

impl Handler<Try> for RepositoryActor {
    type Result = ResponseFuture<Option<Trial>>;

    fn handle(&mut self, Try(one, other): Try, _: &mut Self::Context) -> Self::Result {
        self.looking(move |home| attempt(home, &one, &other).map(Some), || None)
    }
}

impl Handler<Compare> for RepositoryActor {
    type Result = ResponseFuture<Outcome>;

    fn handle(&mut self, Compare(one, other): Compare, _: &mut Self::Context) -> Self::Result {
        self.looking(move |home| compare(home, &one, &other), || Outcome::Unknown)
    }
}

impl Handler<Collides> for RepositoryActor {
    type Result = ResponseFuture<bool>;

    fn handle(&mut self, Collides { landed, work }: Collides, _: &mut Self::Context) -> Self::Result {
        let collides = move |home: &Home| {
            let host = home.host()?;
            let lookout = Lookout::open(&host, &home.lookout())?;
            Ok(!lookout.applies_onto((&landed.from, &landed.commit), &work)?)
        };
        self.looking(collides, || false)
    }
}

fn look(home: &Home, unit: &WorkUnit, before: Option<&str>) -> Outcomes<Sight> {
    // Of a task, the view of one repository would say of two units that they fit when they do not.
    let Some(base) = unit.base.as_ref().filter(|base| base.others.is_empty()).map(|base| &base.lead) else {
        return Ok(Sight::Nothing);
    };
    let host = home.host()?;
    let lookout = Lookout::open(&host, &home.lookout())?;
    let (mark, commit) = match (&unit.live, &unit.tip) {
        // Nobody is at work, or a reviewer, who changes nothing that stays: what was gathered last is what there is.
        (live, Some(tip)) if live.is_none() || unit.phase == Phase::Review => (tip.lead.to_string(), tip.lead.clone()),
        (None, _) => return Ok(Sight::Nothing),
        (Some(_), _) => match lookout.look(home.places_of(unit)?.lead.private(), before)? {
            Looked::Same => return Ok(Sight::Same),
            Looked::Blurred => return Ok(Sight::Nothing),
            Looked::New(picture) => (picture.mark, picture.commit),
        },
    };
    if before == Some(mark.as_str()) {
        return Ok(Sight::Same);
    }
    let changes = lookout.changes(&base.commit, &commit)?;
    let footprint = footprint(&changes, &home.effective().site.prefix, &unit.chunk);
    Ok(Sight::New(View { mark, commit, footprint }))
}

fn attempt(home: &Home, one: &ObjectId, other: &ObjectId) -> Outcomes<Trial> {
    let host = home.host()?;
    let conflicts = match Lookout::open(&host, &home.lookout())?.fit(one, other)? {
        Fit::Clean(_) => Vec::new(),
        Fit::Conflict(paths) => {
            let prefix = home.effective().site.prefix.clone();
            paths.iter().map(|path| in_project(path, &prefix)).collect()
        }
    };
    Ok(Trial { conflicts })
}

fn compare(home: &Home, one: &Merge, other: &Merge) -> Outcomes<Outcome> {
    let host = home.host()?;
    let lookout = Lookout::open(&host, &home.lookout())?;
    let applies = lookout.applies_alone([(&one.from, &one.commit), (&other.from, &other.commit)])?;
    Ok(match applies {
        Some(true) => Outcome::Clean,
        Some(false) => Outcome::Conflict,
        None => Outcome::Unknown,
    })
}

/// The path as the project's documents would have it.
fn in_project(path: &Path, prefix: &Path) -> String {
    path.strip_prefix(prefix).unwrap_or(path).display().to_string()
}

/// What changes of files mean in symbols. A chunk's own documents are nobody else's.
pub(super) fn footprint(changes: &[FileEdit], prefix: &Path, chunk: &ChunkName) -> Footprint {
    let own = Path::new(document::CHUNKS_DIR).join(chunk.as_str());
    let mut files = Vec::new();
    for change in changes {
        let path = in_project(&change.path, prefix);
        if !Path::new(&path).starts_with(&own) {
            let (parts, lines) = touched(change);
            files.push(TouchedFile { path, parts, lines });
        }
    }
    Footprint { files }
}

fn touched(change: &FileEdit) -> (BTreeSet<Part>, Vec<Lines>) {
    let What::Lines { old, new, hunks } = &change.what else { return ([Part::Whole].into(), Vec::new()) };
    let (before, after) = (code::outline(&change.path, old), code::outline(&change.path, new));
    let lines =
        hunks.iter().map(|hunk| hunk.old.unwrap_or(Lines { first: hunk.after.max(1), last: hunk.after.max(1) }));
    let lines = lines.collect();
    if before.symbols().is_empty() && after.symbols().is_empty() {
        return ([Part::Whole].into(), lines);
    }
    let (old, new) = (telling(old), telling(new));
    let mut parts = BTreeSet::new();
    for hunk in hunks {
        for (range, outline, telling) in [(hunk.old, &before, &old), (hunk.new, &after, &new)] {
            parts.extend(range.into_iter().flat_map(|range| in_lines(range, outline, telling)));
        }
    }
    if parts.is_empty() {
        parts.insert(Part::Between);
    }
    (parts, lines)
}

/// The parts of a file that these lines are in.
fn in_lines<'a>(range: Lines, outline: &'a Outline, telling: &'a [bool]) -> impl Iterator<Item = Part> + 'a {
    let tells = |line: &u32| usize::try_from(*line).is_ok_and(|line| telling.get(line - 1) == Some(&true));
    (range.first.max(1)..=range.last).filter(tells).map(|line| match outline.enclosing(line) {
        Some(symbol) => Part::Symbol(symbol.name.clone()),
        None => Part::Between,
    })
}

/// For each line whether it says something: a blank one or a closing brace may be anybody's.
fn telling(text: &[u8]) -> Vec<bool> {
    text.split(|byte| *byte == b'\n').map(|line| line.iter().any(u8::is_ascii_alphanumeric)).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::git::edits::Hunk;

    const OLD: &str = "use a;\n\nfn one() {\n    1;\n}\n\nimpl A {\n    fn two() {\n        2;\n    }\n}\n";

    fn lines(first: u32, last: u32) -> Option<Lines> {
        Some(Lines { first, last })
    }

    fn parts(path: &str, new: &str, hunks: Vec<Hunk>) -> Vec<String> {
        let what = What::Lines { old: OLD.into(), new: new.into(), hunks };
        let changes = [FileEdit { path: path.into(), what }];
        let print = footprint(&changes, Path::new(""), &ChunkName::parse("mine").unwrap());
        let part = |part: &Part| match part {
            Part::Whole => "all".to_owned(),
            Part::Symbol(name) => name.clone(),
            Part::Between => "between".to_owned(),
        };
        print.files[0].parts.iter().map(part).collect()
    }

    #[test]
    fn changed_lines_are_the_symbols_around_them() {
        let new = OLD.replace("2;", "22;");
        assert_eq!(parts("a.rs", &new, vec![Hunk { old: lines(9, 9), new: lines(9, 9), after: 8 }]), ["A::two"]);
        let new = OLD.replace("use a;", "use b;");
        assert_eq!(parts("a.rs", &new, vec![Hunk { old: lines(1, 1), new: lines(1, 1), after: 0 }]), ["between"]);
    }

    #[test]
    fn a_new_symbol_is_touched_and_not_its_neighbour() {
        let new = OLD.replace("\nimpl A {\n", "\nfn new() {\n    3;\n}\n\nimpl A {\n    fn zero() {}\n\n");
        let hunks =
            vec![Hunk { old: None, new: lines(7, 10), after: 6 }, Hunk { old: None, new: lines(12, 13), after: 7 }];
        assert_eq!(parts("a.rs", &new, hunks), ["A::zero", "new"]);
        // The same as git may tell it, with the brace of the neighbour.
        let hunks = vec![Hunk { old: None, new: lines(5, 8), after: 4 }];
        assert_eq!(parts("a.rs", &new, hunks), ["new"]);
    }

    #[test]
    fn what_has_no_symbols_is_touched_as_a_whole() {
        let hunks = || vec![Hunk { old: lines(4, 4), new: lines(4, 4), after: 3 }];
        assert_eq!(parts("a.txt", OLD, hunks()), ["all"]);
        let changes = [FileEdit { path: "sub/logo.png".into(), what: What::Whole }];
        let print = footprint(&changes, Path::new("sub"), &ChunkName::parse("mine").unwrap());
        assert_eq!((print.files[0].path.as_str(), print.files[0].lines.len()), ("logo.png", 0));
    }

    #[test]
    fn a_chunks_own_documents_do_not_count() {
        let change = |path: &str| FileEdit { path: path.into(), what: What::Whole };
        let changes = [change("docs/chunks/mine/PLAN.md"), change("docs/chunks/other/PLAN.md")];
        let print = footprint(&changes, Path::new(""), &ChunkName::parse("mine").unwrap());
        let paths: Vec<&str> = print.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["docs/chunks/other/PLAN.md"]);
    }
}
