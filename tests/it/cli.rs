//! The command line as a whole: its names, its looks, its JSON.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use crate::project::Project;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn every_command_that_answers_has_json_and_a_text_that_fits() {
    let project = Project::new("implement() { ask 'left or right?'; }");
    let long = "a_chunk_with_a_name_that_is_longer_than_any_column_of_any_table_should_have_to_be";
    project.chunk(long, "[]");
    project.chunk("b", "null");
    project.start();
    project.inject(&[long, "b"]);
    project.wait_status("b", "NEEDS_ATTENTION");
    project.wait_status(long, "NEEDS_ATTENTION");
    for words in [
        &["status"][..],
        &["ps"],
        &["queue"],
        &["attention"],
        &["config"],
        &["trust"],
        &["conflicts"],
        &["conflicts", "b"],
        &["analyze", "b", long],
        &["explain", "b"],
        &["history", "b"],
        &["costs"],
        &["url"],
        &["work-unit", "show", "b"],
        &["work-unit", "list"],
        &["work-unit", "status", "b"],
        &["prioritize", "b", "2"],
        &["answer", "b", "left"],
        &["resolve", "b", "--with", long, "parallelize"],
        &["pause"],
        &["resume"],
        &["retry-all", "--phase", "PLAN"],
    ] {
        let json = project.ok(&[words, &["--json"]].concat());
        let value: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{words:?}: {error} in {json}"));
        assert!(value.is_object(), "{words:?}: {json}");
        if words[0] != "answer" {
            let text = project.ok(words);
            assert!(!text.contains('\u{1b}'), "{words:?}: no colour but on a terminal");
        }
    }
    let narrow = project.orch(&["ps"]).env("COLUMNS", "50").output().unwrap();
    let text = String::from_utf8(narrow.stdout).unwrap();
    assert!(text.lines().count() >= 4, "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 50, "{line:?}");
    }
    for chunk in [long, "b"] {
        project.ok(&["cancel", chunk]);
    }
}

#[test]
fn completions_know_the_commands() {
    let project = Project::new("");
    for shell in ["bash", "zsh", "fish"] {
        let script = project.ok(&["completions", shell]);
        for command in ["inject", "attention", "resolve", "retry-all"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn a_link_named_ve_orch_is_the_short_form() {
    let project = Project::new("");
    let bin = project.root().parent().unwrap().join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(env!("CARGO_BIN_EXE_ve"), bin.join("ve-orch")).unwrap();
    let output = project.command(bin.join("ve-orch").to_str().unwrap()).arg("status").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("Status: Stopped"), "{output:?}");
}

#[test]
fn other_commands_are_handed_to_the_next_ve() {
    let project = Project::new("");
    let bin = project.root().parent().unwrap().join("bin");
    fs::create_dir(&bin).unwrap();
    let other = bin.join("ve");
    fs::write(&other, "#!/bin/sh\necho \"other: $*\"\nexit 7\n").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |path: &str| {
        let mut command = project.command(env!("CARGO_BIN_EXE_ve"));
        command.env("PATH", path).args(["chunk", "list", "--all"]).output().unwrap()
    };
    let handed = run(&format!("{}:/usr/bin:/bin", bin.display()));
    assert_eq!((handed.status.code(), handed.stdout.as_slice()), (Some(7), &b"other: chunk list --all\n"[..]));
    let nobody = run("/nonexistent");
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("Hint: "), "{nobody:?}");
}
