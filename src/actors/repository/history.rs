//! The oracle, scored: works made of this project's own sources changed in known ways, and this project's own commits where they are at
//! hand. The truth is a real three-way merge each time. `cargo test --lib history -- --nocapture` prints precision and recall.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and this one prints a table")]

use super::live::footprint;
use crate::code;
use crate::domain::chunk::{ChunkFacts, ChunkStatus, CodePlace, ContentHash, Declared, Goal, Plan};
use crate::domain::conflict::{Ahead, Side, judge};
use crate::domain::footprint::{Footprint, Part, Trial};
use crate::domain::ids::{ChunkName, ObjectId};
use crate::domain::policy::ConflictPolicy;
use crate::domain::prediction::{Outcome, Score};
use crate::git::host::Host;
use crate::git::lookout::{Fit, Lookout};
use crate::git::names::ProjectRefs;
use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Repository, Signature};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Pairs of works that are made.
const CASES: u64 = 150;

/// A little randomness that is the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

/// Real sources of several sizes, by their path.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    for dir in ["src/domain", "src/git", "src/wire"] {
        for entry in fs::read_dir(root.join(dir)).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

/// The files of one work, by path.
type Files = BTreeMap<String, String>;

/// Changes a file as an agent would: some lines of a symbol, a new function behind one, or the imports.
fn edit(text: &str, path: &str, dice: &mut Dice, tag: &str) -> String {
    let outline = code::outline(Path::new(path), text.as_bytes());
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let symbols = outline.symbols();
    // Tasks of one time are about the same things: half of the work is done in few symbols.
    let hot = if dice.below(2) == 0 { symbols.len().min(3) } else { symbols.len() };
    let symbol = &symbols[dice.below(hot)];
    let (first, last) = (symbol.lines.first as usize - 1, symbol.lines.last as usize - 1);
    match dice.below(20) {
        0 => lines.insert(1.min(lines.len()), format!("use std::{tag};")),
        1..=3 => lines.insert(last + 1, format!("\nfn added_by_{tag}() {{\n    let {tag} = 1;\n}}")),
        _ => {
            let at = first + dice.below(last - first + 1);
            for line in lines.iter_mut().skip(at).take(1 + dice.below(4)) {
                line.push_str(&format!(" // {tag}"));
            }
        }
    }
    lines.join("\n") + "\n"
}

/// A work of some edits: what it is half-way, when one edit is missing, and at its end.
fn work(files: &Files, focus: &String, dice: &mut Dice, tag: &str) -> [Files; 3] {
    let (mut changed, mut half, mut nearly) = (Files::new(), Files::new(), Files::new());
    let edits = 3 + dice.below(4);
    for number in 0..edits {
        let all: Vec<&String> = files.keys().collect();
        let path = if dice.below(10) < 6 { focus } else { all[dice.below(all.len())] };
        let text = changed.get(path).unwrap_or(&files[path]);
        let edited = edit(text, path, dice, &format!("{tag}{number}"));
        changed.insert(path.clone(), edited);
        if number + 1 == edits / 2 {
            half.clone_from(&changed);
        }
        if number + 2 == edits {
            nearly.clone_from(&changed);
        }
    }
    [half, nearly, changed]
}

struct Ground {
    _dir: tempfile::TempDir,
    repo: Repository,
    host: Host,
    lookout: PathBuf,
}

impl Ground {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let repo = Repository::init(dir.path().join("host")).unwrap();
        let tree = repo.treebuilder(None).unwrap().write().unwrap();
        commit(&repo, Some("HEAD"), tree, &[]);
        let host = Host::open(&dir.path().join("host"), ProjectRefs::new("p").unwrap(), dir.path()).unwrap();
        Self { repo, host, lookout: dir.path().join("look.git"), _dir: dir }
    }

    fn save(&self, files: &Files, parent: Option<Oid>) -> Oid {
        let mut update = TreeUpdateBuilder::new();
        for (path, text) in files {
            update.upsert(path.as_str(), self.repo.blob(text.as_bytes()).unwrap(), FileMode::Blob);
        }
        let base = match parent {
            Some(parent) => self.repo.find_commit(parent).unwrap().tree().unwrap(),
            None => self.repo.find_tree(self.repo.treebuilder(None).unwrap().write().unwrap()).unwrap(),
        };
        let tree = update.create_updated(&self.repo, &base).unwrap();
        commit(&self.repo, None, tree, &parent.into_iter().collect::<Vec<_>>())
    }
}

fn commit(repo: &Repository, name: Option<&str>, tree: Oid, parents: &[Oid]) -> Oid {
    let who = Signature::now("x", "x@localhost").unwrap();
    let parents: Vec<_> = parents.iter().map(|id| repo.find_commit(*id).unwrap()).collect();
    let parents: Vec<&_> = parents.iter().collect();
    repo.commit(name, &who, &who, "work", &repo.find_tree(tree).unwrap(), &parents).unwrap()
}

fn id(oid: Oid) -> ObjectId {
    ObjectId::parse(oid.to_string()).unwrap()
}

fn seen(lookout: &Lookout<'_>, base: &ObjectId, commit: &ObjectId) -> Footprint {
    let changes = lookout.changes(base, commit).unwrap();
    footprint(&changes, Path::new(""), &ChunkName::parse("x").unwrap())
}

fn trial(fit: Fit) -> Trial {
    let conflicts = match fit {
        Fit::Clean(_) => Vec::new(),
        Fit::Conflict(paths) => paths.iter().map(|path| path.display().to_string()).collect(),
    };
    Trial { conflicts }
}

/// What a planner would have written who knew what the work became: its files, or its symbols.
fn planned(footprint: &Footprint, by_symbol: bool) -> ChunkFacts {
    let mut locations = Vec::new();
    for file in &footprint.files {
        let place = |symbol: Option<&String>| CodePlace { path: file.path.clone(), symbol: symbol.cloned() };
        let places = file.parts.iter().filter_map(|part| match part {
            Part::Symbol(name) => Some(place(Some(name))),
            Part::Whole => Some(place(None)),
            // No plan speaks of imports.
            Part::Between => None,
        });
        if by_symbol {
            locations.extend(places);
        } else {
            locations.push(place(None));
        }
    }
    ChunkFacts {
        name: ChunkName::parse("x").unwrap(),
        status: ChunkStatus::Implementing,
        dependencies: Declared::Unknown,
        code_paths: Vec::new(),
        code_references: Vec::new(),
        subsystems: Vec::new(),
        parent: None,
        goal: Goal::default(),
        plan: Some(Plan { has_content: true, locations }),
        content: ContentHash([0; 20]),
        subject: ContentHash([0; 20]),
    }
}

/// Judges two works by plans of what they became.
fn by_plan(score: &mut Score, [a, b]: [&Footprint; 2], by_symbol: bool, truth: Outcome) {
    let (a, b) = (planned(a, by_symbol), planned(b, by_symbol));
    let judged = judge(Side::documented(&a), Side::documented(&b), None, &ConflictPolicy::default());
    score.count(judged.probability, judged.verdict, Some(truth));
}

/// Judges two works by what they have done so far, and by plans of what they will become where more is ahead.
fn by_work(
    score: &mut Score,
    done: [&Footprint; 2],
    plans: [&Footprint; 2],
    ahead: Ahead,
    trial: &Trial,
    truth: Outcome,
) {
    let plans = plans.map(|plan| planned(plan, true));
    let side = |at: usize| Side { has_begun: true, done: Some(done[at]), ahead, ..Side::documented(&plans[at]) };
    let judged = judge(side(0), side(1), Some(trial), &ConflictPolicy::default());
    score.count(judged.probability, judged.verdict, Some(truth));
}

fn show(title: &str, score: &Score) {
    let part = |part: Option<f64>| part.map_or_else(|| "   -".to_owned(), |part| format!("{part:4.2}"));
    println!(
        "{title:<34} pairs {:3}  conflicts {:3}  precision {}  recall {}  Brier {}",
        score.settled,
        score.conflicts,
        part(score.precision()),
        part(score.recall()),
        part(score.brier())
    );
}

fn outcome(fit: &Fit) -> Outcome {
    if matches!(fit, Fit::Clean(_)) { Outcome::Clean } else { Outcome::Conflict }
}

#[test]
fn the_oracle_is_scored_on_works_made_of_real_sources() {
    let ground = Ground::new();
    let files = sources();
    let base = ground.save(&files, None);
    let lookout = Lookout::open(&ground.host, &ground.lookout).unwrap();
    let (mut by_file, mut by_symbol) = (Score::default(), Score::default());
    let (mut half_way, mut half_planned, mut nearly) = (Score::default(), Score::default(), Score::default());
    let names: Vec<&String> = files.keys().collect();
    let mut dice = Dice(7);
    for _ in 0..CASES {
        let focus = names[dice.below(names.len())];
        let sides = ["one", "other"].map(|tag| work(&files, focus, &mut dice, tag));
        let [[half_a, near_a, a], [half_b, near_b, b]] =
            sides.map(|side| side.map(|files| id(ground.save(&files, Some(base)))));
        let truth = outcome(&lookout.fit(&a, &b).unwrap());
        let see = |commit: &ObjectId| seen(&lookout, &id(base), commit);
        let (plan_a, plan_b) = (see(&a), see(&b));
        let plans = [&plan_a, &plan_b];
        by_plan(&mut by_file, plans, false, truth);
        by_plan(&mut by_symbol, plans, true, truth);
        for (a, b, last) in [(half_a, half_b, None), (near_a, near_b, Some(&mut nearly))] {
            let merged = trial(lookout.fit(&a, &b).unwrap());
            let (a, b) = (see(&a), see(&b));
            match last {
                Some(nearly) => by_work(nearly, [&a, &b], plans, Ahead::Nothing, &merged, truth),
                None => {
                    by_work(&mut half_way, [&a, &b], plans, Ahead::Nothing, &merged, truth);
                    by_work(&mut half_planned, [&a, &b], plans, Ahead::Code, &merged, truth);
                }
            }
        }
    }
    println!();
    show("PLAN, files", &by_file);
    show("PLAN, symbols", &by_symbol);
    show("LIVE, half of the work done", &half_way);
    show("LIVE, half done, the rest planned", &half_planned);
    show("LIVE, one edit of each missing", &nearly);
    assert!(by_symbol.conflicts >= 20 && by_symbol.conflicts <= 130, "conflicts and none: {by_symbol:?}");
    assert!(by_file.recall() == Some(1.0), "no conflict without a file in common");
    assert!(by_symbol.precision() > by_file.precision(), "symbols are more precise than files");
    assert!(by_symbol.brier() < by_file.brier());
    assert!(nearly.brier() < by_symbol.brier(), "what was done says more than what was planned");
}

/// Every commit of this project with a few that came after it: would it have been in their way?
#[test]
fn the_oracle_is_scored_on_the_projects_own_history() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    let Ok(host) = Host::open(here, ProjectRefs::new("p").unwrap(), dir.path()) else {
        return println!("skipped: the sources are in no git repository");
    };
    let lookout = Lookout::open(&host, &dir.path().join("look.git")).unwrap();
    let repo = Repository::open(here).unwrap();
    let mut walk = repo.revwalk().unwrap();
    walk.push_head().unwrap();
    walk.simplify_first_parent().unwrap();
    let commits: Vec<git2::Commit<'_>> = walk.take(24).map(|id| repo.find_commit(id.unwrap()).unwrap()).collect();
    let steps: Vec<(ObjectId, ObjectId)> = commits
        .iter()
        .filter_map(|commit| Some((id(commit.parent_id(0).ok()?), id(commit.id()))))
        .filter(|(from, _)| host.has(from).is_ok_and(|has| has))
        .collect();
    let prints: Vec<Footprint> = steps.iter().map(|(from, to)| seen(&lookout, from, to)).collect();
    let (mut by_file, mut by_symbol) = (Score::default(), Score::default());
    for (later, one) in steps.iter().enumerate() {
        for (earlier, other) in steps.iter().enumerate().skip(later + 1).take(4) {
            let Some(applies) = lookout.applies_alone([(&other.0, &other.1), (&one.0, &one.1)]).unwrap() else {
                continue;
            };
            let truth = if applies { Outcome::Clean } else { Outcome::Conflict };
            by_plan(&mut by_file, [&prints[later], &prints[earlier]], false, truth);
            by_plan(&mut by_symbol, [&prints[later], &prints[earlier]], true, truth);
        }
    }
    println!();
    show("own history, files", &by_file);
    show("own history, symbols", &by_symbol);
    assert!(by_file.recall().is_none_or(|recall| recall >= 0.99), "no conflict without a file in common: {by_file:?}");
}
