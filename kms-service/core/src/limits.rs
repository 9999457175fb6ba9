//! Every limit of the service, with its source. "Model" is the AWS service model of KMS (API version 2014-11-01).

/// Characters of a key reference (model: KeyIdType).
pub const KEY_ID_CHARS_MAX: usize = 2048;
/// Characters of an alias name, prefix included (model: AliasNameType).
pub const ALIAS_NAME_CHARS_MAX: usize = 256;
/// Characters of a key's description (model: DescriptionType).
pub const DESCRIPTION_CHARS_MAX: usize = 8192;
/// Tags of one key (AWS quota).
pub const TAGS_MAX: usize = 50;
/// Characters of a tag key (model: TagKeyType).
pub const TAG_KEY_CHARS_MAX: usize = 128;
/// Characters of a tag value (model: TagValueType).
pub const TAG_VALUE_CHARS_MAX: usize = 256;

/// Bytes of plaintext that Encrypt takes (model: PlaintextType).
pub const PLAINTEXT_BYTES_MAX: usize = 4096;
/// Bytes of a ciphertext blob (model: CiphertextType).
pub const CIPHERTEXT_BYTES_MAX: usize = 6144;
/// Bytes of an encryption context, keys and values together (`AWS-KMS` developer guide: 8,192 characters).
pub const ENCRYPTION_CONTEXT_BYTES_MAX: usize = 8192;
/// Bytes that GenerateDataKey and GenerateRandom make at most (model: NumberOfBytesType).
pub const NUMBER_OF_BYTES_MAX: i32 = 1024;

/// Shortest waiting period of a deletion in days (AWS API reference).
pub const PENDING_WINDOW_DAYS_MIN: i32 = 7;
/// Longest waiting period of a deletion in days, also the default (AWS API reference).
pub const PENDING_WINDOW_DAYS_MAX: i32 = 30;
/// On-demand rotations in the life of one key (AWS quota since 2025).
pub const ON_DEMAND_ROTATIONS_MAX: usize = 25;
/// Time after a rotation in which a key is not rotated on demand again, in milliseconds, and as long before an
/// automatic one. AWS names 20 minutes.
pub const ROTATION_PAUSE_MILLIS: u64 = 20 * 60 * 1000;
/// Shortest period of automatic rotation in days (model: RotationPeriodInDaysType).
pub const ROTATION_PERIOD_DAYS_MIN: i32 = 90;
/// Longest period of automatic rotation in days (model: RotationPeriodInDaysType).
pub const ROTATION_PERIOD_DAYS_MAX: i32 = 2560;
/// Period of automatic rotation if none is given, in days (AWS API reference).
pub const ROTATION_PERIOD_DAYS_DEFAULT: u32 = 365;
/// Age at which the service rotates the keys that it manages itself (AWS: yearly).
pub const AUTOMATIC_ROTATION_DAYS: u32 = 365;

/// Customer keys of one account, in whatever state (AWS quota).
pub const KEYS_PER_ACCOUNT_MAX: usize = 100_000;
/// Aliases of one customer key (AWS quota).
pub const ALIASES_PER_KEY_MAX: usize = 50;
/// Grants of one key (AWS quota).
pub const GRANTS_PER_KEY_MAX: usize = 50_000;

/// Characters of a principal in a grant (model: PrincipalIdType).
pub const PRINCIPAL_CHARS_MAX: usize = 256;
/// Characters of a grant's name (model: GrantNameType).
pub const GRANT_NAME_CHARS_MAX: usize = 256;
/// Characters of a grant id (model: GrantIdType).
pub const GRANT_ID_CHARS_MAX: usize = 128;
/// Characters of a grant token (model: GrantTokenType).
pub const GRANT_TOKEN_CHARS_MAX: usize = 8192;
/// Grant tokens in one request (model: GrantTokenList).
pub const GRANT_TOKENS_MAX: usize = 10;
/// Pairs of one grant constraint (AWS API reference).
pub const CONSTRAINT_PAIRS_MAX: usize = 8;
/// Characters of a value in a grant constraint (AWS API reference).
pub const CONSTRAINT_VALUE_CHARS_MAX: usize = 384;

/// Characters of a key policy that a request may have (model: PolicyType).
pub const POLICY_CHARS_MAX: usize = 131_072;
/// Bytes of a key policy (AWS quota).
pub const POLICY_BYTES_MAX: usize = 32_768;
/// Characters of the name of a policy (model: PolicyNameType).
pub const POLICY_NAME_CHARS_MAX: usize = 128;

/// Bytes of a message that GenerateMac and VerifyMac take (model: PlaintextType).
pub const MESSAGE_BYTES_MAX: usize = 4096;
/// Bytes of a code that VerifyMac takes (model: CiphertextType).
pub const MAC_BYTES_MAX: usize = 6144;

/// Entries of a page of ListResourceTags: default and most (AWS API reference).
pub const LIST_TAGS_PAGE: (i32, i32) = (50, 50);
/// Entries of a page of ListKeys, ListKeyPolicies and ListKeyRotations: default and most (model).
pub const LIST_KEYS_PAGE: (i32, i32) = (100, 1000);
/// Entries of a page of ListAliases, ListGrants and ListRetirableGrants: default and most (model).
pub const LIST_PAGE: (i32, i32) = (50, 100);
/// Characters of a pagination marker (model: MarkerType).
pub const MARKER_CHARS_MAX: usize = 1024;

/// Characters of the caller's own text that an error repeats.
pub const ECHO_CHARS_MAX: usize = shape::MAX_SHOWN_CHARS;
/// Changes that a watcher may fall behind before it is told that it missed some.
pub const WATCH_BUFFER: usize = 1024;
