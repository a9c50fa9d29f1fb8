use super::lab::{Lab, put};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;

fn pointer(content: &str) -> (String, String) {
    let name: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {}\n", content.len());
    (name, text)
}

#[test]
fn contents_come_home_if_they_are_what_their_name_says_and_others_are_named() {
    let lab = Lab::new();
    let (host, unit) = (lab.host(), lab.unit(1));
    let private = lab.private(&host, &unit);
    private.prepare(&lab.base()).unwrap();
    let worktree = unit.paths.worktree();
    for (path, content, stored) in
        [("good.bin", "good", Some("good")), ("forged.bin", "forged", Some("other")), ("lost.bin", "lost", None)]
    {
        let (name, text) = pointer(content);
        put(&worktree, path, &text);
        if let Some(stored) = stored {
            put(&unit.paths.git(), &format!("lfs/objects/{}/{}/{name}", &name[..2], &name[2..4]), stored);
        }
    }
    lab.commit_in(&worktree, "work");
    let tip = private.import().unwrap();
    let missing = private.import_lfs(&lab.base().commit, &tip).unwrap();
    assert_eq!(missing, ["forged.bin", "lost.bin"].map(PathBuf::from));
    let (name, _) = pointer("good");
    let home = lab.host_dir().join(format!(".git/lfs/objects/{}/{}/{name}", &name[..2], &name[2..4]));
    assert_eq!(fs::read_to_string(home).unwrap(), "good");
}
