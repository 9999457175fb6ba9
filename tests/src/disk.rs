//! A small disk of a test's own: a file with an ext4 in it, mounted by way of a loop device. Needs root.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::wait::eventually;

/// Nobody works on a disk that is unmounted.
const UNMOUNTED_WITHIN: Duration = Duration::from_secs(30);

/// A mounted disk. Dropping it unmounts it.
pub struct Disk {
    home: TempDir,
    mounted: bool,
}

impl Disk {
    /// A fresh disk of so many MiB, or nothing, said in a line, where this process may not make one.
    pub fn new(mebibytes: u64) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            println!("SKIPPED: a disk of one's own needs root");
            return None;
        }
        let disk = Self { home: tempfile::tempdir().expect("a temporary directory"), mounted: false };
        let image = File::create(disk.image()).expect("a file");
        image.set_len(mebibytes << 20).expect("a file has a length");
        std::fs::create_dir(disk.path()).expect("a directory");
        run("mkfs.ext4", &["-q", "-F", "-m", "0"], &[&disk.image()]);
        let mut disk = disk;
        disk.mount();
        Some(disk)
    }

    /// Where it is mounted.
    pub fn path(&self) -> PathBuf {
        self.home.path().join("mount")
    }

    fn image(&self) -> PathBuf {
        self.home.path().join("image")
    }

    /// Bytes that anybody may still write.
    pub fn free(&self) -> u64 {
        let disk = rustix::fs::statvfs(self.path()).expect("a mounted disk");
        disk.f_bavail * disk.f_frsize
    }

    /// Stops the file system at once, as a power cut does: what it has not written it never will, its log included.
    pub fn cut_power(&self) {
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. Python, because this workspace has no unsafe code.
        let script = "import fcntl, os, struct, sys\n\
                      fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack('I', 2))";
        run("python3", &["-c", script], &[&self.path()]);
    }

    /// Unmounts it and mounts it again: what is there now was on the disk. Nobody may have a file of it open.
    pub async fn remount(&mut self) {
        self.unmount().await;
        self.mount();
    }

    fn mount(&mut self) {
        run("mount", &["-o", "loop"], &[&self.image(), &self.path()]);
        self.mounted = true;
    }

    async fn unmount(&mut self) {
        // The system may still be closing the files of a process that has just ended: "target is busy".
        eventually("the disk is unmounted", UNMOUNTED_WITHIN, async || {
            attempt("umount", &[], &[&self.path()]).inspect_err(|error| println!("{error}")).ok()
        })
        .await;
        self.mounted = false;
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            // Lazily: a failed test may have left a process on it for a moment.
            let _ = Command::new("umount").arg("-l").arg(self.path()).status();
        }
    }
}

fn run(program: &str, arguments: &[&str], paths: &[&Path]) {
    attempt(program, arguments, paths).unwrap_or_else(|error| panic!("{error}"));
}

/// What the program says if it does not succeed.
fn attempt(program: &str, arguments: &[&str], paths: &[&Path]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).args(paths).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{program}: {said}")) }
}
