//! Everything that can be wrong with a request in itself, and the one place where its texts are written.
//!
//! A variant carries what its text needs and nothing else. What the caller sent stands in an [`Echo`], which shows
//! itself in the answer to that caller and nowhere else. What can be as long as a request, paths and constants, stands there
//! itself and is shared: most complaints of an expression are never told. Texts are DynamoDB's, misspellings included.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use shape::{Choice as _, Violated};

use super::{Echo, Echoes, SecondaryIndexError};
use crate::expr::legacy::ComparisonOperator;
use crate::expr::path::Path;
use crate::expr::syntax::Section;
use crate::schema::ScalarType;
use crate::value::{AttributeValue, ValueType};

/// Why a request is wrong in itself: DynamoDB's ValidationException.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    // Model constraints.
    /// Members that break constraints of the API model.
    Constraints(Violated),
    /// What a newer layer of DynamoDB finds, which counts it.
    Detected(Box<Invalid>),
    /// What an older layer of DynamoDB finds, which has other words for numbers and sets.
    Older(Box<Invalid>),
    // Attribute values.
    /// An attribute value without a type.
    EmptyValue,
    /// An attribute value with more than one type.
    SeveralTypes,
    /// A null that is false.
    NullNotTrue,
    /// A set of texts without members.
    EmptyStringSet,
    /// A set of numbers without members.
    EmptyNumberSet,
    /// A set of byte strings without members.
    EmptyBinarySet,
    /// A text stands twice in a set.
    DuplicateStrings(Duplicates),
    /// A number stands twice in a set, perhaps written differently.
    DuplicateNumbers,
    /// A byte string stands twice in a set; the members in base64.
    DuplicateBinaries(Duplicates),
    /// Text that is no number.
    NotNumeric(Echo),
    /// A number of 1E126 or more.
    NumberOverflow,
    /// The same, with an exponent that 32 bits do not hold together with the digits before it.
    NumberFarOverflow,
    /// A number nearer to zero than 1E-130.
    NumberUnderflow,
    /// A number of more than 38 digits.
    TooManyDigits,
    /// A value nested deeper than 32 levels.
    NestingTooDeep,
    /// An item of more than 400 KB.
    ItemTooLarge,
    /// An attribute without a name.
    EmptyAttributeName,
    /// An attribute name of 64 KB or more.
    AttributeNameTooLarge,
    // Keys.
    /// The item lacks a key attribute.
    MissingKey {
        /// The key attribute or placeholder.
        key: String,
    },
    /// A key attribute has another type than the schema says.
    KeyType {
        /// The key attribute or placeholder.
        key: String,
        /// The schema's type.
        expected: ScalarType,
        /// The value's type.
        actual: ValueType,
    },
    /// A key attribute is an empty text or byte string.
    EmptyKey {
        /// The key attribute or placeholder.
        key: String,
        /// Which type or which expression.
        kind: ScalarType,
    },
    /// A partition key value of more than 2048 bytes.
    HashKeyTooLarge,
    /// A sort key value of more than 1024 bytes.
    RangeKeyTooLarge,
    /// The key has other attributes or types than the schema.
    KeyMismatch,
    /// The starting key of a page is not a key of the table.
    StartKeyInvalid,
    /// A value in the starting key of a page is wrong.
    StartKeyValue(Box<Invalid>),
    /// The starting key lies in another partition than the query.
    StartKeyOutside,
    /// The same, of a query with a sort key condition.
    StartKeyElsewhere,
    /// The starting key lies in another segment than the scan.
    StartKeySegment {
        /// As sent.
        segment: u64,
        /// As sent.
        total: u64,
    },
    /// The starting key does not meet the sort key condition.
    StartKeyNotInRange,
    // Tables and schemas.
    /// Not the ARN of a table.
    TableArn(Echo),
    /// Not an ARN at all, where nothing else will do.
    NoArn(Echo),
    /// The ARN of another region's table.
    ArnRegion(Echo),
    /// Key attributes without definition.
    UndefinedKeys {
        /// Attributes of the key schema.
        keys: Echoes,
        /// Attributes defined.
        definitions: Echoes,
    },
    /// Definitions that no key uses.
    UnusedDefinitions,
    /// Fewer definitions than keys.
    KeyWithoutDefinition,
    /// One attribute defined twice.
    DuplicateDefinition(Echo),
    /// The first key is not HASH.
    FirstKeyNotHash,
    /// The second key is not RANGE.
    SecondKeyNotRange,
    /// Both keys are one attribute.
    SameKeyTwice,
    /// Secondary indexes are wrong.
    SecondaryIndex(SecondaryIndexError),
    /// Definitions that neither the table's key nor that of an index uses.
    NeedlessDefinitions {
        /// Attributes defined.
        definitions: Echoes,
        /// Attributes of keys.
        keys: Echoes,
    },
    /// A view of a stream that is not to be.
    StreamViewWithoutStream,
    /// A change of a stream together with one of throughput.
    StreamAndThroughput,
    /// A stream is to be ended of a table without one.
    NoStream {
        /// The table.
        table: String,
    },
    /// Provisioned billing without throughput.
    ThroughputMissing,
    /// On-demand billing with throughput.
    ThroughputNotAllowed,
    /// More throughput than anything may have.
    ThroughputOutOfBounds {
        /// Which.
        member: &'static str,
        /// As sent.
        value: i64,
    },
    /// The very throughput that the table has.
    ThroughputUnchanged {
        /// Read capacity units.
        read: i64,
        /// Write capacity units.
        write: i64,
    },
    /// Deletion protection together with another change.
    ProtectionNotAlone,
    /// A table class together with another change.
    TableClassNotAlone,
    /// UpdateTable without a change; the members that would have been one.
    NothingToUpdate,
    // Tags.
    /// TagResource without tags.
    NoTags,
    /// UntagResource without keys.
    NoTagKeys,
    /// A key of AWS's own.
    ReservedTagKey(Echo),
    /// A key twice.
    DuplicateTagKey(Echo),
    /// A key, or its value, with characters that tags cannot have.
    TagCharacters(Echo),
    /// More tags than a table may have.
    TooManyTags,
    // Encryption (SSESpecification).
    /// A key without SSEType KMS.
    SseTypeRequired,
    /// A type, though disabled.
    SseTypeWhileDisabled,
    /// A key, though disabled.
    SseKeyWhileDisabled,
    /// The legacy type AES256.
    SseAes256,
    /// The owned key is asked for and in use.
    SseAlreadyDefault,
    /// The very key ARN in use is sent again.
    SseSameKey,
    /// A key change together with another change.
    SseNotAlone,
    // Queries, scans, batches.
    /// A query without key condition.
    KeyConditionMissing,
    /// A key condition without the partition key, or with an attribute that is no key.
    MissedKey {
        /// The key attribute or placeholder.
        key: String,
    },
    /// A partition key condition other than `=`.
    KeyConditionUnsupported,
    /// More conditions than key attributes.
    TooManyConditions {
        /// Conditions in the expression.
        given: usize,
        /// Key attributes of the table.
        defined: usize,
    },
    /// A key is compared with a value of another type than its own.
    ConditionType,
    /// An operator that key conditions do not have.
    KeyConditionOperator(&'static str),
    /// A function or an expression inside a key condition's operand.
    KeyConditionNested,
    /// A path into an attribute.
    KeyConditionPath,
    /// Two conditions on one key.
    KeyConditionTwice,
    /// BETWEEN or begins_with does not start with the key.
    KeyNotFirst(&'static str),
    /// A condition between two attributes.
    TwoAttributes,
    /// A condition between two values.
    NoKeyAttribute,
    /// A query's filter with a key attribute in it.
    FilterKey {
        /// What the text calls the filter.
        filter: &'static str,
        /// The key attribute.
        key: String,
    },
    /// An index that the table does not have.
    NoIndex(Echo),
    /// Parts of items are named, and something else is selected.
    SelectConflict {
        /// The parameter that names them.
        parameter: &'static str,
        /// What is selected.
        selected: &'static str,
    },
    /// Parts of items are selected, and none named.
    SelectNothing,
    /// What an index holds is selected, without an index.
    SelectWithoutIndex,
    /// ReturnValues of a put or a delete.
    ReturnValues,
    /// More keys or requests than a batch may have; the operation.
    BatchTooLarge(&'static str),
    /// One key twice in a batch.
    BatchDuplicates,
    /// A batch write request that is neither put nor delete, or both.
    BatchWriteShape,
    /// TotalSegments without Segment.
    SegmentMissing,
    /// Segment without TotalSegments.
    TotalSegmentsMissing,
    /// Segment not below TotalSegments.
    SegmentTooHigh {
        /// As sent.
        segment: i64,
        /// As sent.
        total: i64,
    },
    // Expressions and their substitutions.
    /// An expression is wrong.
    Expression {
        /// Which type or which expression.
        kind: ExpressionKind,
        /// What is wrong.
        error: ExpressionError,
    },
    /// Names without expression.
    NamesWithoutExpression,
    /// Values without expression.
    ValuesWithoutExpression,
    /// Values without filter, as a scan says it.
    ValuesWithoutFilter,
    /// A map of names without entry.
    NamesEmpty,
    /// A map of values without entry.
    ValuesEmpty,
    /// A name's placeholder is not `#` and letters, digits or `_`.
    NameKey(Echo),
    /// A value's placeholder is not `:` and letters, digits or `_`.
    ValueKey(Echo),
    /// A placeholder of more than 255 bytes, in this member.
    PlaceholderTooLong(&'static str),
    /// More than 2 MB of substitutions.
    PlaceholdersTooLarge,
    /// A name of a substitution is empty or too long.
    NameInvalid {
        /// The key attribute or placeholder.
        key: Echo,
        /// What is wrong.
        error: Box<Invalid>,
    },
    /// A value of a substitution is wrong.
    ValueInvalid {
        /// The key attribute or placeholder.
        key: Echo,
        /// What is wrong.
        error: Box<Invalid>,
    },
    /// Names that no expression uses.
    UnusedNames(Echoes),
    /// Values that no expression uses.
    UnusedValues(Echoes),
    /// A path into a key attribute.
    KeyPath {
        /// The key attribute.
        key: String,
    },
    // Updates.
    /// An update of a key attribute.
    KeyUpdate {
        /// The key attribute.
        key: String,
    },
    /// A right side reads what the item does not have.
    OperandMissing,
    /// A right side or what is to be changed has the wrong type.
    UpdateOperandType,
    /// A path through what is not there or has no such parts.
    PathForUpdate,
    /// An item that an update would make larger than 400 KB.
    ItemUpdateTooLarge,
    // Parameters from before there were expressions.
    /// Both kinds of parameters in one request.
    Mixed {
        /// Those that are not expressions.
        others: Vec<&'static str>,
        /// Those that are.
        expressions: Vec<&'static str>,
    },
    /// An attribute asked for twice.
    DuplicateAttribute(Echo),
    /// ConditionalOperator without conditions that it could join.
    OperatorAlone,
    /// ConditionalOperator with a single condition.
    OperatorForOne,
    /// ConditionalOperator is none that there is.
    NoOperator,
    /// A condition with more or fewer values than its operator takes.
    ArgumentCount(ComparisonOperator),
    /// A condition with a value of a type that its operator does not take.
    ArgumentType {
        /// The operator.
        operator: ComparisonOperator,
        /// The value's type.
        actual: ValueType,
    },
    /// Values of several types in one condition.
    ArgumentTypes,
    /// BETWEEN with its bounds in the wrong order.
    ArgumentOrder,
    /// A condition of members that do not go together.
    Expectation {
        /// What is wrong.
        error: ExpectationError,
        /// The attribute.
        attribute: Echo,
    },
    /// An AttributeUpdates entry without value that is no DELETE.
    ActionWithoutValue,
    /// ADD of a value that cannot be added.
    AddType(ValueType),
    /// DELETE of a value that is no set.
    DeleteType(ValueType),
    /// AttributeUpdates for a value of another type.
    UpdateType,
    /// Neither one nor two key conditions.
    KeyConditionsLength,
    /// A key condition with an operator that no index answers.
    NotIndexable,
}

/// The members of a set with one twice, for a text: as they were sent, and as the newer layer lists them, in their order up
/// to the first that was there already, then that one, then the rest as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicates {
    sent: Echoes,
    listed: Echoes,
}

impl Duplicates {
    /// Those of `members`, of which at least one stands twice; `shown` is how a text writes one.
    pub(crate) fn of<T: Ord>(members: &[T], shown: impl Fn(&T) -> Echo) -> Self {
        let mut seen = BTreeSet::new();
        let first = members.iter().position(|member| !seen.insert(member)).unwrap_or(members.len());
        let listed = seen.into_iter().chain(members.iter().skip(first));
        Self { sent: members.iter().map(&shown).collect(), listed: listed.map(&shown).collect() }
    }
}

/// What is wrong with an entry of Expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectationError {
    /// Value and AttributeValueList.
    TwoValues,
    /// Exists and ComparisonOperator.
    TwoTests,
    /// ComparisonOperator without values.
    NoValues(ComparisonOperator),
    /// AttributeValueList without ComparisonOperator.
    NoOperator,
    /// Neither Value nor a reason to leave it out; Exists as sent.
    NoValue(Option<bool>),
    /// Value of an attribute that must not exist.
    ValueOfNothing,
}

impl ExpectationError {
    fn text(self) -> String {
        match self {
            Self::TwoValues => "Value and AttributeValueList cannot be used together".to_owned(),
            Self::TwoTests => "Exists and ComparisonOperator cannot be used together".to_owned(),
            Self::NoValues(operator) => {
                format!(
                    "Value or AttributeValueList must be used with ComparisonOperator: {}",
                    operator.name()
                )
            }
            Self::NoOperator => "AttributeValueList can only be used with a ComparisonOperator".to_owned(),
            Self::NoValue(exists) => {
                let exists = exists.map_or("null", |exists| if exists { "true" } else { "false" });
                format!("Value must be provided when Exists is {exists}")
            }
            Self::ValueOfNothing => "Value cannot be used when Exists is false".to_owned(),
        }
    }
}

impl From<SecondaryIndexError> for Invalid {
    fn from(error: SecondaryIndexError) -> Self {
        Self::SecondaryIndex(error)
    }
}

impl Invalid {
    /// As the layer words it that checks what PutItem, UpdateItem and DeleteItem are sent (measured in 2026). The size of
    /// an item is checked elsewhere.
    pub(crate) fn detected(self) -> Self {
        match self {
            Self::Constraints(_) | Self::ItemTooLarge => self,
            other => Self::Detected(Box::new(other)),
        }
    }

    /// As the layer words it that checks the values of BatchWriteItem (measured in 2026).
    pub(crate) fn older(self) -> Self {
        Self::Older(Box::new(self))
    }

    /// The text for the caller, with the caller's own input in it.
    pub fn public_text(&self) -> String {
        self.text(true)
    }

    fn older_text(&self, to_caller: bool) -> String {
        match self {
            Self::NotNumeric(text) if text.show(true).is_empty() => {
                "The parameter cannot be converted to a numeric value".to_owned()
            }
            // It counts in 32 bits, and past the largest begins again with the smallest.
            Self::NumberFarOverflow => Self::NumberUnderflow.text(to_caller),
            Self::DuplicateStrings(members) => oom(&format!(
                "Input collection [{}] contains duplicates.",
                members.sent.show(to_caller, "", ", ")
            )),
            Self::DuplicateNumbers => "Input collection contains duplicates".to_owned(),
            Self::DuplicateBinaries(members) => oom(&format!(
                "Input collection [{}]of type BS contains duplicates.",
                members.sent.show(to_caller, "", ", ")
            )),
            same => same.text(to_caller),
        }
    }

    pub(super) fn text(&self, to_caller: bool) -> String {
        match self {
            Self::Constraints(violated) if to_caller => violated.public_text(),
            Self::Constraints(violated) => violated.to_string(),
            Self::Detected(invalid) => format!("1 validation error detected: {}", invalid.text(to_caller)),
            Self::Older(invalid) => invalid.older_text(to_caller),
            Self::EmptyValue => "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes".to_owned(),
            Self::SeveralTypes => "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes".to_owned(),
            Self::NullNotTrue => oom("Null attribute value types must have the value of true"),
            Self::EmptyStringSet => oom("An string set  may not be empty"),
            Self::EmptyNumberSet => oom("An number set  may not be empty"),
            Self::EmptyBinarySet => oom("Binary sets should not be empty"),
            Self::DuplicateStrings(members) => oom(&format!("Input collection [{}] contains duplicates.", members.listed.show(to_caller, "\"", ", "))),
            Self::DuplicateNumbers => oom("Input collection contains duplicates."),
            Self::DuplicateBinaries(members) => oom(&format!("Input collection [{}]of type BS contains duplicates.", members.listed.show(to_caller, "\"", ","))),
            Self::NotNumeric(text) => format!("The parameter cannot be converted to a numeric value: {}", text.show(to_caller)),
            Self::NumberOverflow | Self::NumberFarOverflow => "Number overflow. Attempting to store a number with magnitude larger than supported range".to_owned(),
            Self::NumberUnderflow => "Number underflow. Attempting to store a number with magnitude smaller than supported range".to_owned(),
            Self::TooManyDigits => "Attempting to store more than 38 significant digits in a Number".to_owned(),
            Self::NestingTooDeep => "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit".to_owned(),
            Self::ItemTooLarge => "Item size has exceeded the maximum allowed size".to_owned(),
            Self::EmptyAttributeName => "Empty attribute name".to_owned(),
            Self::AttributeNameTooLarge => "Attribute name is too large, must be less than 65536 bytes".to_owned(),
            Self::MissingKey { key } => oom(&format!("Missing the key {key} in the item")),
            Self::KeyType { key, expected, actual } => oom(&format!("Type mismatch for key {key} expected: {expected} actual: {actual}")),
            Self::EmptyKey { key, kind } => format!("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {} value. Key: {key}", if *kind == ScalarType::B { "binary" } else { "string" }),
            Self::HashKeyTooLarge => oom("Size of hashkey has exceeded the maximum size limit of2048 bytes"),
            Self::RangeKeyTooLarge => oom("Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
            Self::KeyMismatch => "The provided key element does not match the schema".to_owned(),
            Self::StartKeyInvalid => "The provided starting key is invalid".to_owned(),
            Self::StartKeyValue(error) => format!("The provided starting key is invalid: {}", error.text(to_caller)),
            Self::StartKeyOutside => "The provided starting key is outside query boundaries based on provided conditions".to_owned(),
            Self::StartKeyElsewhere => "The query can return at most one row and cannot be restarted".to_owned(),
            Self::StartKeySegment { segment, total } => format!("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: {total} Segment: {segment}"),
            Self::StartKeyNotInRange => "The provided starting key does not match the range key predicate".to_owned(),
            Self::TableArn(arn) => format!("Invalid TableArn: Invalid ResourceArn provided as input {}", arn.show(to_caller)),
            Self::NoArn(text) => oom(&format!("ARNs must start with 'arn:': {}", text.show(to_caller))),
            Self::ArnRegion(arn) => format!("1 validation error detected: Invalid AWS region in '{}'", arn.show(to_caller)),
            Self::UndefinedKeys { keys, definitions } => oom(&format!("Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], AttributeDefinitions: [{}]", keys.show(to_caller, "", ", "), definitions.show(to_caller, "", ", "))),
            Self::UnusedDefinitions => oom("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"),
            Self::KeyWithoutDefinition => "Invalid KeySchema: Some index key attribute have no definition".to_owned(),
            Self::DuplicateDefinition(name) => oom(&format!("Duplicate attribute name in AttributeDefinitions: {}", name.show(to_caller))),
            Self::FirstKeyNotHash => "Invalid KeySchema: The first KeySchemaElement is not a HASH key type".to_owned(),
            Self::SecondKeyNotRange => "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type".to_owned(),
            Self::SameKeyTwice => "Invalid KeySchema: Both the Hash Key and the Range Key element in the KeySchema have the same name".to_owned(),
            Self::SecondaryIndex(error) => oom(&error.text(to_caller)),
            Self::NeedlessDefinitions { definitions, keys } => oom(&format!("Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]", definitions.show(to_caller, "", ", "), keys.show(to_caller, "", ", "))),
            Self::StreamViewWithoutStream => oom("Table is being created with a stream disabled, UpdateViewType should not be specified"),
            Self::StreamAndThroughput => oom("You cannot modify stream status while updating table IOPS"),
            Self::NoStream { table } => format!("Table has no stream to disable: TableName: {table}"),
            Self::ThroughputMissing => oom("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"),
            Self::ThroughputNotAllowed => oom("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"),
            Self::ThroughputOutOfBounds { member, value } => format!("Given value {value} for {member} is out of bounds"),
            Self::ThroughputUnchanged { read, write } => format!("The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: {read}. Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits provisioned for the table: {write}. Requested WriteCapacityUnits: {write}. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."),
            Self::ProtectionNotAlone => oom("DeletionProtection modification must be the only operation in the request"),
            Self::TableClassNotAlone => oom("TableClass modification must be the only operation in the request"),
            Self::NothingToUpdate => "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required".to_owned(),
            Self::NoTags => "Atleast one Tag needs to be provided as Input.".to_owned(),
            Self::NoTagKeys => "Atleast one Tag Key needs to be provided as Input.".to_owned(),
            Self::ReservedTagKey(key) => format!("Tag Key cannot be prefixed with aws:, Key: {}", key.show(to_caller)),
            Self::DuplicateTagKey(key) => format!("Duplicate Tag Keys provided as input: Duplicate Tag Key found {}", key.show(to_caller)),
            Self::TagCharacters(key) => oom(&format!("Tag keys and values can only contain letters, digits, spaces and _ . : / = + - @, Key: {}", key.show(to_caller))),
            Self::TooManyTags => "Number of Tags exceed the current limit for the provided ResourceArn".to_owned(),
            Self::SseTypeRequired => oom("SSEType KMS is required if KMSMasterKeyId is specified"),
            Self::SseTypeWhileDisabled => oom("SSEType can not be specified if Enabled is false"),
            Self::SseKeyWhileDisabled => oom("KMSMasterKeyId can not be specified if Enabled is false"),
            Self::SseAes256 => oom("SSEType AES256 is not supported"),
            Self::SseAlreadyDefault => oom("Table is already encrypted by default"),
            Self::SseSameKey => oom("Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key"),
            Self::SseNotAlone => oom("Server-Side Encryption modification must be the only operation in the request"),
            Self::KeyConditionMissing => "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.".to_owned(),
            Self::MissedKey { key } => format!("Query condition missed key schema element: {key}"),
            Self::KeyConditionUnsupported => "Query key condition not supported".to_owned(),
            Self::TooManyConditions { given, defined } => format!("The number of query conditions ({given}) exceeds the number of key attributes defined in the schema ({defined})"),
            Self::ConditionType => oom("Condition parameter type does not match schema type"),
            Self::KeyConditionOperator(operator) => format!("Invalid operator used in KeyConditionExpression: {operator}"),
            Self::KeyConditionNested => "KeyConditionExpressions cannot contain nested operations".to_owned(),
            Self::KeyConditionPath => "KeyConditionExpressions cannot have conditions on nested attributes".to_owned(),
            Self::KeyConditionTwice => "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key".to_owned(),
            Self::KeyNotFirst(operator) => format!("Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute as its first operand"),
            Self::TwoAttributes => "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition".to_owned(),
            Self::NoKeyAttribute => "Invalid condition in KeyConditionExpression: No key attribute specified".to_owned(),
            Self::FilterKey { filter, key } => format!("{filter} can only contain non-primary key attributes: Primary key attribute: {key}"),
            Self::NoIndex(index) => format!("The table does not have the specified index: {}", index.show(to_caller)),
            Self::SelectConflict { parameter, selected } => format!("Cannot specify the {parameter} when choosing to get {selected}"),
            Self::SelectNothing => "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES".to_owned(),
            // The text is the same for a scan.
            Self::SelectWithoutIndex => "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName".to_owned(),
            Self::ReturnValues => "ReturnValues can only be ALL_OLD or NONE".to_owned(),
            Self::BatchTooLarge(operation) => format!("Too many items requested for the {operation} call"),
            Self::BatchDuplicates => "Provided list of item keys contains duplicates".to_owned(),
            Self::BatchWriteShape => "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes".to_owned(),
            Self::SegmentMissing => "The Segment parameter is required but was not present in the request when parameter TotalSegments is present".to_owned(),
            Self::TotalSegmentsMissing => "The TotalSegments parameter is required but was not present in the request when Segment parameter is present".to_owned(),
            Self::SegmentTooHigh { segment, total } => format!("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment} is not less than TotalSegments: {total}"),
            Self::Expression { kind, error } => format!("Invalid {}: {}", kind.name(),error.text(to_caller)),
            Self::NamesWithoutExpression => "ExpressionAttributeNames can only be specified when using expressions".to_owned(),
            Self::ValuesWithoutExpression => "ExpressionAttributeValues can only be specified when using expressions".to_owned(),
            Self::ValuesWithoutFilter => format!("{}: FilterExpression is null", Self::ValuesWithoutExpression.text(to_caller)),
            Self::NamesEmpty => "ExpressionAttributeNames must not be empty".to_owned(),
            Self::ValuesEmpty => "ExpressionAttributeValues must not be empty".to_owned(),
            Self::NameKey(key) => format!("ExpressionAttributeNames contains invalid key: Syntax error; key: \"{}\"", key.show(to_caller)),
            Self::ValueKey(key) => format!("ExpressionAttributeValues contains invalid key: Syntax error; key: \"{}\"", key.show(to_caller)),
            Self::PlaceholderTooLong(member) => format!("{member} contains invalid key: The expression attribute map contains a key that is too long"),
            Self::PlaceholdersTooLarge => "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size".to_owned(),
            Self::NameInvalid { key, error } => format!("ExpressionAttributeNames contains invalid value: {} for key {}", error.text(to_caller),key.show(to_caller)),
            Self::ValueInvalid { key, error } => format!("ExpressionAttributeValues contains invalid value: {} for key {}", error.text(to_caller),key.show(to_caller)),
            Self::UnusedNames(keys) => format!("Value provided in ExpressionAttributeNames unused in expressions: keys: {{{}}}", keys.show(to_caller, "", ", ")),
            Self::KeyPath { key } => format!("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: {key}"),
            Self::KeyUpdate { key } => oom(&format!("Cannot update attribute {key}. This attribute is part of the key")),
            Self::OperandMissing => "The provided expression refers to an attribute that does not exist in the item".to_owned(),
            Self::UpdateOperandType => "An operand in the update expression has an incorrect data type".to_owned(),
            Self::PathForUpdate => "The document path provided in the update expression is invalid for update".to_owned(),
            Self::ItemUpdateTooLarge => "Item size to update has exceeded the maximum allowed size".to_owned(),
            Self::Mixed { others, expressions } => format!("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {{{}}} Expression parameters: {{{}}}", others.join(", "), expressions.join(", ")),
            Self::DuplicateAttribute(name) => oom(&format!("Duplicate value in attribute name: {}", name.show(to_caller))),
            Self::OperatorAlone => "ConditionalOperator cannot be used without Filter or Expected".to_owned(),
            Self::OperatorForOne => "ConditionalOperator can only be used when Filter or Expected has two or more elements".to_owned(),
            Self::NoOperator => "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]".to_owned(),
            Self::ArgumentCount(operator) => oom(&format!("Invalid number of argument(s) for the {} ComparisonOperator", operator.name())),
            Self::ArgumentType { operator, actual } => oom(&format!("ComparisonOperator {} is not valid for {actual} AttributeValue type", operator.name())),
            Self::ArgumentTypes => oom("AttributeValues inside AttributeValueList must be of same type"),
            Self::ArgumentOrder => "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound".to_owned(),
            Self::Expectation { error, attribute } => oom(&format!("{} for Attribute: {}", error.text(), attribute.show(to_caller))),
            Self::ActionWithoutValue => oom("Only DELETE action is allowed when no attribute value is specified"),
            Self::AddType(actual) => oom(&format!("ADD action is not supported for the type {actual}")),
            Self::DeleteType(actual) => oom(&format!("DELETE action with value is not supported for the type {actual}")),
            Self::UpdateType => "Type mismatch for attribute to update".to_owned(),
            Self::KeyConditionsLength => "Conditions can be of length 1 or 2 only".to_owned(),
            Self::NotIndexable => "Attempted conditional constraint is not an indexable operation".to_owned(),
            Self::UnusedValues(keys) => format!("Value provided in ExpressionAttributeValues unused in expressions: keys: {{{}}}", keys.show(to_caller, "", ", ")),
        }
    }
}

impl From<Violated> for Invalid {
    fn from(violated: Violated) -> Self {
        Self::Constraints(violated)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(false))
    }
}

impl std::error::Error for Invalid {}

fn oom(text: &str) -> String {
    format!("One or more parameter values were invalid: {text}")
}

/// Which expression of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpressionKind {
    /// Of a put, update or delete.
    Condition,
    /// Of a query or scan.
    Filter,
    /// Of a query.
    KeyCondition,
    /// Of any read.
    Projection,
    /// Of an update.
    Update,
}

impl ExpressionKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Condition => "ConditionExpression",
            Self::Filter => "FilterExpression",
            Self::KeyCondition => "KeyConditionExpression",
            Self::Projection => "ProjectionExpression",
            Self::Update => "UpdateExpression",
        }
    }
}

/// What is wrong with one expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpressionError {
    /// No text.
    Empty,
    /// More than 4096 bytes; the size.
    TooLong(usize),
    /// Not an expression: the token that does not fit, and it with its neighbours.
    Syntax {
        /// The token.
        token: Echo,
        /// The token and its neighbours.
        near: Echo,
    },
    /// Nested deeper than the parser goes.
    TooDeep,
    /// More operators and functions than an expression may have; how many were read.
    TooManyOperators(usize),
    /// More than IN takes; how many.
    TooManyForIn(usize),
    /// Parentheses around parentheses.
    RedundantParentheses,
    /// No such function.
    UnknownFunction(Echo),
    /// A function where it may not stand.
    MisusedFunction(&'static str),
    /// A function of updates in a condition.
    NotInCondition(&'static str),
    /// A function of conditions in an update.
    NotInUpdate(&'static str),
    /// A section of an update that stands there twice.
    RepeatedSection(Section),
    /// A path of more levels than a value can have; how many.
    PathTooDeep(usize),
    /// A path, and another to or through it, in the order in which they stand there.
    PathsOverlap(Box<[Path; 2]>),
    /// A path through a map and another through it as a list, in the order in which they stand there.
    PathsConflict(Box<[Path; 2]>),
    /// A value that ADD or DELETE does not take.
    ActionType {
        /// Which.
        section: Section,
        /// The value's type.
        actual: ValueType,
    },
    /// A reserved word as attribute name, as written.
    Reserved(Echo),
    /// A name that is not defined.
    UndefinedName(Echo),
    /// A value that is not defined.
    UndefinedValue(Echo),
    /// Too many or too few operands.
    OperandCount {
        /// The operator or function.
        operator: &'static str,
        /// Operands given.
        count: usize,
    },
    /// An operand of a type that the operator does not take.
    OperandType {
        /// The operator or function.
        operator: &'static str,
        /// The operand's type.
        actual: ValueType,
    },
    /// Two operands that are the same path.
    NotDistinct {
        /// The operator or function.
        operator: &'static str,
        /// The path.
        operand: Path,
    },
    /// An operand that has to be a path.
    NeedsPath(&'static str),
    /// A list index beyond what any list can have.
    ListIndex(Echo),
    /// A text that names no type, as operand of attribute_type.
    AttributeTypeName(Arc<AttributeValue>),
    /// An operand that has to be a constant.
    NeedsConstant(&'static str),
    /// BETWEEN bounds of different types.
    BoundTypes {
        /// The lower bound.
        low: Arc<AttributeValue>,
        /// The upper bound.
        high: Arc<AttributeValue>,
    },
    /// BETWEEN bounds in the wrong order.
    BoundOrder {
        /// The lower bound.
        low: Arc<AttributeValue>,
        /// The upper bound.
        high: Arc<AttributeValue>,
    },
}

impl ExpressionError {
    fn text(&self, to_caller: bool) -> String {
        match self {
            Self::Empty => "The expression can not be empty;".to_owned(),
            Self::TooLong(size) => {
                format!("Expression size has exceeded the maximum allowed size; expression size: {size}")
            }
            Self::Syntax { token, near } => format!(
                "Syntax error; token: \"{}\", near: \"{}\"",
                token.show(to_caller),
                near.show(to_caller)
            ),
            Self::TooDeep => "Expression nesting has exceeded the maximum allowed depth;".to_owned(),
            Self::TooManyOperators(count) => {
                format!("The expression contains too many operators; operator count: {count}")
            }
            Self::TooManyForIn(count) => {
                format!("The IN operator is provided with too many operands; number of operands: {count}")
            }
            Self::RedundantParentheses => "The expression has redundant parentheses;".to_owned(),
            Self::UnknownFunction(name) => {
                format!("Invalid function name; function: {}", name.show(to_caller))
            }
            Self::MisusedFunction(name) => {
                format!("The function is not allowed to be used this way in an expression; function: {name}")
            }
            Self::NotInCondition(name) => {
                format!("The function is not allowed in a condition expression; function: {name}")
            }
            Self::NotInUpdate(name) => {
                format!("The function is not allowed in an update expression; function: {name}")
            }
            Self::RepeatedSection(section) => {
                format!("The \"{}\" section can only be used once in an update expression;", section.name())
            }
            Self::PathTooDeep(levels) => {
                format!("The document path has too many nesting levels; nesting levels: {levels}")
            }
            Self::PathsOverlap(paths) => clash("overlap", paths, to_caller),
            Self::PathsConflict(paths) => clash("conflict", paths, to_caller),
            Self::ActionType { section, actual } => format!(
                "Incorrect operand type for operator or function; operator: {section}, operand type: {}, typeSet: ALLOWED_FOR_{section}_OPERAND",
                actual.long_name(),
                section = section.name(),
            ),
            Self::Reserved(word) => {
                format!("Attribute name is a reserved keyword; reserved keyword: {}", word.show(to_caller))
            }
            Self::UndefinedName(name) => format!(
                "An expression attribute name used in the document path is not defined; attribute name: {}",
                name.show(to_caller)
            ),
            Self::UndefinedValue(name) => format!(
                "An expression attribute value used in expression is not defined; attribute value: {}",
                name.show(to_caller)
            ),
            Self::OperandCount { operator, count } => format!(
                "Incorrect number of operands for operator or function; operator or function: {operator}, number of operands: {count}"
            ),
            Self::OperandType { operator, actual } => format!(
                "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {actual}"
            ),
            Self::NotDistinct { operator, operand } => format!(
                "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: {}",
                operand.show().show(to_caller)
            ),
            Self::NeedsPath(operator) => {
                format!("Operator or function requires a document path; operator or function: {operator}")
            }
            Self::ListIndex(index) => {
                format!("List index is not within the allowable range; index: [{}]", index.show(to_caller))
            }
            Self::AttributeTypeName(name) => format!(
                "Invalid attribute type name found; type: {}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}",
                content(name).show(to_caller)
            ),
            Self::NeedsConstant(operator) => format!(
                "Incorrect operand type for operator or function; operator or function: {operator}, operand type: \
                 {{NS,SS,L,BS,N,M,B,BOOL,NULL,S}}"
            ),
            Self::BoundTypes { low, high } => {
                bounds("same data type for lower and upper bounds", [low, high], to_caller)
            }
            Self::BoundOrder { low, high } => {
                let rule = "upper bound to be greater than or equal to lower bound";
                bounds(rule, [low, high], to_caller)
            }
        }
    }
}

fn clash(how: &str, [one, two]: &[Path; 2], to_caller: bool) -> String {
    let (one, two) = (one.show(), two.show());
    format!(
        "Two document paths {how} with each other; must remove or rewrite one of these paths; path one: {}, path two: {}",
        one.show(to_caller),
        two.show(to_caller)
    )
}

fn bounds(rule: &str, bounds: [&AttributeValue; 2], to_caller: bool) -> String {
    let shown = bounds.map(|bound| format!("{{{}:{}}}", bound.value_type(), content(bound).show(to_caller)));
    format!(
        "The BETWEEN operator requires {rule}; lower bound operand: AttributeValue: {}, upper bound operand: AttributeValue: {}",
        shown[0], shown[1]
    )
}

/// What is in a constant, as DynamoDB's texts show it.
fn content(constant: &AttributeValue) -> Echo {
    match constant {
        AttributeValue::S(text) => Echo::from(text.as_str()),
        AttributeValue::N(number) => Echo::from(number.to_string()),
        AttributeValue::B(bytes) => Echo::from(BASE64.encode(bytes)),
        _ => Echo::from("..."),
    }
}
