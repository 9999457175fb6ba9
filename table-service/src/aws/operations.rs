//! Every operation of DynamoDB: its request, the domain's call, and how the answer looks.

use aws_json::NotARequest;
use service_kit::{Call, Failure};
use table_core::Tables;
use table_core::error::TableError;
use table_core::ops;

use super::{refusal, view};

/// `Name(request: its type) => the domain's call => the view of what it gives`, a line for each operation; behind them those
/// whose answer has no body, not even an empty structure, and those that AWS has and we do not yet.
macro_rules! operations {
    (
        |$tables:ident, $call:ident| {
            $($name:ident($request:ident: $type:ty) => $work:expr => $view:ty,)+
        }
        silent { $($silent:ident($silent_request:ident: $silent_type:ty) => $silent_work:expr,)+ }
        later { $($later:ident)+ }
    ) => {
        /// The names of all operations of AWS's.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name),)+ $(stringify!($silent),)+ $(stringify!($later),)+];

        /// Those that are served, with their requests.
        #[cfg(test)]
        pub(super) const SERVED: &[(&str, shape::Shape)] =
            &[$((stringify!($name), <$type as shape::Decode>::SHAPE),)+
              $((stringify!($silent), <$silent_type as shape::Decode>::SHAPE),)+];

        /// Answers a request for one of them.
        pub(super) async fn serve($tables: &Tables, $call: &Call) -> Result<Vec<u8>, Failure> {
            match $call.operation {
                $(stringify!($name) => {
                    let $request = shape::decode::<$type>(&$call.body).map_err(refusal::refused)?;
                    view::written(&<$view>::from($work.map_err(refusal::failed)?))
                })+
                $(stringify!($silent) => {
                    let $silent_request = shape::decode::<$silent_type>(&$call.body).map_err(refusal::refused)?;
                    $silent_work.map_err(refusal::failed)?;
                    Ok(Vec::new())
                })+
                _ if !aws_json::is_json(&$call.body) => Err(NotARequest(String::new()).into()),
                feature => Err(TableError::NotOffered { feature }.into()),
            }
        }
    };
}

operations! {
    |tables, call| {
        BatchGetItem(request: ops::BatchGetItem) => tables.batch_get_item(&call.caller, request).await => view::BatchGot,
        BatchWriteItem(request: ops::BatchWriteItem)
            => tables.batch_write_item(&call.caller, request).await => view::BatchWritten,
        CreateTable(request: ops::CreateTable) => tables.create_table(&call.caller, request).await => view::ChangedTable,
        DeleteItem(request: ops::DeleteItem) => tables.delete_item(&call.caller, request).await => view::Written,
        DeleteTable(request: ops::OneTable)
            => tables.delete_table(&call.caller, &request.table_name).await => view::DeletedTable,
        DescribeContinuousBackups(request: ops::OneTable)
            => tables.describe_continuous_backups(&call.caller, &request.table_name) => view::ContinuousBackups,
        DescribeEndpoints(_request: ops::Nothing)
            => tables.describe_endpoints(&call.caller, &call.host) => view::Endpoints,
        DescribeLimits(_request: ops::Nothing) => tables.describe_limits(&call.caller) => view::Limits,
        DescribeTable(request: ops::OneTable)
            => tables.describe_table(&call.caller, &request.table_name) => view::DescribedTable,
        DescribeTimeToLive(request: ops::OneTable)
            => tables.describe_time_to_live(&call.caller, &request.table_name) => view::TimeToLive,
        GetItem(request: ops::GetItem) => tables.get_item(&call.caller, request).await => view::Got,
        ListTables(request: ops::ListTables) => tables.list_tables(&call.caller, request).await => view::TableNames,
        ListTagsOfResource(request: ops::ListTagsOfResource)
            => tables.list_tags_of_resource(&call.caller, &request) => view::Tags,
        PutItem(request: ops::PutItem) => tables.put_item(&call.caller, request).await => view::Written,
        Query(request: ops::Query) => tables.query(&call.caller, request).await => view::Page,
        Scan(request: ops::Scan) => tables.scan(&call.caller, request).await => view::Page,
        UpdateItem(request: ops::UpdateItem) => tables.update_item(&call.caller, request).await => view::Written,
        UpdateTable(request: ops::UpdateTable) => tables.update_table(&call.caller, request).await => view::ChangedTable,
    }
    silent {
        TagResource(request: ops::TagResource) => tables.tag_resource(&call.caller, request).await,
        UntagResource(request: ops::UntagResource) => tables.untag_resource(&call.caller, request).await,
    }
    later {
        BatchExecuteStatement CancelBulkOperation CreateBackup CreateGlobalTable DeleteBackup DeleteResourcePolicy
        DescribeBackup DescribeBulkOperation DescribeContributorInsights DescribeExport DescribeGlobalTable
        DescribeGlobalTableSettings DescribeImport DescribeKinesisStreamingDestination DescribeTableReplicaAutoScaling
        DisableKinesisStreamingDestination EnableKinesisStreamingDestination ExecuteStatement ExecuteTransaction
        ExportTableToPointInTime GetResourcePolicy ImportTable ListBackups ListBulkOperations ListContributorInsights
        ListExports ListGlobalTables ListImports PutResourcePolicy RestoreTableFromBackup RestoreTableToPointInTime
        SearchVectors StartBulkPutItems TransactGetItems TransactWriteItems UpdateContinuousBackups
        UpdateContributorInsights UpdateGlobalTable UpdateGlobalTableSettings UpdateKinesisStreamingDestination UpdateTableReplicaAutoScaling UpdateTimeToLive
    }
}
