//! A connection to a shim, as an actor uses it: orders go out in order without waiting, notices come in as a stream.

use crate::agent::Input;
use crate::shim::client::{Link, Receiver, Sender};
use crate::shim::protocol::{Notice, StopLadder, Welcome};
use futures_util::Stream;
use std::io;
use std::path::Path;
use tokio::sync::mpsc;

enum Order {
    Input(Input),
    CloseInput,
    Stop(StopLadder),
}

/// Sends orders to a shim. What is still to be sent when this is dropped is sent.
pub(super) struct Orders(mpsc::UnboundedSender<Order>);

impl Orders {
    pub(super) fn input(&self, input: Input) {
        self.send(Order::Input(input));
    }

    pub(super) fn close_input(&self) {
        self.send(Order::CloseInput);
    }

    pub(super) fn stop(&self, ladder: StopLadder) {
        self.send(Order::Stop(ladder));
    }

    fn send(&self, order: Order) {
        // A connection that broke is noticed by the stream of notices, and the order is given again then.
        self.0.send(order).ok();
    }
}

/// Connects to the shim of an attempt.
pub(super) async fn connect(
    run_dir: &Path,
    epoch: u64,
) -> io::Result<(Welcome, Orders, impl Stream<Item = Notice> + use<>)> {
    let Link { welcome, sender, receiver } = Link::connect(run_dir, epoch).await?;
    // Bounded by what one attempt can ask for: an order is one of its own requests, or the operator's.
    let (orders, waiting) = mpsc::unbounded_channel();
    actix::spawn(forward(waiting, sender));
    Ok((welcome, Orders(orders), notices(receiver)))
}

async fn forward(mut waiting: mpsc::UnboundedReceiver<Order>, mut sender: Sender) {
    while let Some(order) = waiting.recv().await {
        let sent = match order {
            Order::Input(Input { key, text }) => sender.input(&key, &text).await,
            Order::CloseInput => sender.close_input().await,
            Order::Stop(ladder) => sender.stop(ladder).await,
        };
        if let Err(error) = sent {
            tracing::debug!("the shim does not take orders any more: {error}");
            return;
        }
    }
}

fn notices(receiver: Receiver) -> impl Stream<Item = Notice> + use<> {
    futures_util::stream::unfold(receiver, |mut receiver| async move {
        match receiver.next().await {
            Ok(notice) => notice.map(|notice| (notice, receiver)),
            Err(error) => {
                tracing::debug!("the shim does not speak any more: {error}");
                None
            }
        }
    })
}
