//! Bodies of requests: the first byte chooses the operation, the rest is the body. Whatever it is, it is read or refused, and
//! a refusal's text stays short.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shape::Request;
use table_core::value::raw;

/// Longest text of a refusal: ten violations, each of which shows a value of bounded length.
const MAX_TEXT_BYTES: usize = 64 * 1024;

fn read<T: Request>(body: &[u8]) {
    match shape::decode::<T>(body) {
        Ok(request) => {
            let _ = request.check();
        }
        Err(refusal) => {
            let text = refusal.public_text("com.amazonaws.dynamodb.v20120810").unwrap_or_default();
            assert!(text.len() <= MAX_TEXT_BYTES, "a text of {} bytes", text.len());
        }
    }
}

/// Attribute values are read into a form that is checked later, by every door alike.
fn read_item(body: &[u8]) {
    let Ok(put) = shape::decode::<table_core::ops::PutItem>(body) else { return };
    let Ok(item) = raw::item(put.item) else { return };
    assert!(!format!("{item:?}").is_empty());
}

macro_rules! operations {
    ($($request:ty),+ $(,)?) => {
        const OPERATIONS: &[fn(&[u8])] = &[read_item, $(read::<$request>),+];
    };
}

operations! {
    table_core::ops::BatchGetItem,
    table_core::ops::BatchWriteItem,
    table_core::ops::CreateTable,
    table_core::ops::DeleteItem,
    table_core::ops::GetItem,
    table_core::ops::ListTables,
    table_core::ops::ListTagsOfResource,
    table_core::ops::OneTable,
    table_core::ops::PutItem,
    table_core::ops::Query,
    table_core::ops::Scan,
    table_core::ops::TagResource,
    table_core::ops::UntagResource,
    table_core::ops::UpdateTable,
    kms_core::ops::create_alias::CreateAlias,
    kms_core::ops::create_grant::CreateGrant,
    kms_core::ops::create_key::CreateKey,
    kms_core::ops::decrypt::Decrypt,
    kms_core::ops::encrypt::Encrypt,
    kms_core::ops::generate_data_key::GenerateDataKey,
    kms_core::ops::generate_random::GenerateRandom,
    kms_core::ops::list_grants::ListGrants,
    kms_core::ops::list_keys::ListKeys,
    kms_core::ops::one_key::OneKey,
    kms_core::ops::re_encrypt::ReEncrypt,
    kms_core::ops::retire_grant::RetireGrant,
    kms_core::ops::schedule_key_deletion::ScheduleKeyDeletion,
    kms_core::ops::enable_key_rotation::EnableKeyRotation,
    kms_core::ops::generate_mac::GenerateMac,
    kms_core::ops::get_key_policy::GetKeyPolicy,
    kms_core::ops::list_key_policies::ListKeyPolicies,
    kms_core::ops::list_key_rotations::ListKeyRotations,
    kms_core::ops::list_resource_tags::ListResourceTags,
    kms_core::ops::list_retirable_grants::ListRetirableGrants,
    kms_core::ops::put_key_policy::PutKeyPolicy,
    kms_core::ops::tag_resource::TagResource,
    kms_core::ops::untag_resource::UntagResource,
    kms_core::ops::update_key_description::UpdateKeyDescription,
    kms_core::ops::verify_mac::VerifyMac,
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, body)) = input.split_first() else { return };
    OPERATIONS[usize::from(*choice) % OPERATIONS.len()](body);
});
