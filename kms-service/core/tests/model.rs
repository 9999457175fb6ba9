//! Every request against AWS's model: what the model has, a request has, or says that it is refused.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]

use kms_core::ops::{
    create_alias::CreateAlias, create_grant::CreateGrant, create_key::CreateKey, decrypt::Decrypt,
    delete_alias::DeleteAlias, describe_key::DescribeKey, enable_key_rotation::EnableKeyRotation,
    encrypt::Encrypt, generate_data_key::GenerateDataKey, generate_mac::GenerateMac,
    generate_random::GenerateRandom, get_key_policy::GetKeyPolicy, list_aliases::ListAliases,
    list_grants::ListGrants, list_key_policies::ListKeyPolicies, list_key_rotations::ListKeyRotations,
    list_keys::ListKeys, list_resource_tags::ListResourceTags, list_retirable_grants::ListRetirableGrants,
    one_key::OneKey, put_key_policy::PutKeyPolicy, re_encrypt::ReEncrypt, retire_grant::RetireGrant,
    revoke_grant::RevokeGrant, schedule_key_deletion::ScheduleKeyDeletion, tag_resource::TagResource,
    untag_resource::UntagResource, update_alias::UpdateAlias, update_key_description::UpdateKeyDescription,
    verify_mac::VerifyMac,
};
use shape::model::{Deviation, compare};
use shape::{Decode as _, Refusal, Request, Unreadable};

/// Written by `tests/model/generate.py`.
const MODEL: &str = include_str!("../../../tests/model/kms.txt");

/// Where a request differs from the model, and why.
const DEVIATIONS: &[Deviation] = &[
    (
        "GenerateDataKeyWithoutPlaintext.Recipient",
        "one struct serves both operations; a recipient gets plaintext, and this one has none to give: refused rather than skipped",
    ),
    (
        "CreateKey.CustomerMasterKeySpec",
        "it works as KeySpec does, of which the model knows more: what is newer than the older name is refused as not offered",
    ),
];

#[test]
fn every_member_of_the_model_is_known() {
    let operations = [
        ("CancelKeyDeletion", OneKey::SHAPE),
        ("CreateAlias", CreateAlias::SHAPE),
        ("CreateGrant", CreateGrant::SHAPE),
        ("CreateKey", CreateKey::SHAPE),
        ("Decrypt", Decrypt::SHAPE),
        ("DeleteAlias", DeleteAlias::SHAPE),
        ("DescribeKey", DescribeKey::SHAPE),
        ("DisableKey", OneKey::SHAPE),
        ("DisableKeyRotation", OneKey::SHAPE),
        ("EnableKey", OneKey::SHAPE),
        ("EnableKeyRotation", EnableKeyRotation::SHAPE),
        ("Encrypt", Encrypt::SHAPE),
        ("GenerateDataKey", GenerateDataKey::SHAPE),
        ("GenerateDataKeyWithoutPlaintext", GenerateDataKey::SHAPE),
        ("GenerateMac", GenerateMac::SHAPE),
        ("GenerateRandom", GenerateRandom::SHAPE),
        ("GetKeyPolicy", GetKeyPolicy::SHAPE),
        ("GetKeyRotationStatus", OneKey::SHAPE),
        ("ListAliases", ListAliases::SHAPE),
        ("ListGrants", ListGrants::SHAPE),
        ("ListKeyPolicies", ListKeyPolicies::SHAPE),
        ("ListKeyRotations", ListKeyRotations::SHAPE),
        ("ListKeys", ListKeys::SHAPE),
        ("ListResourceTags", ListResourceTags::SHAPE),
        ("ListRetirableGrants", ListRetirableGrants::SHAPE),
        ("PutKeyPolicy", PutKeyPolicy::SHAPE),
        ("ReEncrypt", ReEncrypt::SHAPE),
        ("RetireGrant", RetireGrant::SHAPE),
        ("RevokeGrant", RevokeGrant::SHAPE),
        ("RotateKeyOnDemand", OneKey::SHAPE),
        ("ScheduleKeyDeletion", ScheduleKeyDeletion::SHAPE),
        ("TagResource", TagResource::SHAPE),
        ("UntagResource", UntagResource::SHAPE),
        ("UpdateAlias", UpdateAlias::SHAPE),
        ("UpdateKeyDescription", UpdateKeyDescription::SHAPE),
        ("VerifyMac", VerifyMac::SHAPE),
    ];
    assert_eq!(compare(MODEL, &operations, DEVIATIONS), [""; 0]);
}

fn refusal<T: Request>(body: &str) -> Refusal {
    shape::decode::<T>(body.as_bytes()).err().unwrap()
}

fn violated<T: Request>(body: &str) -> String {
    match refusal::<T>(body) {
        Refusal::Violated(violated) => violated.public_text(),
        other => format!("{other:?}"),
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_plaintext_never() {
    assert_eq!(
        violated::<Encrypt>(r#"{"KeyId":null,"Plaintext":"","EncryptionAlgorithm":"ROT13"}"#),
        "3 validation errors detected: \
         Value 'ROT13' at 'encryptionAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: \
         [SYMMETRIC_DEFAULT, RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE]; \
         Value null at 'keyId' failed to satisfy constraint: Member must not be null; \
         Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1"
    );
    assert_eq!(
        violated::<CreateGrant>(r#"{"Operations":["Decrypt","Dance"],"GranteePrincipal":"p"}"#),
        "2 validation errors detected: \
         Value 'Dance' at 'operations.2.member' failed to satisfy constraint: Member must satisfy enum value set: \
         [Decrypt, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncryptFrom, ReEncryptTo, CreateGrant, \
         RetireGrant, DescribeKey, GenerateMac, VerifyMac, Sign, Verify, GetPublicKey, GenerateDataKeyPair, \
         GenerateDataKeyPairWithoutPlaintext, DeriveSharedSecret, Encapsulate, Decapsulate]; \
         Value null at 'keyId' failed to satisfy constraint: Member must not be null"
    );
    assert_eq!(
        violated::<CreateKey>(r#"{"Tags":[{"TagValue":"v"}]}"#),
        "1 validation error detected: Value null at 'tags.1.member.tagKey' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn what_is_not_offered_is_named() {
    assert_eq!(
        refusal::<Decrypt>(r#"{"CiphertextBlob":"AA==","Recipient":{}}"#),
        Refusal::NotOffered("Recipient")
    );
    assert_eq!(refusal::<CreateKey>(r#"{"KeySpec":"SM2"}"#), Refusal::NotOffered("SM2"));
    let sourced =
        r#"{"KeyId":"k","GranteePrincipal":"p","Operations":["Decrypt"],"Constraints":{"SourceArn":"a"}}"#;
    assert_eq!(refusal::<CreateGrant>(sourced), Refusal::NotOffered("SourceArn"));
    assert_eq!(
        refusal::<Encrypt>(r#"{"KeyId":"k","Plaintext":"AAA"}"#),
        Refusal::Unreadable(Unreadable::Base64Length(3))
    );
}

#[test]
fn requests_are_read_as_the_other_door_fills_them_in() {
    let encrypt = br#"{"KeyId":"k","Plaintext":"aGk=","EncryptionContext":{"a":"b"},"GrantTokens":["t"],"DryRun":true,"New":1}"#;
    let encrypt = shape::decode::<Encrypt>(encrypt).unwrap();
    assert_eq!((encrypt.plaintext.expose(), encrypt.context.get("a")), (&b"hi"[..], Some("b")));
    assert!(encrypt.dry_run && encrypt.grant_tokens == ["t"]);
    let size = shape::decode::<GenerateDataKey>(br#"{"KeyId":"k","NumberOfBytes":64.0}"#).unwrap().size;
    assert_eq!((size.spec, size.number_of_bytes), (None, Some(64)));
    let page = shape::decode::<ListKeys>(br#"{"Limit":3,"Marker":"m"}"#).unwrap().page;
    assert_eq!((page.limit, page.marker.as_deref()), (Some(3), Some("m")));
    let bound = br#"{"KeyId":"k","GranteePrincipal":"p","Operations":["Decrypt"],"Constraints":{"EncryptionContextEquals":{}}}"#;
    let bound = shape::decode::<CreateGrant>(bound).unwrap().constraints;
    assert!(bound.equals.is_some_and(|pairs| pairs.is_empty()) && bound.subset.is_none());
}
