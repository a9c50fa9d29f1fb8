//! AgentActor: one process of a unit, through its shim. Lines in, facts out, no decisions.
//!
//! *Owns* the link to the shim and the codec. *Asks* nobody. *Tells* its unit. *Dies when* the process is gone, or its unit drops it:
//! the shim then lives on, and the next actor attaches to it and replays the log.

mod called;

use super::desk::Desk;
use super::ending;
use super::fault;
use super::follower::Follower;
use super::launch::Process;
use super::link::{self, Orders};
use super::permission;
use super::work_unit::Apply;
use crate::agent::launch::Stdin;
use crate::agent::{Command, Input};
use crate::domain::attempt::Ladder;
use crate::domain::event::Event;
use crate::domain::ids::SessionId;
use crate::domain::report::{AgentError, ErrorKind, Outcome, QuestionSet, Report, Usage};
use crate::domain::who::Who;
use crate::shim::exit::{ExitRecord, read_exit};
use crate::shim::protocol::{Notice, StopLadder, Welcome};
use crate::shim::run_dir::is_alive;
use crate::shim::spec::was_started;
use crate::shim::{client, sweep};
use actix::prelude::*;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The operator's answers to a set of questions.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Answer {
    /// Key of the set.
    pub question: String,
    /// One per item.
    pub answers: Vec<String>,
}

/// Stops the process.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Stop(pub Ladder);

/// See the module.
pub struct AgentActor {
    process: Process,
    /// Places for gates, and the one this process has.
    gates: Arc<Semaphore>,
    place: Option<OwnedSemaphorePermit>,
    unit: Recipient<Apply>,
    shim: Option<Orders>,
    log: Option<Follower>,
    /// Keys of the inputs the shim has: what was sent before this actor's life is not sent again, and not asked again.
    sent: BTreeSet<String>,
    /// The conversation this attempt was heard to be in.
    named: Option<SessionId>,
    used: Usage,
    session_cost: Option<u64>,
    /// Version of the agent program, where its tool server told it.
    version: Option<String>,
    /// Whether the agent itself has told it.
    is_versioned: bool,
    /// Questions that came through a tool server.
    desk: Desk,
    /// Sets of questions that wait for their turn: an agent may ask several at once, its unit waits with one.
    unasked: VecDeque<QuestionSet>,
    stopping: Option<Ladder>,
    /// Why this actor itself ended the process, where it did.
    verdict: Option<AgentError>,
    heard: Instant,
    cpu_ms: u64,
    closed: bool,
    /// It has nothing left to do, and is given the time to leave by itself.
    leaving: bool,
}

/// The interrupt's time before a suspended process is stopped by force.
const INTERRUPT: Duration = Duration::from_secs(3);
/// How long processes that a dead shim left behind are looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// How long a process may stay that has nothing left to do: some never leave by themselves.
const LEAVE: Duration = Duration::from_secs(10);
/// How often silence is looked for.
const WATCH: Duration = Duration::from_secs(15);

impl AgentActor {
    /// Leads `process` and tells `unit`.
    pub fn new(mut process: Process, gates: Arc<Semaphore>, unit: Recipient<Apply>) -> Self {
        Self {
            desk: Desk::new(std::mem::take(&mut process.answers)),
            version: None,
            is_versioned: false,
            leaving: false,
            process,
            gates,
            place: None,
            unit,
            shim: None,
            log: None,
            sent: BTreeSet::new(),
            named: None,
            used: Usage::default(),
            session_cost: None,
            unasked: VecDeque::new(),
            stopping: None,
            verdict: None,
            heard: Instant::now(),
            cpu_ms: 0,
            closed: false,
        }
    }

    fn tell(&self, event: Event) {
        self.unit.do_send(self.apply(event));
    }

    fn apply(&self, event: Event) -> Apply {
        Apply { event, who: Who::Attempt(self.process.attempt.clone()) }
    }

    fn send(&mut self, inputs: Vec<Input>) {
        let Some(shim) = &self.shim else { return };
        for input in inputs {
            if self.sent.insert(input.key.clone()) {
                shim.input(input);
            }
        }
    }

    fn welcomed(&mut self, welcome: Welcome) -> io::Result<()> {
        self.sent = welcome.keys.into_iter().collect();
        self.closed = welcome.input_closed;
        let attempt = self.process.attempt.clone();
        self.tell(Event::Started { attempt, pid: u32::try_from(welcome.pid).unwrap_or(0) });
        let start = self.process.codec.start();
        self.send(start);
        if self.process.stdin == Stdin::Close {
            self.close_input();
        }
        self.log = Some(Follower::open(&self.process.log)?);
        self.read()
    }

    /// Reads what the log has gained.
    fn read(&mut self) -> io::Result<()> {
        let Some(log) = &mut self.log else { return Ok(()) };
        for line in log.lines()? {
            self.line(&line);
        }
        if self.process.codec.activity().is_finished() {
            self.close_input();
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) {
        fault::point("agent");
        let decoded = self.process.codec.on_line(line);
        for report in decoded.reports {
            self.report(report);
        }
        self.send(decoded.inputs);
    }

    fn close_input(&mut self) {
        if !self.closed
            && let Some(shim) = &self.shim
        {
            self.closed = true;
            shim.close_input();
        }
    }

    fn report(&mut self, report: Report) {
        let attempt = self.process.attempt.clone();
        match report {
            Report::Session { id, version, .. } if self.named.as_ref() != Some(&id) => {
                self.named = Some(id.clone());
                self.is_versioned = version.is_some();
                self.tell(Event::Named { attempt, session: id, version: version.or_else(|| self.version.clone()) });
            }
            Report::Question(set) => self.asked(set),
            // What the sandbox's policy granted already is only reported.
            Report::Permission { request, tool, input } if self.process.codec.activity().open_permissions > 0 => {
                self.asked(permission::question(&request, &tool, &input));
            }
            Report::Review(decision) if !self.process.decided => {
                self.process.decided = true;
                self.tell(Event::Decided { attempt, decision });
            }
            Report::Usage(usage) => self.used = self.used.plus(usage),
            Report::SessionCost(total) => self.session_cost = Some(total),
            _ => {}
        }
    }

    fn asked(&mut self, set: QuestionSet) {
        if self.process.known_questions.contains(&set.key) {
            return;
        }
        if !self.desk.knows(&set.key) && self.process.codec.command(&permission::order(&set.key, &[])).is_empty() {
            // It takes no answer while it lives: whatever it does until it ends, the unit waits.
            self.tell_asked(set);
        } else if self.is_open(&set.key) {
            self.unasked.push_back(set);
            self.ask();
        }
    }

    fn tell_asked(&mut self, set: QuestionSet) {
        self.process.known_questions.push(set.key.clone());
        self.tell(Event::Asked { attempt: self.process.attempt.clone(), set });
    }

    /// Tells the next set of questions, unless the unit waits with one already.
    fn ask(&mut self) {
        if self.process.known_questions.iter().any(|known| self.is_open(known)) {
            return;
        }
        while let Some(set) = self.unasked.pop_front() {
            if self.is_open(&set.key) {
                return self.tell_asked(set);
            }
        }
    }

    /// Whether the agent still waits for this answer, and the shim does not have it.
    fn is_open(&self, question: &str) -> bool {
        if self.desk.knows(question) {
            return self.desk.awaits(question);
        }
        let reply = self.process.codec.command(&permission::order(question, &[]));
        reply.iter().any(|input| !self.sent.contains(&input.key))
    }

    fn exited(&mut self, record: &ExitRecord, ctx: &mut Context<Self>) {
        if self.log.is_none() {
            self.log = Follower::open(&self.process.log).ok();
        }
        if let Err(error) = self.read() {
            tracing::error!(attempt = %self.process.attempt, "failed to read its log: {error}");
        }
        if let Some(last) = self.log.as_mut().and_then(Follower::rest) {
            self.line(&last);
        }
        let said = self.process.codec.on_exit(record.status.into(), &ending::last_words(&self.process.stderr));
        // Whatever it says of its end, it waits for an answer.
        let said = if self.desk.is_open() { Outcome::Suspended } else { said };
        let outcome = self.verdict.clone().map_or_else(|| ending::meaning(said, &record.why), Outcome::Failed);
        self.end(outcome, ctx);
    }

    fn end(&mut self, outcome: Outcome, ctx: &mut Context<Self>) {
        let attempt = self.process.attempt.clone();
        self.process.reach.dismiss(&attempt);
        let before = self.process.before;
        if let Some(total) = self.session_cost {
            self.used.cost = total.saturating_sub(before.cost);
        }
        if self.used != Usage::default() {
            let sum = before.plus(self.used);
            let session = Usage { cost: self.session_cost.unwrap_or(sum.cost), ..sum };
            self.tell(Event::Used { attempt: attempt.clone(), usage: self.used, session });
        }
        self.tell(Event::Ended { attempt, outcome });
        ctx.stop();
    }

    /// Starts a gate when there is a place for it; one that runs already keeps running.
    fn attach_gate(&mut self, ctx: &mut Context<Self>) {
        if was_started(&self.process.spec.run_dir) {
            self.place = self.gates.clone().try_acquire_owned().ok();
            return self.attach(ctx);
        }
        ctx.spawn(self.gates.clone().acquire_owned().into_actor(self).map(|place, act, ctx| {
            // The places are never closed.
            act.place = place.ok();
            if act.stopping.is_none() {
                act.attach(ctx);
            }
        }));
    }

    /// Finds the process where a former life left it, or starts it.
    fn attach(&mut self, ctx: &mut Context<Self>) {
        let (spec, program, epoch) = (self.process.spec.clone(), self.process.program.clone(), self.process.epoch);
        if !was_started(&spec.run_dir) {
            // What a process before this one asked, this one may ask again.
            self.process.known_questions.clear();
        }
        let attaching = async move {
            if read_exit(&spec.run_dir)?.is_some() {
                return Ok(None);
            }
            if !is_alive(&spec.run_dir)? {
                if was_started(&spec.run_dir) {
                    return Ok(None);
                }
                client::spawn(&spec, &program).await?;
            }
            link::connect(&spec.run_dir, epoch).await.map(Some)
        };
        ctx.wait(attaching.into_actor(self).map(|link: io::Result<_>, act, ctx| match link {
            Ok(Some((welcome, orders, notices))) => {
                act.shim = Some(orders);
                ctx.add_stream(notices);
                if let Err(error) = act.welcomed(welcome) {
                    tracing::error!(attempt = %act.process.attempt, "failed to read its log: {error}");
                }
                if let Some(ladder) = act.stopping {
                    act.stop(ladder, ctx);
                }
            }
            Ok(None) => act.gone(ctx),
            // What ended before anybody could listen has left a record of how.
            Err(_) if matches!(read_exit(&act.process.spec.run_dir), Ok(Some(_))) => act.gone(ctx),
            Err(error) => {
                let message = format!("failed to start the attempt: {error}");
                tracing::warn!(attempt = %act.process.attempt, "{message}");
                act.verdict.get_or_insert(AgentError { kind: ErrorKind::Other, message });
                act.gone(ctx);
            }
        }));
    }

    /// The shim does not answer any more: it left a record, or it was killed.
    fn gone(&mut self, ctx: &mut Context<Self>) {
        match read_exit(&self.process.spec.run_dir) {
            Ok(Some(record)) => return self.exited(&record, ctx),
            Ok(None) => {}
            Err(error) => tracing::error!(attempt = %self.process.attempt, "failed to read how it ended: {error}"),
        }
        let attempt = self.process.attempt.clone();
        let sweeping = tokio::task::spawn_blocking(move || sweep::sweep(&[attempt], SWEEP));
        ctx.wait(sweeping.into_actor(self).map(|swept, act, ctx| {
            if let Ok(swept) = swept
                && !swept.killed.is_empty()
            {
                tracing::warn!(attempt = %act.process.attempt, "ended processes of a shim that is gone: {:?}", swept.killed);
            }
            let outcome = act.verdict.clone().map_or_else(ending::vanished, Outcome::Failed);
            act.end(outcome, ctx);
        }));
    }

    fn stop(&mut self, ladder: Ladder, ctx: &mut Context<Self>) {
        self.stopping = Some(ladder);
        let Some(shim) = &self.shim else {
            if self.process.is_gate && self.place.is_none() && !was_started(&self.process.spec.run_dir) {
                // Still waiting for its place.
                self.end(Outcome::Interrupted, ctx);
            }
            return;
        };
        match ladder {
            Ladder::End => shim.stop(StopLadder::End),
            Ladder::Suspend => {
                let interrupt = self.process.codec.command(&Command::Interrupt);
                let patience = if interrupt.is_empty() { Duration::ZERO } else { INTERRUPT };
                self.send(interrupt);
                ctx.run_later(patience, |act, _| {
                    let Some(shim) = &act.shim else { return };
                    // An agent that loses its input over a question goes on as if it had an answer.
                    let ends = act.process.codec.activity().open_questions > 0 || act.desk.is_open();
                    shim.stop(if ends { StopLadder::End } else { StopLadder::Suspend });
                });
            }
        }
    }

    /// Ends a process that has nothing left to do and does not leave.
    fn see_off(&mut self, ctx: &mut Context<Self>) {
        let is_finished = |act: &Self| act.closed && act.process.codec.activity().is_finished();
        if self.leaving || !is_finished(self) {
            return;
        }
        self.leaving = true;
        ctx.run_later(LEAVE, move |act, _| {
            act.leaving = false;
            if let (true, Some(shim)) = (is_finished(act), &act.shim) {
                tracing::info!(attempt = %act.process.attempt, "it has finished and does not leave; it is ended");
                shim.stop(StopLadder::End);
            }
        });
    }

    /// Ends a process that has said nothing for too long while nothing was open.
    fn watch(&mut self, ctx: &mut Context<Self>) {
        let open = self.process.codec.activity();
        let busy = open.open_calls > 0 || open.open_questions > 0 || open.open_permissions > 0 || self.desk.is_open();
        if busy {
            self.heard = Instant::now();
        }
        let limit = self.process.silence;
        if self.heard.elapsed() > limit && self.stopping.is_none() {
            let message = format!("no output, no open tool call and no CPU used for {} s", limit.as_secs());
            self.verdict = Some(AgentError { kind: ErrorKind::Silent, message });
            self.stop(Ladder::Suspend, ctx);
        }
        ctx.run_later(WATCH, Self::watch);
    }
}

impl Actor for AgentActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_later(WATCH, Self::watch);
        if self.process.is_gate {
            self.attach_gate(ctx);
        } else {
            self.attach(ctx);
        }
    }
}

impl StreamHandler<Notice> for AgentActor {
    fn handle(&mut self, notice: Notice, ctx: &mut Self::Context) {
        let read = match notice {
            Notice::Grew { .. } => {
                self.heard = Instant::now();
                self.read()
            }
            Notice::Pulse(usage) => {
                if usage.cpu_ms > self.cpu_ms {
                    self.cpu_ms = usage.cpu_ms;
                    self.heard = Instant::now();
                }
                Ok(())
            }
            Notice::Exited(record) => {
                self.shim = None;
                return self.exited(&record, ctx);
            }
            Notice::Welcome(_) | Notice::Accepted { .. } => Ok(()),
            Notice::Refused { why, .. } => {
                tracing::warn!(attempt = %self.process.attempt, "its shim refused: {why}");
                Ok(())
            }
        };
        if let Err(error) = read {
            tracing::error!(attempt = %self.process.attempt, "failed to read its log: {error}");
        }
        self.see_off(ctx);
    }

    /// The end of the stream is not the end of the process: the shim may have been killed.
    fn finished(&mut self, ctx: &mut Self::Context) {
        if self.shim.take().is_some() {
            self.gone(ctx);
        }
    }
}

impl Handler<Answer> for AgentActor {
    type Result = ();

    fn handle(&mut self, Answer { question, answers }: Answer, _: &mut Self::Context) {
        self.desk.answer(&question, &answers);
        let inputs = self.process.codec.command(&permission::order(&question, &answers));
        self.send(inputs);
        self.ask();
    }
}

impl Handler<Stop> for AgentActor {
    type Result = ();

    fn handle(&mut self, Stop(ladder): Stop, ctx: &mut Self::Context) {
        self.stop(ladder, ctx);
    }
}
