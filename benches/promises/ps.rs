//! `ve orch ps` as a whole process, beside processes that do nothing.

use crate::machine::lasts;
use crate::project::{Project, SLEEPS, chunk};
use crate::table::{self, Samples};

const TIMES: usize = 100;

pub fn run() {
    let project = Project::new(0, SLEEPS, "");
    project.start(&["--paused"]);
    let mut connection = project.connect();
    for number in 0..20 {
        connection.post("/work-units", &format!("{{\"chunk\":\"{}\"}}", chunk(number))).unwrap();
    }
    let (mut ps, mut nothing, mut git) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TIMES {
        ps.push(lasts(&mut project.ve(&["ps"])));
        nothing.push(lasts(&mut project.command("true")));
        git.push(lasts(project.command("git").arg("--version")));
    }
    let [ps, nothing, git] = [ps, nothing, git].map(|samples| Samples::new(samples).median());
    table::time("ve orch ps with 20 units, whole process", ps, "true", nothing);
    table::time("ve orch ps with 20 units, whole process", ps, "git --version", git);
}
