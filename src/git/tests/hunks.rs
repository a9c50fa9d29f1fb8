use super::lab::Lab;
use crate::domain::difference::How;

#[test]
fn files_are_named_counted_and_shown_place_by_place() {
    let lab = Lab::new();
    let from = lab.commit("before");
    lab.write("a.txt", "a\nand more\n");
    lab.write("new.txt", "one\ntwo");
    lab.write("image", "\0binary");
    lab.git(&lab.host_dir(), &["mv", "dir/c.txt", "dir/d.txt"]);
    std::fs::remove_file(lab.host_dir().join("b.txt")).unwrap();
    let to = lab.commit("after");
    let hunks = lab.host().hunks(&from, &to, 10_000).unwrap();
    assert!(!hunks.is_cut);
    let told: Vec<_> =
        hunks.files.iter().map(|file| (file.path.as_str(), file.how, file.added, file.removed, file.binary)).collect();
    assert_eq!(
        told,
        [
            ("a.txt", How::Modified, 1, 0, false),
            ("b.txt", How::Removed, 0, 1, false),
            ("dir/d.txt", How::Renamed, 0, 0, false),
            ("image", How::Added, 0, 0, true),
            ("new.txt", How::Added, 2, 0, false),
        ]
    );
    assert_eq!(hunks.files[0].hunks[0].lines, [" a", "+and more"]);
    assert_eq!((hunks.files[0].hunks[0].old, hunks.files[0].hunks[0].new), ((1, 1), (1, 2)));
    assert_eq!(hunks.files[4].hunks[0].lines, ["+one", "+two", "\\ No newline at end of file"]);
    assert_eq!(hunks.files[2].old_path.as_deref(), Some("dir/c.txt"));
}

#[test]
fn too_much_is_cut_and_still_counted() {
    let lab = Lab::new();
    let from = lab.commit("before");
    lab.write("long.txt", &"line\n".repeat(100));
    let to = lab.commit("after");
    let hunks = lab.host().hunks(&from, &to, 50).unwrap();
    assert!(hunks.is_cut);
    assert_eq!(hunks.files[0].added, 100);
    assert!(hunks.files[0].hunks[0].lines.len() < 12);
}
