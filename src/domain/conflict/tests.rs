//! What is judged, from which knowledge, and what follows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::domain::chunk::{ChunkStatus, CodePlace, Declared, Goal, Plan, SubsystemLink, SubsystemRelation};
use crate::domain::footprint::{Lines, Part, TouchedFile};
use crate::domain::ids::ChunkName;

fn name(text: &str) -> ChunkName {
    ChunkName::parse(text).unwrap()
}

fn places(texts: &[&str]) -> Vec<CodePlace> {
    texts.iter().filter_map(|text| CodePlace::parse(text)).collect()
}

fn facts(paths: &[&str], plan: &[&str]) -> ChunkFacts {
    ChunkFacts {
        name: name("a"),
        status: ChunkStatus::Implementing,
        dependencies: Declared::Unknown,
        code_paths: paths.iter().map(ToString::to_string).collect(),
        code_references: Vec::new(),
        subsystems: Vec::new(),
        parent: None,
        goal: Goal::default(),
        plan: Some(Plan { has_content: true, locations: places(plan) }),
        content: ContentHash([0; 20]),
        subject: ContentHash([0; 20]),
    }
}

fn goal(text: &str) -> ChunkFacts {
    let mut facts = facts(&[], &[]);
    facts.goal = Goal { body: text.to_owned(), mentions: places(&[text]), ..Goal::default() };
    facts
}

fn builds(subsystem: &str, relation: SubsystemRelation) -> ChunkFacts {
    let mut facts = facts(&[], &[]);
    facts.subsystems = vec![SubsystemLink { subsystem: subsystem.to_owned(), relation }];
    facts
}

/// A work that has changed these places: `path#symbol`, `path#` between symbols, `path` all of it. Lines 10 to 12 of each.
fn done(places: &[&str]) -> Footprint {
    let mut footprint = Footprint::default();
    for place in places {
        let (path, part) = match place.split_once('#') {
            None => (*place, Part::Whole),
            Some((path, "")) => (path, Part::Between),
            Some((path, symbol)) => (path, Part::Symbol(symbol.to_owned())),
        };
        let lines = vec![Lines { first: 10, last: 12 }];
        let file = TouchedFile { path: path.to_owned(), parts: [part.clone()].into(), lines };
        match footprint.files.iter_mut().find(|file| file.path == path) {
            Some(known) => drop(known.parts.insert(part)),
            None => footprint.files.push(file),
        }
    }
    footprint
}

fn side(facts: &ChunkFacts) -> Side<'_> {
    Side::documented(facts)
}

fn at_work<'a>(facts: &'a ChunkFacts, done: &'a Footprint, ahead: Ahead) -> Side<'a> {
    Side { facts, has_begun: true, done: Some(done), ahead }
}

/// Judged both ways around.
fn both(a: Side<'_>, b: Side<'_>, trial: Option<&Trial>) -> Judgement {
    let policy = ConflictPolicy::default();
    let (one, other) = (judge(a, b, trial, &policy), judge(b, a, trial, &policy));
    let key = |judged: &Judgement| (judged.verdict, judged.probability, judged.stage, judged.evidence.len());
    assert_eq!(key(&one), key(&other), "order does not matter");
    one
}

fn verdict(a: &ChunkFacts, b: &ChunkFacts) -> (Verdict, Stage) {
    let judged = both(side(a), side(b), None);
    (judged.verdict, judged.stage)
}

fn shown(judged: &Judgement) -> Vec<String> {
    judged.evidence.iter().map(|evidence| format!("{} {evidence}", evidence.kind())).collect()
}

#[test]
fn the_operators_word_counts_until_a_document_changes() {
    let named = |text: &str, subject: u8| {
        let mut facts = facts(&[], &["src/a.rs"]);
        facts.name = name(text);
        facts.subject = ContentHash([subject; 20]);
        facts
    };
    let (a, b, changed) = (named("a", 1), named("b", 2), named("b", 3));
    let policy = ConflictPolicy::default();
    let judged = |resolution: &Resolution, a, b, has_begun| {
        let (a, b) = (Side { has_begun, ..side(a) }, side(b));
        let between = Between { resolution: Some(resolution), trial: None };
        let (one, other) = (judge_pair(a, b, between, &policy), judge_pair(b, a, between, &policy));
        assert_eq!((one.verdict, one.by_operator), (other.verdict, other.by_operator), "order does not matter");
        (one.verdict, one.by_operator)
    };
    let together = Resolution::new(Verdict::Independent, &b, &a);
    assert_eq!(judged(&together, &a, &b, false), (Verdict::Independent, true));
    assert_eq!(judged(&together, &a, &changed, false), (Verdict::Serialize, false));
    assert_eq!(judged(&together, &a, &changed, true), (Verdict::Serialize, false));
    let apart = Resolution::new(Verdict::Serialize, &a, &b);
    assert_eq!(judged(&apart, &a, &b, false), (Verdict::Serialize, true));
    assert_eq!(judged(&apart, &a, &changed, false), (Verdict::Serialize, false));
    assert_eq!(judged(&apart, &a, &changed, true), (Verdict::Serialize, true), "until what has begun has landed");
}

#[test]
fn guesses_do_not_order_what_was_declared_but_the_operator_and_facts_do() {
    let guess = both(side(&facts(&["src/a.rs"], &[])), side(&facts(&["src/a.rs"], &[])), None);
    assert_eq!(guess.stage, Stage::Goal);
    assert!(guess.keeps_apart(false) && !guess.keeps_apart(true));
    let decided = Judgement { by_operator: true, ..guess.clone() };
    assert!(decided.keeps_apart(true));
    assert!(!Judgement { verdict: Verdict::Independent, ..decided }.keeps_apart(false));
    for stage in [Stage::Plan, Stage::Live, Stage::Completed] {
        assert!(Judgement { stage, ..guess.clone() }.keeps_apart(true));
    }
}

#[test]
fn plans_that_touch_one_file_are_serialised() {
    let (a, b) = (facts(&[], &["src/a.rs"]), facts(&[], &["src/a.rs", "src/b.rs"]));
    assert_eq!(verdict(&a, &b), (Verdict::Serialize, Stage::Plan));
}

#[test]
fn the_same_file_with_other_symbols_is_no_conflict_but_less_sure() {
    let (a, b) = (facts(&[], &["src/a.rs#Reader"]), facts(&[], &["src/a.rs#Writer::sync"]));
    let judged = both(side(&a), side(&b), None);
    assert_eq!((judged.verdict, judged.stage), (Verdict::Independent, Stage::Plan));
    assert_eq!((judged.evidence.len(), judged.shared.as_slice()), (0, ["src/a.rs".to_owned()].as_slice()));
    let elsewhere = both(side(&a), side(&facts(&[], &["src/b.rs"])), None);
    assert!(elsewhere.probability < judged.probability);
    for parent in ["src/a.rs#Writer", "src/a.rs#Writer.sync()", "src/a.rs"] {
        assert_eq!(verdict(&facts(&[], &[parent]), &b), (Verdict::Serialize, Stage::Plan), "{parent}");
    }
}

#[test]
fn the_stage_is_that_of_the_one_less_known() {
    let (a, b) = (facts(&["src/a.rs"], &["src/a.rs"]), facts(&["src/a.rs"], &[]));
    assert_eq!(verdict(&a, &b), (Verdict::Serialize, Stage::Goal));
    assert_eq!(verdict(&a, &facts(&[], &[])), (Verdict::Independent, Stage::Proposed));
    assert_eq!(verdict(&goal("x"), &goal("y")), (Verdict::Independent, Stage::Goal));
    let mut completed = facts(&[], &[]);
    completed.code_references = places(&["src/a.rs#Reader"]);
    assert_eq!(verdict(&completed, &completed), (Verdict::Serialize, Stage::Completed));
    assert_eq!(verdict(&completed, &facts(&[], &["src/a.rs"])), (Verdict::Serialize, Stage::Plan));
}

#[test]
fn two_that_build_one_subsystem_are_the_operators_to_decide() {
    use SubsystemRelation::{Implements, Uses};
    let judged = both(side(&builds("store", Implements)), side(&builds("store", Implements)), None);
    assert_eq!((judged.verdict, judged.stage), (Verdict::AskOperator, Stage::Goal));
    assert_eq!(shown(&judged), ["SUBSYSTEM subsystem store"]);
    assert_eq!(verdict(&builds("store", Implements), &builds("store", Uses)).0, Verdict::Independent);
    assert_eq!(verdict(&builds("store", Implements), &builds("wire", Implements)).0, Verdict::Independent);
    let planned = |plan: &str| ChunkFacts { plan: facts(&[], &[plan]).plan, ..builds("store", Implements) };
    let judged = both(side(&planned("src/a.rs")), side(&planned("src/b.rs")), None);
    assert_eq!((judged.verdict, judged.probability), (Verdict::Independent, 20), "places say more than subsystems");
}

#[test]
fn a_chunk_and_the_one_it_modifies_are_the_operators_to_decide() {
    let (parent, mut child) = (goal("x"), goal("y"));
    child.name = name("b");
    child.parent = Some(parent.name.clone());
    let judged = both(side(&parent), side(&child), None);
    assert_eq!((judged.verdict, shown(&judged)), (Verdict::AskOperator, vec!["SUBSYSTEM parent a".to_owned()]));
}

#[test]
fn what_goals_only_speak_of_makes_less_sure_and_no_more() {
    let judged = both(side(&goal("src/a.rs")), side(&goal("src/a.rs")), None);
    assert_eq!((judged.verdict, shown(&judged)), (Verdict::Independent, vec!["FILE src/a.rs".to_owned()]));
    assert!(judged.probability > both(side(&goal("src/a.rs")), side(&goal("src/b.rs")), None).probability);
}

#[test]
fn works_that_do_not_merge_are_serialised_with_the_symbol_and_its_lines() {
    let (a, b) = (done(&["src/a.rs#f", "src/c.rs#x"]), done(&["src/a.rs#f", "src/c.rs#y"]));
    let nothing = facts(&[], &[]);
    let trial = Trial { conflicts: vec!["src/a.rs".to_owned(), "src/b.rs".to_owned()] };
    let judged = both(at_work(&nothing, &a, Ahead::Code), at_work(&nothing, &b, Ahead::Code), Some(&trial));
    assert_eq!((judged.verdict, judged.stage, judged.probability), (Verdict::Serialize, Stage::Live, 97));
    assert_eq!(shown(&judged), ["SYMBOL src/a.rs#f", "FILE src/b.rs"]);
    assert_eq!(judged.evidence[0].lines(), [Lines { first: 10, last: 12 }]);
    assert_eq!(judged.shared, ["src/c.rs"]);
}

#[test]
fn works_that_merge_are_judged_by_their_symbols() {
    let nothing = facts(&[], &[]);
    let judged = |a: &[&str], b: &[&str]| {
        let (a, b) = (done(a), done(b));
        let clean = Trial::default();
        both(at_work(&nothing, &a, Ahead::Code), at_work(&nothing, &b, Ahead::Code), Some(&clean))
    };
    let same = judged(&["src/a.rs#A::f"], &["src/a.rs#A::f"]);
    assert_eq!((same.verdict, shown(&same)), (Verdict::AskOperator, vec!["SYMBOL src/a.rs#A::f".to_owned()]));
    let beside = judged(&["src/a.rs#A::f", "src/a.rs#"], &["src/a.rs#A::g", "src/a.rs#"]);
    assert_eq!((beside.verdict, beside.shared), (Verdict::Independent, vec!["src/a.rs".to_owned()]));
    let prose = judged(&["README"], &["README"]);
    assert_eq!((prose.verdict, prose.shared), (Verdict::Independent, vec!["README".to_owned()]));
    let elsewhere = judged(&["src/a.rs"], &["src/b.rs"]);
    assert!(elsewhere.probability < beside.probability);
}

#[test]
fn what_a_plan_still_announces_counts_until_the_code_is_done() {
    let planned = facts(&[], &["src/shared.rs", "src/x.rs#f"]);
    let (a, b) = (done(&["src/a.rs#f"]), done(&["src/shared.rs#g"]));
    let clean = Trial::default();
    let judged =
        |ahead| both(at_work(&planned, &a, ahead), at_work(&facts(&[], &[]), &b, Ahead::Nothing), Some(&clean));
    assert_eq!((judged(Ahead::Code).verdict, judged(Ahead::Code).stage), (Verdict::Serialize, Stage::Plan));
    assert_eq!((judged(Ahead::Nothing).verdict, judged(Ahead::Nothing).stage), (Verdict::Independent, Stage::Live));
    // Once it has been in the file, what it did there counts.
    let a = done(&["src/shared.rs#h"]);
    let judged = both(at_work(&planned, &a, Ahead::Code), at_work(&planned, &b, Ahead::Code), Some(&clean));
    assert_eq!((judged.verdict, judged.stage), (Verdict::Serialize, Stage::Plan), "both still mean to change x.rs#f");
    assert_eq!(shown(&judged), ["SYMBOL src/x.rs#f"]);
}

#[test]
fn what_one_has_done_counts_against_what_the_other_one_plans() {
    let (nothing, work) = (facts(&[], &[]), done(&["src/a.rs#f"]));
    let at_work = at_work(&nothing, &work, Ahead::Code);
    let judged = |plan: &str| both(at_work, side(&facts(&[], &[plan])), None);
    assert_eq!((judged("src/a.rs#f").verdict, judged("src/a.rs#f").stage), (Verdict::Serialize, Stage::Plan));
    assert_eq!(judged("src/a.rs#g").verdict, Verdict::Independent);
    assert_eq!(judged("src/a.rs").verdict, Verdict::Serialize);
    let empty = Footprint::default();
    let begun = Side { done: Some(&empty), ..side(&nothing) };
    assert_eq!(both(begun, side(&nothing), Some(&Trial::default())).stage, Stage::Proposed, "nothing done is not LIVE");
}

#[test]
fn thresholds_and_prior_are_the_projects() {
    let (a, b) = (facts(&[], &["src/a.rs"]), facts(&[], &["src/a.rs"]));
    let wary = ConflictPolicy { serialize_from: 70, ..ConflictPolicy::default() };
    assert_eq!(judge(side(&a), side(&b), None, &wary).verdict, Verdict::AskOperator);
    let afraid = ConflictPolicy { prior: 40, ..ConflictPolicy::default() };
    let (a, b) = (facts(&[], &[]), facts(&[], &[]));
    assert_eq!(judge(side(&a), side(&b), None, &afraid).verdict, Verdict::AskOperator);
}
