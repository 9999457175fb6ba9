//! The gRPC door: decodes a request into a domain command, calls the domain once, encodes the answer. It holds no rule.
//!
//! A member that is understood and not offered yet is refused when it is set, never ignored: [`later`].

mod description;
mod items;
mod later;
mod refusal;
mod value;

use proto::table as wire;
use proto::table::table_service_server::{TableService, TableServiceServer};
use service_kit::{caller, host, request_id, trace_parent};
use table_core::Tables;
use table_core::error::TableError;
use table_core::ops;
use table_core::request::{Origin, within};
use tonic::{Request, Response, Status};

/// The domain of this service's errors and its name in logs.
pub(crate) const DOMAIN: &str = "table.keystead";
/// Largest request: 16 MB of items (DynamoDB's limit for a batch), and what wraps them.
const MAX_REQUEST_BYTES: usize = 17 * 1024 * 1024;

/// The service for the server.
pub(crate) fn service(tables: Tables) -> TableServiceServer<Door> {
    TableServiceServer::new(Door { tables }).max_decoding_message_size(MAX_REQUEST_BYTES)
}

/// The door.
pub(crate) struct Door {
    tables: Tables,
}

type Answer<T> = Result<Response<T>, Status>;

/// `door!(request, |caller, message| domain call)`: who calls, the call within its request, and the error as a status.
macro_rules! door {
    ($request:ident, |$caller:ident, $message:ident| $body:expr) => {{
        let $caller = caller(&$request)?;
        let id = request_id(&$request);
        let origin = Origin { id: id.as_str().into(), trace: trace_parent(&$request) };
        let $message = $request.into_inner();
        let outcome: Result<_, TableError> = within(origin, async { $body }).await;
        outcome.map(Response::new).map_err(|error| refusal::status(error, &id))
    }};
}

#[tonic::async_trait]
impl TableService for Door {
    async fn create_table(
        &self,
        request: Request<wire::CreateTableRequest>,
    ) -> Answer<wire::CreateTableResponse> {
        door!(request, |caller, message| {
            later::in_create_table(&message)?;
            let command = ops::CreateTable {
                table_name: message.table_name,
                attribute_definitions: description::definitions(message.attribute_definitions),
                key_schema: description::key_schema(message.key_schema),
                billing_mode: description::billing_mode(message.billing_mode),
                provisioned_throughput: description::throughput(message.provisioned_throughput),
                sse_specification: description::sse(message.sse_specification),
                deletion_protection: message.deletion_protection_enabled,
                table_class: description::table_class(message.table_class),
                tags: description::tags(message.tags),
                stream_specification: description::stream(message.stream_specification),
                ..Default::default()
            };
            let table = self.tables.create_table(&caller, command).await?;
            Ok(wire::CreateTableResponse { table_description: Some(description::table(table)) })
        })
    }

    async fn describe_table(
        &self,
        request: Request<wire::DescribeTableRequest>,
    ) -> Answer<wire::DescribeTableResponse> {
        door!(request, |caller, message| {
            let table = self.tables.describe_table(&caller, &message.table_name)?;
            Ok(wire::DescribeTableResponse { table: Some(description::table(table)) })
        })
    }

    async fn list_tables(
        &self,
        request: Request<wire::ListTablesRequest>,
    ) -> Answer<wire::ListTablesResponse> {
        door!(request, |caller, message| {
            let start = message.exclusive_start_table_name;
            let command = ops::ListTables {
                limit: message.limit,
                exclusive_start_table_name: (!start.is_empty()).then_some(start),
            };
            let page = self.tables.list_tables(&caller, command).await?;
            Ok(wire::ListTablesResponse {
                table_names: page.table_names,
                last_evaluated_table_name: page.last_evaluated_table_name.unwrap_or_default(),
            })
        })
    }

    async fn update_table(
        &self,
        request: Request<wire::UpdateTableRequest>,
    ) -> Answer<wire::UpdateTableResponse> {
        door!(request, |caller, message| {
            later::in_update_table(&message)?;
            let command = ops::UpdateTable {
                table_name: message.table_name,
                sse_specification: description::sse(message.sse_specification),
                billing_mode: description::billing_mode(message.billing_mode),
                provisioned_throughput: description::throughput(message.provisioned_throughput),
                deletion_protection: message.deletion_protection_enabled,
                table_class: description::table_class(message.table_class),
                stream_specification: description::stream(message.stream_specification),
            };
            let table = self.tables.update_table(&caller, command).await?;
            Ok(wire::UpdateTableResponse { table_description: Some(description::table(table)) })
        })
    }

    async fn delete_table(
        &self,
        request: Request<wire::DeleteTableRequest>,
    ) -> Answer<wire::DeleteTableResponse> {
        door!(request, |caller, message| {
            let table = self.tables.delete_table(&caller, &message.table_name).await?;
            Ok(wire::DeleteTableResponse { table_description: Some(description::table(table)) })
        })
    }

    async fn tag_resource(
        &self,
        request: Request<wire::TagResourceRequest>,
    ) -> Answer<wire::TagResourceResponse> {
        door!(request, |caller, message| {
            let tags = description::tags(message.tags);
            let command = ops::TagResource { resource_arn: message.resource_arn, tags };
            self.tables.tag_resource(&caller, command).await?;
            Ok(wire::TagResourceResponse {})
        })
    }

    async fn untag_resource(
        &self,
        request: Request<wire::UntagResourceRequest>,
    ) -> Answer<wire::UntagResourceResponse> {
        door!(request, |caller, message| {
            let command =
                ops::UntagResource { resource_arn: message.resource_arn, tag_keys: message.tag_keys };
            self.tables.untag_resource(&caller, command).await?;
            Ok(wire::UntagResourceResponse {})
        })
    }

    async fn list_tags_of_resource(
        &self,
        request: Request<wire::ListTagsOfResourceRequest>,
    ) -> Answer<wire::ListTagsOfResourceResponse> {
        door!(request, |caller, message| {
            let token = message.next_token;
            let command = ops::ListTagsOfResource {
                resource_arn: message.resource_arn,
                next_token: (!token.is_empty()).then_some(token),
            };
            let page = self.tables.list_tags_of_resource(&caller, &command)?;
            Ok(wire::ListTagsOfResourceResponse {
                tags: description::tags_out(page.tags),
                next_token: page.next_token.unwrap_or_default(),
            })
        })
    }

    async fn describe_endpoints(
        &self,
        request: Request<wire::DescribeEndpointsRequest>,
    ) -> Answer<wire::DescribeEndpointsResponse> {
        let called = host(&request);
        door!(request, |caller, _message| {
            let endpoint = self.tables.describe_endpoints(&caller, &called)?;
            let endpoint = wire::Endpoint {
                address: endpoint.address,
                cache_period_in_minutes: endpoint.cache_period_in_minutes,
            };
            Ok(wire::DescribeEndpointsResponse { endpoints: vec![endpoint] })
        })
    }

    async fn describe_limits(
        &self,
        request: Request<wire::DescribeLimitsRequest>,
    ) -> Answer<wire::DescribeLimitsResponse> {
        door!(request, |caller, _message| {
            let limits = self.tables.describe_limits(&caller)?;
            Ok(wire::DescribeLimitsResponse {
                account_max_read_capacity_units: limits.account.0,
                account_max_write_capacity_units: limits.account.1,
                table_max_read_capacity_units: limits.table.0,
                table_max_write_capacity_units: limits.table.1,
            })
        })
    }

    async fn describe_time_to_live(
        &self,
        request: Request<wire::DescribeTimeToLiveRequest>,
    ) -> Answer<wire::DescribeTimeToLiveResponse> {
        door!(request, |caller, message| {
            self.tables.describe_time_to_live(&caller, &message.table_name)?;
            let description =
                wire::TimeToLiveDescription { time_to_live_status: wire::TimeToLiveStatus::Disabled.into() };
            Ok(wire::DescribeTimeToLiveResponse { time_to_live_description: Some(description) })
        })
    }

    async fn describe_continuous_backups(
        &self,
        request: Request<wire::DescribeContinuousBackupsRequest>,
    ) -> Answer<wire::DescribeContinuousBackupsResponse> {
        door!(request, |caller, message| {
            self.tables.describe_continuous_backups(&caller, &message.table_name)?;
            let recovery = wire::PointInTimeRecoveryDescription {
                point_in_time_recovery_status: wire::PointInTimeRecoveryStatus::Disabled.into(),
            };
            let description = wire::ContinuousBackupsDescription {
                continuous_backups_status: wire::ContinuousBackupsStatus::Disabled.into(),
                point_in_time_recovery_description: Some(recovery),
            };
            Ok(wire::DescribeContinuousBackupsResponse { continuous_backups_description: Some(description) })
        })
    }

    async fn put_item(&self, request: Request<wire::PutItemRequest>) -> Answer<wire::PutItemResponse> {
        door!(request, |caller, message| {
            Ok(items::put(self.tables.put_item(&caller, items::put_item(message)).await?))
        })
    }

    async fn get_item(&self, request: Request<wire::GetItemRequest>) -> Answer<wire::GetItemResponse> {
        door!(request, |caller, message| {
            Ok(items::got(self.tables.get_item(&caller, items::get_item(message)).await?))
        })
    }

    async fn update_item(
        &self,
        request: Request<wire::UpdateItemRequest>,
    ) -> Answer<wire::UpdateItemResponse> {
        door!(request, |caller, message| {
            Ok(items::updated(self.tables.update_item(&caller, items::update_item(message)).await?))
        })
    }

    async fn delete_item(
        &self,
        request: Request<wire::DeleteItemRequest>,
    ) -> Answer<wire::DeleteItemResponse> {
        door!(request, |caller, message| {
            Ok(items::deleted(self.tables.delete_item(&caller, items::delete_item(message)).await?))
        })
    }

    async fn query(&self, request: Request<wire::QueryRequest>) -> Answer<wire::QueryResponse> {
        door!(request, |caller, message| {
            Ok(items::queried(self.tables.query(&caller, items::query(message)).await?))
        })
    }

    async fn scan(&self, request: Request<wire::ScanRequest>) -> Answer<wire::ScanResponse> {
        door!(request, |caller, message| {
            Ok(items::scanned(self.tables.scan(&caller, items::scan(message)).await?))
        })
    }

    async fn batch_get_item(
        &self,
        request: Request<wire::BatchGetItemRequest>,
    ) -> Answer<wire::BatchGetItemResponse> {
        door!(request, |caller, message| {
            let command = items::batch_get_item(message);
            Ok(items::batch_got(self.tables.batch_get_item(&caller, command).await?))
        })
    }

    async fn batch_write_item(
        &self,
        request: Request<wire::BatchWriteItemRequest>,
    ) -> Answer<wire::BatchWriteItemResponse> {
        door!(request, |caller, message| {
            let command = items::batch_write_item(message);
            Ok(items::batch_written(self.tables.batch_write_item(&caller, command).await?))
        })
    }
}
