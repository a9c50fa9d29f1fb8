//! The operator works in the checkout while units land in it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::project::Project;
use std::fs;

const UNITS: [&str; 6] = ["one", "two", "three", "four", "five", "six"];

#[test]
fn every_edit_of_the_operator_survives_while_units_land() {
    let project = Project::with("", "base = \"main\"\n");
    for chunk in UNITS {
        project.chunk(chunk, "[]");
    }
    project.git(&["branch", "aside"]);
    project.start();
    project.inject(&UNITS);
    let mut written = Vec::new();
    // Bounded, and as long as anything is still on its way.
    for round in 0..400 {
        let line = format!("edit {round}");
        let name = format!("operator-{round}.txt");
        project.write(&name, &line);
        written.push((name.clone(), line));
        // Any of these may find git's lock held by a landing, as two terminals do; what was written is there all the same.
        match round % 4 {
            0 => drop(project.try_git(&["add", &name])),
            1 => {
                project.try_git(&["add", "-A"]);
                project.try_git(&["commit", "-q", "-m", &name]);
            }
            2 => drop(project.try_git(&["stash", "push", "-q", "-u"])),
            _ => {
                project.try_git(&["switch", "-q", if round % 8 == 3 { "aside" } else { "main" }]);
            }
        }
        let units = project.json(&["ps"]);
        let units = units["work_units"].as_array().unwrap();
        for unit in units.iter().filter(|unit| unit["status"] == "NEEDS_ATTENTION") {
            let reason = unit["attention_reason"].as_str().unwrap();
            assert!(reason.contains("your checkout is in the way"), "{reason}");
            // Another change may have come between.
            project.ve(&["retry", unit["chunk"].as_str().unwrap()]);
        }
        if units.iter().all(|unit| unit["status"] == "DONE") {
            break;
        }
    }
    project.wait_done(&UNITS);
    let landed = |chunk: &str| project.git(&["show", &format!("main:src/{chunk}.txt")]);
    for chunk in UNITS {
        assert_eq!(landed(chunk), chunk);
    }
    let mut places = vec![String::new()];
    places.extend(project.git(&["for-each-ref", "--format=%(refname)"]).lines().map(|name| name.to_owned() + ":"));
    let stashes = project.git(&["stash", "list", "--format=%H"]);
    places
        .extend(stashes.lines().flat_map(|stash| [format!("{stash}:"), format!("{stash}^2:"), format!("{stash}^3:")]));
    for (name, line) in written {
        let in_tree = fs::read_to_string(project.root().join(&name)).is_ok_and(|text| text == line);
        let held = |place: &String| {
            let shown = project.try_git(&["show", &format!("{}{name}", if place.is_empty() { ":" } else { place })]);
            shown.status.success() && shown.stdout == line.as_bytes()
        };
        assert!(in_tree || places.iter().any(held), "{name} is lost");
    }
}

#[test]
fn an_overlapping_file_is_left_alone_until_the_operator_moves_it() {
    let project = Project::new("");
    project.chunk("alpha", "[]");
    project.start();
    project.write("src/alpha.txt", "mine\n");
    project.inject(&["alpha"]);
    let before = project.git(&["rev-parse", "main"]);
    let unit = project.wait_status("alpha", "NEEDS_ATTENTION");
    let reason = unit["attention_reason"].as_str().unwrap();
    assert!(reason.contains("your checkout is in the way") && reason.contains("src/alpha.txt"), "{reason}");
    assert_eq!(project.git(&["rev-parse", "main"]), before);
    assert_eq!(project.read("src/alpha.txt"), "mine\n");
    let attempts = project.attempts("alpha").len();

    fs::rename(project.root().join("src/alpha.txt"), project.root().join("mine.txt")).unwrap();
    project.ok(&["retry", "alpha"]);
    project.wait_done(&["alpha"]);
    assert_eq!(project.read("src/alpha.txt"), "alpha\n");
    assert_eq!(project.read("mine.txt"), "mine\n");
    assert_eq!(project.attempts("alpha").len(), attempts, "no agent ran again");
}

#[test]
fn an_unrelated_change_of_the_operator_is_not_in_the_way() {
    let project = Project::new("");
    project.chunk("alpha", "[]");
    project.write("README.md", "# Changed, not committed\n");
    project.write("staged.txt", "staged\n");
    project.git(&["add", "staged.txt"]);
    project.start();
    project.inject(&["alpha"]);
    project.wait_done(&["alpha"]);
    assert_eq!(project.git(&["status", "--porcelain"]), " M README.md\nA  staged.txt");
}

#[test]
fn two_units_that_change_the_same_line_both_land_after_a_rebase() {
    let project = Project::new(
        r#"implement() {
            echo "$VE_CHUNK" > shared.txt; save "$VE_CHUNK"
            touch "$HOME/written"; await_file go
        }
        rebase() {
            git merge -q main || true
            printf 'first\nsecond\n' > shared.txt; save merge
        }"#,
    );
    project.write("shared.txt", "start\n");
    project.chunk("first", "[]");
    project.chunk("second", "[]");
    project.start();
    project.inject(&["first", "second"]);
    project.wait_trace("first", "written");
    project.wait_trace("second", "written");
    project.signal("first", "go");
    project.wait_done(&["first"]);
    project.signal("second", "go");
    project.wait_done(&["second"]);
    assert_eq!(project.read("shared.txt"), "first\nsecond\n");
    let phases = project.attempts("second");
    assert!(phases.iter().any(|attempt| attempt["phase"] == "REBASE"), "{phases:#?}");
    assert!(project.git(&["status", "--porcelain"]).is_empty());
}
