//! What is asked of an account or a table by tools that know AWS, and has one answer here: DescribeLimits,
//! DescribeEndpoints, DescribeTimeToLive, DescribeContinuousBackups.

use identity::Caller;
use shape::{Decode, Request};

use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::TableError;
use crate::limits;

/// A request that says nothing: DescribeLimits, DescribeEndpoints.
#[derive(Debug, Default, Decode)]
pub struct Nothing {}

impl Request for Nothing {}

/// The throughput that an account and a table may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Read and write capacity units of all tables of the account together.
    pub account: (i64, i64),
    /// Of one table.
    pub table: (i64, i64),
}

/// Where to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host and port.
    pub address: String,
    /// How long that is good for.
    pub cache_period_in_minutes: i64,
}

impl Tables {
    /// The limits of throughput: AWS's for an account in a large Region. They are not enforced.
    ///
    /// # Errors
    /// Denial by policy.
    pub fn describe_limits(&self, caller: &Caller) -> Result<Limits, TableError> {
        self.inner.authorize(caller, Op::DescribeLimits, "*")?;
        let both = |units| (units, units);
        Ok(Limits {
            account: both(limits::ACCOUNT_CAPACITY_UNITS),
            table: both(limits::TABLE_CAPACITY_UNITS),
        })
    }

    /// The endpoint: the one that the caller has called.
    ///
    /// # Errors
    /// Denial by policy.
    pub fn describe_endpoints(&self, caller: &Caller, called: &str) -> Result<Endpoint, TableError> {
        self.inner.authorize(caller, Op::DescribeEndpoints, "*")?;
        Ok(Endpoint { address: called.to_owned(), cache_period_in_minutes: limits::ENDPOINT_CACHE_MINUTES })
    }

    /// Answers if there is such a table: its time to live is disabled.
    ///
    /// # Errors
    /// The table's absence, denial by policy.
    pub fn describe_time_to_live(&self, caller: &Caller, table_name: &str) -> Result<(), TableError> {
        let name = self.inner.control_table_name(table_name)?;
        self.inner.authorize(caller, Op::DescribeTimeToLive, &self.inner.arn(&name))?;
        self.inner.named_table(&name).map(drop)
    }

    /// Answers if there is such a table: its continuous backups are disabled.
    ///
    /// # Errors
    /// The table's absence, in the words of the operations on backups; denial by policy.
    pub fn describe_continuous_backups(&self, caller: &Caller, table_name: &str) -> Result<(), TableError> {
        let name = self.inner.control_table_name(table_name)?;
        self.inner.authorize(caller, Op::DescribeContinuousBackups, &self.inner.arn(&name))?;
        self.inner.named_table(&name).map(drop).map_err(|error| match error {
            TableError::TableNotFound { table } => TableError::BackedUpTableNotFound { table },
            error => error,
        })
    }
}
