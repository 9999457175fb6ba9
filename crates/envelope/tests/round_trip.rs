//! The formats as their callers use them: what is sealed opens, and opens nowhere else.

#![cfg(test)]

use envelope::record::{self, Kind, Place};
use envelope::{
    BackingKey, Blob, DataKey, EncryptionContext, Inauthentic, LocatorKey, OsEntropy, blob, material_id,
};

fn context(pairs: &[(&str, &str)]) -> EncryptionContext {
    pairs.iter().copied().collect()
}

#[test]
fn a_blob_opens_under_its_key_and_context() {
    let key = BackingKey::generate(&OsEntropy);
    let context = context(&[("b", "2"), ("a", "1")]);
    let sealed = blob::seal(&key, [7; 16], 3, &context, b"plain", &OsEntropy);
    assert_eq!(sealed.len(), blob::OVERHEAD_BYTES + 5);
    let parsed = Blob::parse(&sealed).unwrap();
    assert_eq!((parsed.key_id(), parsed.material()), ([7; 16], 3));
    assert_eq!(parsed.open(&key, &context).ok().unwrap().expose(), b"plain");
}

// Context pairs were once joined without lengths in another KMS, so that one of these opened the other.
#[test]
fn a_context_is_not_another_with_the_same_letters() {
    let key = BackingKey::generate(&OsEntropy);
    let sealed = blob::seal(&key, [0; 16], 0, &context(&[("tenant", "1admin")]), b"x", &OsEntropy);
    let opened = Blob::parse(&sealed).unwrap().open(&key, &context(&[("tenant1", "admin")]));
    assert_eq!(opened.err(), Some(Inauthentic));
}

#[test]
fn a_record_opens_at_its_place_only() {
    let key = DataKey::generate(&OsEntropy);
    let place = Place { kind: Kind::TableItem, scope: [1; 16], key: b"item/1" };
    let sealed = record::seal(&key, 9, &place, b"plain", &OsEntropy);
    assert_eq!(record::generation(&sealed), Ok(9));
    assert_eq!(record::open(&key, &place, &sealed).ok().unwrap().expose(), b"plain");
    let moved = Place { key: b"item/2", ..place };
    assert_eq!(record::open(&key, &moved, &sealed).err(), Some(Inauthentic));
}

#[test]
fn tokens_depend_on_key_use_and_partition() {
    let key = LocatorKey::generate(&OsEntropy);
    let other = LocatorKey::generate(&OsEntropy);
    let partition = key.partition_token(b"value");
    assert_eq!(partition, key.partition_token(b"value"));
    assert_ne!(partition, other.partition_token(b"value"));
    assert_ne!(partition, key.sort_token(&partition, b"value"));
    assert_ne!(key.sort_token(&[0; 16], b"value"), key.sort_token(&[1; 16], b"value"));
}

#[test]
fn material_ids_are_64_lowercase_hex_digits_and_tell_materials_apart() {
    let key = BackingKey::generate(&OsEntropy);
    let id = material_id(&key);
    assert_eq!(id.len(), 64);
    assert!(id.bytes().all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit)));
    assert_eq!(id, material_id(&key));
    assert_ne!(id, material_id(&BackingKey::generate(&OsEntropy)));
}
