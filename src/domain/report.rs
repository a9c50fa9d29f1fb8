//! What an agent says about itself, in words that no vendor owns. Adapters translate into these; the life cycle reads them.

use super::ids::SessionId;
use super::time::Timestamp;

/// One thing an agent reported while it ran.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// The conversation has a name and can be resumed by it.
    Session {
        /// The vendor's id.
        id: SessionId,
        /// Model, where the agent says it.
        model: Option<String>,
        /// Version of the agent program, where it says it.
        version: Option<String>,
    },
    /// Text the agent speaks.
    Text(String),
    /// A tool call begins.
    ToolCall {
        /// Vendor's id of the call; empty when it has none.
        id: String,
        /// Tool name.
        name: String,
        /// Input as JSON text.
        input: String,
    },
    /// A tool call ended.
    ToolResult {
        /// Vendor's id of the call.
        id: String,
        /// Whether the tool failed.
        failed: bool,
        /// Output as text, possibly long.
        text: String,
    },
    /// The agent asks the operator.
    Question(QuestionSet),
    /// The agent asks whether it may do something; answered by policy, not by the operator, inside an enforced sandbox.
    Permission {
        /// Vendor's id of the request.
        request: String,
        /// Tool name.
        tool: String,
        /// Input as JSON text.
        input: String,
    },
    /// The reviewer decided.
    Review(ReviewDecision),
    /// How far the agent thinks it is.
    Progress {
        /// 0 to 100.
        percent: u8,
        /// What it is doing.
        text: String,
    },
    /// Tokens used by one turn or request; sums over the attempt.
    Usage(Usage),
    /// Cost of the whole session so far, in micro-dollars: a running total, not an increment.
    SessionCost(u64),
    /// The agent repeats a request to its model provider by itself.
    Retrying {
        /// Which repetition this is, from 1.
        attempt: u32,
        /// HTTP status where there was one.
        status: Option<u16>,
    },
    /// How many background tasks of the agent still run.
    Background(usize),
    /// The agent reported an error; the attempt may go on.
    Error(AgentError),
    /// A turn ended; a unit of work is finished only when no background task is left and the process is gone.
    TurnEnded,
}

/// A set of questions asked in one call: 1 to 4 items; the unit goes on when all have an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionSet {
    /// Key for re-asks: the vendor's tool-use id, or a hash of the text.
    pub key: String,
    /// The questions.
    pub items: Vec<Question>,
    /// What they are about.
    pub topic: Topic,
}

/// What a set of questions is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Topic {
    /// The work.
    #[default]
    Work,
    /// Whether the agent may use a tool: one item, allowed by the answer [`ALLOW`], denied by any other.
    Permission,
}

/// The answer that grants a permission.
pub const ALLOW: &str = "Allow";

impl QuestionSet {
    /// Questions about the work.
    pub fn new(key: impl Into<String>, items: Vec<Question>) -> Self {
        Self { key: key.into(), items, topic: Topic::Work }
    }

    /// Whether the agent may do what `item` describes.
    pub fn permission(key: impl Into<String>, item: Question) -> Self {
        Self { key: key.into(), items: vec![item], topic: Topic::Permission }
    }
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// A word or two above the question; may be empty.
    pub header: String,
    /// The question itself.
    pub text: String,
    /// Choices offered; empty for free text.
    pub options: Vec<Choice>,
    /// Whether several may be chosen.
    pub many: bool,
}

/// One choice offered with a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the answer says.
    pub label: String,
    /// What it means; may be empty.
    pub description: String,
}

/// How a review ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewDecision {
    /// Approve, send back, or hand to the operator.
    pub verdict: ReviewVerdict,
    /// One paragraph.
    pub summary: String,
    /// What is to be changed; empty unless feedback.
    pub issues: Vec<ReviewIssue>,
    /// Why the operator is needed, for an escalation.
    pub reason: Option<String>,
}

/// The three ends of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewVerdict {
    /// Goes on to COMPLETE.
    Approve,
    /// Goes back to IMPLEMENT.
    Feedback,
    /// Goes to the operator.
    Escalate,
}

/// One point of review feedback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewIssue {
    /// File, symbol or line.
    pub location: String,
    /// What is wrong.
    pub concern: String,
    /// What would be right, where the reviewer says it.
    pub suggestion: Option<String>,
}

/// Tokens by cache class, and cost where the agent counts it per report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Fresh input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Input tokens read from the provider's cache.
    pub cache_read: u64,
    /// Input tokens written to the provider's cache.
    pub cache_write: u64,
    /// Micro-dollars.
    pub cost: u64,
}

impl Usage {
    /// The sum of both, saturating.
    pub fn plus(self, other: Usage) -> Usage {
        Usage {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cost: self.cost.saturating_add(other.cost),
        }
    }

    /// What is left of it without `less`, never below nothing.
    pub fn minus(self, less: Usage) -> Usage {
        Usage {
            input: self.input.saturating_sub(less.input),
            output: self.output.saturating_sub(less.output),
            cache_read: self.cache_read.saturating_sub(less.cache_read),
            cache_write: self.cache_write.saturating_sub(less.cache_write),
            cost: self.cost.saturating_sub(less.cost),
        }
    }
}

/// What went wrong, structured kind first, text second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentError {
    /// The class that decides what happens next.
    pub kind: ErrorKind,
    /// The agent's own words.
    pub message: String,
}

impl AgentError {
    /// Whether what went wrong is not this attempt's alone, but its whole account's.
    pub fn concerns_account(&self) -> bool {
        matches!(self.kind, ErrorKind::UsageLimit { .. } | ErrorKind::NotLoggedIn)
    }
}

/// Classes of errors that are treated differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The provider failed or is overloaded (5xx): try again soon, same session.
    Overloaded,
    /// Too many requests for now: try again soon, same session.
    RateLimit,
    /// The account's allowance is used up until a moment, where it is known.
    UsageLimit {
        /// When it is available again.
        resets_at: Option<Timestamp>,
    },
    /// Nobody is logged in, or the login is refused.
    NotLoggedIn,
    /// The conversation to resume does not exist any more.
    SessionLost,
    /// The conversation is longer than the model takes.
    PromptTooLong,
    /// The model refused.
    Refused,
    /// The agent reached its own limit of turns.
    TurnLimit,
    /// The agent reached its own limit of cost.
    Budget,
    /// It took longer than an attempt may.
    TimedOut,
    /// It said nothing for longer than it may while nothing was open.
    Silent,
    /// It used more memory, processes or output than it may.
    OverLimit,
    /// Anything else.
    Other,
}

/// How the process of an attempt left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessExit {
    /// It exited with this code.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
}

/// What the end of an attempt means, decided in one place by the adapter when the process is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The phase's work is finished: a terminal report said so and no background task was left.
    Finished,
    /// It asked and was ended to wait for the answer; the session can be resumed.
    Suspended,
    /// We interrupted it; the session can be resumed.
    Interrupted,
    /// It failed with an error of its own.
    Failed(AgentError),
    /// It ended without saying how: crashed, killed, or exited with no result.
    Crashed {
        /// How the process left.
        exit: ProcessExit,
        /// The last lines of its standard error.
        stderr: String,
    },
}
