//! The store and the caller are not trusted: whatever is altered, moved, cut or relabelled must not open.
//!
//! Where it is affordable every byte is tried with every other value; the rest is random, and a failure prints its
//! case.

#![cfg(test)]

use envelope::record::{self, Kind, Place};
use envelope::{
    BackingKey, Blob, BoundKey, DataKey, EncryptionContext, Inauthentic, KEY_BYTES, Malformed, RootKey,
    SeededEntropy, blob,
};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

const KEY_ID: [u8; 16] = *b"0123456789abcdef";

fn entropy(seed: u64) -> SeededEntropy {
    SeededEntropy::danger_predictable(seed)
}

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    pairs.iter().copied().collect()
}

fn table_context() -> EncryptionContext {
    context(&[("aws:dynamodb:tableName", "Music"), ("aws:dynamodb:subscriberId", "000000000000")])
}

fn open_blob(bytes: &[u8], key: &BackingKey, context: &EncryptionContext) -> Result<Vec<u8>, Inauthentic> {
    let blob = Blob::parse(bytes).map_err(|Malformed| Inauthentic)?;
    blob.open(key, context).map(|plaintext| plaintext.expose().to_vec())
}

fn open_record(key: &DataKey, place: &Place<'_>, bytes: &[u8]) -> Result<Vec<u8>, Inauthentic> {
    record::open(key, place, bytes).map(|plaintext| plaintext.expose().to_vec())
}

/// Every copy of `bytes` that differs in exactly one byte.
fn altered(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).flat_map(move |at| {
        (1..=u8::MAX).map(move |change| {
            let mut copy = bytes.to_vec();
            copy[at] ^= change;
            copy
        })
    })
}

/// Every proper beginning and every proper end of `bytes`, and two longer ones.
fn resized(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let beginnings = (0..bytes.len()).map(|length| bytes[..length].to_vec());
    let ends = (1..=bytes.len()).map(|from| bytes[from..].to_vec());
    beginnings.chain(ends).chain([[bytes, &[0]].concat(), [&[1], bytes].concat()])
}

#[test]
fn no_altered_or_resized_blob_opens() {
    let key = BackingKey::generate(&entropy(1));
    let sealed = blob::seal(&key, KEY_ID, 7, &table_context(), b"plain", &entropy(2));
    assert_eq!(open_blob(&sealed, &key, &table_context()), Ok(b"plain".to_vec()));
    for forged in altered(&sealed).chain(resized(&sealed)) {
        assert_eq!(open_blob(&forged, &key, &table_context()), Err(Inauthentic), "{forged:02x?}");
    }
}

#[test]
fn no_altered_or_resized_record_opens() {
    let key = DataKey::generate(&entropy(1));
    let place = Place { kind: Kind::TableItem, scope: [3; 16], key: b"item/abc" };
    let sealed = record::seal(&key, 7, &place, b"plain", &entropy(2));
    assert_eq!(open_record(&key, &place, &sealed), Ok(b"plain".to_vec()));
    for forged in altered(&sealed).chain(resized(&sealed)) {
        assert_eq!(open_record(&key, &place, &forged), Err(Inauthentic), "{forged:02x?}");
    }
}

#[test]
fn no_record_opens_at_another_place() {
    let key = DataKey::generate(&entropy(1));
    let place = Place { kind: Kind::TableItem, scope: [3; 16], key: b"item/abc" };
    let sealed = record::seal(&key, 7, &place, b"plain", &entropy(2));
    for &kind in Kind::ALL.iter().filter(|kind| **kind != place.kind) {
        assert_eq!(open_record(&key, &Place { kind, ..place }, &sealed), Err(Inauthentic), "{kind:?}");
    }
    for scope in altered(&place.scope) {
        let moved = Place { scope: scope.try_into().unwrap(), ..place };
        assert_eq!(open_record(&key, &moved, &sealed), Err(Inauthentic), "{moved:?}");
    }
    for elsewhere in altered(place.key).chain(resized(place.key)) {
        let moved = Place { key: &elsewhere, ..place };
        assert_eq!(open_record(&key, &moved, &sealed), Err(Inauthentic), "{moved:?}");
    }
}

#[test]
fn no_blob_opens_under_another_context() {
    let key = BackingKey::generate(&entropy(1));
    let others = [
        context(&[]),
        context(&[("tenant", "1")]),
        context(&[("tenant1", "admin")]),
        context(&[("tenant", "1admin"), ("", "")]),
        context(&[("tenant", "1admin"), ("more", "x")]),
        context(&[("tenant", "1admiN")]),
        context(&[("Tenant", "1admin")]),
        context(&[("1admin", "tenant")]),
        context(&[("tenant1admin", "")]),
        context(&[("", "tenant1admin")]),
    ];
    let right = context(&[("tenant", "1admin")]);
    let sealed = blob::seal(&key, KEY_ID, 7, &right, b"plain", &entropy(2));
    assert!(open_blob(&sealed, &key, &right).is_ok());
    for wrong in &others {
        assert_eq!(open_blob(&sealed, &key, wrong), Err(Inauthentic), "{wrong:?}");
    }
}

// In another KMS every old key was tried in turn after a rotation. Here a blob is bound to the key and the version that
// its header names, and commits to the bytes of the key, so trying another is never right.
#[test]
fn no_blob_opens_under_a_second_key_or_header() {
    let (key, second) = (BackingKey::generate(&entropy(1)), BackingKey::generate(&entropy(2)));
    let context = table_context();
    let sealed = blob::seal(&key, KEY_ID, 7, &context, b"plain", &entropy(3));
    assert_eq!(open_blob(&sealed, &second, &context), Err(Inauthentic));

    let mut other_key_id = sealed.clone();
    other_key_id[1..17].copy_from_slice(&[9; 16]);
    assert_eq!(Blob::parse(&other_key_id).unwrap().key_id(), [9; 16]);
    assert_eq!(open_blob(&other_key_id, &key, &context), Err(Inauthentic));

    let mut other_material = sealed.clone();
    other_material[17..21].copy_from_slice(&8_u32.to_be_bytes());
    assert_eq!(Blob::parse(&other_material).unwrap().material(), 8);
    assert_eq!(open_blob(&other_material, &key, &context), Err(Inauthentic));

    // With the same entropy the second key's blob has the same salt; its commitment does not make the first one's
    // ciphertext open under it.
    let seconds = blob::seal(&second, KEY_ID, 7, &context, b"plain", &entropy(3));
    assert_eq!(seconds[21..53], sealed[21..53]);
    let mut crossed = sealed.clone();
    crossed[53..85].copy_from_slice(&seconds[53..85]);
    assert_eq!(open_blob(&crossed, &key, &context), Err(Inauthentic));
    assert_eq!(open_blob(&crossed, &second, &context), Err(Inauthentic));
}

// Two kinds of record key with the same bytes are still one key to the cipher; the place keeps their records apart.
#[test]
fn no_record_opens_under_another_key_or_generation() {
    let place = Place { kind: Kind::TableDataKey, scope: [3; 16], key: b"ring" };
    let (table, other) = (BoundKey::generate(&entropy(1)), BoundKey::generate(&entropy(2)));
    let sealed = record::seal(&table, 1, &place, b"plain", &entropy(3));
    assert_eq!(record::open(&other, &place, &sealed).err(), Some(Inauthentic));
    let mut relabelled = sealed.clone();
    relabelled[1..5].copy_from_slice(&2_u32.to_be_bytes());
    assert_eq!(record::generation(&relabelled), Ok(2));
    assert_eq!(record::open(&table, &place, &relabelled).err(), Some(Inauthentic));
    assert!(record::open(&table, &place, &sealed).is_ok());
}

#[test]
fn headers_of_other_versions_and_short_input_are_malformed() {
    for length in 0..blob::OVERHEAD_BYTES {
        assert_eq!(Blob::parse(&vec![1; length]).err(), Some(Malformed));
    }
    assert!(Blob::parse(&[1; blob::OVERHEAD_BYTES]).is_ok());
    for length in 0..record::OVERHEAD_BYTES {
        assert_eq!(record::generation(&vec![1; length]), Err(Malformed));
    }
    assert_eq!(record::generation(&[1; record::OVERHEAD_BYTES]), Ok(0x0101_0101));
    for version in (0..=u8::MAX).filter(|version| *version != 1) {
        assert_eq!(Blob::parse(&[version; blob::OVERHEAD_BYTES]).err(), Some(Malformed));
        assert_eq!(record::generation(&[version; record::OVERHEAD_BYTES]), Err(Malformed));
    }
}

#[test]
fn the_same_plaintext_sealed_twice_shows_no_relation() {
    let (entropy, context) = (entropy(1), table_context());
    let key = BackingKey::generate(&entropy);
    let [first, second] = [(); 2].map(|()| blob::seal(&key, KEY_ID, 7, &context, &[0; 64], &entropy));
    for (from, to) in [(21, 53), (53, 85), (85, 97), (97, 97 + 64), (97 + 64, 97 + 64 + 16)] {
        assert_ne!(first[from..to], second[from..to], "bytes {from}..{to}");
    }
    let root = RootKey::generate(&entropy);
    let place = Place { kind: Kind::KmsKey, scope: [0; 16], key: b"key" };
    let [first, second] = [(); 2].map(|()| record::seal(&root, 0, &place, &[0; 64], &entropy));
    assert_ne!(first[17..], second[17..]);
}

fn any_context() -> impl Strategy<Value = EncryptionContext> {
    // Few letters and short texts, so that near misses are common.
    btree_map("[ab]{0,3}", "[ab]{0,3}", 0..4).prop_map(EncryptionContext::from)
}

proptest! {
    #[test]
    fn blobs_round_trip_and_no_byte_may_change(
        key: [u8; KEY_BYTES], key_id: [u8; 16], material: u32, context in any_context(), seed: u64,
        plaintext in vec(any::<u8>(), 0..4200), at: prop::sample::Index, change in 1..=u8::MAX,
    ) {
        let key = BackingKey::from_slice(&key).ok().unwrap();
        let mut sealed = blob::seal(&key, key_id, material, &context, &plaintext, &entropy(seed));
        prop_assert_eq!(sealed.len(), plaintext.len() + blob::OVERHEAD_BYTES);
        let parsed = Blob::parse(&sealed).unwrap();
        prop_assert_eq!((parsed.key_id(), parsed.material()), (key_id, material));
        prop_assert_eq!(open_blob(&sealed, &key, &context), Ok(plaintext));
        let at = at.index(sealed.len());
        sealed[at] ^= change;
        prop_assert_eq!(open_blob(&sealed, &key, &context), Err(Inauthentic));
    }

    #[test]
    fn records_round_trip_and_no_byte_may_change(
        key: [u8; KEY_BYTES], generation: u32, kind in select(Kind::ALL), scope: [u8; 16], seed: u64,
        store_key in vec(any::<u8>(), 0..100), plaintext in vec(any::<u8>(), 0..4200),
        at: prop::sample::Index, change in 1..=u8::MAX,
    ) {
        let key = DataKey::from_slice(&key).ok().unwrap();
        let place = Place { kind, scope, key: &store_key };
        let mut sealed = record::seal(&key, generation, &place, &plaintext, &entropy(seed));
        prop_assert_eq!(sealed.len(), plaintext.len() + record::OVERHEAD_BYTES);
        prop_assert_eq!(record::generation(&sealed), Ok(generation));
        prop_assert_eq!(open_record(&key, &place, &sealed), Ok(plaintext));
        let at = at.index(sealed.len());
        sealed[at] ^= change;
        prop_assert_eq!(open_record(&key, &place, &sealed), Err(Inauthentic));
    }

    #[test]
    fn different_contexts_have_different_encodings(one in any_context(), other in any_context()) {
        prop_assert_eq!(one == other, one.aad() == other.aad());
    }

    #[test]
    fn arbitrary_bytes_never_open(bytes in vec(any::<u8>(), 0..300)) {
        let bytes = [&[1], &bytes[..]].concat();
        let place = Place { kind: Kind::Sentinel, scope: [0; 16], key: b"" };
        prop_assert!(open_blob(&bytes, &BackingKey::generate(&entropy(1)), &EncryptionContext::new()).is_err());
        prop_assert!(open_record(&DataKey::generate(&entropy(1)), &place, &bytes).is_err());
    }
}
