//! The only place that starts an actor. A child cannot outlive its handle, and its parent is told how it ended, also by a panic.

use actix::WeakRecipient;
use actix::dev::channel;
use actix::prelude::*;
use futures_util::future::{AbortHandle, Abortable};
use std::any::Any;

/// Which child of its parent an actor is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChildId {
    /// A static service of the supervisor, by name.
    Service(&'static str),
    /// The actor of a work unit.
    Unit(crate::domain::ids::UnitId),
    /// The actor of an attempt.
    Attempt(crate::domain::ids::AttemptId),
}

/// How an actor ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself.
    Stopped,
    /// Its handle was dropped.
    Aborted,
    /// It panicked with this message.
    Panicked(String),
}

/// Tells a parent that a child is gone.
#[derive(Message, Debug)]
#[rtype(result = "()")]
pub struct ChildDown {
    /// Which one.
    pub id: ChildId,
    /// How.
    pub exit: Exit,
}

/// Owning handle of a child actor: dropping it ends the child.
pub struct Child<A: Actor> {
    addr: Addr<A>,
    task: AbortHandle,
}

impl<A: Actor> Child<A> {
    /// The address, valid as long as the handle lives.
    pub fn addr(&self) -> &Addr<A> {
        &self.addr
    }
}

impl<A: Actor> Drop for Child<A> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts `actor` on this thread and tells `parent` how it ended.
pub fn spawn_child<A>(id: ChildId, parent: WeakRecipient<ChildDown>, actor: A) -> Child<A>
where
    A: Actor<Context = Context<A>>,
{
    let (sender, receiver) = channel::channel(16);
    let (task, registration) = AbortHandle::new_pair();
    run(Context::with_receiver(receiver), actor, registration, id, parent);
    Child { addr: Addr::new(sender), task }
}

/// Starts the actor that `make` gives on the thread of `arbiter`: for actors whose work blocks.
pub fn spawn_child_on<A>(
    arbiter: &ArbiterHandle,
    id: ChildId,
    parent: WeakRecipient<ChildDown>,
    make: impl FnOnce() -> A + Send + 'static,
) -> Child<A>
where
    A: Actor<Context = Context<A>>,
{
    let (sender, receiver) = channel::channel(16);
    let (task, registration) = AbortHandle::new_pair();
    arbiter.spawn_fn(move || run(Context::with_receiver(receiver), make(), registration, id, parent));
    Child { addr: Addr::new(sender), task }
}

fn run<A>(
    context: Context<A>,
    actor: A,
    registration: futures_util::future::AbortRegistration,
    id: ChildId,
    parent: WeakRecipient<ChildDown>,
) where
    A: Actor<Context = Context<A>>,
{
    let life = actix::spawn(Abortable::new(context.into_future(actor), registration));
    actix::spawn(async move {
        let exit = match life.await {
            Ok(Ok(())) => Exit::Stopped,
            Ok(Err(_aborted)) => Exit::Aborted,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => Exit::Panicked(panic_message(&*panic)),
                Err(_cancelled) => Exit::Aborted,
            },
        };
        if let Some(parent) = parent.upgrade() {
            parent.do_send(ChildDown { id, exit });
        }
    });
}

/// The text a panic was raised with.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
