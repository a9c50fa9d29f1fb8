//! Codecs on recorded streams of real agents: what they mean, and that a codec rebuilt from the log is the same codec.

use crate::live::spec;
use crate::recorded_others::OTHERS;
use proptest::prelude::{ProptestConfig, any, proptest};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use ve::agent::spec::{Permissions, Session, Tools};
use ve::agent::transcript::{Source, Transcript};
use ve::agent::{Activity, Codec, Command, Decision, Decoded, Input, Turn, codec};
use ve::domain::agent::AgentKind;
use ve::domain::report::{ErrorKind, Outcome, ProcessExit, Report, Usage};

/// A recorded stream and what it must mean.
pub struct Recorded {
    /// The directory of its fixture, and how its agent is configured.
    pub agent: Agent,
    pub name: &'static str,
    pub exit: ProcessExit,
    pub outcome: &'static str,
    /// Reports in order, a word each.
    pub reports: &'static str,
    /// Input and output tokens.
    pub tokens: (u64, u64),
}

/// Who was recorded.
#[derive(Clone, Copy, Debug)]
pub struct Agent {
    pub fixtures: &'static str,
    pub kind: AgentKind,
}

const CLAUDE: Agent = Agent { fixtures: "claude", kind: AgentKind::Claude };

const ALL: [Recorded; 19] = [
    Recorded {
        agent: CLAUDE,
        name: "write",
        exit: ProcessExit::Code(0),
        outcome: "finished",
        reports: "session usage Write result usage Bash result usage text usage cost end",
        tokens: (300, 30),
    },
    Recorded {
        agent: CLAUDE,
        name: "resumed",
        exit: ProcessExit::Code(0),
        outcome: "finished",
        reports: "session usage text usage cost end",
        tokens: (100, 10),
    },
    Recorded {
        agent: CLAUDE,
        name: "ask",
        exit: ProcessExit::Code(0),
        outcome: "finished",
        reports: "session usage AskUserQuestion question:2 result usage mcp__orch__ask_operator question:1 result usage \
                  mcp__orch__report_progress progress result usage text usage cost end",
        tokens: (400, 40),
    },
    Recorded {
        agent: CLAUDE,
        name: "suspended",
        exit: ProcessExit::Code(143),
        outcome: "suspended",
        reports: "session usage AskUserQuestion question:2",
        tokens: (100, 1),
    },
    Recorded {
        agent: CLAUDE,
        name: "interrupted-question",
        exit: ProcessExit::Code(1),
        outcome: "suspended",
        reports: "session usage AskUserQuestion question:2 result! usage cost end",
        tokens: (100, 10),
    },
    Recorded {
        agent: CLAUDE,
        name: "abandoned-question",
        exit: ProcessExit::Code(1),
        outcome: "suspended",
        reports: "session usage AskUserQuestion question:2 result! usage cost end",
        tokens: (100, 10),
    },
    Recorded {
        agent: CLAUDE,
        name: "interrupted-operator",
        exit: ProcessExit::Code(1),
        outcome: "suspended",
        reports: "session usage mcp__orch__ask_operator question:1 result! usage cost end",
        tokens: (100, 10),
    },
    Recorded {
        agent: CLAUDE,
        name: "abandoned-operator",
        exit: ProcessExit::Code(0),
        outcome: "suspended",
        reports: "session usage mcp__orch__ask_operator question:1 result! usage text usage cost end",
        tokens: (200, 20),
    },
    Recorded {
        agent: CLAUDE,
        name: "review",
        exit: ProcessExit::Code(0),
        outcome: "finished",
        reports: "session usage mcp__orch__review_decision result! usage mcp__orch__review_decision review result usage text \
                  usage cost end",
        tokens: (300, 30),
    },
    Recorded {
        agent: CLAUDE,
        name: "permission",
        exit: ProcessExit::Code(0),
        outcome: "finished",
        reports: "session usage Bash permission result usage Bash permission result! usage text usage cost end",
        tokens: (300, 30),
    },
    Recorded {
        agent: CLAUDE,
        name: "background",
        exit: ProcessExit::Code(0),
        outcome: "finished",
        reports: "session usage Bash background:1 result usage text usage cost end background:0 usage text usage cost end",
        tokens: (300, 30),
    },
    Recorded {
        agent: CLAUDE,
        name: "interrupted",
        exit: ProcessExit::Code(1),
        outcome: "interrupted",
        reports: "session usage Bash result! usage cost end",
        tokens: (100, 10),
    },
    Recorded {
        agent: CLAUDE,
        name: "retried",
        exit: ProcessExit::Code(0),
        outcome: "finished",
        reports: "session retry usage text usage cost end",
        tokens: (100, 10),
    },
    Recorded {
        agent: CLAUDE,
        name: "overloaded",
        exit: ProcessExit::Code(1),
        outcome: "overloaded",
        reports: "session retry error end",
        tokens: (0, 0),
    },
    Recorded {
        agent: CLAUDE,
        name: "usage-limit",
        exit: ProcessExit::Code(1),
        outcome: "usage limit until 4102444800",
        reports: "session error end",
        tokens: (0, 0),
    },
    Recorded {
        agent: CLAUDE,
        name: "not-logged-in",
        exit: ProcessExit::Code(1),
        outcome: "not logged in",
        reports: "session error end",
        tokens: (0, 0),
    },
    Recorded {
        agent: CLAUDE,
        name: "session-lost",
        exit: ProcessExit::Code(1),
        outcome: "session lost",
        reports: "error end",
        tokens: (0, 0),
    },
    Recorded {
        agent: CLAUDE,
        name: "turn-limit",
        exit: ProcessExit::Code(1),
        outcome: "turn limit",
        reports: "session usage Bash result usage cost error end",
        tokens: (100, 10),
    },
    Recorded {
        agent: CLAUDE,
        name: "terminated",
        exit: ProcessExit::Code(143),
        outcome: "crashed",
        reports: "session usage Bash",
        tokens: (100, 1),
    },
];

impl Recorded {
    fn bytes(&self) -> Vec<u8> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(self.agent.fixtures);
        std::fs::read(directory.join(format!("{}.ndjson", self.name))).unwrap()
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        self.bytes().split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    }

    fn codec(&self) -> Box<dyn Codec> {
        let mut spec = spec(Path::new("/unit"), "claude", "the prompt");
        spec.config.kind = self.agent.kind;
        if let ("resumed", Session::New(id)) = (self.name, spec.session.clone()) {
            spec.session = Session::Resume(id);
            spec.used = Usage { input: 200, output: 20, ..Usage::default() };
        }
        match self.name {
            "review" => spec.tools = Tools::Review,
            "permission" => spec.permissions = Permissions::AskOperator,
            _ => {}
        }
        codec(&spec)
    }
}

fn word(report: &Report) -> String {
    match report {
        Report::Session { .. } => "session".into(),
        Report::Text(_) => "text".into(),
        Report::ToolCall { name, .. } => name.clone(),
        Report::ToolResult { failed: true, .. } => "result!".into(),
        Report::ToolResult { failed: false, .. } => "result".into(),
        Report::Question(set) => format!("question:{}", set.items.len()),
        Report::Permission { .. } => "permission".into(),
        Report::Review(_) => "review".into(),
        Report::Progress { .. } => "progress".into(),
        Report::Usage(_) => "usage".into(),
        Report::SessionCost(_) => "cost".into(),
        Report::Retrying { .. } => "retry".into(),
        Report::Background(tasks) => format!("background:{tasks}"),
        Report::Error(_) => "error".into(),
        Report::TurnEnded => "end".into(),
    }
}

fn name(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Finished => "finished".into(),
        Outcome::Suspended => "suspended".into(),
        Outcome::Interrupted => "interrupted".into(),
        Outcome::Crashed { .. } => "crashed".into(),
        Outcome::Failed(error) => match error.kind {
            ErrorKind::Overloaded => "overloaded".into(),
            ErrorKind::UsageLimit { resets_at: Some(at) } => format!("usage limit until {}", at.0 / 1_000_000),
            ErrorKind::NotLoggedIn => "not logged in".into(),
            ErrorKind::SessionLost => "session lost".into(),
            ErrorKind::TurnLimit => "turn limit".into(),
            kind => format!("{kind:?}"),
        },
    }
}

#[test]
fn recorded_streams_mean_what_happened() {
    for recorded in ALL.iter().chain(&OTHERS) {
        let mut codec = recorded.codec();
        let reports: Vec<_> = recorded.lines().iter().flat_map(|line| codec.on_line(line).reports).collect();
        let words: Vec<_> = reports.iter().map(word).collect();
        assert_eq!(words.join(" "), recorded.reports, "{} of {:?}", recorded.name, recorded.agent);
        let outcome = name(&codec.on_exit(recorded.exit, ""));
        assert_eq!(outcome, recorded.outcome, "{} of {:?}", recorded.name, recorded.agent);
        let used = reports.iter().fold(Usage::default(), |sum, report| match report {
            Report::Usage(usage) => sum.plus(*usage),
            _ => sum,
        });
        assert_eq!((used.input, used.output), recorded.tokens, "{} of {:?}", recorded.name, recorded.agent);
    }
}

/// Before its last line a stream that ended well is not finished, whatever the exit code says.
#[test]
fn one_line_less_is_no_success() {
    for recorded in OTHERS.iter().filter(|recorded| recorded.outcome == "finished") {
        let lines: Vec<_> = recorded.lines().into_iter().filter(|line| !line.is_empty()).collect();
        for cut in 0..lines.len() {
            let mut codec = recorded.codec();
            lines[..cut].iter().for_each(|line| drop(codec.on_line(line)));
            let outcome = codec.on_exit(ProcessExit::Code(0), "");
            assert_ne!(outcome, Outcome::Finished, "{} of {:?} after {cut} lines", recorded.name, recorded.agent);
        }
    }
}

#[test]
fn what_is_open_is_known() {
    let at_end = |wanted: &str| {
        let recorded = ALL.iter().find(|recorded| recorded.name == wanted).unwrap();
        let mut codec = recorded.codec();
        recorded.lines().iter().for_each(|line| drop(codec.on_line(line)));
        codec.activity()
    };
    for recorded in ALL.iter().filter(|recorded| recorded.outcome == "finished") {
        let ended = Activity { turn: Turn::Ended, ..Activity::default() };
        assert_eq!(at_end(recorded.name), ended, "{}", recorded.name);
    }
    let running = Activity { open_calls: 1, ..Activity::default() };
    assert_eq!(at_end("terminated"), running);
    assert_eq!(at_end("suspended"), Activity { open_questions: 1, ..running });
}

#[test]
fn a_stream_cut_anywhere_before_its_end_is_never_finished() {
    for recorded in ALL.iter().filter(|recorded| recorded.outcome == "finished") {
        let lines = recorded.lines();
        let last = lines.iter().rposition(|line| line.windows(15).any(|part| part == br#""type":"result""#)).unwrap();
        let first = lines.iter().position(|line| line.windows(15).any(|part| part == br#""type":"result""#)).unwrap();
        for cut in (0..=first).chain(first + 1..=last) {
            let mut codec = recorded.codec();
            lines[..cut].iter().for_each(|line| drop(codec.on_line(line)));
            // Between the end of a background task and the turn that looks at it nothing is open.
            let settled = codec.activity().is_finished();
            let finished = codec.on_exit(ProcessExit::Code(0), "") == Outcome::Finished;
            assert_eq!(finished, settled, "{} after {cut} lines", recorded.name);
            assert!(!finished || cut > first, "{} after {cut} lines", recorded.name);
        }
    }
}

/// What a shim has written, by key. Later texts of a key are not written.
type Journal = BTreeMap<String, String>;

fn write(journal: &mut Journal, inputs: Vec<Input>) {
    for input in inputs {
        journal.entry(input.key).or_insert(input.text);
    }
}

/// The operator's orders after a report: every question is answered, the second permission is denied.
fn orders(report: &Report) -> Option<Command> {
    match report {
        Report::Question(set) => {
            let answers = set.items.iter().map(|item| format!("answer to {}", item.text)).collect();
            Some(Command::Answer { question: set.key.clone(), answers })
        }
        Report::Permission { request, input, .. } => {
            let deny = Decision::Deny { why: "no".into() };
            let decision = if input.contains("denied") { deny } else { Decision::Allow };
            Some(Command::Permit { request: request.clone(), decision })
        }
        _ => None,
    }
}

/// Runs the stream with one daemon, then for every line with one that dies after it; says where they differ.
fn adopted_anywhere(make: &dyn Fn() -> Box<dyn Codec>, lines: &[Vec<u8>], exit: ProcessExit) -> Result<(), String> {
    let mut whole = make();
    let mut journals = vec![Journal::new()];
    let mut activities = vec![whole.activity()];
    let mut reports = Vec::new();
    write(&mut journals[0], whole.start());
    for line in lines {
        let mut journal = journals.last().cloned().unwrap();
        let decoded = whole.on_line(line);
        write(&mut journal, decoded.inputs);
        decoded.reports.iter().filter_map(orders).for_each(|order| write(&mut journal, whole.command(&order)));
        reports.push(decoded.reports);
        journals.push(journal);
        activities.push(whole.activity());
    }
    let outcome = whole.on_exit(exit, "");
    for died in 0..=lines.len() {
        let mut journal = journals[died].clone();
        let mut next = make();
        write(&mut journal, next.start());
        for line in &lines[..died] {
            write(&mut journal, next.on_line(line).inputs);
        }
        if journal != journals[died] {
            return Err(format!("after line {died} the replay writes something else"));
        }
        if next.activity() != activities[died] {
            return Err(format!("after line {died} the replay finds {:?}", next.activity()));
        }
        // Orders that were saved but perhaps not sent are given again.
        reports[..died].iter().flatten().filter_map(orders).for_each(|order| write(&mut journal, next.command(&order)));
        if journal != journals[died] {
            return Err(format!("after line {died} an order is carried out twice"));
        }
        for at in died..lines.len() {
            if next.activity() != activities[at] {
                return Err(format!("adopted after line {died}, line {at} finds {:?}", next.activity()));
            }
            let decoded = next.on_line(&lines[at]);
            write(&mut journal, decoded.inputs);
            decoded.reports.iter().filter_map(orders).for_each(|order| write(&mut journal, next.command(&order)));
            if decoded.reports != reports[at] || journal != journals[at + 1] {
                return Err(format!("adopted after line {died}, line {at} means something else"));
            }
        }
        if next.on_exit(exit, "") != outcome {
            return Err(format!("adopted after line {died}, the end means something else"));
        }
    }
    Ok(())
}

#[test]
fn a_codec_rebuilt_from_the_log_is_the_same_codec() {
    for recorded in ALL.iter().chain(&OTHERS) {
        let result = adopted_anywhere(&|| recorded.codec(), &recorded.lines(), recorded.exit);
        assert_eq!(result, Ok(()), "{}", recorded.name);
    }
}

/// The mutant: it closes a question when it is answered, not when the log says so.
struct Eager {
    codec: Box<dyn Codec>,
    answered: Cell<usize>,
}

impl Codec for Eager {
    fn start(&self) -> Vec<Input> {
        self.codec.start()
    }

    fn on_line(&mut self, line: &[u8]) -> Decoded {
        self.codec.on_line(line)
    }

    fn command(&self, command: &Command) -> Vec<Input> {
        self.answered.set(self.answered.get() + 1);
        self.codec.command(command)
    }

    fn activity(&self) -> Activity {
        let activity = self.codec.activity();
        Activity { open_questions: activity.open_questions.saturating_sub(self.answered.get()), ..activity }
    }

    fn on_exit(&self, exit: ProcessExit, stderr_tail: &str) -> Outcome {
        self.codec.on_exit(exit, stderr_tail)
    }
}

#[test]
fn the_replay_test_catches_state_that_is_not_in_the_log() {
    let ask = ALL.iter().find(|recorded| recorded.name == "ask").unwrap();
    let make = || -> Box<dyn Codec> { Box::new(Eager { codec: ask.codec(), answered: Cell::new(0) }) };
    assert!(adopted_anywhere(&make, &ask.lines(), ask.exit).is_err());
}

#[test]
fn a_transcript_tells_the_same_in_any_pieces() {
    for recorded in ALL.iter().chain(&OTHERS) {
        let bytes = recorded.bytes();
        let mut whole = Transcript::new(Source::Agent(recorded.agent.kind));
        let reports = whole.feed(&bytes);
        assert!(!reports.is_empty(), "{}", recorded.name);
        for size in [1, 7, 4096] {
            let mut pieces = Transcript::new(Source::Agent(recorded.agent.kind));
            let read: Vec<_> = bytes.chunks(size).flat_map(|piece| pieces.feed(piece)).collect();
            assert_eq!(read, reports, "{} in pieces of {size}", recorded.name);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever an agent writes, a codec neither panics nor answers a request it was not asked.
    #[test]
    fn damaged_streams_are_survived(which in 0..ALL.len(), at in any::<usize>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = ALL[which].bytes();
        let at = at % bytes.len();
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let mut codec = ALL[which].codec();
        let said = String::from_utf8_lossy(&bytes).into_owned();
        for line in bytes.split(|byte| *byte == b'\n') {
            for input in codec.on_line(line).inputs {
                let request = input.key.split_once(':').map(|(_, request)| request.to_owned()).unwrap();
                // A damaged id may be escaped where it was written.
                assert!(said.contains(&request) || request.chars().any(|c| !c.is_ascii_alphanumeric() && c != '-'));
            }
        }
        codec.on_exit(ALL[which].exit, "");
    }
}
