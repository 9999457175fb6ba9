//! From the start of the process to the first answer, and what it takes to sit idle.

use std::time::Duration;

use crate::Options;
use crate::report;
use crate::server::{Home, Server};

/// Until whatever a start leaves behind has settled: the allocator gives memory back over ten seconds.
const IDLE: Duration = Duration::from_secs(12);

pub(crate) async fn measure(options: &Options) {
    let (mut first, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.repeats.max(5) {
        let home = Home::new();
        let server = Server::pair(tests::binary("keystead"), &home).await;
        first.push(server.ready_after.as_secs_f64() * 1e3);
        tokio::time::sleep(IDLE).await;
        memory.push(server.memory() as f64 / 1e6);
        server.stop();
        let server = Server::pair(tests::binary("keystead"), &home).await;
        again.push(server.ready_after.as_secs_f64() * 1e3);
        server.stop();
    }
    report::figure("ready, empty directory", "ms", &first);
    report::figure("ready, second start", "ms", &again);
    report::figure("memory when idle, both services", "mb", &memory);
}
