//! The stored formats, pinned. **A change that breaks one of these tests breaks stored data.**
//!
//! The files under `golden/` are append-only: a new version of a format adds a file and its reader, and the old file
//! must open for as long as data of that version may exist.

#![cfg(test)]

mod support;

use envelope::record::{self, Kind, Place};
use envelope::{
    BackingKey, Blob, BoundKey, DataKey, EffaceableKey, EncryptionContext, Entropy, LocatorKey, NONCE_BYTES,
    RootKey, TableKey, blob, material_id,
};
use support::{Group, groups};

/// Gives out what the file says, so that sealing can be repeated to the byte.
struct Fixed {
    salt: Vec<u8>,
    nonce: [u8; NONCE_BYTES],
}

impl Entropy for Fixed {
    fn fill(&self, out: &mut [u8]) {
        out.copy_from_slice(&self.salt);
    }

    fn nonce(&self) -> [u8; NONCE_BYTES] {
        self.nonce
    }
}

fn number(group: &Group, name: &str) -> u32 {
    u32::from_be_bytes(group.array(name))
}

fn context(group: &Group) -> EncryptionContext {
    group.text("context").split_terminator(';').map(|pair| pair.split_once('=').unwrap()).collect()
}

#[test]
fn blobs_of_version_1() {
    let cases = groups(include_str!("golden/blob-v1.txt"));
    assert_eq!(cases.len(), 4);
    for case in cases {
        let key = BackingKey::from_slice(&case.bytes("material")).ok().unwrap();
        let (context, sealed) = (context(&case), case.bytes("blob"));
        let parsed = Blob::parse(&sealed).unwrap();
        assert_eq!(
            (parsed.key_id(), parsed.material()),
            (case.array("key id"), number(&case, "material version"))
        );
        assert_eq!(parsed.open(&key, &context).ok().unwrap().expose(), case.bytes("plaintext"));

        let entropy = Fixed { salt: case.bytes("salt"), nonce: case.array("nonce") };
        let again = blob::seal(
            &key,
            parsed.key_id(),
            parsed.material(),
            &context,
            &case.bytes("plaintext"),
            &entropy,
        );
        assert_eq!(again, sealed);
    }
}

#[test]
fn records_of_version_1() {
    let cases = groups(include_str!("golden/record-v1.txt"));
    let kinds: Vec<u8> = cases.iter().map(|case| case.array::<1>("kind")[0]).collect();
    assert_eq!(kinds, Kind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>(), "one case for each kind");
    for case in cases {
        let key = case.bytes("key");
        match case.text("key type") {
            "root" => record_of_version_1(&case, &RootKey::from_slice(&key).ok().unwrap()),
            "table" => record_of_version_1(&case, &BoundKey::from_slice(&key).ok().unwrap()),
            "data" => record_of_version_1(&case, &DataKey::from_slice(&key).ok().unwrap()),
            other => panic!("no such key type: {other}"),
        }
    }
}

fn record_of_version_1(case: &Group, key: &impl record::RecordKey) {
    let [code] = case.array("kind");
    let kind = *Kind::ALL.iter().find(|kind| kind.code() == code).unwrap();
    let (store_key, sealed) = (case.bytes("place"), case.bytes("record"));
    let place = Place { kind, scope: case.array("scope"), key: &store_key };
    let generation = number(case, "generation");
    assert_eq!(record::generation(&sealed), Ok(generation));
    assert_eq!(record::open(key, &place, &sealed).ok().unwrap().expose(), case.bytes("plaintext"));

    let entropy = Fixed { salt: Vec::new(), nonce: case.array("nonce") };
    assert_eq!(record::seal(key, generation, &place, &case.bytes("plaintext"), &entropy), sealed);
}

#[test]
fn tokens_and_material_ids() {
    let cases = groups(include_str!("golden/derived-v1.txt"));
    assert_eq!(cases.len(), 3);
    for case in cases {
        let locator = LocatorKey::from_slice(&case.bytes("key")).ok().unwrap();
        let partition = locator.partition_token(&case.bytes("partition"));
        assert_eq!(partition, case.array("partition token"));
        assert_eq!(locator.sort_token(&partition, &case.bytes("sort")), case.array("sort token"));
        assert_eq!(
            material_id(&BackingKey::from_slice(&case.bytes("key")).ok().unwrap()),
            case.text("material id")
        );
    }
}

#[test]
fn bound_keys_of_version_1() {
    let cases = groups(include_str!("golden/bound-v1.txt"));
    assert_eq!(cases.len(), 2);
    for case in cases {
        let (key, secret) = (case.bytes("key"), case.bytes("secret"));
        let secret = EffaceableKey::from_slice(&secret).ok().unwrap();
        let root = RootKey::from_slice(&key).ok().unwrap().bound_to(&secret);
        assert_eq!(root.expose(), &case.array("root bound"));
        let table = TableKey::from_slice(&key).ok().unwrap().bound_to(&secret);
        assert_eq!(table.expose(), &case.array("table bound"));
    }
}
