//! Mirrors of what agents say.

use super::stored::{self, mirrored};
use crate::domain::report::{
    AgentError, Choice, ErrorKind, Outcome, ProcessExit, Question, QuestionSet, ReviewDecision, ReviewIssue,
    ReviewVerdict, Topic, Usage,
};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

mirrored! {
    Timestamp => TimestampDef,
    QuestionSet => QuestionSetDef,
    Topic => TopicDef,
    Question => QuestionDef,
    Choice => ChoiceDef,
    ReviewDecision => ReviewDecisionDef,
    ReviewVerdict => ReviewVerdictDef,
    ReviewIssue => ReviewIssueDef,
    Usage => UsageDef,
    AgentError => AgentErrorDef,
    ErrorKind => ErrorKindDef,
    ProcessExit => ProcessExitDef,
    Outcome => OutcomeDef,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Timestamp")]
struct TimestampDef(i64);

#[derive(Serialize, Deserialize)]
#[serde(remote = "QuestionSet")]
struct QuestionSetDef {
    key: String,
    #[serde(with = "stored")]
    items: Vec<Question>,
    #[serde(default, skip_serializing_if = "is_work", with = "stored")]
    topic: Topic,
}

/// What is not said is about the work: sets that were stored before there was anything else say nothing.
fn is_work(topic: &Topic) -> bool {
    *topic == Topic::Work
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Topic", rename_all = "snake_case")]
enum TopicDef {
    Work,
    Permission,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Question")]
struct QuestionDef {
    header: String,
    text: String,
    #[serde(with = "stored")]
    options: Vec<Choice>,
    many: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Choice")]
struct ChoiceDef {
    label: String,
    description: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReviewDecision")]
struct ReviewDecisionDef {
    #[serde(with = "stored")]
    verdict: ReviewVerdict,
    summary: String,
    #[serde(with = "stored")]
    issues: Vec<ReviewIssue>,
    reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReviewVerdict", rename_all = "snake_case")]
enum ReviewVerdictDef {
    Approve,
    Feedback,
    Escalate,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ReviewIssue")]
struct ReviewIssueDef {
    location: String,
    concern: String,
    suggestion: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Usage")]
struct UsageDef {
    input: u64,
    output: u64,
    cache_read: u64,
    cache_write: u64,
    cost: u64,
}

/// What a conversation has used. Of those from before tokens were kept only the cost is stored, a number.
pub(super) mod conversation {
    use super::super::stored::{self, Stored};
    use crate::domain::report::Usage;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Kept {
        Cost(u64),
        All(#[serde(with = "stored")] Usage),
    }

    pub(in crate::db::rows) fn serialize<S: Serializer>(used: &Usage, to: S) -> Result<S::Ok, S::Error> {
        used.write(to)
    }

    pub(in crate::db::rows) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Usage, D::Error> {
        Ok(match Kept::deserialize(from)? {
            Kept::Cost(cost) => Usage { cost, ..Usage::default() },
            Kept::All(used) => used,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AgentError")]
struct AgentErrorDef {
    #[serde(with = "stored")]
    kind: ErrorKind,
    message: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ErrorKind", rename_all = "snake_case")]
enum ErrorKindDef {
    Overloaded,
    RateLimit,
    UsageLimit {
        #[serde(with = "stored")]
        resets_at: Option<Timestamp>,
    },
    NotLoggedIn,
    SessionLost,
    PromptTooLong,
    Refused,
    TurnLimit,
    Budget,
    TimedOut,
    Silent,
    OverLimit,
    Other,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ProcessExit", rename_all = "snake_case")]
enum ProcessExitDef {
    Code(i32),
    Signal(i32),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Outcome", rename_all = "snake_case")]
enum OutcomeDef {
    Finished,
    Suspended,
    Interrupted,
    Failed(#[serde(with = "stored")] AgentError),
    Crashed {
        #[serde(with = "stored")]
        exit: ProcessExit,
        stderr: String,
    },
}
