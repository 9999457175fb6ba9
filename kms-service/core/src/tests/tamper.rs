//! Tampering is seen: every record of the store and every byte of a blob.

use envelope::EncryptionContext;

use crate::{
    GrantOperation, KmsError, OpenError,
    ops::{decrypt::Decrypt, re_encrypt::ReEncrypt},
    testing::*,
};

/// A store with a record of every kind.
async fn furnished() -> World {
    let world = World::new().await;
    for name in ["alias/a", "alias/b"] {
        let key = world.key().await;
        world.kms.rotate_key_on_demand(&root(), key.arn.clone()).await.unwrap();
        world.alias(name, &key.arn).await;
        world.grant(&key.arn, &nobody(), &[GrantOperation::Decrypt]).await;
        world.grant(&key.arn, &user("other", &[]), &[GrantOperation::Decrypt]).await;
    }
    world
}

async fn assert_damaged(world: &World, what: &str) {
    match world.reopened().await.map(drop) {
        Err(OpenError::Damaged { .. }) => {}
        other => panic!("{what}: {other:?}"),
    }
}

#[tokio::test]
async fn a_record_altered_in_any_byte_refuses_the_start() {
    let world = furnished().await;
    for entry in world.store.entries().await {
        for at in 0..entry.value.len() {
            let mut altered = entry.value.to_vec();
            altered[at] ^= 1;
            world.store.tamper(|batch| batch.put(entry.key.clone(), altered)).await;
            assert_damaged(&world, &format!("byte {at} of {:?}", entry.key)).await;
        }
        for length in [0, 1, entry.value.len() - 1] {
            let short = entry.value.slice(..length);
            world.store.tamper(|batch| batch.put(entry.key.clone(), short)).await;
            assert_damaged(&world, &format!("{length} bytes of {:?}", entry.key)).await;
        }
        world.store.tamper(|batch| batch.put(entry.key.clone(), entry.value.clone())).await;
    }
    world.reopened().await.unwrap();
}

#[tokio::test]
async fn a_record_moved_to_any_other_place_refuses_the_start() {
    let world = furnished().await;
    let entries = world.store.entries().await;
    for from in &entries {
        for to in entries.iter().filter(|to| to.key != from.key) {
            world.store.tamper(|batch| batch.put(to.key.clone(), from.value.clone())).await;
            assert_damaged(&world, &format!("{:?} at {:?}", from.key, to.key)).await;
            world.store.tamper(|batch| batch.put(to.key.clone(), to.value.clone())).await;
        }
        // At a place where nothing was.
        for at in 0..from.key.len() {
            let mut key = from.key.to_vec();
            key[at] ^= 0x80;
            world.store.tamper(|batch| batch.put(key.clone(), from.value.clone())).await;
            assert_damaged(&world, &format!("{:?} at {key:?}", from.key)).await;
            world.store.tamper(|batch| batch.delete(key)).await;
        }
    }
    world.reopened().await.unwrap();
}

/// What a key cannot be without is missed. (An alias or a grant that is taken away as a whole cannot be told from one that
/// was removed; SECURITY.md says so.)
#[tokio::test]
async fn a_missing_record_refuses_the_start() {
    let world = furnished().await;
    for entry in world.store.entries().await.into_iter().filter(|entry| entry.key[0] <= 0x03) {
        world.store.tamper(|batch| batch.delete(entry.key.clone())).await;
        match world.reopened().await.map(drop) {
            Err(OpenError::Damaged { .. }) => {}
            Err(OpenError::Foreign) => assert_eq!(&entry.key[1..], b"sentinel"),
            other => panic!("without {:?}: {other:?}", entry.key),
        }
        world.store.tamper(|batch| batch.put(entry.key, entry.value)).await;
    }
    world.reopened().await.unwrap();
}

#[tokio::test]
async fn the_wrong_root_key_is_told_apart_from_damage() {
    let world = furnished().await;
    let before = world.store.entries().await;
    let mut wrong = ROOT_KEY;
    wrong[31] ^= 1;
    let refused = world.reopened_with(wrong).await.map(drop);
    assert!(matches!(refused, Err(OpenError::WrongRootKey)), "{refused:?}");
    assert!(refused.unwrap_err().to_string().starts_with("the root key is not the one"));
    assert!(world.store.entries().await == before, "nothing was changed");
    world.reopened().await.unwrap();

    let foreign = FragileStore::default();
    foreign.tamper(|batch| batch.put(b"somebody else's".to_vec(), b"data".to_vec())).await;
    let foreign = std::sync::Arc::new(foreign);
    let ports = crate::Ports {
        store: foreign.clone(),
        effaceable: foreign,
        clock: world.clock.clone(),
        entropy: std::sync::Arc::new(envelope::OsEntropy),
        audit: world.audit.clone(),
    };
    let root = envelope::RootKey::from_slice(&ROOT_KEY).unwrap();
    assert!(matches!(crate::Kms::open(region(), root, ports).await.map(drop), Err(OpenError::Foreign)));
}

#[tokio::test]
async fn a_blob_altered_in_any_byte_does_not_open() {
    let world = World::new().await;
    let (key, other) = (world.key().await, world.key().await);
    let bound = context(&[("t", "1")]);
    let blob = world.seal(&key.arn, b"secret", bound.clone()).await;
    for at in 0..blob.len() {
        for bit in 0..8 {
            let mut altered = blob.clone();
            altered[at] ^= 1 << bit;
            match world.open(&root(), &altered, bound.clone()).await.map(drop) {
                Err(KmsError::InvalidCiphertext) => {}
                // The bytes that name the key name one that is not there.
                Err(KmsError::CiphertextRefused) => assert!((1..17).contains(&at), "at {at}"),
                other => panic!("at {at}: {other:?}"),
            }
        }
    }
    for length in 0..blob.len() {
        let outcome = world.open(&root(), &blob[..length], bound.clone()).await;
        let expected = if length == 0 { "ValidationException" } else { "InvalidCiphertextException" };
        assert_eq!(code(&outcome), expected, "{length} bytes");
    }
    let longer = [blob.as_slice(), &[0]].concat();
    assert_eq!(
        refusal(world.open(&root(), &longer, bound.clone()).await),
        ("InvalidCiphertextException", String::new())
    );

    // Renamed to another key that exists: it is opened with that one, and does not open.
    let mut renamed = blob.clone();
    renamed[1..17].copy_from_slice(&other.key_id.bytes());
    assert_eq!(code(&world.open(&root(), &renamed, bound.clone()).await), "InvalidCiphertextException");
    // The other key is insisted on.
    let insisting = Decrypt { key_id: Some(other.arn), ..decrypt(&blob, bound) };
    assert_eq!(
        refusal(world.kms.decrypt(&root(), insisting).await),
        (
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.".to_owned()
        )
    );
}

/// What happened to others: pairs joined without lengths, so that one context opened what another had sealed.
#[tokio::test]
async fn a_context_is_its_pairs_and_not_their_letters() {
    let world = World::new().await;
    let key = world.key().await;
    let contexts = [
        context(&[]),
        context(&[("tenant", "1admin")]),
        context(&[("tenant1", "admin")]),
        context(&[("tenant", "1"), ("admin", "")]),
        context(&[("tenant1admin", "")]),
        context(&[("Tenant", "1admin")]),
        context(&[("tenant", "1Admin")]),
        context(&[("a", "b"), ("c", "d")]),
        context(&[("a", "d"), ("c", "b")]),
        context(&[("a", "bcd")]),
    ];
    for sealed in &contexts {
        let blob = world.seal(&key.arn, b"x", sealed.clone()).await;
        for opened in &contexts {
            let outcome = world.open(&root(), &blob, opened.clone()).await;
            assert_eq!(code(&outcome), if sealed == opened { "ok" } else { "InvalidCiphertextException" });
        }
    }
    // Order does not matter.
    let forward: EncryptionContext = [("a", "1"), ("b", "2")].into_iter().collect();
    let backward: EncryptionContext = [("b", "2"), ("a", "1")].into_iter().collect();
    let blob = world.seal(&key.arn, b"x", forward).await;
    assert!(world.open(&root(), &blob, backward).await.is_ok());
}

/// What happened to others: a context that Encrypt bound and another operation forgot.
#[tokio::test]
async fn every_blob_is_bound_to_its_context_whatever_made_it() {
    let world = World::new().await;
    let key = world.key().await.arn;
    let bound = context(&[("tenant", "1")]);
    let unbound = world.seal(&key, b"x", context(&[])).await;
    let moved = ReEncrypt { destination_context: bound.clone(), ..re_encrypt(&unbound, context(&[]), &key) };
    let data_key = || data_key(&key, bound.clone());
    let made = [
        world.seal(&key, b"x", bound.clone()).await,
        world.kms.generate_data_key(&root(), data_key()).await.unwrap().ciphertext_blob,
        world.kms.generate_data_key_without_plaintext(&root(), data_key()).await.unwrap().ciphertext_blob,
        world.kms.re_encrypt(&root(), moved).await.unwrap().ciphertext_blob,
    ];
    for (number, blob) in made.iter().enumerate() {
        let wrong = [context(&[]), context(&[("tenant", "2")]), context(&[("tenant", "1"), ("more", "")])];
        for (given, expected) in wrong
            .into_iter()
            .map(|wrong| (wrong, "InvalidCiphertextException"))
            .chain([(bound.clone(), "ok")])
        {
            let opened = world.open(&root(), blob, given.clone()).await;
            assert_eq!(code(&opened), expected, "blob {number}");
            let moved = world.kms.re_encrypt(&root(), re_encrypt(blob, given, &key)).await;
            assert_eq!(code(&moved), expected, "blob {number}");
        }
    }
}
