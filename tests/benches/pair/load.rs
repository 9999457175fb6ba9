//! A closed loop: so many callers, each of which calls again as soon as it is answered.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tonic::Status;

use crate::server::Server;

/// Not measured: connections, caches, leases.
const WARM_UP: Duration = Duration::from_millis(500);

/// One call; the number makes each different.
pub(crate) type Call =
    Arc<dyn Fn(u64) -> Pin<Box<dyn Future<Output = Result<(), Status>> + Send>> + Send + Sync>;

/// What one run showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) ops_s: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) server_cpu_us: f64,
}

/// Calls for `run`, `in_flight` at a time. A call that fails ends the benchmark: a figure with errors in it is none.
pub(crate) async fn drive(call: &Call, server: &Server, in_flight: usize, run: Duration) -> Figures {
    loops(call, in_flight, WARM_UP).await;
    let (began, cpu) = (Instant::now(), server.cpu());
    let mut latencies = loops(call, in_flight, run).await;
    let (took, cpu) = (began.elapsed(), server.cpu() - cpu);
    latencies.sort_unstable();
    let count = latencies.len() as f64;
    let at =
        |share: f64| latencies.get((count * share) as usize).copied().unwrap_or_default().as_secs_f64() * 1e6;
    Figures {
        ops_s: count / took.as_secs_f64(),
        p50_us: at(0.5),
        p99_us: at(0.99),
        server_cpu_us: cpu.as_secs_f64() * 1e6 / count,
    }
}

async fn loops(call: &Call, in_flight: usize, run: Duration) -> Vec<Duration> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let until = Instant::now() + run;
    let callers = (0..in_flight).map(|_| {
        let call = Arc::clone(call);
        tokio::spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let began = Instant::now();
                if began >= until {
                    return latencies;
                }
                call(NUMBER.fetch_add(1, Ordering::Relaxed)).await.expect("a call succeeds");
                latencies.push(began.elapsed());
            }
        })
    });
    let mut all = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        all.extend(caller.await.expect("a caller does not panic"));
    }
    all
}
