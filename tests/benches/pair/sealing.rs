//! What the cipher costs: the same run on a build whose cipher does nothing. That build exists for this file alone; it says
//! at each start that it encrypts nothing.
//!
//! The cost is a few parts in a hundred, and two runs of one second differ by more than that on a shared machine: so many
//! short pairs of runs are made, and the median of their differences is reported.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Options;
use crate::load::{Figures, drive};
use crate::report;
use crate::server::{Home, Server};
use crate::work;

const IN_FLIGHT: usize = 64;
/// Pairs of runs, at least.
const PAIRS: usize = 25;
/// How long one run takes at most.
const RUN: Duration = Duration::from_secs(1);

pub(crate) async fn measure(options: &Options) {
    let null = build_null_cipher();
    let (sealed_home, null_home) = (Home::new(), Home::new());
    let sealed = Server::pair(tests::binary("keystead"), &sealed_home).await;
    let null = Server::pair(&null, &null_home).await;
    let mut works = Vec::new();
    for server in [&sealed, &null] {
        let channel = tests::channel(server.address("table.keystead"));
        work::prepare(&channel).await;
        works.push((server, work::on_tables(&channel).await));
    }
    for at in 0..2 {
        let (mut cpu, mut rate) = (Vec::new(), Vec::new());
        let mut name = "";
        // In turn, so that whatever else the machine does meets both.
        for _ in 0..options.repeats.max(PAIRS) {
            let mut figures: Vec<Figures> = Vec::new();
            for (server, works) in &works {
                let work = works.get(at).expect("GetItem and PutItem come first");
                name = work.name;
                figures.push(drive(&work.call, server, IN_FLIGHT, options.run.min(RUN)).await);
            }
            if let [sealed, null] = figures.as_slice() {
                cpu.push(100.0 * (sealed.server_cpu_us / null.server_cpu_us - 1.0));
                rate.push(100.0 * (null.ops_s / sealed.ops_s - 1.0));
            }
        }
        report::percent(&format!("sealing adds to the server CPU of {name}"), &cpu);
        report::percent(&format!("sealing takes from the throughput of {name}"), &rate);
    }
    drop(works);
    sealed.stop();
    null.stop();
}

fn build_null_cipher() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is inside the workspace");
    let target = root.join("target/null-cipher");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "-p", "keystead", "-p", "envelope"])
        .args(["--features", "envelope/danger-null-cipher", "--target-dir"])
        .arg(&target)
        .current_dir(root)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the build with the null cipher failed");
    target.join("release/keystead")
}
