//! How records look inside their seal. Each begins with its version; a version is never changed, only followed.
//!
//! What stands in the store key (ids, versions) is not repeated inside: the seal binds a record to its key.

use std::collections::{BTreeMap, BTreeSet};

use envelope::{EncryptionContext, MacHash};
use identity::AccountId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    alias::{Alias, AliasName},
    clock::Timestamp,
    error::KmsError,
    grant::{Constraints, Grant, GrantOperation, GrantTerms, Grantee},
    ids::{GrantId, KeyId},
    key::{KeyKind, KeyRecord, KeyState},
    policy::KeyPolicy,
    rotation::{Automatic, Rotation, RotationType, Rotations, Schedule},
    spec::KeyType,
    tags::Tag,
};

/// A record that opened and yet is not one: written by a newer release, or a defect.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl From<Unreadable> for KmsError {
    /// What is in memory can be written, or the rows are wrong.
    fn from(Unreadable: Unreadable) -> Self {
        Self::Defect("a record cannot be written")
    }
}

pub(crate) fn encode_key(record: &KeyRecord) -> Result<Vec<u8>, Unreadable> {
    encode(&KeyRow::V2(KeyV2 {
        account: record.account.clone(),
        kind: match record.kind {
            KeyKind::Owned => KindV1::Owned,
            KeyKind::Managed => KindV1::Managed,
            KeyKind::Customer => KindV1::Customer,
        },
        key_type: match record.key_type {
            KeyType::Symmetric => TypeV2::Symmetric,
            KeyType::Hmac(MacHash::Sha224) => TypeV2::Hmac224,
            KeyType::Hmac(MacHash::Sha256) => TypeV2::Hmac256,
            KeyType::Hmac(MacHash::Sha384) => TypeV2::Hmac384,
            KeyType::Hmac(MacHash::Sha512) => TypeV2::Hmac512,
        },
        policy: match &record.policy {
            KeyPolicy::Default | KeyPolicy::ManagedDynamoDb | KeyPolicy::Owned => PolicyV2::OfItsKind,
            KeyPolicy::Written(policy) => PolicyV2::Written { text: policy.text().to_owned() },
        },
        state: match record.state {
            KeyState::Enabled => StateV1::Enabled,
            KeyState::Disabled => StateV1::Disabled,
            KeyState::PendingDeletion { at } => StateV1::PendingDeletion { at_millis: at.millis() },
        },
        description: record.description.clone(),
        tags: record.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        created_millis: record.created.millis(),
        rotations: record.rotations.done().iter().map(encode_rotation).collect(),
        schedule: match record.rotations.automatic() {
            Automatic::On(Schedule { period_days, since }) => {
                Some(ScheduleV2 { period_days, since_millis: since.millis() })
            }
            Automatic::Off | Automatic::Yearly => None,
        },
    }))
}

pub(crate) fn decode_key(id: KeyId, bytes: &[u8]) -> Result<KeyRecord, Unreadable> {
    let row = match decode(bytes)? {
        KeyRow::V1(row) => row.followed(),
        KeyRow::V2(row) => row,
    };
    let kind = match row.kind {
        KindV1::Owned => KeyKind::Owned,
        KindV1::Managed => KeyKind::Managed,
        KindV1::Customer => KeyKind::Customer,
    };
    let automatic = match row.schedule {
        Some(ScheduleV2 { period_days, since_millis }) => {
            Automatic::On(Schedule { period_days, since: Timestamp::from_millis(since_millis) })
        }
        None => Rotations::none(kind).automatic(),
    };
    let policy = match row.policy {
        PolicyV2::OfItsKind => KeyPolicy::initial(kind),
        PolicyV2::Written { text } => KeyPolicy::write(text, &row.account).map_err(|_| Unreadable)?,
    };
    Ok(KeyRecord {
        id,
        account: row.account,
        kind,
        key_type: match row.key_type {
            TypeV2::Symmetric => KeyType::Symmetric,
            TypeV2::Hmac224 => KeyType::Hmac(MacHash::Sha224),
            TypeV2::Hmac256 => KeyType::Hmac(MacHash::Sha256),
            TypeV2::Hmac384 => KeyType::Hmac(MacHash::Sha384),
            TypeV2::Hmac512 => KeyType::Hmac(MacHash::Sha512),
        },
        policy,
        state: match row.state {
            StateV1::Enabled => KeyState::Enabled,
            StateV1::Disabled => KeyState::Disabled,
            StateV1::PendingDeletion { at_millis } => {
                KeyState::PendingDeletion { at: Timestamp::from_millis(at_millis) }
            }
        },
        description: row.description,
        tags: row.tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
        created: Timestamp::from_millis(row.created_millis),
        rotations: Rotations::recorded(row.rotations.iter().map(decode_rotation).collect(), automatic),
    })
}

const fn encode_rotation(rotation: &Rotation) -> RotationV2 {
    let at_millis = rotation.at.millis();
    match rotation.by {
        RotationType::Automatic => RotationV2::Automatic { at_millis },
        RotationType::OnDemand => RotationV2::OnDemand { at_millis },
    }
}

const fn decode_rotation(row: &RotationV2) -> Rotation {
    let (at_millis, by) = match *row {
        RotationV2::Automatic { at_millis } => (at_millis, RotationType::Automatic),
        RotationV2::OnDemand { at_millis } => (at_millis, RotationType::OnDemand),
    };
    Rotation { at: Timestamp::from_millis(at_millis), by }
}

pub(crate) fn encode_alias(alias: &Alias) -> Result<Vec<u8>, Unreadable> {
    encode(&AliasRow::V1(AliasV1 {
        account: alias.account.clone(),
        name: alias.name.as_str().to_owned(),
        target: alias.target.bytes(),
        created_millis: alias.created.millis(),
        updated_millis: alias.updated.millis(),
    }))
}

pub(crate) fn decode_alias(bytes: &[u8]) -> Result<Alias, Unreadable> {
    let AliasRow::V1(row) = decode(bytes)?;
    Ok(Alias {
        account: row.account,
        name: AliasName::stored(row.name).ok_or(Unreadable)?,
        target: KeyId::from_bytes(row.target),
        created: Timestamp::from_millis(row.created_millis),
        updated: Timestamp::from_millis(row.updated_millis),
    })
}

pub(crate) fn encode_grant(grant: &Grant) -> Result<Vec<u8>, Unreadable> {
    let terms = &grant.terms;
    let pairs = |context: &Option<EncryptionContext>| context.clone().map(EncryptionContext::into_map);
    encode(&GrantRow::V1(GrantV1 {
        created_millis: grant.created.millis(),
        name: terms.name.clone(),
        grantee: terms.grantee.as_str().to_owned(),
        retiring: terms.retiring.as_ref().map(|retiring| retiring.as_str().to_owned()),
        issuing_account: terms.issuing_account.clone(),
        operations: terms.operations.iter().map(|operation| code(*operation)).collect(),
        subset: pairs(&terms.constraints.subset),
        equals: pairs(&terms.constraints.equals),
    }))
}

pub(crate) fn decode_grant(key: KeyId, id: GrantId, bytes: &[u8]) -> Result<Grant, Unreadable> {
    let GrantRow::V1(row) = decode(bytes)?;
    let grantee = |text: &str| Grantee::parse(text).ok_or(Unreadable);
    Ok(Grant {
        id,
        key,
        created: Timestamp::from_millis(row.created_millis),
        terms: GrantTerms {
            name: row.name,
            grantee: grantee(&row.grantee)?,
            retiring: row.retiring.as_deref().map(grantee).transpose()?,
            issuing_account: row.issuing_account,
            operations: row.operations.into_iter().map(operation).collect::<Result<BTreeSet<_>, _>>()?,
            constraints: Constraints {
                subset: row.subset.map(EncryptionContext::from),
                equals: row.equals.map(EncryptionContext::from),
            },
        },
    })
}

const fn code(operation: GrantOperation) -> u8 {
    match operation {
        GrantOperation::Decrypt => 1,
        GrantOperation::Encrypt => 2,
        GrantOperation::GenerateDataKey => 3,
        GrantOperation::GenerateDataKeyWithoutPlaintext => 4,
        GrantOperation::ReEncryptFrom => 5,
        GrantOperation::ReEncryptTo => 6,
        GrantOperation::CreateGrant => 7,
        GrantOperation::RetireGrant => 8,
        GrantOperation::DescribeKey => 9,
        GrantOperation::GenerateMac => 10,
        GrantOperation::VerifyMac => 11,
    }
}

fn operation(wanted: u8) -> Result<GrantOperation, Unreadable> {
    GrantOperation::ALL.into_iter().find(|operation| code(*operation) == wanted).ok_or(Unreadable)
}

fn encode(row: &impl Serialize) -> Result<Vec<u8>, Unreadable> {
    postcard::to_stdvec(row).map_err(|_| Unreadable)
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    match postcard::take_from_bytes(bytes) {
        Ok((row, [])) => Ok(row),
        Ok((_, [..])) | Err(_) => Err(Unreadable),
    }
}

#[derive(Serialize, Deserialize)]
enum KeyRow {
    V1(KeyV1),
    V2(KeyV2),
}

/// Before there were HMAC keys, policies of users and automatic rotation. It knew the date of the last rotation alone.
#[derive(Serialize, Deserialize)]
struct KeyV1 {
    account: AccountId,
    kind: KindV1,
    policy: PolicyV1,
    state: StateV1,
    description: String,
    tags: Vec<(String, String)>,
    created_millis: u64,
    current_material: u32,
    rotated_millis: u64,
    on_demand_rotations: u32,
}

impl KeyV1 {
    /// The same as the next version has it. What is not known of a rotation is taken to be as the last one was: customer
    /// keys rotated on demand only, and those of the service by themselves only.
    fn followed(self) -> KeyV2 {
        let at_millis = self.rotated_millis;
        let rotation = || match self.kind {
            KindV1::Customer => RotationV2::OnDemand { at_millis },
            KindV1::Owned | KindV1::Managed => RotationV2::Automatic { at_millis },
        };
        KeyV2 {
            rotations: (1..self.current_material).map(|_| rotation()).collect(),
            account: self.account,
            kind: self.kind,
            key_type: TypeV2::Symmetric,
            policy: PolicyV2::OfItsKind,
            state: self.state,
            description: self.description,
            tags: self.tags,
            created_millis: self.created_millis,
            schedule: None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct KeyV2 {
    account: AccountId,
    kind: KindV1,
    key_type: TypeV2,
    policy: PolicyV2,
    state: StateV1,
    description: String,
    tags: Vec<(String, String)>,
    created_millis: u64,
    /// Oldest first. Each made one version of the material, from the second on.
    rotations: Vec<RotationV2>,
    /// None as well for keys that rotate once a year whatever anybody decides.
    schedule: Option<ScheduleV2>,
}

#[derive(Serialize, Deserialize)]
enum TypeV2 {
    Symmetric,
    Hmac224,
    Hmac256,
    Hmac384,
    Hmac512,
}

#[derive(Serialize, Deserialize)]
enum PolicyV2 {
    /// The one that is built in for keys of its kind.
    OfItsKind,
    Written {
        text: String,
    },
}

#[derive(Serialize, Deserialize)]
enum RotationV2 {
    Automatic { at_millis: u64 },
    OnDemand { at_millis: u64 },
}

#[derive(Serialize, Deserialize)]
struct ScheduleV2 {
    period_days: u32,
    since_millis: u64,
}

#[derive(Serialize, Deserialize)]
enum KindV1 {
    Owned,
    Managed,
    Customer,
}

#[derive(Serialize, Deserialize)]
enum PolicyV1 {
    Default,
    ManagedDynamoDb,
    Owned,
}

#[derive(Serialize, Deserialize)]
enum StateV1 {
    Enabled,
    Disabled,
    PendingDeletion { at_millis: u64 },
}

#[derive(Serialize, Deserialize)]
enum AliasRow {
    V1(AliasV1),
}

#[derive(Serialize, Deserialize)]
struct AliasV1 {
    account: AccountId,
    name: String,
    target: [u8; 16],
    created_millis: u64,
    updated_millis: u64,
}

#[derive(Serialize, Deserialize)]
enum GrantRow {
    V1(GrantV1),
}

#[derive(Serialize, Deserialize)]
struct GrantV1 {
    created_millis: u64,
    name: Option<String>,
    grantee: String,
    retiring: Option<String>,
    issuing_account: AccountId,
    operations: Vec<u8>,
    subset: Option<BTreeMap<String, String>>,
    equals: Option<BTreeMap<String, String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changing these bytes makes every key that was ever stored unreadable.
    #[test]
    fn golden_rows() {
        let at = Timestamp::from_millis;
        let record = KeyRecord {
            id: KeyId::from_bytes([7; 16]),
            account: "111122223333".parse().unwrap(),
            kind: KeyKind::Customer,
            key_type: KeyType::Symmetric,
            policy: KeyPolicy::Default,
            state: KeyState::PendingDeletion { at: at(300) },
            description: "d".to_owned(),
            tags: vec![Tag { key: "k".to_owned(), value: String::new() }],
            created: at(1),
            rotations: Rotations::none(KeyKind::Customer).with(at(3), RotationType::OnDemand),
        };
        let first = b"\x00\x0c111122223333\x02\x00\x02\xac\x02\x01d\x01\x01k\x00\x01\x02\x03\x01";
        assert_eq!(decode_key(record.id, first).unwrap(), record, "the first version still reads");

        let bytes = encode_key(&record).unwrap();
        let golden = b"\x01\x0c111122223333\x02\x00\x00\x02\xac\x02\x01d\x01\x01k\x00\x01\x01\x01\x03\x00";
        assert_eq!(bytes, golden);
        assert_eq!(decode_key(record.id, &bytes).unwrap(), record);

        let policy = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}}"#;
        let written = KeyRecord {
            key_type: KeyType::Hmac(MacHash::Sha384),
            policy: KeyPolicy::write(policy.to_owned(), &record.account).unwrap(),
            state: KeyState::Enabled,
            tags: Vec::new(),
            rotations: Rotations::none(KeyKind::Customer)
                .every(365, at(2))
                .with(at(4), RotationType::Automatic),
            ..record
        };
        let bytes = encode_key(&written).unwrap();
        let golden = [
            b"\x01\x0c111122223333\x02\x03\x01\x63".as_slice(),
            policy.as_bytes(),
            b"\x00\x01d\x00\x01\x01\x00\x04\x01\xed\x02\x04",
        ];
        assert_eq!(bytes, golden.concat());
        assert_eq!(decode_key(written.id, &bytes).unwrap(), written);

        let alias = Alias {
            account: "111122223333".parse().unwrap(),
            name: AliasName::chosen("alias/x").unwrap(),
            target: KeyId::from_bytes([7; 16]),
            created: Timestamp::from_millis(1),
            updated: Timestamp::from_millis(2),
        };
        let bytes = encode_alias(&alias).unwrap();
        let golden = [b"\x00\x0c111122223333\x07alias/x".as_slice(), &[7; 16], b"\x01\x02"].concat();
        assert_eq!(bytes, golden);
        assert_eq!(decode_alias(&bytes).unwrap(), alias);

        let grant = Grant {
            id: GrantId::from_bytes([9; 32]),
            key: KeyId::from_bytes([7; 16]),
            created: Timestamp::from_millis(1),
            terms: GrantTerms {
                name: Some("n".to_owned()),
                grantee: Grantee::parse("dynamodb.eu-west-1.amazonaws.com").unwrap(),
                retiring: Some(Grantee::parse("arn:aws:iam::111122223333:root").unwrap()),
                issuing_account: "111122223333".parse().unwrap(),
                operations: GrantOperation::ALL.into_iter().collect(),
                constraints: Constraints { subset: Some([("a", "b")].into_iter().collect()), equals: None },
            },
        };
        let bytes = encode_grant(&grant).unwrap();
        let golden =
            b"\x00\x01\x01\x01n\x20dynamodb.eu-west-1.amazonaws.com\x01\x1earn:aws:iam::111122223333:root\
            \x0c111122223333\x0b\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x01\x01\x01a\x01b\x00";
        assert_eq!(bytes, golden);
        assert_eq!(decode_grant(grant.key, grant.id, &bytes).unwrap(), grant);
    }

    /// What a key of the service was rotated by, when only the date of the last time was kept.
    #[test]
    fn a_managed_key_of_the_first_version_has_rotated_by_itself() {
        let first = b"\x00\x0c111122223333\x01\x01\x00\x00\x00\x01\x03\x09\x00";
        let record = decode_key(KeyId::from_bytes([7; 16]), first).unwrap();
        assert_eq!((record.kind, record.policy), (KeyKind::Managed, KeyPolicy::ManagedDynamoDb));
        let automatic = Rotation { at: Timestamp::from_millis(9), by: RotationType::Automatic };
        assert_eq!(record.rotations, Rotations::recorded(vec![automatic; 2], Automatic::Yearly));
    }

    #[test]
    fn rows_with_anything_left_over_are_refused() {
        let key = KeyId::from_bytes([7; 16]);
        let record = KeyRecord::new(key, AccountId::of_services(), KeyKind::Owned, Timestamp::from_millis(1));
        let mut bytes = encode_key(&record).unwrap();
        bytes.push(0);
        assert_eq!(decode_key(key, &bytes), Err(Unreadable));
        assert_eq!(decode_key(key, &[2]), Err(Unreadable), "a version that is not known");
        assert_eq!(decode_key(key, &[]), Err(Unreadable));
    }
}
