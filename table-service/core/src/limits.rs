//! Every limit of the table domain, once, with its source.
//!
//! "Guide" is the quotas page of the DynamoDB developer guide; "API" its API reference.

/// Bytes in one item, attribute names included (guide: 400 KB).
pub const MAX_ITEM_BYTES: usize = 409_600;

/// Levels in one attribute, the attribute itself included (guide: 32).
pub const MAX_NESTING_LEVELS: usize = 32;

/// Bytes in the name of an attribute that is not a key (guide: 64 KB, must be less than 65,536).
pub const MAX_ATTRIBUTE_NAME_BYTES: usize = 65_535;

/// Characters in the name of a key attribute (API: `KeySchemaAttributeName`).
pub const MAX_KEY_ATTRIBUTE_NAME_CHARS: usize = 255;

/// Bytes in a partition key value (guide).
pub const MAX_HASH_KEY_BYTES: usize = 2048;

/// Bytes in a sort key value (guide).
pub const MAX_RANGE_KEY_BYTES: usize = 1024;

/// Characters in a table name (guide).
pub const TABLE_NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=255;

/// Characters in a table name or table ARN (API: `TableArn`).
pub const MAX_TABLE_ARN_CHARS: usize = 1024;

/// Key schema elements of a table: a partition key and perhaps a sort key (API).
pub const MAX_KEY_SCHEMA_ELEMENTS: usize = 2;

/// Local indexes of a table (guide).
pub const MAX_LOCAL_INDEXES: usize = 5;

/// Global indexes of a table (guide).
pub const MAX_GLOBAL_INDEXES: usize = 20;

/// Attributes that are no keys and that an index names (API: `NonKeyAttributeNameList`).
pub const MAX_PROJECTED_ATTRIBUTES: usize = 20;

/// Significant digits of a number (guide).
pub const MAX_NUMBER_DIGITS: u32 = 38;

/// The decimal exponent of a number's first digit: 1E-130 to 9.99...E+125 (guide).
pub const NUMBER_MAGNITUDE: std::ops::RangeInclusive<i64> = -130..=125;

/// Bytes in one expression, as sent (guide: 4 KB).
pub const MAX_EXPRESSION_BYTES: usize = 4096;

/// Operators and functions in one expression (guide).
pub const MAX_OPERATORS: usize = 300;

/// Operands in the list of one IN (guide).
pub const MAX_IN_OPERANDS: usize = 100;

/// Parentheses that may stand inside one another in an expression: clients' builders open one for each operator.
pub const MAX_EXPRESSION_DEPTH: usize = MAX_OPERATORS;

/// Function calls that may stand inside one another; every known use has two.
pub const MAX_FUNCTION_DEPTH: usize = 16;

/// Bytes in the name of one substitution variable, its `#` or `:` included (guide).
pub const MAX_PLACEHOLDER_BYTES: usize = 255;

/// Bytes of all substitution variables of a request (guide: 2 MB).
pub const MAX_PLACEHOLDERS_BYTES: usize = 2 * 1024 * 1024;

/// Keys in one BatchGetItem (guide).
pub const MAX_BATCH_GET_KEYS: usize = 100;

/// Requests in one BatchWriteItem (guide).
pub const MAX_BATCH_WRITE_REQUESTS: usize = 25;

/// Bytes in the answer of a BatchGetItem (guide: 16 MB).
pub const MAX_BATCH_GET_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of item data that one Query or Scan reads (guide: 1 MB).
pub const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// Items that one Query or Scan reads. Ours: an item takes about a kilobyte of memory however small it is, and a megabyte
/// holds a quarter of a million of the smallest. A page may end anywhere (API: `LastEvaluatedKey`).
pub const MAX_PAGE_ITEMS: usize = 8192;

/// Bytes of one answer, about as they are written; the item that reaches it is the last. Ours: twice what an answer of
/// ordinary items has. Without it 16 MB of numbers like 1E125 would be written as 700 MB.
pub const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Segments of a parallel scan (API).
pub const MAX_SCAN_SEGMENTS: i64 = 1_000_000;

/// Tags of one table (guide).
pub const MAX_TAGS: usize = 50;

/// Characters in the key of a tag, at least 1 (API: `TagKeyString`).
pub const MAX_TAG_KEY_CHARS: usize = 128;

/// Characters in the value of a tag (API: `TagValueString`).
pub const MAX_TAG_VALUE_CHARS: usize = 256;

/// Characters in the ARN of what has tags (API: `ResourceArnString`).
pub const MAX_RESOURCE_ARN_CHARS: usize = 1283;

/// Capacity units, of reads and of writes, of all tables of an account (guide: 80,000). Not enforced.
pub const ACCOUNT_CAPACITY_UNITS: i64 = 80_000;

/// Capacity units, of reads and of writes, of one table (guide: 40,000). Not enforced.
pub const TABLE_CAPACITY_UNITS: i64 = 40_000;

/// Capacity units that a request may name at all (observed of AWS).
pub const MAX_CAPACITY_UNITS: i64 = 1_000_000_000_000;

/// Minutes for which an endpoint may be remembered (observed: a day).
pub const ENDPOINT_CACHE_MINUTES: i64 = 1440;

/// Names in one page of ListTables, and its default (API).
pub const MAX_LIST_TABLES: i64 = 100;

/// Members of a list that a text quotes before it says "...". Ours: enough to see what is
/// meant, and a request can send millions.
pub const MAX_LISTED: usize = 32;
