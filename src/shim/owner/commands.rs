//! What clients may ask for.

use super::Owner;
use crate::shim::exit::Why;
use crate::shim::journal::Recorded;
use crate::shim::protocol::{Command, Notice, PROTOCOL_VERSION, StopLadder, Welcome};

impl Owner {
    /// Carries a command out; the answer to its client, if there is one.
    pub(super) fn obey(&mut self, client: usize, command: Command) -> Option<Notice> {
        let epoch = self.clients[client].epoch;
        let refuse = |key: Option<String>, why: &str| Some(Notice::Refused { key, why: why.to_owned() });
        if let Command::Hello { version, epoch } = command {
            if version != PROTOCOL_VERSION {
                return refuse(None, "the shim speaks protocol version 1");
            }
            self.highest_epoch = self.highest_epoch.max(epoch);
            self.clients[client].epoch = Some(epoch);
            self.clients[client].knows_length(self.agent.output.length());
            return Some(Notice::Welcome(self.welcome()));
        }
        let key = match &command {
            Command::Input { key, .. } => Some(key.clone()),
            _ => None,
        };
        match epoch {
            None => return refuse(key, "the first word must be hello"),
            Some(epoch) if epoch < self.highest_epoch => return refuse(key, "a newer daemon has taken over"),
            Some(_) => {}
        }
        match command {
            Command::Hello { .. } => None,
            Command::Input { key, text } => Some(self.take_input(key, &text)),
            Command::CloseInput => {
                self.agent.input.close();
                None
            }
            Command::Stop { ladder } => {
                let why = match ladder {
                    StopLadder::Suspend => Why::Suspended,
                    StopLadder::End => Why::Ended,
                };
                self.stop(ladder, why);
                None
            }
        }
    }

    fn welcome(&self) -> Welcome {
        Welcome {
            version: PROTOCOL_VERSION,
            attempt: self.spec.attempt.clone(),
            pid: self.agent.pid.as_raw_nonzero().get(),
            log_length: self.agent.output.length(),
            keys: self.journal.keys().to_vec(),
            input_closed: self.agent.input.is_closed(),
        }
    }

    fn take_input(&mut self, key: String, text: &str) -> Notice {
        let known = self.journal.keys().contains(&key);
        if !known && self.agent.input.is_closed() {
            return Notice::Refused { key: Some(key), why: "the agent's input is closed".to_owned() };
        }
        match self.journal.record(&key, text) {
            Ok(recorded) => {
                if recorded == Recorded::New {
                    self.agent.input.push(text);
                }
                Notice::Accepted { key }
            }
            Err(error) => Notice::Refused { key: Some(key), why: format!("the journal cannot be written: {error}") },
        }
    }
}
