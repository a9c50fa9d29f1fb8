//! Works in progress: what a unit has touched by now, whether two of them merge, and what became of two that landed.

use super::home::Home;
use super::{RepositoryActor, pooled};
use crate::code;
use crate::code::outline::Outline;
use crate::domain::each::Each;
use crate::domain::footprint::{Footprint, Lines, Part, TouchedFile, Trial};
use crate::domain::ids::{ChunkName, ObjectId, RepoName};
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
    /// A commit of it, in each repository.
    pub commit: Each<ObjectId>,
    /// What it has touched.
    pub footprint: Footprint,
}

/// Tries to merge two views; none if they are not there any more.
#[derive(Message)]
#[rtype(result = "Option<Trial>")]
pub struct Try(pub Each<ObjectId>, pub Each<ObjectId>);

/// Finds out what became of a pair of which both have landed.
#[derive(Message)]
#[rtype(result = "Outcome")]
pub struct Compare(pub Each<Merge>, pub Each<Merge>);

/// Whether what landed is in the way of a work that does not have it.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct Collides {
    /// What landed.
    pub landed: Each<Merge>,
    /// The tip of the work.
    pub work: Each<ObjectId>,
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
        let turns = self.turns.clone();
        let work = move |home: &Home| {
            // Who works on the unit's directories goes first, and is not waited for. Another look never is in the way: they come one at a time.
            let Some(_turn) = turns.take_if_free(unit.id) else { return Ok(Sight::Nothing) };
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
        self.looking(move |home| collides(home, &landed, &work), || false)
    }
}

fn look(home: &Home, unit: &WorkUnit, before: Option<&str>) -> Outcomes<Sight> {
    let Some(base) = &unit.base else { return Ok(Sight::Nothing) };
    let marks: Vec<&str> = before.map(|marks| marks.split(BETWEEN).collect()).unwrap_or_default();
    let mut seen = Vec::new();
    for (number, (name, _)) in base.iter().enumerate() {
        match glimpse(home, unit, name, marks.get(number).copied())? {
            Some(glimpse) => seen.push(glimpse),
            None => return Ok(Sight::Nothing),
        }
    }
    let mark = seen.iter().map(|glimpse| glimpse.mark.as_str()).collect::<Vec<_>>().join(BETWEEN);
    if before == Some(mark.as_str()) {
        return Ok(Sight::Same);
    }
    let mut footprint = Footprint::default();
    let mut looks = seen.into_iter();
    let commit = base.try_map(|name, base| {
        let commit = match looks.next() {
            Some(Glimpse { commit: Some(commit), .. }) => commit,
            // As before; but the view is one of all repositories at once, and names a commit in each.
            _ => match glimpse(home, unit, name, None)? {
                Some(Glimpse { commit: Some(commit), .. }) => commit,
                _ => return Err("its worktree is not to be seen now".into()),
            },
        };
        footprint.files.extend(touched_in(home, unit, name, (&base.commit, &commit))?);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(commit)
    })?;
    Ok(Sight::New(View { mark, commit, footprint }))
}

/// Between the marks of several repositories.
const BETWEEN: &str = "\n";

/// What one repository of a unit shows.
struct Glimpse {
    mark: String,
    /// None where it is what the look before showed.
    commit: Option<ObjectId>,
}

/// Looks at a unit's work in one repository; none when nothing there means something now.
fn glimpse(home: &Home, unit: &WorkUnit, name: Option<&RepoName>, before: Option<&str>) -> Outcomes<Option<Glimpse>> {
    let tip = unit.tip.as_ref().and_then(|tip| tip.get(name));
    match (&unit.live, tip) {
        // Nobody is at work, or a reviewer, who changes nothing that stays: what was gathered last is what there is.
        (live, Some(tip)) if live.is_none() || unit.phase == Phase::Review => {
            Ok(Some(Glimpse { mark: tip.to_string(), commit: Some(tip.clone()) }))
        }
        (None, _) => Ok(None),
        (Some(_), _) => {
            let places = home.places_of(unit)?;
            let Some(place) = places.get(name) else { return Ok(None) };
            let lookout = Lookout::open(&place.host, &home.lookout(name)?)?;
            Ok(match lookout.look(place.private(), before)? {
                Looked::Same => before.map(|mark| Glimpse { mark: mark.to_owned(), commit: None }),
                Looked::Blurred => None,
                Looked::New(picture) => Some(Glimpse { mark: picture.mark, commit: Some(picture.commit) }),
            })
        }
    }
}

/// The files that a unit has touched in one repository, as the project names them.
fn touched_in(
    home: &Home,
    unit: &WorkUnit,
    name: Option<&RepoName>,
    (from, to): (&ObjectId, &ObjectId),
) -> Outcomes<Vec<TouchedFile>> {
    let (host, dir) = (home.host_of(name)?, home.lookout(name)?);
    let changes = Lookout::open(&host, &dir)?.changes(from, to)?;
    let mut files = footprint(&changes, &home.prefix_in(name), &unit.chunk).files;
    for file in &mut files {
        file.path = home.named_in(name, &file.path);
    }
    Ok(files)
}

fn attempt(home: &Home, one: &Each<ObjectId>, other: &Each<ObjectId>) -> Outcomes<Trial> {
    let mut conflicts = Vec::new();
    for (name, one) in one.iter() {
        let Some(other) = other.get(name) else { continue };
        let host = home.host_of(name)?;
        if let Fit::Conflict(paths) = Lookout::open(&host, &home.lookout(name)?)?.fit(one, other)? {
            let prefix = home.prefix_in(name);
            conflicts.extend(paths.iter().map(|path| home.named_in(name, &in_project(path, &prefix))));
        }
    }
    Ok(Trial { conflicts })
}

/// The worst of what became of them in each repository.
fn compare(home: &Home, one: &Each<Merge>, other: &Each<Merge>) -> Outcomes<Outcome> {
    let mut all = Outcome::Clean;
    for (name, one) in one.iter() {
        let Some(other) = other.get(name) else { continue };
        let host = home.host_of(name)?;
        let lookout = Lookout::open(&host, &home.lookout(name)?)?;
        match lookout.applies_alone([(&one.from, &one.commit), (&other.from, &other.commit)])? {
            Some(true) => {}
            Some(false) => return Ok(Outcome::Conflict),
            None => all = Outcome::Unknown,
        }
    }
    Ok(all)
}

fn collides(home: &Home, landed: &Each<Merge>, work: &Each<ObjectId>) -> Outcomes<bool> {
    for (name, landed) in landed.iter() {
        let Some(work) = work.get(name) else { continue };
        let host = home.host_of(name)?;
        if !Lookout::open(&host, &home.lookout(name)?)?.applies_onto((&landed.from, &landed.commit), work)? {
            return Ok(true);
        }
    }
    Ok(false)
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
