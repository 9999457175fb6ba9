//! Requests that are nested without end, in every place that AWS's model has and where it has none.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]

use kms_core::ops::{
    create_alias::CreateAlias, create_grant::CreateGrant, create_key::CreateKey, decrypt::Decrypt,
    delete_alias::DeleteAlias, describe_key::DescribeKey, encrypt::Encrypt,
    generate_data_key::GenerateDataKey, generate_random::GenerateRandom, list_aliases::ListAliases,
    list_grants::ListGrants, list_keys::ListKeys, one_key::OneKey, re_encrypt::ReEncrypt,
    retire_grant::RetireGrant, revoke_grant::RevokeGrant, schedule_key_deletion::ScheduleKeyDeletion,
    update_alias::UpdateAlias,
};
use shape::Request;
use shape::model::with_each_member;

/// Written by `tests/model/generate.py`.
const MODEL: &str = include_str!("../../../tests/model/kms.txt");

/// An operation: its name, and whether a body is no such request.
type Operation = (&'static str, fn(&[u8]) -> bool);

const fn operation<T: Request>(name: &'static str) -> Operation {
    (name, |body| shape::decode::<T>(body).is_err())
}

const OPERATIONS: [Operation; 22] = [
    operation::<OneKey>("CancelKeyDeletion"),
    operation::<CreateAlias>("CreateAlias"),
    operation::<CreateGrant>("CreateGrant"),
    operation::<CreateKey>("CreateKey"),
    operation::<Decrypt>("Decrypt"),
    operation::<DeleteAlias>("DeleteAlias"),
    operation::<DescribeKey>("DescribeKey"),
    operation::<OneKey>("DisableKey"),
    operation::<OneKey>("EnableKey"),
    operation::<Encrypt>("Encrypt"),
    operation::<GenerateDataKey>("GenerateDataKey"),
    operation::<GenerateDataKey>("GenerateDataKeyWithoutPlaintext"),
    operation::<GenerateRandom>("GenerateRandom"),
    operation::<ListAliases>("ListAliases"),
    operation::<ListGrants>("ListGrants"),
    operation::<ListKeys>("ListKeys"),
    operation::<ReEncrypt>("ReEncrypt"),
    operation::<RetireGrant>("RetireGrant"),
    operation::<RevokeGrant>("RevokeGrant"),
    operation::<OneKey>("RotateKeyOnDemand"),
    operation::<ScheduleKeyDeletion>("ScheduleKeyDeletion"),
    operation::<UpdateAlias>("UpdateAlias"),
];

#[test]
fn ten_thousand_levels_in_any_place_are_refused_on_a_small_stack() {
    let work = || {
        for (name, is_refused) in OPERATIONS {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let open = open.repeat(10_000);
                for value in [format!("{open}{{}}{}", close.repeat(10_000)), open] {
                    for body in with_each_member(MODEL, name, &value) {
                        assert!(
                            is_refused(body.as_bytes()),
                            "{name}: {}",
                            body.chars().take(80).collect::<String>()
                        );
                    }
                }
            }
        }
    };
    std::thread::Builder::new().stack_size(256 * 1024).spawn(work).unwrap().join().unwrap();
}
