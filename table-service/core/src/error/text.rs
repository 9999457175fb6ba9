//! The texts of [`Invalid`]: the one place where they are written. They are DynamoDB's, misspellings included.

use std::fmt;

use super::{Echo, Invalid};
use crate::schema::ScalarType;

impl Invalid {
    /// The text for the caller, with the caller's own input in it.
    pub fn public_text(&self) -> String {
        self.text(true)
    }

    pub(super) fn text(&self, to_caller: bool) -> String {
        match self {
            Self::Constraints(violations) => crate::validate::render(violations, to_caller),
            Self::EmptyValue => {
                "Supplied AttributeValue is empty, must contain exactly one of the supported \
                 datatypes"
                    .to_owned()
            }
            Self::SeveralTypes => {
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one \
                 of the supported datatypes"
                    .to_owned()
            }
            Self::NullNotTrue => oom("Null attribute value types must have the value of true"),
            Self::EmptyStringSet => oom("An string set  may not be empty"),
            Self::EmptyNumberSet => oom("An number set  may not be empty"),
            Self::EmptyBinarySet => oom("Binary sets should not be empty"),
            Self::DuplicateStrings(members) => {
                oom(&format!("Input collection [{}] contains duplicates.", list(members, to_caller, true)))
            }
            Self::DuplicateNumbers => oom("Input collection contains duplicates."),
            Self::DuplicateBinaries(members) => oom(&format!(
                "Input collection [{}]of type BS contains duplicates.",
                list_tight(members, to_caller)
            )),
            Self::NotNumeric(text) => {
                format!("The parameter cannot be converted to a numeric value: {}", text.show(to_caller))
            }
            Self::NumberOverflow => {
                "Number overflow. Attempting to store a number with magnitude larger than supported \
                 range"
                    .to_owned()
            }
            Self::NumberUnderflow => {
                "Number underflow. Attempting to store a number with magnitude smaller than \
                 supported range"
                    .to_owned()
            }
            Self::TooManyDigits => {
                "Attempting to store more than 38 significant digits in a Number".to_owned()
            }
            Self::NestingTooDeep => {
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested \
                 levels beyond supported limit"
                    .to_owned()
            }
            Self::ItemTooLarge => "Item size has exceeded the maximum allowed size".to_owned(),
            Self::EmptyAttributeName => "Empty attribute name".to_owned(),
            Self::AttributeNameTooLarge => {
                "Attribute name is too large, must be less than 65536 bytes".to_owned()
            }
            Self::MissingKey { key } => oom(&format!("Missing the key {key} in the item")),
            Self::KeyType { key, expected, actual } => {
                oom(&format!("Type mismatch for key {key} expected: {expected} actual: {actual}"))
            }
            Self::EmptyKey { key, kind } => format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute \
                 cannot contain an empty {} value. Key: {key}",
                if *kind == ScalarType::B { "binary" } else { "string" }
            ),
            Self::HashKeyTooLarge => oom("Size of hashkey has exceeded the maximum size limit of2048 bytes"),
            Self::RangeKeyTooLarge => {
                oom("Aggregated size of all range keys has exceeded the size limit of 1024 bytes")
            }
            Self::KeyMismatch => "The provided key element does not match the schema".to_owned(),
            Self::StartKeyInvalid => "The provided starting key is invalid".to_owned(),
            Self::StartKeyOutside => {
                "The provided starting key is outside query boundaries based on provided conditions"
                    .to_owned()
            }
            Self::StartKeyNotInRange => {
                "The provided starting key does not match the range key predicate".to_owned()
            }
            Self::TableArn(arn) => {
                format!("Invalid TableArn: Invalid ResourceArn provided as input {}", arn.show(to_caller))
            }
            Self::UndefinedKeys { keys, definitions } => oom(&format!(
                "Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], \
                 AttributeDefinitions: [{}]",
                keys.join(", "),
                definitions.join(", ")
            )),
            Self::UndefinedKey => "Invalid KeySchema: Some index key attribute have no definition".to_owned(),
            Self::UnusedDefinitions => {
                oom("Number of attributes in KeySchema does not exactly match number of attributes \
                 defined in AttributeDefinitions")
            }
            Self::DuplicateDefinition => oom("Cannot add the same attribute definition more than once"),
            Self::FirstKeyNotHash => {
                "Invalid KeySchema: The first KeySchemaElement is not a HASH key type".to_owned()
            }
            Self::SecondKeyNotRange => {
                "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type".to_owned()
            }
            Self::SameKeyTwice => {
                "Invalid KeySchema: Both the Hash Key and the Range Key element in the KeySchema \
                 have the same name"
                    .to_owned()
            }
            Self::ThroughputMissing => {
                oom("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is \
                 PROVISIONED")
            }
            Self::ThroughputNotAllowed => {
                oom("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode \
                 is PAY_PER_REQUEST")
            }
            Self::NothingToUpdate => {
                "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, \
                 GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, \
                 MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, \
                 DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is \
                 required"
                    .to_owned()
            }
            Self::SseTypeRequired => oom("SSEType KMS is required if KMSMasterKeyId is specified"),
            Self::SseTypeWhileDisabled => oom("SSEType can not be specified if Enabled is false"),
            Self::SseKeyWhileDisabled => oom("KMSMasterKeyId can not be specified if Enabled is false"),
            Self::SseAes256 => oom("SSEType AES256 is not supported"),
            Self::SseAlreadyDefault => oom("Table is already encrypted by default"),
            Self::SseSameKey => {
                oom("Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter \
                 if you want to change Master Key")
            }
            Self::SseNotAlone => {
                oom("Server-Side Encryption modification must be the only operation in the request")
            }
            Self::KeyConditionMissing => {
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in \
                 the request."
                    .to_owned()
            }
            Self::MissedKey { key } => format!("Query condition missed key schema element: {key}"),
            Self::KeyConditionUnsupported => "Query key condition not supported".to_owned(),
            Self::TooManyConditions { given, defined } => format!(
                "The number of query conditions ({given}) exceeds the number of key attributes \
                 defined in the schema ({defined})"
            ),
            Self::ConditionType => oom("Condition parameter type does not match schema type"),
            Self::KeyConditionOperator(operator) => {
                format!("Invalid operator used in KeyConditionExpression: {operator}")
            }
            Self::KeyConditionNested => "KeyConditionExpressions cannot contain nested operations".to_owned(),
            Self::KeyConditionPath => {
                "KeyConditionExpressions cannot have conditions on nested attributes".to_owned()
            }
            Self::KeyConditionTwice => {
                "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one \
                 condition per key"
                    .to_owned()
            }
            Self::KeyNotFirst(operator) => format!(
                "Invalid condition in KeyConditionExpression: {operator} operator must have the key \
                 attribute as its first operand"
            ),
            Self::TwoAttributes => {
                "Invalid condition in KeyConditionExpression: Multiple attribute names used in one \
                 condition"
                    .to_owned()
            }
            Self::NoKeyAttribute => {
                "Invalid condition in KeyConditionExpression: No key attribute specified".to_owned()
            }
            Self::ReturnValues => "ReturnValues can only be ALL_OLD or NONE".to_owned(),
            Self::BatchTooLarge(operation) => format!("Too many items requested for the {operation} call"),
            Self::BatchDuplicates => "Provided list of item keys contains duplicates".to_owned(),
            Self::BatchWriteShape => {
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one \
                 of the supported datatypes"
                    .to_owned()
            }
            Self::SegmentMissing => {
                "The Segment parameter is required but was not present in the request when parameter \
                 TotalSegments is present"
                    .to_owned()
            }
            Self::TotalSegmentsMissing => {
                "The TotalSegments parameter is required but was not present in the request when \
                 Segment parameter is present"
                    .to_owned()
            }
            Self::SegmentTooHigh { segment, total } => format!(
                "The Segment parameter is zero-based and must be less than parameter TotalSegments: \
                 Segment: {segment} is not less than TotalSegments: {total}"
            ),
            Self::Expression { kind, error } => format!("Invalid {}: {}", kind.name(), error.text(to_caller)),
            Self::NamesWithoutExpression => {
                "ExpressionAttributeNames can only be specified when using expressions".to_owned()
            }
            Self::ValuesWithoutExpression => {
                "ExpressionAttributeValues can only be specified when using expressions".to_owned()
            }
            Self::NamesEmpty => "ExpressionAttributeNames must not be empty".to_owned(),
            Self::ValuesEmpty => "ExpressionAttributeValues must not be empty".to_owned(),
            Self::NameKey(key) => format!(
                "ExpressionAttributeNames contains invalid key: Syntax error; key: \"{}\"",
                key.show(to_caller)
            ),
            Self::ValueKey(key) => format!(
                "ExpressionAttributeValues contains invalid key: Syntax error; key: \"{}\"",
                key.show(to_caller)
            ),
            Self::PlaceholderTooLong => {
                "The expression attribute map contains a key that is too long".to_owned()
            }
            Self::PlaceholdersTooLarge => {
                "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max \
                 size"
                    .to_owned()
            }
            Self::NameInvalid { key, error } => format!(
                "ExpressionAttributeNames contains invalid value: {} for key {}",
                error.text(to_caller),
                key.show(to_caller)
            ),
            Self::ValueInvalid { key, error } => format!(
                "ExpressionAttributeValues contains invalid value: {} for key {}",
                error.text(to_caller),
                key.show(to_caller)
            ),
            Self::UnusedNames(keys) => format!(
                "Value provided in ExpressionAttributeNames unused in expressions: keys: {{{}}}",
                list(keys, to_caller, false)
            ),
            Self::UnusedValues(keys) => format!(
                "Value provided in ExpressionAttributeValues unused in expressions: keys: {{{}}}",
                list(keys, to_caller, false)
            ),
        }
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

fn list(members: &[Echo], to_caller: bool, quoted: bool) -> String {
    let quote = if quoted { "\"" } else { "" };
    let shown: Vec<String> =
        members.iter().map(|member| format!("{quote}{}{quote}", member.show(to_caller))).collect();
    shown.join(", ")
}

/// As AWS writes binary members: quoted, without spaces.
fn list_tight(members: &[Echo], to_caller: bool) -> String {
    let shown: Vec<String> = members.iter().map(|member| format!("\"{}\"", member.show(to_caller))).collect();
    shown.join(",")
}
