//! Bodies of requests: the first line names what is read, the rest is the body. Whatever it is, it is read or refused, and a
//! refusal's text stays short. What conditions, updates and key conditions come to, in expressions and in the parameters from
//! before there were any, is used on an item.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use shape::Request;
use table_core::error::ExpressionKind;
use table_core::expr::substitution::{Substitutions, ValueErrors};
use table_core::expr::{self, bind, legacy, projection::Projection, update::Update};
use table_core::keycond::{self, KeyTests};
use table_core::ops::{Conditional, PutItem, Query, UpdateItem};
use table_core::value::{Item, raw};

/// Longest text of a refusal: ten violations, each of which shows a value of bounded length.
const MAX_TEXT_BYTES: usize = 64 * 1024;

const ITEM: &[u8] = br#"{"TableName":"t","Item":{"a":{"N":"1"},"b":{"L":[{"N":"2"},{"M":{"d":{"S":"x"}}}]},"c":{"M":{"a":{"N":"3"}}},
    "d":{"SS":["x","y"]},"e":{"B":"AAEC"},"f":{"NULL":true}}}"#;

static SAMPLE: LazyLock<Item> = LazyLock::new(|| {
    let put = shape::decode::<PutItem>(ITEM).expect("the sample is a request");
    raw::item(put.item).expect("the sample is an item")
});

/// The request, if it is one that keeps the model's constraints.
fn decode<T: Request>(body: &[u8]) -> Option<T> {
    match shape::decode::<T>(body) {
        Ok(request) => request.check().is_ok().then_some(request),
        Err(refusal) => {
            let text = refusal.public_text("com.amazonaws.dynamodb.v20120810").unwrap_or_default();
            assert!(text.len() <= MAX_TEXT_BYTES, "a text of {} bytes", text.len());
            None
        }
    }
}

fn read<T: Request>(body: &[u8]) {
    let _ = decode::<T>(body);
}

/// What a condition says of the sample; nothing if it is wrong.
fn hold(conditional: &mut Conditional, substitutions: &mut Substitutions) {
    let expected = legacy::expected(conditional.expected.take(), &conditional.conditional_operator);
    if let Ok(Some(cond)) = expected {
        cond.holds(&SAMPLE);
    }
    let kind = ExpressionKind::Condition;
    if let Some(Ok(parsed)) =
        conditional.condition_expression.as_deref().map(|text| expr::condition(kind, text))
        && let Ok(cond) = bind::condition(&parsed, substitutions)
    {
        cond.holds(&SAMPLE);
    }
}

fn substitutions(conditional: &mut Conditional) -> Option<Substitutions> {
    let names = conditional.expression_attribute_names.take();
    Substitutions::new(names, conditional.expression_attribute_values.take(), ValueErrors::Bare).ok()
}

/// Attribute values are read into a form that is checked later, by every door alike.
fn put(body: &[u8]) {
    let Some(mut put) = decode::<PutItem>(body) else { return };
    if let Some(mut substitutions) = substitutions(&mut put.conditional) {
        hold(&mut put.conditional, &mut substitutions);
    }
    let Ok(item) = raw::item(put.item) else { return };
    assert!(!format!("{item:?}").is_empty());
}

fn update(body: &[u8]) {
    let Some(mut request) = decode::<UpdateItem>(body) else { return };
    if let Ok(update) = legacy::updates(request.attribute_updates.take()) {
        let _ = update.apply(SAMPLE.clone());
    }
    let Some(mut substitutions) = substitutions(&mut request.conditional) else { return };
    if let Some(Ok(parsed)) = request.update_expression.as_deref().map(expr::update)
        && let Ok(update) = Update::bind(&parsed, &mut substitutions)
        && let Ok(after) = update.apply(SAMPLE.clone())
    {
        assert!(update.touched(&after).size() <= after.size());
    }
    hold(&mut request.conditional, &mut substitutions);
}

fn query(body: &[u8]) {
    let Some(request) = decode::<Query>(body) else { return };
    let _ = request.key_conditions.map(KeyTests::of_conditions);
    let page = request.page;
    if let Ok(Some(filter)) = legacy::filter(request.query_filter, &page.conditional_operator) {
        filter.holds(&SAMPLE);
    }
    let (names, values) = (page.selection.expression_attribute_names, page.expression_attribute_values);
    let Ok(mut substitutions) = Substitutions::new(names, values, ValueErrors::Bare) else { return };
    if let Some(text) = &request.key_condition_expression {
        let _ = keycond::parse(text, &mut substitutions).and_then(KeyTests::new);
    }
    if let Some(Ok(paths)) = page.selection.projection_expression.as_deref().map(expr::projection)
        && let Ok(projection) = Projection::bind(&paths, &mut substitutions)
    {
        assert!(projection.of(&SAMPLE).size() <= SAMPLE.size());
    }
    let _ = substitutions.finish();
}

/// `name: type` for each type of request that a door reads; those whose parts are used further have a function of their own.
macro_rules! requests {
    ($($name:ident: $request:ty),+ $(,)?) => {
        fn reader(name: &[u8]) -> Option<fn(&[u8])> {
            match std::str::from_utf8(name).ok()? {
                "PutItem" => Some(put),
                "UpdateItem" => Some(update),
                "Query" => Some(query),
                $(stringify!($name) => Some(read::<$request>),)+
                _ => None,
            }
        }
    };
}

requests! {
    BatchGetItem: table_core::ops::BatchGetItem,
    BatchWriteItem: table_core::ops::BatchWriteItem,
    CreateTable: table_core::ops::CreateTable,
    DeleteItem: table_core::ops::DeleteItem,
    GetItem: table_core::ops::GetItem,
    ListTables: table_core::ops::ListTables,
    ListTagsOfResource: table_core::ops::ListTagsOfResource,
    Nothing: table_core::ops::Nothing,
    OneTable: table_core::ops::OneTable,
    Scan: table_core::ops::Scan,
    TagResource: table_core::ops::TagResource,
    UntagResource: table_core::ops::UntagResource,
    UpdateTable: table_core::ops::UpdateTable,
    CreateAlias: kms_core::ops::create_alias::CreateAlias,
    CreateGrant: kms_core::ops::create_grant::CreateGrant,
    CreateKey: kms_core::ops::create_key::CreateKey,
    Decrypt: kms_core::ops::decrypt::Decrypt,
    DeleteAlias: kms_core::ops::delete_alias::DeleteAlias,
    DescribeKey: kms_core::ops::describe_key::DescribeKey,
    Encrypt: kms_core::ops::encrypt::Encrypt,
    GenerateDataKey: kms_core::ops::generate_data_key::GenerateDataKey,
    GenerateRandom: kms_core::ops::generate_random::GenerateRandom,
    ListAliases: kms_core::ops::list_aliases::ListAliases,
    ListGrants: kms_core::ops::list_grants::ListGrants,
    ListKeys: kms_core::ops::list_keys::ListKeys,
    OneKey: kms_core::ops::one_key::OneKey,
    ReEncrypt: kms_core::ops::re_encrypt::ReEncrypt,
    RetireGrant: kms_core::ops::retire_grant::RetireGrant,
    RevokeGrant: kms_core::ops::revoke_grant::RevokeGrant,
    ScheduleKeyDeletion: kms_core::ops::schedule_key_deletion::ScheduleKeyDeletion,
    UpdateAlias: kms_core::ops::update_alias::UpdateAlias,
    EnableKeyRotation: kms_core::ops::enable_key_rotation::EnableKeyRotation,
    GenerateMac: kms_core::ops::generate_mac::GenerateMac,
    GetKeyPolicy: kms_core::ops::get_key_policy::GetKeyPolicy,
    ListKeyPolicies: kms_core::ops::list_key_policies::ListKeyPolicies,
    ListKeyRotations: kms_core::ops::list_key_rotations::ListKeyRotations,
    ListResourceTags: kms_core::ops::list_resource_tags::ListResourceTags,
    ListRetirableGrants: kms_core::ops::list_retirable_grants::ListRetirableGrants,
    PutKeyPolicy: kms_core::ops::put_key_policy::PutKeyPolicy,
    TagKey: kms_core::ops::tag_resource::TagResource,
    UntagKey: kms_core::ops::untag_resource::UntagResource,
    UpdateKeyDescription: kms_core::ops::update_key_description::UpdateKeyDescription,
    VerifyMac: kms_core::ops::verify_mac::VerifyMac,
}

fuzz_target!(|input: &[u8]| {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return };
    if let Some(read) = reader(&input[..end]) {
        read(&input[end + 1..]);
    }
});
