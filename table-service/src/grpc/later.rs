//! What is understood and comes later: refused when it is set, never ignored.

use proto::table as wire;
use table_core::error::TableError;

/// Refuses a member that is set and not offered yet.
pub(super) fn not_offered(feature: &'static str, is_set: bool) -> Result<(), TableError> {
    if is_set { Err(TableError::NotOffered { feature }) } else { Ok(()) }
}

/// Refuses what a new table cannot have yet.
pub(super) fn in_create_table(request: &wire::CreateTableRequest) -> Result<(), TableError> {
    not_offered("LocalSecondaryIndexes", !request.local_secondary_indexes.is_empty())?;
    not_offered("GlobalSecondaryIndexes", !request.global_secondary_indexes.is_empty())?;
    not_offered("VectorIndexes", !request.vector_indexes.is_empty())?;
    not_offered("OnDemandThroughput", request.on_demand_throughput.is_some())?;
    not_offered("WarmThroughput", request.warm_throughput.is_some())?;
    not_offered("ResourcePolicy", !request.resource_policy.is_empty())?;
    not_offered("GlobalTableSourceArn", !request.global_table_source_arn.is_empty())
}

/// Refuses what of a table cannot be changed yet.
pub(super) fn in_update_table(request: &wire::UpdateTableRequest) -> Result<(), TableError> {
    not_offered("AttributeDefinitions", !request.attribute_definitions.is_empty())?;
    not_offered("GlobalSecondaryIndexUpdates", !request.global_secondary_index_updates.is_empty())?;
    not_offered("VectorIndexUpdates", !request.vector_index_updates.is_empty())?;
    not_offered("ReplicaUpdates", !request.replica_updates.is_empty())?;
    not_offered("OnDemandThroughput", request.on_demand_throughput.is_some())?;
    not_offered("WarmThroughput", request.warm_throughput.is_some())
}
