//! Counts tokens once: messages repeat their usage with every block and know their output only too low, results know the turn
//! without subagents, and only the totals by model know all, but over the whole session.

use super::events::{ModelUsage, TokenCounts, TurnResult};
use crate::domain::report::Usage;
use std::collections::HashMap;

/// What was counted so far in this process.
#[derive(Debug)]
pub(crate) struct Meter {
    messages: HashMap<String, Usage>,
    counted: Usage,
    /// Of the running turn, without subagents.
    turn: Usage,
    /// What the session had used before this process; unknown for a resumed one until its first result.
    before: Option<Usage>,
}

impl Meter {
    /// The meter of a session that begins with this process.
    pub(crate) fn fresh() -> Self {
        Self { before: Some(Usage::default()), ..Self::resumed() }
    }

    /// The meter of a session that goes on.
    pub(crate) fn resumed() -> Self {
        Self { messages: HashMap::new(), counted: Usage::default(), turn: Usage::default(), before: None }
    }

    /// What a block of a message adds to what its message had.
    pub(crate) fn message(&mut self, id: &str, origin: Origin, counts: TokenCounts) -> Option<Usage> {
        let known = self.messages.entry(id.to_owned()).or_default();
        let more = Usage::from(counts).minus(*known);
        *known = known.plus(more);
        if origin == Origin::Main {
            self.turn = self.turn.plus(more);
        }
        self.count(more)
    }

    /// What a result adds to what its messages had.
    pub(crate) fn result(&mut self, result: &TurnResult) -> Option<Usage> {
        let late = Usage::from(result.usage).minus(self.turn);
        self.turn = Usage::default();
        let total = result.model_usage.values().fold(Usage::default(), |sum, model| sum.plus((*model).into()));
        if total == Usage::default() {
            return self.count(late);
        }
        let here = self.counted.plus(late);
        let before = *self.before.get_or_insert(total.minus(here));
        self.count(total.minus(before).minus(self.counted))
    }

    fn count(&mut self, more: Usage) -> Option<Usage> {
        self.counted = self.counted.plus(more);
        (more != Usage::default()).then_some(more)
    }
}

/// Whose message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The session's own.
    Main,
    /// A subagent's.
    Subagent,
}

impl From<TokenCounts> for Usage {
    fn from(counts: TokenCounts) -> Self {
        Usage {
            input: counts.input_tokens,
            output: counts.output_tokens,
            cache_read: counts.cache_read_input_tokens,
            cache_write: counts.cache_creation_input_tokens,
            cost: 0,
        }
    }
}

impl From<ModelUsage> for Usage {
    fn from(model: ModelUsage) -> Self {
        Usage {
            input: model.input_tokens,
            output: model.output_tokens,
            cache_read: model.cache_read_input_tokens,
            cache_write: model.cache_creation_input_tokens,
            cost: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(input: u64, output: u64) -> TokenCounts {
        TokenCounts { input_tokens: input, output_tokens: output, cache_read_input_tokens: 7, ..Default::default() }
    }

    fn result(turn: (u64, u64), session: Option<(u64, u64, u64)>) -> TurnResult {
        let model = session.map(|(input, output, cache_read)| ModelUsage {
            input_tokens: input,
            output_tokens: output,
            cache_read_input_tokens: cache_read,
            cache_creation_input_tokens: 0,
        });
        let model_usage = model.map(|model| ("m".to_owned(), model)).into_iter().collect();
        TurnResult { usage: counts(turn.0, turn.1), model_usage, ..Default::default() }
    }

    #[test]
    fn blocks_of_a_message_are_one_message() {
        let mut meter = Meter::fresh();
        let once = Usage { input: 100, output: 1, cache_read: 7, ..Usage::default() };
        assert_eq!(meter.message("a", Origin::Main, counts(100, 1)), Some(once));
        assert_eq!(meter.message("a", Origin::Main, counts(100, 1)), None);
        assert_eq!(meter.message("a", Origin::Main, counts(100, 4)), Some(Usage { output: 3, ..Usage::default() }));
    }

    #[test]
    fn a_session_is_counted_to_the_token_with_its_subagents() {
        let mut meter = Meter::fresh();
        let mut sum = Usage::default();
        let mut add = |more: Option<Usage>| sum = sum.plus(more.unwrap_or_default());
        add(meter.message("a", Origin::Main, counts(100, 1)));
        add(meter.message("s", Origin::Subagent, counts(50, 1)));
        add(meter.result(&result((100, 10), Some((150, 20, 14)))));
        add(meter.message("b", Origin::Main, counts(100, 1)));
        add(meter.result(&result((100, 10), Some((250, 30, 21)))));
        assert_eq!(sum, Usage { input: 250, output: 30, cache_read: 21, ..Usage::default() });
    }

    #[test]
    fn a_resumed_session_is_not_charged_for_what_was_before() {
        let mut meter = Meter::resumed();
        let mut sum = Usage::default();
        let mut add = |more: Option<Usage>| sum = sum.plus(more.unwrap_or_default());
        add(meter.message("a", Origin::Main, counts(100, 1)));
        add(meter.result(&result((100, 10), Some((1100, 210, 1007)))));
        add(meter.result(&result((100, 10), Some((1200, 220, 1014)))));
        assert_eq!(sum, Usage { input: 200, output: 20, cache_read: 14, ..Usage::default() });
    }

    #[test]
    fn results_without_totals_count_their_turn() {
        let mut meter = Meter::fresh();
        meter.message("a", Origin::Main, counts(100, 1));
        assert_eq!(meter.result(&result((100, 10), None)), Some(Usage { output: 9, ..Usage::default() }));
    }
}
