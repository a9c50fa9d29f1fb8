//! `trust`: accepts the sensitive settings of the committed configuration as they are now.

use super::client::Client;
use super::confirm::agrees;
use super::console::Console;
use super::error::CommandError;
use crate::wire::trust::{Accept, Trust as State};
use clap::Args;
use hyper::Method;

/// Show what the committed configuration changes in sensitive settings, and accept it
#[derive(Debug, Args)]
pub(super) struct Trust {
    /// Accept without asking
    #[arg(long, short)]
    yes: bool,
}

pub(super) async fn run(args: Trust, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get("/trust").await?;
    let state: State = answer.read()?;
    if state.accepted {
        return console.show(&answer, |_: &State, _| "The sensitive settings are those that you accepted".to_owned());
    }
    if !console.json {
        console.text(&state.diff)?;
    }
    if !args.yes && !agrees("Accept these settings?", console)? {
        return Err(CommandError::Nothing {
            message: "The sensitive settings are not accepted; what you accepted before still counts".to_owned(),
            hint: "accept them with: ve orch trust --yes",
        });
    }
    let answer = client.send(Method::POST, "/trust", &Accept { digest: state.digest }).await?;
    console.show(&answer, |_: &State, _| "Accepted; the settings count from now on".to_owned())
}
