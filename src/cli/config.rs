//! `config`: shows the configuration, or changes it.

use super::client::Client;
use super::console::Console;
use super::error::CommandError;
use super::render::Look;
use super::render::table::Table;
use crate::wire;
use crate::wire::config::ConfigPatch;
use clap::Args;
use hyper::Method;

/// Show the configuration, or change it; changes count at once
#[derive(Debug, Args)]
pub(super) struct Config {
    /// Agents at work at once
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    max_agents: Option<u32>,
    /// Seconds between two looks of the scheduler when nothing happens
    #[arg(long, value_parser = interval)]
    dispatch_interval: Option<f64>,
    /// Worktrees on disk beyond which status warns
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    worktree_threshold: Option<u32>,
    /// Turns that an agent may take in one attempt
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    max_turns_implement: Option<u32>,
    /// Turns to repair a status that COMPLETE left as it was
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    max_turns_complete: Option<u32>,
    /// The agent of every phase that has none of its own
    #[arg(long)]
    backend: Option<String>,
    /// Show every value in effect and where it comes from
    #[arg(long)]
    sources: bool,
}

fn interval(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0);
    seconds.ok_or_else(|| "it must be a number above 0".to_owned())
}

pub(super) async fn run(args: Config, client: &Client<'_>, console: &mut Console) -> Result<(), CommandError> {
    let patch = ConfigPatch {
        max_agents: args.max_agents,
        dispatch_interval_seconds: args.dispatch_interval,
        worktree_warning_threshold: args.worktree_threshold,
        max_turns_implement: args.max_turns_implement,
        max_turns_complete: args.max_turns_complete,
        backend: args.backend,
    };
    let answer = match patch.is_empty() {
        true => client.get("/config").await?,
        false => client.send(Method::PATCH, "/config", &patch).await?,
    };
    if args.sources { console.show(&answer, sources) } else { console.show(&answer, text) }
}

fn sources(config: &wire::config::Config, look: &Look) -> String {
    let mut table = Table::new(&[("KEY", 0), ("VALUE", 0), ("SOURCE", 0)]);
    for value in &config.values {
        table.row(vec![value.key.clone(), value.value.clone(), value.source.clone()]);
    }
    let not_in_effect = config.problem.iter().map(|why| format!("Not in effect: {why}"));
    [table.render(80, look)].into_iter().chain(not_in_effect).collect::<Vec<_>>().join("\n")
}

fn text(config: &wire::config::Config, _: &Look) -> String {
    let lines = [
        ("max_agents", config.max_agents.to_string()),
        ("dispatch_interval_seconds", format!("{:?}", config.dispatch_interval_seconds)),
        ("worktree_warning_threshold", config.worktree_warning_threshold.to_string()),
        ("max_turns_implement", config.max_turns_implement.to_string()),
        ("max_turns_complete", config.max_turns_complete.to_string()),
        ("backend", config.backend.clone()),
    ];
    let line = |(key, value): (&str, String)| match config.sources.get(key) {
        Some(source) => format!("  {key}: {value} ({source})"),
        None => format!("  {key}: {value}"),
    };
    let mut text = vec!["Orchestrator Configuration:".to_owned()];
    text.extend(lines.map(line));
    text.extend(config.problem.iter().map(|why| format!("  Not in effect: {why}")));
    text.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::Policy;

    #[test]
    fn six_lines_and_where_their_values_come_from() {
        let sources = [("max_agents".to_owned(), "ve.toml".to_owned())].into();
        let config = wire::config::Config::new(&Policy::default(), "claude", sources);
        insta::assert_snapshot!(text(&config, &Look::plain()), @r#"
        Orchestrator Configuration:
          max_agents: 4 (ve.toml)
          dispatch_interval_seconds: 1.0
          worktree_warning_threshold: 10
          max_turns_implement: 100
          max_turns_complete: 20
          backend: claude
        "#);
    }

    #[test]
    fn every_value_says_where_it_comes_from() {
        let value = |key: &str, value: &str, source: &str| wire::config::ConfigValue {
            key: key.into(),
            value: value.into(),
            source: source.into(),
        };
        let mut config = wire::config::Config::new(&Policy::default(), "claude", [].into());
        config.values = vec![
            value("base", "\"current\"", "default"),
            value("limits.max_agents", "3", "ve.toml"),
            value("agents.default", "\"claude\"", "stored settings"),
        ];
        config.problem = Some("failed to read ve.toml:2:1: expected a key".into());
        insta::assert_snapshot!(sources(&config, &Look::plain()), @r#"
        KEY               VALUE     SOURCE
        --------------------------------------------------------------------------------
        base              "current" default
        limits.max_agents 3         ve.toml
        agents.default    "claude"  stored settings
        Not in effect: failed to read ve.toml:2:1: expected a key
        "#);
    }

    #[test]
    fn an_interval_is_above_zero() {
        assert_eq!(interval("0.5"), Ok(0.5));
        for text in ["0", "-1", "inf", "x"] {
            assert!(interval(text).is_err(), "{text}");
        }
    }
}
