//! Everything that can be wrong with a request in itself.
//!
//! A variant carries what its text needs and nothing else. What the caller sent stands in an [`Echo`], which shows
//! itself in the answer to that caller and nowhere else.

use std::fmt;

use super::{ExpressionError, ExpressionKind};
use crate::schema::ScalarType;
use crate::validate::Violation;
use crate::value::ValueType;

/// Input of the caller that a text quotes. `Debug` shows its length only; there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Echo(String);

impl Echo {
    pub(crate) fn show(&self, to_caller: bool) -> &str {
        if to_caller { &self.0 } else { "..." }
    }
}

impl From<&str> for Echo {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Echo {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Echo({} bytes)", self.0.len())
    }
}

/// Why a request is wrong in itself: DynamoDB's ValidationException.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invalid {
    // Model constraints.
    /// Members that break constraints of the API model.
    Constraints(Vec<Violation>),
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
    /// A text stands twice in a set; all members as sent.
    DuplicateStrings(Vec<Echo>),
    /// A number stands twice in a set, perhaps written differently.
    DuplicateNumbers,
    /// A byte string stands twice in a set; all members in base64.
    DuplicateBinaries(Vec<Echo>),
    /// Text that is no number.
    NotNumeric(Echo),
    /// A number of 1E126 or more.
    NumberOverflow,
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
    /// The starting key lies in another partition than the query.
    StartKeyOutside,
    /// The starting key does not meet the sort key condition.
    StartKeyNotInRange,
    // Tables and schemas.
    /// Not a table ARN of this account and region.
    TableArn(Echo),
    /// Key attributes without definition.
    UndefinedKeys {
        /// Attributes of the key schema.
        keys: Vec<String>,
        /// Attributes defined.
        definitions: Vec<String>,
    },
    /// More key attributes than definitions.
    UndefinedKey,
    /// Definitions that no key uses.
    UnusedDefinitions,
    /// One attribute defined twice.
    DuplicateDefinition,
    /// The first key is not HASH.
    FirstKeyNotHash,
    /// The second key is not RANGE.
    SecondKeyNotRange,
    /// Both keys are one attribute.
    SameKeyTwice,
    /// Provisioned billing without throughput.
    ThroughputMissing,
    /// On-demand billing with throughput.
    ThroughputNotAllowed,
    /// UpdateTable without a change; the members that would have been one.
    NothingToUpdate,
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
    /// A map of names without entry.
    NamesEmpty,
    /// A map of values without entry.
    ValuesEmpty,
    /// A name's placeholder is not `#` and letters, digits or `_`.
    NameKey(Echo),
    /// A value's placeholder is not `:` and letters, digits or `_`.
    ValueKey(Echo),
    /// A placeholder of more than 255 bytes.
    PlaceholderTooLong,
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
    UnusedNames(Vec<Echo>),
    /// Values that no expression uses.
    UnusedValues(Vec<Echo>),
}
