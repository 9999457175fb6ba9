//! ListTables: names in byte order, a page at a time.

use identity::Caller;
use shape::{Decode, Request, Violations};

use crate::authorize::Op;
use crate::engine::Tables;
use crate::error::TableError;
use crate::limits::MAX_LIST_TABLES;
use crate::validate;

/// A ListTables request.
#[derive(Debug, Default, Decode)]
pub struct ListTables {
    /// 1 to 100, which is also the default.
    pub limit: Option<i32>,
    /// Where the last page ended.
    pub exclusive_start_table_name: Option<String>,
}

/// A page of names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ListTablesOutput {
    /// The names.
    pub table_names: Vec<String>,
    /// Where to go on; none after the last page.
    pub last_evaluated_table_name: Option<String>,
}

impl Request for ListTables {
    fn constraints(&self, violations: &mut Violations) {
        violations.range("limit", self.limit.map(i64::from), 1..=MAX_LIST_TABLES);
        if let Some(start) = &self.exclusive_start_table_name {
            validate::resource_name("exclusiveStartTableName", start, violations);
        }
    }
}

impl Tables {
    /// The names of the tables.
    ///
    /// # Errors
    /// A limit outside its range, denial by policy.
    pub async fn list_tables(
        &self,
        caller: &Caller,
        request: ListTables,
    ) -> Result<ListTablesOutput, TableError> {
        request.check()?;
        let limit = usize::try_from(request.limit.map_or(MAX_LIST_TABLES, i64::from)).unwrap_or(usize::MAX);
        self.inner.authorize(caller, Op::ListTables, "*")?;
        let (table_names, more) = self.inner.names(request.exclusive_start_table_name.as_deref(), limit);
        let last_evaluated_table_name = if more { table_names.last().cloned() } else { None };
        Ok(ListTablesOutput { table_names, last_evaluated_table_name })
    }
}
