//! System calls that no confined program needs and that would go round the other walls.

use super::JailError;
use crate::shim::guarantee::{Guarantee, HasNamespaces};
use nix::libc;
use seccompiler::SeccompCmpOp::{Eq, MaskedEq, Ne};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, sock_filter,
};
use std::collections::BTreeMap;

/// The rules by system call number; a call without conditions is refused always.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Installs the filters in the calling process. It must have given up new privileges.
pub(super) fn restrict(namespaces: HasNamespaces, landlock_abi: u8) -> Result<(), JailError> {
    for filter in filters(namespaces, landlock_abi)? {
        seccompiler::apply_filter(&filter)?;
    }
    Ok(())
}

fn filters(namespaces: HasNamespaces, landlock_abi: u8) -> Result<Vec<BpfProgram>, BackendError> {
    let own_root = namespaces == HasNamespaces::Yes;
    let mut denied = denied(Guarantee::lets_unix_sockets_in(namespaces, landlock_abi))?;
    if !own_root {
        denied.extend(denied_beside_foreign_processes()?);
    }
    let mut filters = vec![compile(absent(), libc::ENOSYS)?, compile(denied, libc::EPERM)?];
    if cfg!(target_arch = "x86_64") {
        filters.push(no_x32());
    }
    Ok(filters)
}

/// Calls that look as if the kernel did not have them, so that programs use their fallback.
fn absent() -> Rules {
    [
        // Opens and connects sockets without a system call that a filter sees.
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        // Its flags are behind a pointer; C libraries fall back to clone.
        libc::SYS_clone3,
    ]
    .into_iter()
    .map(|call| (call, Vec::new()))
    .collect()
}

fn denied(unix_sockets: bool) -> Result<Rules, BackendError> {
    let mut families = vec![libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];
    if unix_sockets {
        families.push(libc::AF_UNIX);
    }
    let foreign = families.iter().map(|family| when(0, Ne, *family)).collect::<Result<Vec<_>, _>>()?;
    let user_namespace = || rule(when(0, MaskedEq(flag(libc::CLONE_NEWUSER)), libc::CLONE_NEWUSER));
    let mut rules = Rules::from([
        (libc::SYS_socket, vec![SeccompRule::new(foreign)?]),
        (libc::SYS_ioctl, vec![rule(when_wide(1, Eq, libc::TIOCSTI))?]),
        (libc::SYS_clone, vec![user_namespace()?]),
        (libc::SYS_unshare, vec![user_namespace()?]),
    ]);
    if !unix_sockets {
        // One end of a datagram pair can send to any path; stream and seqpacket pairs are connected for good.
        const TYPE: u64 = 0xf;
        let others = (0..=15).filter(|kind| ![libc::SOCK_STREAM, libc::SOCK_SEQPACKET].contains(kind));
        let others = others.map(|kind| rule(when(1, MaskedEq(TYPE), kind))).collect::<Result<_, _>>()?;
        rules.insert(libc::SYS_socketpair, others);
    }
    Ok(rules)
}

/// Where processes of the same user can be addressed: a limit set from here could kill them.
fn denied_beside_foreign_processes() -> Result<Rules, BackendError> {
    let user = i32::try_from(libc::PRIO_USER).unwrap_or(2);
    Ok(Rules::from([
        (libc::SYS_prlimit64, vec![rule(when(0, Ne, 0))?]),
        (libc::SYS_setpriority, vec![rule(when(0, Eq, user))?, rule(when(1, Ne, 0))?]),
    ]))
}

fn when(argument: u8, is: SeccompCmpOp, value: i32) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, is, flag(value))
}

fn when_wide(argument: u8, is: SeccompCmpOp, value: libc::Ioctl) -> Result<SeccompCondition, BackendError> {
    // The kernel reads 32 bits of a request, whatever the C library's type for it.
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, is, u64::from(value as u32))
}

fn flag(value: i32) -> u64 {
    u64::from(value.cast_unsigned())
}

fn rule(condition: Result<SeccompCondition, BackendError>) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![condition?])
}

/// Compiles rules that answer `error`. A call of a foreign architecture answers "no such call" instead of killing.
fn compile(rules: Rules, error: i32) -> Result<BpfProgram, BackendError> {
    let arch: TargetArch = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(error.cast_unsigned()), arch)?;
    let mut program = BpfProgram::try_from(filter)?;
    for step in &mut program {
        if step.code == RETURN && step.k == libc::SECCOMP_RET_KILL_PROCESS {
            step.k = NO_SUCH_CALL;
        }
    }
    Ok(program)
}

const RETURN: u16 = 0x06;
const NO_SUCH_CALL: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.cast_unsigned();

/// The x32 calls of x86_64 share its architecture and would pass all rules by their numbers.
fn no_x32() -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_GREATER_OR_EQUAL: u16 = 0x35;
    const FIRST_X32_CALL: u32 = 0x4000_0000;
    vec![
        sock_filter { code: LOAD_WORD, jt: 0, jf: 0, k: 0 },
        sock_filter { code: JUMP_IF_GREATER_OR_EQUAL, jt: 0, jf: 1, k: FIRST_X32_CALL },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: NO_SUCH_CALL },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW },
    ]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn filters_compile_for_every_kind_of_jail_and_never_kill() {
        for namespaces in [HasNamespaces::Yes, HasNamespaces::No] {
            for abi in [0, 5, 7] {
                for filter in filters(namespaces, abi).unwrap() {
                    assert!(filter.iter().all(|step| step.k != libc::SECCOMP_RET_KILL_PROCESS));
                }
            }
        }
    }

    #[test]
    fn unix_sockets_are_refused_where_foreign_ones_could_be_reached() {
        let pair = libc::SYS_socketpair;
        assert!(denied(false).unwrap().contains_key(&pair));
        assert!(!denied(true).unwrap().contains_key(&pair));
    }
}
