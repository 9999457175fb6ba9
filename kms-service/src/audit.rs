//! The audit adapter: one log line (target `audit`) and one count for every operation.
//!
//! A line says who, for whom, what, with which key, in which encryption context, and what was decided. The operation's
//! answer waits for the line, so nothing is done that is not on record. No log filter silences the target: see
//! [`service_kit::telemetry`].

use kms_core::{Audit, AuditRecord, KeyKind};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};
use service_kit::{Registry, telemetry::AUDIT};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    operation: &'static str,
    /// Use of owned keys is counted apart: nobody is billed for it.
    key_kind: &'static str,
    outcome: &'static str,
}

/// Logs and counts.
#[derive(Default)]
pub(crate) struct Ledger {
    operations: Family<Labels, Counter>,
}

impl Ledger {
    /// A ledger whose counts are in `registry`, as `keystead_kms_operations_total`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let ledger = Self::default();
        registry.register(
            "keystead_kms_operations",
            "Operations by kind of key and outcome (ok or the error's reason)",
            ledger.operations.clone(),
        );
        ledger
    }
}

impl Audit for Ledger {
    fn record(&self, record: &AuditRecord) {
        let operation = record.operation.as_str();
        let key_kind = record.key_kind.map_or("none", KeyKind::as_str);
        let outcome = record.refusal.unwrap_or("ok");
        self.operations.get_or_create(&Labels { operation, key_kind, outcome }).inc();
        tracing::info!(
            target: AUDIT,
            operation,
            outcome,
            key_kind,
            principal = %record.principal,
            via = record.via.as_ref().map(|service| service.as_str()),
            key = record.key_arn.as_deref(),
            source_key = record.source_key_arn.as_deref(),
            context = ?record.context.as_map(),
            source_context = record.source_context.as_ref().map(|context| tracing::field::debug(context.as_map())),
        );
    }
}
