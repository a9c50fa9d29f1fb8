//! `diff`: what would land of a unit now, or what has landed of it.

use super::client::{Client, unit_path};
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use crate::domain::ids::ChunkName;
use crate::wire;
use clap::Args;

/// Show what would land of a unit now, or what has landed of it
#[derive(Debug, Args)]
pub(super) struct Diff {
    /// The chunk
    #[arg(value_parser = ChunkName::from_argument)]
    chunk: ChunkName,
    /// Only the files, with how many lines each gains and loses
    #[arg(long)]
    stat: bool,
}

/// Characters of the bar behind a file.
const BAR: usize = 40;

pub(super) async fn run(args: Diff, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let answer = client.get(&unit_path(&args.chunk, "/diff")).await?;
    console.show(&answer, if args.stat { stat } else { patch })
}

fn patch(diff: &wire::diff::Diff, look: &Look) -> String {
    let mut lines = heading(diff);
    for file in &diff.files {
        lines.extend(file.to_patch().iter().map(|line| coloured(line, look)));
    }
    if diff.truncated {
        lines.push("... there is more; see all of it with git".to_owned());
    }
    lines.join("\n")
}

fn coloured(line: &str, look: &Look) -> String {
    let shown = line.to_owned();
    let code = match line.as_bytes().first() {
        _ if line.starts_with("+++") || line.starts_with("---") || line.starts_with("diff ") => "1",
        Some(b'+') => "32",
        Some(b'-') => "31",
        Some(b'@') => "36",
        _ => return shown,
    };
    if look.colour { format!("\u{1b}[{code}m{shown}\u{1b}[0m") } else { shown }
}

/// What must be said before the files.
fn heading(diff: &wire::diff::Diff) -> Vec<String> {
    if diff.tip.is_none() {
        return vec![format!("Nothing yet: no attempt of {} has left anything", diff.chunk)];
    }
    let target = diff.target.as_deref().unwrap_or("its target");
    if !diff.conflicts.is_empty() {
        let conflicts = diff.conflicts.join(", ");
        return vec![
            format!("Conflicts with {target} in: {conflicts}; these are the changes since they parted"),
            String::new(),
        ];
    }
    if diff.files.is_empty() {
        return vec![format!("Everything of {} is in {target}", diff.chunk)];
    }
    Vec::new()
}

fn stat(diff: &wire::diff::Diff, _: &Look) -> String {
    let mut lines = heading(diff);
    let name = |file: &wire::diff::File| match &file.old_path {
        Some(old) => format!("{old} => {}", file.path),
        None => file.path.clone(),
    };
    let width = diff.files.iter().map(|file| name(file).chars().count()).max().unwrap_or(0);
    let most = diff.files.iter().map(|file| file.additions + file.deletions).max().unwrap_or(0).max(BAR);
    for file in &diff.files {
        let (added, removed) = (file.additions * BAR / most, file.deletions * BAR / most);
        let count = if file.binary { "binary".to_owned() } else { (file.additions + file.deletions).to_string() };
        let bar = format!("{}{}", "+".repeat(added), "-".repeat(removed));
        lines.push(format!(" {:<width$} | {count:>6} {bar}", name(file)).trim_end().to_owned());
    }
    if !diff.files.is_empty() {
        let (files, added, removed) = (diff.files.len(), diff.additions, diff.deletions);
        lines.push(format!(" {files} file(s) changed, {added} insertion(s), {removed} deletion(s)"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::diff::{File, FileStatus, Hunk};

    fn diff() -> wire::diff::Diff {
        let hunk = Hunk {
            old_start: 1,
            old_lines: 1,
            new_start: 1,
            new_lines: 1,
            about: String::new(),
            lines: vec!["-old".into(), "+new".into()],
        };
        let file = |path: &str, additions, deletions, hunks| File {
            path: path.into(),
            old_path: None,
            status: FileStatus::Modified,
            binary: false,
            additions,
            deletions,
            hunks,
        };
        wire::diff::Diff {
            chunk: "login".into(),
            target: Some("main".into()),
            from: Some("a".into()),
            tip: Some("b".into()),
            landed: false,
            conflicts: vec![],
            files: vec![file("src/login.rs", 1, 1, vec![hunk]), file("long", 100, 20, vec![])],
            additions: 101,
            deletions: 21,
            truncated: false,
        }
    }

    #[test]
    fn a_patch_reads_as_git_writes_it_and_is_coloured_on_a_terminal() {
        insta::assert_snapshot!(patch(&diff(), &Look::plain()), @r"
        diff --git a/src/login.rs b/src/login.rs
        --- a/src/login.rs
        +++ b/src/login.rs
        @@ -1,1 +1,1 @@
        -old
        +new
        diff --git a/long b/long
        ");
        assert!(patch(&diff(), &Look { colour: true, ..Look::plain() }).contains("\u{1b}[31m-old\u{1b}[0m"));
    }

    #[test]
    fn a_summary_by_file() {
        insta::assert_snapshot!(stat(&diff(), &Look::plain()), @r"
         src/login.rs |      2
         long         |    120 +++++++++++++++++++++++++++++++++------
         2 file(s) changed, 101 insertion(s), 21 deletion(s)
        ");
    }

    #[test]
    fn what_there_is_not_is_said() {
        let none = wire::diff::Diff { tip: None, files: vec![], ..diff() };
        assert_eq!(patch(&none, &Look::plain()), "Nothing yet: no attempt of login has left anything");
        let all = wire::diff::Diff { files: vec![], ..diff() };
        assert_eq!(stat(&all, &Look::plain()), "Everything of login is in main");
    }
}
