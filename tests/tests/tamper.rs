//! Promise: tampering is seen. A KMS blob that is altered in any byte, truncated, lengthened, or given to another key or
//! context does not open, and the answer does not tell why. (Records of the store cannot be reached from outside while
//! their checksums hold; the crates test them one by one.)

use std::collections::HashMap;

use proto::kms::{DataKeySpec, DecryptRequest, EncryptRequest, GenerateDataKeyRequest, ReEncryptRequest};
use tests::{Dice, Kms, Refusal, Refused, Stack};

const UNKNOWN_KEY: &str = "The ciphertext refers to a customer master key that does not exist, does not exist in this \
                           region, or you are not allowed to access.";

fn context() -> HashMap<String, String> {
    HashMap::from([("tenant".to_owned(), "1".to_owned()), ("purpose".to_owned(), "test".to_owned())])
}

async fn encrypt(kms: &Kms, key: &str) -> Vec<u8> {
    let request = EncryptRequest {
        key_id: key.to_owned(),
        plaintext: b"attack at dawn".to_vec(),
        encryption_context: context(),
        ..Default::default()
    };
    kms.encrypt(request).await.expect("it encrypts").ciphertext_blob
}

async fn decrypt(kms: &Kms, blob: Vec<u8>, context: HashMap<String, String>) -> Result<Vec<u8>, Refused> {
    let request = DecryptRequest { ciphertext_blob: blob, encryption_context: context, ..Default::default() };
    kms.decrypt(request).await.map(|answer| answer.plaintext)
}

/// An altered blob is InvalidCiphertextException without a text; one whose key id was altered names an unknown key.
#[track_caller]
fn assert_does_not_open(result: Result<Vec<u8>, Refused>, what: &str) {
    let refused = result.refused();
    let known = [("InvalidCiphertextException", ""), ("AccessDeniedException", UNKNOWN_KEY)];
    assert!(known.contains(&(refused.reason.as_str(), refused.message.as_str())), "{what}: {refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_with_any_byte_altered_does_not_open() {
    let mut dice = Dice::new("tamper");
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await.key_id;
    let blob = encrypt(&kms, &key).await;
    assert_eq!(decrypt(&kms, blob.clone(), context()).await, Ok(b"attack at dawn".to_vec()));
    for at in 0..blob.len() {
        for flip in [0x01, 0x80, u8::try_from(1 + dice.below(255)).expect("a byte")] {
            let mut altered = blob.clone();
            altered[at] ^= flip;
            assert_does_not_open(decrypt(&kms, altered, context()).await, &format!("byte {at} ^ {flip:#x}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_cut_or_lengthened_anywhere_does_not_open() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let blob = encrypt(&kms, &kms.customer_key().await.key_id).await;
    for length in 1..blob.len() {
        assert_does_not_open(
            decrypt(&kms, blob[..length].to_vec(), context()).await,
            &format!("cut to {length}"),
        );
        assert_does_not_open(
            decrypt(&kms, blob[length..].to_vec(), context()).await,
            &format!("cut from {length}"),
        );
    }
    for tail in [vec![0], vec![0xFF; 16], blob.clone()] {
        assert_does_not_open(decrypt(&kms, [blob.clone(), tail].concat(), context()).await, "lengthened");
    }
    for garbage in [vec![0; 129], vec![1; 129], vec![0xFF; 6144], b"plain text".to_vec()] {
        assert_does_not_open(decrypt(&kms, garbage, context()).await, "garbage");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_opens_only_under_its_own_context() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let blob = encrypt(&kms, &kms.customer_key().await.key_id).await;
    let pairs = |pairs: &[(&str, &str)]| -> HashMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let wrong = [
        pairs(&[]),
        pairs(&[("tenant", "1")]),
        pairs(&[("tenant", "1"), ("purpose", "Test")]),
        pairs(&[("Tenant", "1"), ("purpose", "test")]),
        pairs(&[("tenant", "test"), ("purpose", "1")]),
        pairs(&[("tenant", "1"), ("purpose", "test"), ("more", "")]),
        // Without lengths these would be the same bytes as the right one.
        pairs(&[("tenan", "t1"), ("purpose", "test")]),
        pairs(&[("tenant1", ""), ("purpose", "test")]),
        pairs(&[("tenant", "1purposetest")]),
    ];
    for context in wrong {
        let refused = decrypt(&kms, blob.clone(), context.clone()).await.refused();
        assert_eq!(
            (refused.reason.as_str(), refused.message.as_str()),
            ("InvalidCiphertextException", ""),
            "{context:?}"
        );
    }
}

/// A blob names its key, and a commitment binds it to the key: with its name exchanged for another's it does not open.
#[tokio::test(flavor = "multi_thread")]
async fn a_blob_moved_to_another_key_does_not_open() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let (mine, other) = (kms.customer_key().await, kms.customer_key().await);
    let blob = encrypt(&kms, &mine.key_id).await;
    let theirs = encrypt(&kms, &other.key_id).await;

    let differing: Vec<usize> = (0..21).filter(|at| blob[*at] != theirs[*at]).collect();
    assert!(!differing.is_empty(), "the header names the key");
    let mut moved = blob.clone();
    moved[..21].copy_from_slice(&theirs[..21]);
    let refused = decrypt(&kms, moved, context()).await.refused();
    refused.assert_is("InvalidCiphertextException", "");

    // Two halves of two blobs of the same key, whose headers are alike, do not make a third.
    let sibling = encrypt(&kms, &mine.key_id).await;
    for at in [22, 53, 85, 97, blob.len() - 16] {
        let spliced = [&blob[..at], &sibling[at..]].concat();
        decrypt(&kms, spliced, context()).await.refused().assert_is("InvalidCiphertextException", "");
    }

    let request = DecryptRequest {
        ciphertext_blob: blob.clone(),
        encryption_context: context(),
        key_id: other.key_id.clone(),
        ..Default::default()
    };
    kms.decrypt(request).await.refused().assert_is(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    );
    let request = ReEncryptRequest {
        ciphertext_blob: blob,
        source_encryption_context: context(),
        source_key_id: other.key_id.clone(),
        destination_key_id: other.key_id,
        ..Default::default()
    };
    kms.re_encrypt(request).await.refused().assert_says("IncorrectKeyException", "does not identify a CMK");
}

/// A table's wrapped key is a blob like any other: a data key made for one context does not open for another.
#[tokio::test(flavor = "multi_thread")]
async fn a_data_key_of_one_table_is_not_one_of_another() {
    let stack = Stack::together().await;
    let kms = stack.kms();
    let key = kms.customer_key().await.key_id;
    let table = |name: &str| HashMap::from([("aws:dynamodb:tableName".to_owned(), name.to_owned())]);
    let request = GenerateDataKeyRequest {
        key_id: key,
        key_spec: DataKeySpec::Aes256.into(),
        encryption_context: table("Music"),
        ..Default::default()
    };
    let made = kms.generate_data_key(request).await.expect("a data key is made");
    assert_eq!(made.plaintext.len(), 32);
    assert_eq!(decrypt(&kms, made.ciphertext_blob.clone(), table("Music")).await, Ok(made.plaintext));
    decrypt(&kms, made.ciphertext_blob, table("Films"))
        .await
        .refused()
        .assert_is("InvalidCiphertextException", "");
}
