//! The prompts as agents get them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;

struct World {
    chunk: ChunkName,
    branch: BranchName,
    commit: ObjectId,
}

impl World {
    fn new() -> Self {
        Self {
            chunk: ChunkName::parse("add_login").unwrap(),
            branch: BranchName::parse("trunk").unwrap(),
            commit: ObjectId::parse("c".repeat(40)).unwrap(),
        }
    }

    fn facts(&self) -> PromptFacts<'_> {
        PromptFacts {
            chunk: &self.chunk,
            base_branch: &self.branch,
            base_commit: &self.commit,
            worktree: Path::new("/state/units/7/worktree"),
            task: None,
            speech: Speech::Tools,
            conversation: Conversation::New,
            answer: None,
            message: None,
            nudge: None,
            reentry: None,
            feedback: None,
        }
    }

    fn prompt(&self, phase: Phase) -> String {
        render(builtin(phase), &self.facts()).unwrap()
    }
}

fn position(text: &str, part: &str) -> usize {
    text.find(part).unwrap_or_else(|| unreachable!("{part:?} is not in {text}"))
}

#[test]
fn every_phase_names_its_chunk_its_documents_and_where_it_works() {
    let world = World::new();
    for phase in Phase::ALL {
        let prompt = world.prompt(phase);
        for part in ["`add_login`", "docs/chunks/add_login/GOAL.md", "/state/units/7/worktree", "relative"] {
            assert!(prompt.contains(part), "{phase:?}: {part}");
        }
        assert!(!prompt.contains("{chunk}") && !prompt.contains("ve chunk"), "{phase:?}");
        check(builtin(phase)).unwrap();
    }
}

#[test]
fn a_rebase_names_the_recorded_base_and_no_tool_of_another_project() {
    let prompt = World::new().prompt(Phase::Rebase);
    assert!(prompt.contains("`trunk` moved on") && prompt.contains("git merge "), "{prompt}");
    assert!(!prompt.contains("`main`") && !prompt.contains("pytest"), "{prompt}");
}

#[test]
fn in_a_task_every_repository_is_named_with_its_base() {
    let world = World::new();
    let base = |digit: &str| Base { branch: world.branch.clone(), commit: ObjectId::parse(digit.repeat(40)).unwrap() };
    let (lead, web) = (RepoName::parse("docs").unwrap(), RepoName::parse("acme/web").unwrap());
    let bases = Each { lead: base("a"), others: [(web, base("b"))].into() };
    let facts = PromptFacts { task: Some(TaskFacts { lead: &lead, bases: &bases }), ..world.facts() };
    let prompt = render(builtin(Phase::Implement), &facts).unwrap();
    let lines = [
        format!("- `docs`, with the chunk's documents: cut from `trunk` at `{}`\n", "a".repeat(40)),
        format!("- `acme/web`: cut from `trunk` at `{}`\n", "b".repeat(40)),
    ];
    for part in lines.iter().map(String::as_str).chain(["`docs/docs/chunks/add_login/PLAN.md`", "git -C docs status"]) {
        assert!(prompt.contains(part), "{part} is not in {prompt}");
    }
}

#[test]
fn each_phase_says_literally_how_it_ends() {
    let world = World::new();
    assert!(world.prompt(Phase::Goal).contains("git commit -m \"add_login: goal\""));
    assert!(world.prompt(Phase::Plan).contains("Location: src/module/file.ext#symbol"));
    assert!(world.prompt(Phase::Implement).contains("git rm -f docs/chunks/add_login/REVIEW_FEEDBACK.md"));
    let rebase = world.prompt(Phase::Rebase);
    assert!(rebase.contains(&format!("git merge {}", "c".repeat(40))) && rebase.contains("`trunk`"));
    assert!(!rebase.contains("main"));
    assert!(world.prompt(Phase::Review).contains("`review_decision` tool"));
    let complete = world.prompt(Phase::Complete);
    assert!(position(&complete, "status: IMPLEMENTING") < position(&complete, "status: ACTIVE"));
}

#[test]
fn an_agent_without_tools_is_told_the_lines_to_print() {
    let world = World::new();
    let facts = PromptFacts { speech: Speech::Lines, ..world.facts() };
    let review = render(builtin(Phase::Review), &facts).unwrap();
    assert!(review.contains(r#"{"ve":"review","decision":"FEEDBACK""#) && !review.contains("review_decision"));
    assert!(render(builtin(Phase::Plan), &facts).unwrap().contains(r#"{"ve":"question""#));
}

#[test]
fn what_is_new_comes_first_and_word_for_word() {
    let world = World::new();
    let facts = PromptFacts {
        answer: Some("Use {chunk} literally.\n"),
        message: Some("Hurry."),
        reentry: Some("Feedback was not dealt with."),
        feedback: Some("### Issue 1: src/a.rs\n"),
        ..world.facts()
    };
    let prompt = render(builtin(Phase::Implement), &facts).unwrap();
    let order = [
        "Use {chunk} literally.",
        "Hurry.",
        "Feedback was not dealt with.",
        "### Issue 1: src/a.rs",
        "## Where you work",
        "# Implement chunk `add_login`",
    ];
    let positions: Vec<usize> = order.iter().map(|part| position(&prompt, part)).collect();
    assert!(positions.is_sorted(), "{positions:?}");
}

#[test]
fn a_resumed_session_gets_only_what_is_new() {
    let world = World::new();
    let resumed = PromptFacts { conversation: Conversation::Resumed, ..world.facts() };
    let template = builtin(Phase::Review);
    assert!(render(template, &resumed).unwrap().starts_with("You were interrupted."));
    let answered = PromptFacts { answer: Some("JWT"), ..resumed };
    assert_eq!(render(template, &answered).unwrap(), "## The operator answers\n\nJWT");
    let nudged = PromptFacts { nudge: Some(Nudge::Decide), ..resumed };
    assert!(render(template, &nudged).unwrap().contains("`review_decision` tool"));
    let nudged = PromptFacts { nudge: Some(Nudge::SetStatus), ..resumed };
    assert!(render(template, &nudged).unwrap().contains("`status: ACTIVE`"));
}

#[test]
fn a_project_may_have_its_own_prompt() {
    let world = World::new();
    let prompt = render("Run /chunk-plan for {chunk} at {base_commit}.", &world.facts()).unwrap();
    assert!(prompt.ends_with(&format!("Run /chunk-plan for add_login at {}.", "c".repeat(40))));
    assert_eq!(check("ok\n{chunkk}").unwrap_err().line, 2);
    assert_eq!(override_paths(Phase::Plan)[0], Path::new(".ve/prompts/plan.md"));
}
