//! What an engine has done, for Prometheus: the same metrics in both services. They are read off the engine when somebody
//! asks, so they cost nothing otherwise; no label says whose commits they were.

use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _, MetricEncoder, NoLabelSet},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};

use crate::{Distribution, SledStore, Store as _};

/// Registers `keystead_store_...` of this store.
pub fn register(registry: &mut Registry, store: &Arc<SledStore>) {
    registry.register_collector(Box::new(Engine(Arc::clone(store))));
}

struct Engine(Arc<SledStore>);

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

impl Collector for Engine {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stats = self.0.stats();
        let counters = [
            ("keystead_store_commits", "Commits made durable", stats.commits),
            ("keystead_store_conflicts", "Commits refused by an expectation", stats.conflicts),
            ("keystead_store_keys_written", "Records put or deleted", stats.keys_written),
            ("keystead_store_bytes_written", "Bytes of records put", stats.bytes_written),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let merged = ("keystead_store_merged_commits", "Commits in one durable batch");
        let metric = encoder.encode_descriptor(merged.0, merged.1, None, MetricType::Histogram)?;
        encode_histogram(metric, &stats.merged, 1.0)?;
        let flush = ("keystead_store_flush", "Time to make one batch durable");
        let metric =
            encoder.encode_descriptor(flush.0, flush.1, Some(&Unit::Seconds), MetricType::Histogram)?;
        encode_histogram(metric, &stats.flush_nanos, 1e9)?;
        // No figure is better than a wrong one.
        let Ok(size) = self.0.size_on_disk() else { return Ok(()) };
        let gauge = ConstGauge::new(i64::try_from(size).unwrap_or(i64::MAX));
        let help = "Bytes of the store's files";
        gauge.encode(encoder.encode_descriptor(
            "keystead_store_disk_bytes",
            help,
            None,
            gauge.metric_type(),
        )?)
    }
}

/// Values are counted in parts of a unit, so many of which are one.
fn encode_histogram<const BUCKETS: usize>(
    mut metric: MetricEncoder<'_>,
    values: &Distribution<BUCKETS>,
    parts: f64,
) -> fmt::Result {
    #[allow(clippy::as_conversions, reason = "a figure for people: the 54th bit of a sum may be lost")]
    let whole = |value: u64| value as f64 / parts;
    let bounded = values.buckets.iter().map(|(bound, count)| (whole(*bound), *count));
    let buckets: Vec<_> = bounded.chain([(f64::INFINITY, values.above)]).collect();
    metric.encode_histogram::<NoLabelSet>(whole(values.sum), values.count(), &buckets, None)
}
