//! The few system calls that no crate wraps safely, each as a safe function. The only file with unsafe code.

use nix::libc;
use rustix::thread::UnshareFlags;
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Attributes of a mount, as `mount_setattr` takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MountAttributes(u64);

impl MountAttributes {
    /// Nothing can be written.
    pub(crate) const READ_ONLY: Self = Self(libc::MOUNT_ATTR_RDONLY);
    /// Set-user-id programs have no effect.
    pub(crate) const NO_SUID: Self = Self(libc::MOUNT_ATTR_NOSUID);
    /// Device nodes cannot be opened.
    pub(crate) const NO_DEVICES: Self = Self(libc::MOUNT_ATTR_NODEV);

    /// Both sets together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Sets `attributes` on the mount behind `tree`, and on all mounts below it.
#[expect(unsafe_code, reason = "mount_setattr has no safe wrapper")]
pub(crate) fn set_mount_attributes(tree: BorrowedFd<'_>, attributes: MountAttributes) -> io::Result<()> {
    let change = libc::mount_attr { attr_set: attributes.0, attr_clr: 0, propagation: 0, userns_fd: 0 };
    let empty: &CStr = c"";
    // SAFETY: `empty` and `change` are valid for the whole call, and the size passed is that of `change`.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            empty.as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const change,
            size_of::<libc::mount_attr>(),
        )
    };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Makes every descriptor from 3 on close at the next exec.
#[expect(unsafe_code, reason = "close_range has no safe wrapper")]
pub(crate) fn close_on_exec_from_three() -> io::Result<()> {
    // SAFETY: with this flag the call closes nothing now, so no descriptor that is owned here becomes invalid.
    let answer = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The Landlock ABI of the running kernel; 0 where there is none.
#[expect(unsafe_code, reason = "the landlock crate keeps its own query private")]
pub(crate) fn landlock_abi() -> u8 {
    const VERSION_FLAG: u32 = 1;
    // SAFETY: with this flag the kernel reads no memory: the address must be null and the size 0.
    let version = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, VERSION_FLAG)
    };
    u8::try_from(version).unwrap_or(0)
}

/// Leaves the given namespaces. The process must have one thread.
#[expect(unsafe_code, reason = "unshare is unsafe for the table of descriptors")]
pub(crate) fn unshare(namespaces: UnshareFlags) -> io::Result<()> {
    debug_assert!(!namespaces.contains(UnshareFlags::FILES), "the table of descriptors stays shared");
    // SAFETY: callers leave namespaces only, never the table of descriptors, which is what makes the call unsafe.
    unsafe { rustix::thread::unshare_unsafe(namespaces) }.map_err(io::Error::from)
}

/// Gives `signal` its default action back.
#[expect(unsafe_code, reason = "installing a handler is unsafe in general")]
pub(crate) fn default_action(signal: nix::sys::signal::Signal) -> io::Result<()> {
    // SAFETY: the default action runs no code of ours.
    unsafe { nix::sys::signal::signal(signal, nix::sys::signal::SigHandler::SigDfl) }.map_err(io::Error::from)?;
    Ok(())
}
