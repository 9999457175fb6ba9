//! Makes sled's writes survive a power cut, by replacing one function of the C library in our binaries.
//!
//! On Linux sled 0.34.7 ends each write with `sync_file_range`. That call asks the kernel to write dirty pages, but
//! it neither commits the file's size and extents nor flushes the disk's own cache, so a power cut can lose or tear
//! what was "flushed"; sled then also reuses old segments on the strength of it, so that the whole database can come
//! back empty. Syncing from outside afterwards is too late for that. The remedy that holds is to make the very call
//! durable: this crate exports a symbol of that name which calls `fdatasync`. A definition in the program wins over
//! the one in the C library, for the whole process; a stronger sync harms nobody else.
//!
//! A linker could drop the replacement without a word. So it counts its calls, and the engine in `store` refuses to
//! open unless the count moves when sled flushes. On systems other than Linux sled calls `File::sync_all` itself and
//! nothing is replaced: see [`IS_NEEDED`].
//!
//! This is the only crate in the workspace with `unsafe`: exporting an unmangled symbol, and declaring a C function.

/// Whether sled needs the replacement on this system.
pub const IS_NEEDED: bool = cfg!(target_os = "linux");

/// How often the replacement was called in this process. Always zero where it is not needed.
pub fn calls() -> u64 {
    #[cfg(target_os = "linux")]
    return replacement::CALLS.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(target_os = "linux"))]
    return 0;
}

#[cfg(target_os = "linux")]
mod replacement {
    use std::{
        ffi::{c_int, c_uint},
        sync::atomic::{AtomicU64, Ordering},
    };

    pub(super) static CALLS: AtomicU64 = AtomicU64::new(0);

    // SAFETY: the signature is that of fdatasync(2). It takes any integer: a wrong descriptor is an error, not
    // undefined behaviour, hence `safe`.
    unsafe extern "C" {
        safe fn fdatasync(fd: c_int) -> c_int;
    }

    /// `sync_file_range(2)`, but durable: data, size and extents of the whole file reach the medium before it
    /// returns. 0 on success, or -1 with `errno` set, both as `fdatasync` leaves them.
    // SAFETY: the only other definition of this name is the C library's, with this signature and a weaker promise.
    #[unsafe(no_mangle)]
    extern "C" fn sync_file_range(fd: c_int, _offset: i64, _bytes: i64, _flags: c_uint) -> c_int {
        CALLS.fetch_add(1, Ordering::Relaxed);
        fdatasync(fd)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        ffi::{c_int, c_uint},
        fs::File,
        os::fd::AsRawFd,
    };

    /// Declared as sled's `libc` dependency declares it, so that the linker has to choose a definition.
    mod as_sled_sees_it {
        use super::*;
        // SAFETY: the signature of sync_file_range(2).
        unsafe extern "C" {
            pub(super) safe fn sync_file_range(fd: c_int, offset: i64, bytes: i64, flags: c_uint) -> c_int;
        }
    }

    #[test]
    fn the_name_resolves_to_the_replacement_and_errors_pass_through() {
        let file = File::open(std::env::current_exe().unwrap()).unwrap();
        let before = crate::calls();
        assert_eq!(as_sled_sees_it::sync_file_range(file.as_raw_fd(), 0, 0, 0), 0);
        assert_eq!(crate::calls(), before + 1);

        assert_eq!(as_sled_sees_it::sync_file_range(-1, 0, 0, 0), -1);
        let error = std::io::Error::last_os_error();
        assert_eq!(error.raw_os_error(), Some(9), "EBADF, from fdatasync: {error}");
    }
}
