//! Without the sandbox permissions are asked of the operator: an agent that cannot ask must not be surprised by that in the middle of its work.

use super::error::Invalid;
use super::{Agents, Sandbox, SandboxMode};
use crate::domain::phase::{Phase, Phases};

/// In `sandbox.accept`: agents that cannot ask may refuse by their own rules.
pub(super) const ACCEPTED: &str = "permissions";

/// Refuses agents of `phases` that cannot ask where nothing confines them, unless the operator accepts it.
pub(super) fn check(agents: &Agents, phases: &Phases, sandbox: &Sandbox) -> Result<(), Invalid> {
    if sandbox.mode == SandboxMode::On || sandbox.accept.iter().any(|word| word == ACCEPTED) {
        return Ok(());
    }
    let agent = |phase: &Phase| Some((*phase, agents.of_phase(*phase)?));
    let mute = phases.as_slice().iter().filter_map(agent).find(|(_, agent)| !agent.kind.can_ask());
    let Some((phase, agent)) = mute else { return Ok(()) };
    let (name, kind) = (&agent.name, agent.kind.as_str());
    let problem = format!(
        "agent {name} ({} phase) is of kind {kind:?} and cannot ask for permissions, which without the sandbox go to the operator: give the phase an agent \
         of kind \"acp\", \"claude\" or \"opencode\", set mode = \"on\", or let it refuse by its own rules with accept = [\"{ACCEPTED}\"]",
        phase.name()
    );
    Err(Invalid::new(&["sandbox", "mode"], problem))
}
