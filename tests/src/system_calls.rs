//! # Safety
//!
//! Processes to which the kernel refuses something. The file opts into unsafe code to install
//! filters, which takes pointers that are valid during the call.

use std::io;

/// Lets a system call fail in this process from now on, as on a kernel or in a container that lacks
/// it.
///
/// # Panics
/// If the kernel refuses the filter.
pub fn refuse(call: libc::c_long) {
    refuse_with(call, libc::ENOSYS);
}

/// Lets a system call fail in this process from now on, with this error.
///
/// # Panics
/// If the kernel refuses the filter.
pub fn refuse_with(call: libc::c_long, error: i32) {
    let mut program = [
        libc::sock_filter { code: 0x20, jt: 0, jf: 0, k: 0 }, // load the number of the call
        libc::sock_filter { code: 0x15, jt: 0, jf: 1, k: u32::try_from(call).expect("a small number") },
        libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ERRNO | error.cast_unsigned() },
        libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW },
    ];
    install(&mut program);
}

/// Lets every replacement of a mapping fail in this process from now on, for lack of memory. If
/// `access` is given, only replacements with this access fail.
///
/// # Panics
/// If the kernel refuses the filter.
pub fn refuse_mapping_over(access: Option<i32>) {
    let number = |number: i64| u32::try_from(number).expect("a small number");
    let otherwise = u8::from(access.is_some());
    let mut program = [
        libc::sock_filter { code: 0x20, jt: 0, jf: 0, k: 0 }, // load the number of the call
        libc::sock_filter { code: 0x15, jt: 0, jf: 5, k: number(libc::SYS_mmap) },
        libc::sock_filter { code: 0x20, jt: 0, jf: 0, k: 16 + 8 * 3 }, // load the flags
        libc::sock_filter { code: 0x45, jt: 0, jf: 3, k: number(libc::MAP_FIXED.into()) },
        libc::sock_filter { code: 0x20, jt: 0, jf: 0, k: 16 + 8 * 2 }, // load the access
        libc::sock_filter { code: 0x15, jt: 0, jf: otherwise, k: number(access.unwrap_or(0).into()) },
        libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ERRNO | number(libc::ENOMEM.into()) },
        libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW },
    ];
    install(&mut program);
}

fn install(program: &mut [libc::sock_filter]) {
    let len = u16::try_from(program.len()).expect("a few instructions");
    let program = libc::sock_fprog { len, filter: program.as_mut_ptr() };
    // SAFETY: the call takes only numbers.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
    // SAFETY: the program is valid during the call, which copies it.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}
