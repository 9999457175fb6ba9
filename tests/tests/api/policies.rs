//! Policies of keys.

use serde_json::json;

use crate::items::INVALID;
use crate::keys::{SECRET, broken, make_key, make_key_with, refuse_names};
use crate::{api_suite, with};

/// The policy of a key for which nobody wrote one.
const DEFAULT: &str = r#"{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::000000000000:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"#;

/// A policy of one statement about the account.
fn policy(effect: &str, action: &str) -> String {
    policy_of("arn:aws:iam::000000000000:root", effect, action)
}

fn policy_of(principal: &str, effect: &str, action: &str) -> String {
    format!(
        r#"{{ "Statement": {{"Effect":"{effect}","Principal":{{"AWS":"{principal}"}},"Action":"{action}","Resource":"*"}} }}"#
    )
}

api_suite! {
    /// A key has one policy, which is shown as it was written.
    are_put_and_shown(api) {
        let key = make_key(api).await;
        let name = json!({ "KeyId": key });
        let shown = api.keys("GetKeyPolicy", name.clone()).await;
        assert_eq!(shown, json!({ "Policy": DEFAULT, "PolicyName": "default" }));
        let written = policy("Allow", "kms:*");
        let named = json!({ "PolicyName": "default" });
        api.keys("PutKeyPolicy", with(named.clone(), json!({ "KeyId": key, "Policy": written }))).await;
        let shown = json!({ "Policy": written, "PolicyName": "default" });
        assert_eq!(api.keys("GetKeyPolicy", with(named, name.clone())).await, shown);
        let listed = json!({ "PolicyNames": ["default"], "Truncated": false });
        assert_eq!(api.keys("ListKeyPolicies", name).await, listed);
        let made = make_key_with(api, json!({ "Policy": written })).await;
        assert_eq!(api.keys("GetKeyPolicy", json!({ "KeyId": made })).await, shown);
    }

    /// A policy that locks its author out is put only if that is insisted on, and is honoured then.
    lock_out_whoever_insists(api) {
        let key = make_key(api).await;
        let name = json!({ "KeyId": key });
        let put = with(name.clone(), json!({ "Policy": policy("Allow", "kms:List*") }));
        let text = "The new key policy will not allow you to update the key policy in the future.";
        api.keys_refuse_in_words("PutKeyPolicy", put.clone(), "MalformedPolicyDocumentException", text).await;
        let insisting = with(put.clone(), json!({ "BypassPolicyLockoutSafetyCheck": true }));
        api.keys("PutKeyPolicy", insisting).await;
        api.keys("ListKeyPolicies", name.clone()).await;
        let encrypt = json!({ "KeyId": key, "Plaintext": SECRET });
        for (operation, request) in [("PutKeyPolicy", put), ("GetKeyPolicy", name), ("Encrypt", encrypt)] {
            let text = format!(
                "User: arn:aws:iam::000000000000:root is not authorized to perform: kms:{operation} on resource: {key} \
                 because no resource-based policy allows the kms:{operation} action"
            );
            api.keys_refuse_in_words(operation, request, "AccessDeniedException", &text).await;
        }
    }

    /// What is no policy of a key's, or none that is honoured, is not put.
    are_not_put(api) {
        let key = make_key(api).await;
        let denies = "A key policy with a statement that denies is not offered yet. Offered are the default statement for \
            the account, use through a service by principals of the account, and the viewing of metadata.";
        let put = json!({ "KeyId": key, "Policy": DEFAULT });
        for (more, code, text) in [
            (
                json!({ "Policy": policy_of("nobody at all", "Allow", "kms:*") }),
                "MalformedPolicyDocumentException",
                "Policy contains a statement with one or more invalid principals.",
            ),
            (json!({ "Policy": policy("Deny", "kms:*") }), "UnsupportedOperationException", denies),
            (
                json!({ "PolicyName": "other" }),
                "UnsupportedOperationException",
                "The one policy of a key is named default.",
            ),
            (
                json!({ "Policy": "p".repeat(32_769) }),
                "LimitExceededException",
                "The key policy is longer than 32768 bytes.",
            ),
            (
                json!({ "Policy": "" }),
                INVALID,
                &*broken("Value", "policy", "have length greater than or equal to 1"),
            ),
        ] {
            api.keys_refuse_in_words("PutKeyPolicy", with(put.clone(), more), code, text).await;
        }
        refuse_names(api, "PutKeyPolicy", put).await;
        let shown = api.keys("GetKeyPolicy", json!({ "KeyId": key })).await;
        assert_eq!(shown["Policy"], DEFAULT);
    }

    /// Which names and pages there are not.
    are_not_shown(api) {
        let key = make_key(api).await;
        let marker = "The marker is not valid for this request.";
        for (operation, more, code, text) in [
            ("GetKeyPolicy", json!({ "PolicyName": "other" }), "NotFoundException", "No such policy exists"),
            (
                "GetKeyPolicy",
                json!({ "PolicyName": "a b" }),
                INVALID,
                &*broken("Value 'a b'", "policyName", r"satisfy regular expression pattern: [\w]+"),
            ),
            (
                "ListKeyPolicies",
                json!({ "Limit": 1001 }),
                INVALID,
                &*broken("Value '1001'", "limit", "have value less than or equal to 1000"),
            ),
            ("ListKeyPolicies", json!({ "Marker": "x" }), "InvalidMarkerException", marker),
        ] {
            api.keys_refuse_in_words(operation, with(more, json!({ "KeyId": key })), code, text).await;
        }
        for operation in ["GetKeyPolicy", "ListKeyPolicies"] {
            refuse_names(api, operation, json!({})).await;
        }
    }
}
