//! What ends an attempt without being asked: its limits, and the absence of a daemon.

use super::{Owner, own_pid};
use crate::shim::exit::{Limit, Why};
use crate::shim::protocol::{Notice, StopLadder, Usage};
use crate::shim::tree;
use nix::sys::resource::{UsageWho, getrusage};
use std::time::{Duration, Instant};

/// How often the processes are measured while a limit on them is set.
const MEASURE_OFTEN: Duration = Duration::from_secs(2);
/// How often they are measured otherwise, and clients told.
pub(super) const MEASURE_SELDOM: Duration = Duration::from_secs(10);

impl Owner {
    /// The two clocks that end an attempt: its own limit, and the absence of a daemon.
    pub(super) fn watch_time(&mut self, now: Instant) {
        if self.clients.iter().any(|client| client.is_open() && client.epoch.is_some()) {
            self.last_daemon = now;
        }
        if let Some(allowed) = self.spec.limits.wall_seconds
            && now >= self.started + Duration::from_secs(allowed)
        {
            let seen = now.duration_since(self.started).as_secs();
            self.stop(StopLadder::End, Why::Limit { limit: Limit::Wall, allowed, seen });
        }
        if now >= self.grace_ends() {
            self.stop(StopLadder::Suspend, Why::GraceOver);
        }
    }

    pub(super) fn grace_ends(&self) -> Instant {
        self.last_daemon + Duration::from_secs(self.spec.grace_seconds)
    }

    pub(super) fn measure(&mut self, now: Instant) {
        if now < self.measure_at {
            return;
        }
        let limits = self.spec.limits;
        let watched = limits.memory_bytes.is_some() || limits.processes.is_some();
        self.measure_at = now + if watched { MEASURE_OFTEN } else { MEASURE_SELDOM };
        let mut usage = tree::usage(&tree::descendants(own_pid()));
        usage.cpu_ms += reaped_cpu_ms();
        self.peak_memory = self.peak_memory.max(usage.memory);
        let measured =
            [(Limit::Memory, limits.memory_bytes, usage.memory), (Limit::Processes, limits.processes, usage.processes)];
        for (limit, allowed, seen) in measured {
            if let Some(allowed) = allowed.filter(|allowed| seen > *allowed) {
                self.stop(StopLadder::End, Why::Limit { limit, allowed, seen });
            }
        }
        if now >= self.pulse_at {
            self.pulse_at = now + MEASURE_SELDOM;
            self.pulse(usage);
        }
    }

    fn pulse(&mut self, usage: Usage) {
        for client in self.clients.iter_mut().filter(|client| client.epoch.is_some() && !client.has_backlog()) {
            client.send(&Notice::Pulse(usage));
        }
    }
}

/// CPU time of every process that has ended and was waited for.
pub(super) fn reaped_cpu_ms() -> u64 {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return 0 };
    let ms = |time: nix::sys::time::TimeVal| u64::try_from(time.tv_sec() * 1000 + time.tv_usec() / 1000).unwrap_or(0);
    ms(usage.user_time()) + ms(usage.system_time())
}
