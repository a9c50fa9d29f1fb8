//! The phases of a chunk, and which one follows which.

/// One step of a chunk's life; each is worked on by a fresh agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The goal is written down.
    Goal,
    /// The plan is written down.
    Plan,
    /// The plan becomes code.
    Implement,
    /// The work takes in what landed meanwhile: mechanical, an agent only for a conflict.
    Rebase,
    /// The work is judged.
    Review,
    /// The documents are brought up to date; then the work lands.
    Complete,
}

impl Phase {
    /// All phases in order.
    pub const ALL: [Phase; 6] =
        [Phase::Goal, Phase::Plan, Phase::Implement, Phase::Rebase, Phase::Review, Phase::Complete];

    /// The name in configuration and prompts: lower case.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Goal => "goal",
            Phase::Plan => "plan",
            Phase::Implement => "implement",
            Phase::Rebase => "rebase",
            Phase::Review => "review",
            Phase::Complete => "complete",
        }
    }

    /// The phase that configuration names `text`, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name().eq_ignore_ascii_case(text))
    }

    /// Whether every project has this phase, whatever its configuration.
    pub fn is_mandatory(self) -> bool {
        !matches!(self, Phase::Rebase | Phase::Review)
    }
}

/// The phases a project uses, in their natural order. The mandatory ones are always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phases(Vec<Phase>);

impl Phases {
    /// The mandatory phases and those `wanted`.
    pub fn new(wanted: &[Phase]) -> Self {
        Self(Phase::ALL.into_iter().filter(|phase| phase.is_mandatory() || wanted.contains(phase)).collect())
    }

    /// The phase after `phase`; none after the last.
    pub fn after(&self, phase: Phase) -> Option<Phase> {
        self.0.iter().copied().find(|next| *next > phase)
    }

    /// The phases in order.
    pub fn as_slice(&self) -> &[Phase] {
        &self.0
    }
}

impl Default for Phases {
    fn default() -> Self {
        Self::new(&Phase::ALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn optional_phases_are_skipped() {
        let short = Phases::new(&[]);
        assert_eq!(short.after(Phase::Implement), Some(Phase::Complete));
        assert_eq!(short.after(Phase::Rebase), Some(Phase::Complete), "also from a phase that is no longer configured");
        assert_eq!(Phases::default().after(Phase::Implement), Some(Phase::Rebase));
        assert_eq!(Phases::default().after(Phase::Complete), None);
    }
}
