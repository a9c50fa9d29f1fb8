//! The account as text.

use super::timeline::Lane;
use super::{Account, Landed, Promise};
use crate::cli::render::Look;
use crate::wire::names::StatusName;

/// All of it.
pub(in crate::cli::demo) fn text(account: &Account, look: &Look) -> String {
    let timeline = &account.timeline;
    let mut text =
        format!("\nWhat happened ({:.1} s, one column is {:.2} s)\n\n", account.seconds, timeline.column_seconds);
    for lane in &timeline.lanes {
        text.push_str(&self::lane(lane, look));
    }
    text.push_str(
        "\n  P I R C  an agent plans, implements, reviews, completes     T  tests what would land     L  landed\n",
    );
    text.push_str("  .  waits     -  worktree, rebase, commit     ?  waits for you     x  its agent died\n\n");
    for sentence in &account.story {
        text.push_str(&format!("  * {sentence}\n"));
    }
    text.push_str("\nLanded, as git log tells it\n\n");
    for landed in &account.landed {
        text.push_str(&self::landed(landed));
    }
    text.push_str("\nPromises\n\n");
    for promise in &account.promises {
        text.push_str(&self::promise(promise, look));
    }
    text
}

fn lane(lane: &Lane, look: &Look) -> String {
    let status = if lane.status == StatusName::Done {
        String::new()
    } else {
        format!("  {}", look.status(lane.status.as_str(), lane.status.as_str()))
    };
    format!("  {:9} {}{status}\n", lane.chunk, lane.columns)
}

fn landed(landed: &Landed) -> String {
    let short = landed.commit.get(..8).unwrap_or(&landed.commit);
    format!("  {short} {:9} {}\n", landed.chunk.as_deref().unwrap_or("?"), landed.subject)
}

fn promise(promise: &Promise, look: &Look) -> String {
    if promise.broken.is_empty() {
        return format!("  kept    {}\n", promise.promise);
    }
    let broken: String = promise.broken.iter().map(|how| format!("            {how}\n")).collect();
    format!("  {}  {}\n{broken}", look.status("FAILED", "BROKEN"), promise.promise)
}
