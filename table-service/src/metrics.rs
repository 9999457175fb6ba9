//! The table service's own metrics. None has a table, key or principal in a label.

use std::sync::atomic::Ordering;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use service_kit::Registry;
use table_core::Tables;

/// Calls to KMS, by operation and outcome.
#[derive(Clone, Debug, Default)]
pub(crate) struct KmsCalls(Family<CallLabels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: &'static str,
    outcome: &'static str,
    /// `caller` when the call was made on behalf of a principal, `service` otherwise.
    actor: &'static str,
}

impl KmsCalls {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let calls = Self::default();
        registry.register("keystead_kms_calls", "Calls to the key-management service", calls.0.clone());
        calls
    }

    pub(crate) fn count(&self, operation: &'static str, actor: &'static str, outcome: &'static str) {
        self.0.get_or_create(&CallLabels { operation, outcome, actor }).inc();
    }
}

/// Registers what is read off the engine when somebody asks.
pub(crate) fn register(registry: &mut Registry, tables: &Tables) {
    registry.register_collector(Box::new(Gauges(tables.clone())));
}

struct Gauges(Tables);

impl std::fmt::Debug for Gauges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gauges")
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let engine = self.0.counters();
        let counters = [
            ("keystead_key_switches", "Key switches finished", engine.switches.load(Ordering::Relaxed)),
            (
                "keystead_key_switches_abandoned",
                "Key switches given up because KMS refused a key",
                engine.switches_abandoned.load(Ordering::Relaxed),
            ),
            (
                "keystead_key_changes",
                "Changes of keys that KMS reported",
                engine.key_changes.load(Ordering::Relaxed),
            ),
            (
                "keystead_key_leases_revoked",
                "Leases that a change of their key ended",
                engine.leases_revoked.load(Ordering::Relaxed),
            ),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let leases =
            ConstGauge::new(i64::try_from(engine.leases.load(Ordering::Relaxed)).unwrap_or(i64::MAX));
        leases.encode(encoder.encode_descriptor(
            "keystead_key_leases",
            "Leases held",
            None,
            leases.metric_type(),
        )?)
    }
}
