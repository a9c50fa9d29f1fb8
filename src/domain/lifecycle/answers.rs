//! What the operator says to a unit that waits for words, and takes back before an agent has heard it.

use super::turn::{Fits, Turn};
use crate::domain::attention::About;
use crate::domain::time::Timestamp;
use crate::domain::work_unit::{Admission, Answered, Counters, Note, Status, Wait};

impl Turn<'_> {
    pub(super) fn answered(&mut self, answers: &[(usize, String)], until: Option<Timestamp>) -> Fits {
        let Status::NeedsAttention(ask) = &mut self.unit.status else { return Err("it waits for no answer") };
        let (counters, notes) = (self.unit.counters, self.unit.notes.clone());
        let told = match &mut ask.about {
            About::Question { set, answers: given } => {
                for (item, answer) in answers {
                    *given.get_mut(*item).ok_or("it has no question of that number")? = Some(answer.clone());
                }
                let Some(complete) = given.iter().cloned().collect::<Option<Vec<String>>>() else { return Ok(()) };
                vec![Note::Answers { set: set.clone(), answers: complete }]
            }
            About::Dependency { .. } => return Err("it waits for another chunk's work, which no words replace"),
            _ => answers.iter().map(|(_, text)| Note::Message(text.clone())).collect(),
        };
        self.unit.answered = Some(Answered { ask: ask.clone(), notes, counters });
        for note in told {
            self.note(note);
        }
        self.unit.counters = Counters { review_cycles: counters.review_cycles, ..Counters::default() };
        self.ready(until.map(|until| Wait { until, error: None }));
        Ok(())
    }

    /// The unit waits again as if that had not been answered. What an agent has taken cannot be taken back.
    pub(super) fn retracted(&mut self, item: Option<usize>) -> Fits {
        let was_answered = self.unit.answered.take().map(|Answered { ask, notes, counters }| {
            (self.unit.notes, self.unit.counters) = (notes, counters);
            self.unit.hold |= self.unit.status == Status::Pending(Admission::Held);
            self.unit.status = Status::NeedsAttention(ask);
        });
        let Status::NeedsAttention(ask) = &mut self.unit.status else {
            return Err("an agent has taken its last answer, or it was never asked");
        };
        match (&mut ask.about, item) {
            (About::Question { answers, .. }, Some(item)) => {
                let answer = answers.get_mut(item).ok_or("it has no question of that number")?;
                answer.take().ok_or("that question has no answer yet")?;
            }
            (About::Question { answers, .. }, None) if answers.iter().all(Option::is_none) => {
                return Err("none of its questions has an answer yet");
            }
            (About::Question { answers, .. }, None) => answers.fill(None),
            (_, Some(item)) if item > 0 => return Err("it has no question of that number"),
            _ if was_answered.is_none() => return Err("it was not answered yet"),
            _ => {}
        }
        Ok(())
    }

    /// An answer that an agent has, or that nobody will ask for, is not kept to be taken back.
    pub(super) fn settle_answer(&mut self) {
        let waits = matches!(
            self.unit.status,
            Status::Ready { .. } | Status::Blocked { .. } | Status::Pending(Admission::Held)
        );
        if !waits {
            self.unit.answered = None;
        }
    }
}
