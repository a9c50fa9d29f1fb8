//! What the demo's project consists of and what becomes of it: the chunks, as data that the project, the agent and the account share.

use std::time::Duration;

/// The branch that everything lands on.
pub(super) const BRANCH: &str = "main";

/// One chunk of the demo.
#[derive(Debug)]
pub(super) struct Task {
    /// Its name.
    pub(super) chunk: &'static str,
    /// What it is to reach, in one sentence.
    pub(super) goal: &'static str,
    /// The chunk that has to land before.
    pub(super) after: Option<&'static str>,
    /// The file it changes.
    pub(super) file: &'static str,
    /// The lines it adds there. `{answer}` stands for what the operator answers.
    pub(super) lines: &'static str,
    /// Whether it comes with a plan.
    pub(super) plan: Plan,
    /// What happens on its way.
    pub(super) turn: Turn,
}

/// Whether a chunk comes with a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// It is written already.
    Written,
    /// An agent has to write it.
    Missing,
}

/// What happens on the way of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing special.
    Straight,
    /// Its agent asks the operator.
    Asks,
    /// Its agent dies half-way, once.
    Crashes,
    /// Its review sends it back, once.
    SentBack,
    /// The allowance of its agent's account is used up half-way, and comes back soon.
    Limited,
}

/// How long the allowance of the account is used up. Real ones take hours.
pub(super) const LIMITED_FOR: Duration = Duration::from_secs(2);

/// What the agent of the chunk that asks wants to know.
pub(super) const QUESTION: &str = "How shall the program say farewell?";

/// What it offers. The first one is the answer when nobody is there to give one.
pub(super) const CHOICES: [&str; 3] = ["See you soon", "Goodbye", "Until next time"];

/// What the review finds in the chunk that it sends back, and what it proposes.
pub(super) const CONCERN: [&str; 2] = ["the version is there, but nothing prints it", "add a function that does"];

/// The two chunks that change the same file, so that they may not overlap.
pub(super) const PAIR: [&str; 2] = ["colour", "shout"];

/// All chunks.
pub(super) const TASKS: [Task; 9] = [
    Task {
        chunk: "words",
        goal: "Keep the words of the program in one place.",
        after: None,
        file: "src/words.sh",
        lines: "hello=Hello\nworld=world\n",
        plan: Plan::Written,
        turn: Turn::Straight,
    },
    Task {
        chunk: "greet",
        goal: "Greet somebody by name, and the world if no name is given.",
        after: Some("words"),
        file: "src/greet.sh",
        lines: "greet() { echo \"$hello, $name!\"; }\nname=${1:-$world}\n",
        plan: Plan::Written,
        turn: Turn::Straight,
    },
    Task {
        chunk: "usage",
        goal: "Tell how the greeting is used.",
        after: Some("greet"),
        file: "USAGE.txt",
        lines: "greet [NAME]   says hello\n",
        plan: Plan::Written,
        turn: Turn::Straight,
    },
    Task {
        chunk: "colour",
        goal: "Print greetings in colour.",
        after: None,
        file: "src/style.sh",
        lines: "colour() { printf '\\033[32m%s\\033[0m\\n' \"$1\"; }\n",
        plan: Plan::Written,
        turn: Turn::Straight,
    },
    Task {
        chunk: "shout",
        goal: "Print greetings in capitals.",
        after: None,
        file: "src/style.sh",
        lines: "shout() { printf '%s\\n' \"$1\" | tr '[:lower:]' '[:upper:]'; }\n",
        plan: Plan::Written,
        turn: Turn::Straight,
    },
    Task {
        chunk: "farewell",
        goal: "Say farewell, in words that the operator chooses.",
        after: None,
        file: "src/farewell.txt",
        lines: "{answer}\n",
        plan: Plan::Written,
        turn: Turn::Asks,
    },
    Task {
        chunk: "checks",
        goal: "Check that a name is not too long.",
        after: None,
        file: "src/checks.sh",
        lines: "longest=40\nfits() { test ${#1} -le \"$longest\"; }\n",
        plan: Plan::Written,
        turn: Turn::Crashes,
    },
    Task {
        chunk: "version",
        goal: "Let the program tell its version.",
        after: None,
        file: "src/version.sh",
        lines: "version=1.0\nversion() { echo \"$version\"; }\n",
        plan: Plan::Missing,
        turn: Turn::SentBack,
    },
    Task {
        chunk: "daytime",
        goal: "Greet as the time of the day asks for.",
        after: None,
        file: "src/daytime.sh",
        lines: "noon=12\ndaytime() { test \"$1\" -lt \"$noon\" && echo morning || echo day; }\n",
        plan: Plan::Written,
        turn: Turn::Limited,
    },
];

impl Task {
    /// The task of a chunk.
    pub(super) fn of(chunk: &str) -> Option<&'static Task> {
        TASKS.iter().find(|task| task.chunk == chunk)
    }

    /// The lines it adds, given what the operator answered.
    pub(super) fn lines(&self, answer: &str) -> String {
        self.lines.replace("{answer}", answer)
    }

    /// The first part of its lines: what an agent leaves that does not come to its end.
    pub(super) fn first_part(&self) -> &'static str {
        self.lines.split_inclusive('\n').next().unwrap_or_default()
    }

    /// The goal document, as a chunk that waits for its turn has it.
    pub(super) fn goal_document(&self) -> String {
        let after = self.after.map_or_else(|| "null".to_owned(), |chunk| format!("[{chunk}]"));
        format!(
            "---\nstatus: FUTURE\nticket: null\nparent_chunk: null\ncode_paths:\n- {}\ncode_references: []\nsubsystems: []\n\
             depends_on: {after}\n---\n\n# {}\n\n## Minor Goal\n\n{}\n\n## Success Criteria\n\n- `{}` does it, and `sh check.sh` passes\n",
            self.file, self.chunk, self.goal, self.file
        )
    }

    /// The plan document.
    pub(super) fn plan_document(&self) -> String {
        format!(
            "# Implementation Plan\n\n## Approach\n\n{} One file is enough.\n\n## Sequence\n\n### Step 1\n\nLocation: {}\n",
            self.goal, self.file
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::domain::chunk::{ChunkStatus, Declared};
    use crate::domain::conflict::{Side, Verdict, judge};
    use crate::domain::ids::ChunkName;
    use crate::domain::policy::ConflictPolicy;
    use crate::project::document;

    fn facts(task: &Task) -> crate::domain::chunk::ChunkFacts {
        let plan = (task.plan == Plan::Written).then(|| task.plan_document());
        document::parse(&ChunkName::parse(task.chunk).unwrap(), &task.goal_document(), plan.as_deref()).unwrap()
    }

    #[test]
    fn the_documents_say_what_the_script_says() {
        for task in &TASKS {
            let facts = facts(task);
            assert_eq!(facts.status, ChunkStatus::Future);
            assert_eq!(facts.has_plan(), task.plan == Plan::Written, "{}", task.chunk);
            match task.after {
                Some(after) => assert_eq!(facts.dependencies, Declared::On(vec![ChunkName::parse(after).unwrap()])),
                None => assert_eq!(facts.dependencies, Declared::Unknown),
            }
        }
    }

    #[test]
    fn only_the_pair_is_in_each_others_way() {
        let policy = ConflictPolicy::default();
        for one in &TASKS {
            for other in TASKS.iter().filter(|other| other.chunk > one.chunk) {
                let (a, b) = (facts(one), facts(other));
                let verdict = judge(Side::documented(&a), Side::documented(&b), None, &policy).verdict;
                let expected = if PAIR == [one.chunk, other.chunk] { Verdict::Serialize } else { Verdict::Independent };
                assert_eq!(verdict, expected, "{} and {}", one.chunk, other.chunk);
            }
        }
    }
}
