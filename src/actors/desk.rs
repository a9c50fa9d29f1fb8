//! The desk of one attempt: questions that its agent put through a tool server, and who waits for the answers.

use crate::domain::report::QuestionSet;
use std::collections::BTreeMap;
use tokio::sync::oneshot;

/// Questions by key. Whoever asks the same again waits for, or gets, the same answer.
#[derive(Default)]
pub(super) struct Desk {
    waiting: BTreeMap<String, Vec<oneshot::Sender<String>>>,
    answered: BTreeMap<String, String>,
}

impl Desk {
    /// A desk on which these sets have their answers already.
    pub(super) fn new(answers: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let mut desk = Self::default();
        for (key, texts) in answers {
            desk.answer(&key, &texts);
        }
        desk
    }

    /// The answer to a set, now or later.
    pub(super) fn wait(&mut self, set: &QuestionSet) -> oneshot::Receiver<String> {
        let (sender, receiver) = oneshot::channel();
        match self.answered.get(&set.key) {
            // Who asked is here: it holds the other end.
            Some(text) => drop(sender.send(text.clone())),
            None => {
                let waiting = self.waiting.entry(set.key.clone()).or_default();
                waiting.retain(|sender| !sender.is_closed());
                waiting.push(sender);
            }
        }
        receiver
    }

    /// The operator answered.
    pub(super) fn answer(&mut self, key: &str, texts: &[String]) {
        let text = texts.join("\n");
        for sender in self.waiting.remove(key).unwrap_or_default() {
            // One that does not wait any more asks again.
            sender.send(text.clone()).ok();
        }
        self.answered.insert(key.to_owned(), text);
    }

    /// Whether this question came over the desk.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.waiting.contains_key(key) || self.answered.contains_key(key)
    }

    /// Whether this question waits for its answer.
    pub(super) fn awaits(&self, key: &str) -> bool {
        self.waiting.contains_key(key)
    }

    /// Whether any question waits for its answer.
    pub(super) fn is_open(&self) -> bool {
        !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str) -> QuestionSet {
        QuestionSet::new(key, Vec::new())
    }

    #[test]
    fn whoever_asks_again_gets_the_same_answer() {
        let mut desk = Desk::new([("old".to_owned(), vec!["left".to_owned()])]);
        assert_eq!(desk.wait(&set("old")).try_recv(), Ok("left".into()));
        let mut first = desk.wait(&set("new"));
        let mut again = desk.wait(&set("new"));
        assert!(desk.is_open() && desk.awaits("new") && first.try_recv().is_err());
        desk.answer("new", &["a".into(), "b".into()]);
        assert_eq!((first.try_recv(), again.try_recv()), (Ok("a\nb".into()), Ok("a\nb".into())));
        assert_eq!(desk.wait(&set("new")).try_recv(), Ok("a\nb".into()));
        assert!(!desk.is_open() && desk.knows("new") && !desk.knows("other"));
    }
}
