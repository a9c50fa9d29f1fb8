//! Recognises network file systems: locks and shared memory of the database are not safe there.

use std::io;
use std::path::Path;

/// The network file system that holds `path` (or its nearest parent that exists), by the name operators know.
#[cfg(target_os = "linux")]
pub fn network_file_system(path: &Path) -> io::Result<Option<String>> {
    use std::os::unix::fs::MetadataExt;
    let Some(existing) = path.ancestors().find(|dir| dir.exists()) else {
        return Ok(None);
    };
    let magic = rustix::fs::statfs(existing)?.f_type;
    let magic = magic as u32;
    if magic != FUSE {
        return Ok(by_magic(magic).map(str::to_owned));
    }
    let device = existing.metadata()?.dev();
    Ok(remote_fuse(&std::fs::read_to_string("/proc/self/mountinfo")?, device))
}

/// Elsewhere nothing is recognised, and nothing refused.
#[cfg(not(target_os = "linux"))]
pub fn network_file_system(_path: &Path) -> io::Result<Option<String>> {
    Ok(None)
}

const FUSE: u32 = 0x6573_5546;

/// File systems by the magic number of statfs(2); numbers from its manual page and `linux/magic.h`.
fn by_magic(magic: u32) -> Option<&'static str> {
    let name = match magic {
        0x0000_6969 => "nfs",
        0x0000_517b | 0xfe53_4d42 => "smb",
        0xff53_4d42 => "cifs",
        0x0102_1997 => "9p",
        0x5346_414f | 0x6b41_4653 => "afs",
        0x00c3_6400 => "ceph",
        0x7375_7245 => "coda",
        0x0bd0_0bd0 => "lustre",
        _ => return None,
    };
    Some(name)
}

/// The type of the FUSE mount with this device number, if it is one that reaches over a network.
fn remote_fuse(mountinfo: &str, device: u64) -> Option<String> {
    const REMOTE: [&str; 7] = ["sshfs", "rclone", "s3fs", "glusterfs", "gcsfuse", "davfs", "smbnetfs"];
    let number = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mount = mountinfo.lines().find(|line| line.split(' ').nth(2) == Some(&number))?;
    let kind = mount.split_once(" - ")?.1.split(' ').next()?;
    REMOTE.iter().any(|name| kind.ends_with(name)).then(|| kind.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn local_directories_pass_and_missing_ones_are_judged_by_their_parent() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(network_file_system(&dir.path().join("not/yet")).unwrap(), None);
    }

    #[test]
    fn network_file_systems_have_names() {
        assert_eq!(by_magic(0x6969), Some("nfs"));
        assert_eq!(by_magic(0x0000_ef53), None);
        let mountinfo = "40 29 0:37 / /mnt/far rw,nosuid - fuse.sshfs me@far: rw\n41 29 0:38 / /mnt/near rw - fuse.gocryptfs /x rw\n";
        let device = |minor| rustix::fs::makedev(0, minor);
        assert_eq!(remote_fuse(mountinfo, device(37)).as_deref(), Some("fuse.sshfs"));
        assert_eq!(remote_fuse(mountinfo, device(38)), None);
        assert_eq!(remote_fuse(mountinfo, device(39)), None);
    }
}
