//! Key policies.

use identity::Caller;
use kms_core::{
    Kms,
    ops::{get_key_policy::GetKeyPolicy, list_key_policies::ListKeyPolicies, put_key_policy::PutKeyPolicy},
};
use proto::kms as pb;

use super::{Refusal, convert};

pub(super) async fn get_key_policy(
    kms: Kms,
    caller: Caller,
    request: pb::GetKeyPolicyRequest,
) -> Result<pb::GetKeyPolicyResponse, Refusal> {
    let command =
        GetKeyPolicy { key_id: request.key_id, policy_name: convert::optional(request.policy_name) };
    let named = kms.get_key_policy(&caller, command).await?;
    Ok(pb::GetKeyPolicyResponse { policy: named.policy, policy_name: named.policy_name.to_owned() })
}

pub(super) async fn put_key_policy(
    kms: Kms,
    caller: Caller,
    request: pb::PutKeyPolicyRequest,
) -> Result<pb::PutKeyPolicyResponse, Refusal> {
    let command = PutKeyPolicy {
        key_id: request.key_id,
        policy: request.policy,
        policy_name: convert::optional(request.policy_name),
        bypass_policy_lockout_safety_check: request.bypass_policy_lockout_safety_check,
    };
    kms.put_key_policy(&caller, command).await?;
    Ok(pb::PutKeyPolicyResponse {})
}

pub(super) async fn list_key_policies(
    kms: Kms,
    caller: Caller,
    request: pb::ListKeyPoliciesRequest,
) -> Result<pb::ListKeyPoliciesResponse, Refusal> {
    let command =
        ListKeyPolicies { key_id: request.key_id, page: convert::page(request.limit, request.marker) };
    let page = kms.list_key_policies(&caller, command).await?;
    Ok(pb::ListKeyPoliciesResponse {
        policy_names: page.items.into_iter().map(str::to_owned).collect(),
        truncated: page.next_marker.is_some(),
        next_marker: page.next_marker.unwrap_or_default(),
    })
}
