//! A due deletion destroys the material on the disk too: not what the store still holds somewhere in its files, nor
//! those files as they were, opens afterwards with the root key.
#![cfg(test)]

use std::{fs, path::Path, sync::Arc};

use envelope::{EncryptionContext, OsEntropy, Plaintext, RootKey};
use identity::{AccountId, Caller, Principal};
use kms_core::{
    Audit, AuditRecord, EncryptionAlgorithm, Kms, ManualClock, OpenError, Origin, Ports, Timestamp,
    ops::{
        create_key::CreateKey, decrypt::Decrypt, encrypt::Encrypt, schedule_key_deletion::ScheduleKeyDeletion,
    },
};
use store::{SledConfig, SledStore};

struct Silence;

impl Audit for Silence {
    fn record(&self, _: &AuditRecord) {}
}

fn root() -> Caller {
    let account: AccountId = "000000000000".parse().unwrap();
    Caller::direct(Arc::new(Principal::root(account)))
}

async fn open(path: &Path, clock: &Arc<ManualClock>) -> Result<Kms, OpenError> {
    let store = Arc::new(SledStore::open(&SledConfig::new(path)).unwrap());
    let ports = Ports {
        store: store.clone(),
        effaceable: store,
        clock: clock.clone(),
        entropy: Arc::new(OsEntropy),
        audit: Arc::new(Silence),
    };
    Kms::open("us-east-1".parse().unwrap(), RootKey::from_slice(&[7; 32]).ok().unwrap(), ports).await
}

async fn decrypts(kms: &Kms, blob: &[u8]) -> bool {
    let request = Decrypt {
        key_id: None,
        ciphertext_blob: blob.to_vec(),
        context: EncryptionContext::default(),
        algorithm: EncryptionAlgorithm::SymmetricDefault,
        grant_tokens: Vec::new(),
        dry_run: false,
        dry_run_modifiers: Vec::new(),
    };
    kms.decrypt(&root(), request).await.is_ok()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_due_deletion_destroys_the_material_in_every_file() {
    let directory = tempfile::tempdir().unwrap();
    let (live, image) = (directory.path().join("live"), directory.path().join("image"));
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
    let kms = open(&live, &clock).await.unwrap();
    let request = CreateKey {
        description: String::new(),
        key_usage: None,
        key_spec: None,
        customer_master_key_spec: None,
        origin: Origin::AwsKms,
        tags: Vec::new(),
        policy: None,
        bypass_policy_lockout_safety_check: false,
        multi_region: false,
    };
    let key = kms.create_key(&root(), request).await.unwrap().arn;
    let request = Encrypt {
        key_id: key.clone(),
        plaintext: Plaintext::from_vec(b"secret".to_vec()),
        context: EncryptionContext::default(),
        algorithm: EncryptionAlgorithm::SymmetricDefault,
        grant_tokens: Vec::new(),
        dry_run: false,
    };
    let blob = kms.encrypt(&root(), request).await.unwrap().ciphertext_blob;
    drop(kms);

    // Whoever has the whole disk of this moment and the root key can read: the test would notice.
    copy(&live, &image);
    let kms = open(&image, &clock).await.unwrap();
    assert!(decrypts(&kms, &blob).await);
    drop(kms);

    let kms = open(&live, &clock).await.unwrap();
    let request = ScheduleKeyDeletion { key_id: key, pending_window_in_days: Some(7) };
    kms.schedule_key_deletion(&root(), request).await.unwrap();
    clock.advance_days(8);
    assert_eq!(kms.run_upkeep().await.unwrap().destroyed, 1);
    drop(kms);

    // The worst that the log can still hold is all that it ever held.
    fs::copy(live.join("data/effaceable"), image.join("data/effaceable")).unwrap();
    match open(&image, &clock).await.map(drop) {
        Err(OpenError::Damaged { what }) => assert!(what.starts_with("material of key"), "{what}"),
        other => panic!("{other:?}"),
    }
    let kms = open(&live, &clock).await.unwrap();
    assert!(!decrypts(&kms, &blob).await);
}
