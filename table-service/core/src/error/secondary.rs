//! What can be wrong with the secondary indexes of a table to be made: DynamoDB's texts.

use super::Echo;

/// Why secondary indexes are wrong in themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondaryIndexError {
    /// A list of indexes without any; the member.
    NoneListed(&'static str),
    /// A local index of a table without a sort key.
    TableWithoutRange,
    /// A local index without a sort key.
    WithoutRange(Echo),
    /// A local index with another partition key than its table's.
    OtherHash {
        /// The index.
        index: Echo,
        /// Its partition key.
        own: Echo,
        /// The table's.
        table: Echo,
    },
    /// Two indexes of one name.
    DuplicateName(Echo),
    /// No projection type.
    NoProjection,
    /// Attributes besides a projection that takes none; its name.
    NeedlessAttributes(&'static str),
    /// A projection of attributes without any.
    NoAttributes,
    /// Throughput of an index whose table is on demand.
    ThroughputNotAllowed(Echo),
    /// An index without throughput whose table has one.
    ThroughputMissing(Echo),
    /// More local indexes than a table may have.
    TooManyLocal(usize),
    /// More global indexes than a table may have.
    TooManyGlobal(usize),
}

impl SecondaryIndexError {
    pub(super) fn text(&self, to_caller: bool) -> String {
        match self {
            Self::NoneListed(member) => format!("List of {member} is empty"),
            Self::TableWithoutRange => {
                "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex".to_owned()
            }
            Self::WithoutRange(index) => {
                format!("Index KeySchema does not have a range key for index: {}", index.show(to_caller))
            }
            Self::OtherHash { index, own, table } => format!(
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: {}. index hash key: {}, table hash key: {}",
                index.show(to_caller),
                own.show(to_caller),
                table.show(to_caller)
            ),
            Self::DuplicateName(index) => format!("Duplicate index name: {}", index.show(to_caller)),
            Self::NoProjection => "Unknown ProjectionType: null".to_owned(),
            Self::NeedlessAttributes(projection) => {
                format!("ProjectionType is {projection}, but NonKeyAttributes is specified")
            }
            Self::NoAttributes => "ProjectionType is INCLUDE, but NonKeyAttributes is not specified".to_owned(),
            Self::ThroughputNotAllowed(index) => format!(
                "ProvisionedThroughput should not be specified for index: {} when BillingMode is PAY_PER_REQUEST",
                index.show(to_caller)
            ),
            Self::ThroughputMissing(index) => {
                format!("ProvisionedThroughput must be specified for index: {}", index.show(to_caller))
            }
            Self::TooManyLocal(limit) => {
                format!("Number of LocalSecondaryIndexes exceeds per-table limit of {limit}")
            }
            Self::TooManyGlobal(limit) => {
                format!("GlobalSecondaryIndex count exceeds the per-table limit of {limit}")
            }
        }
    }
}
