//! Grants, aliases, contexts and dry runs.

use serde_json::{Value, json};

use crate::items::INVALID;
use crate::keys::{SECRET, broken, make_key};
use crate::{api_suite, with};

/// Principals of the account; they need not exist.
const ALICE: &str = "arn:aws:iam::000000000000:user/alice";
const BOB: &str = "arn:aws:iam::000000000000:user/bob";

fn grant(key: &str, more: Value) -> Value {
    with(json!({ "KeyId": key, "GranteePrincipal": ALICE, "Operations": ["Encrypt", "Decrypt"] }), more)
}

api_suite! {
    /// A grant is listed as it was made until it is revoked, and retiring it needs a token or its names.
    are_made_listed_and_revoked(api) {
        let key = make_key(api).await;
        let constraints = json!({ "EncryptionContextSubset": { "tenant": "a" } });
        let named = grant(&key, json!({ "Name": "one", "RetiringPrincipal": ALICE, "Constraints": constraints }));
        let made = api.keys("CreateGrant", named.clone()).await;
        let again = api.keys("CreateGrant", named).await;
        assert_eq!(made["GrantId"], again["GrantId"], "the same request under the same name is the same grant");
        let other = api.keys("CreateGrant", grant(&key, json!({}))).await;
        assert_ne!(made["GrantId"], other["GrantId"]);
        let list = |more: Value| with(json!({ "KeyId": key }), more);
        let listed = api.keys("ListGrants", list(json!({}))).await;
        let listed = listed["Grants"].as_array().unwrap();
        assert_eq!(listed.len(), 2);
        let first = listed.iter().find(|grant| grant["GrantId"] == made["GrantId"]).unwrap();
        assert_eq!((&first["Name"], &first["Constraints"]), (&json!("one"), &constraints));
        assert_eq!((&first["GranteePrincipal"], &first["RetiringPrincipal"]), (&json!(ALICE), &json!(ALICE)));
        assert_eq!(first["Operations"].as_array().unwrap().len(), 2);
        assert_eq!((&first["KeyId"], first.get("CreationDate").is_some()), (&json!(key), true));
        let page = api.keys("ListGrants", list(json!({ "Limit": 1 }))).await;
        assert_eq!((page["Grants"].as_array().unwrap().len(), &page["Truncated"]), (1, &json!(true)));
        let rest = api.keys("ListGrants", list(json!({ "Limit": 1, "Marker": page["NextMarker"] }))).await;
        assert_eq!((rest["Grants"].as_array().unwrap().len(), &rest["Truncated"]), (1, &json!(false)));
        let only = api.keys("ListGrants", list(json!({ "GrantId": other["GrantId"] }))).await;
        assert_eq!(only["Grants"].as_array().unwrap().len(), 1);

        let revoke = json!({ "KeyId": key, "GrantId": other["GrantId"] });
        api.keys("RevokeGrant", revoke.clone()).await;
        api.keys_refuse("RevokeGrant", revoke, "NotFoundException", "").await;
        api.keys("RetireGrant", json!({ "GrantToken": made["GrantToken"] })).await;
        let left = api.keys("ListGrants", list(json!({}))).await;
        assert!(left.get("Grants").is_none_or(|grants| grants == &json!([])), "{left}");
    }

    /// What no grant can be.
    are_refused(api) {
        let key = make_key(api).await;
        api.keys("CreateAlias", json!({ "AliasName": "alias/app", "TargetKeyId": key })).await;
        let absent = "1234abcd-12ab-34cd-56ef-1234567890ab";
        api.keys_refuse("CreateGrant", grant(absent, json!({})), "NotFoundException", "does not exist").await;
        api.keys_refuse("CreateGrant", grant("alias/app", json!({})), "NotFoundException", "").await;
        let empty = grant(&key, json!({ "Operations": [] }));
        api.keys_refuse("CreateGrant", empty, "ValidationException", "").await;
        let nobody = grant(&key, json!({ "GranteePrincipal": "nobody" }));
        api.keys_refuse("CreateGrant", nobody, "InvalidArnException", "").await;
        let dry = grant(&key, json!({ "DryRun": true }));
        api.keys_refuse("CreateGrant", dry, "DryRunOperationException", "").await;
        let listed = api.keys("ListGrants", json!({ "KeyId": key })).await;
        assert!(listed.get("Grants").is_none_or(|grants| grants == &json!([])), "a dry run makes nothing: {listed}");
        let token = json!({ "GrantToken": "nonsense" });
        api.keys_refuse("RetireGrant", token, "InvalidGrantTokenException", "").await;
    }

    /// Whoever may retire grants finds them on every key, in pages, until they are retired.
    are_listed_by_who_may_retire_them(api) {
        let constraints = json!({ "EncryptionContextSubset": { "tenant": "a" } });
        let mut made = Vec::new();
        for _ in 0..2 {
            let key = make_key(api).await;
            let retirable = json!({ "Name": "one", "RetiringPrincipal": BOB, "Constraints": constraints });
            let granted = api.keys("CreateGrant", grant(&key, retirable)).await;
            api.keys("CreateGrant", grant(&key, json!({ "RetiringPrincipal": ALICE }))).await;
            api.keys("CreateGrant", grant(&key, json!({}))).await;
            made.push((key, granted["GrantId"].clone()));
        }
        made.sort_by(|(one, _), (other, _)| one.cmp(other));
        let list = async |more: Value| {
            api.keys("ListRetirableGrants", with(json!({ "RetiringPrincipal": BOB }), more)).await
        };
        let listed = list(json!({})).await;
        let entry = |(at, (key, grant)): (usize, &(String, Value))| json!({
            "KeyId": key, "GrantId": grant, "Name": "one", "CreationDate": listed["Grants"][at]["CreationDate"],
            "GranteePrincipal": ALICE, "RetiringPrincipal": BOB, "IssuingAccount": "arn:aws:iam::000000000000:root",
            "Operations": ["Decrypt", "Encrypt"], "Constraints": constraints,
        });
        let entries: Vec<_> = made.iter().enumerate().map(entry).collect();
        assert_eq!(listed, json!({ "Grants": entries, "Truncated": false }));
        let page = list(json!({ "Limit": 1 })).await;
        assert_eq!(page, json!({ "Grants": entries[..1], "NextMarker": page["NextMarker"], "Truncated": true }));
        let rest = list(json!({ "Limit": 1, "Marker": page["NextMarker"] })).await;
        assert_eq!(rest, json!({ "Grants": entries[1..], "Truncated": false }));
        let (key, grant) = &made[0];
        api.keys("RetireGrant", json!({ "KeyId": key, "GrantId": grant })).await;
        assert_eq!(list(json!({})).await, json!({ "Grants": entries[1..], "Truncated": false }));
    }

    /// Whose grants are not listed, and which pages there are not.
    are_not_listed(api) {
        let foreign = "User: arn:aws:iam::000000000000:root is not authorized to perform: kms:ListRetirableGrants on this \
            resource because the resource does not exist in this Region, no resource-based policies allow access, or a \
            resource-based policy explicitly denies access";
        let pattern = broken("Value 'a b'", "retiringPrincipal", r"satisfy regular expression pattern: ^[\w+=,.@:/-]+$");
        let limit = broken("Value '101'", "limit", "have value less than or equal to 100");
        let marker = "The marker is not valid for this request.";
        for (request, code, text) in [
            (json!({}), INVALID, "Specify the retiring principal."),
            (json!({ "RetiringPrincipal": "nobody" }), "InvalidArnException", "Invalid ARN 'nobody'"),
            (json!({ "RetiringPrincipal": "a b" }), INVALID, &pattern),
            (json!({ "RetiringPrincipal": "arn:aws:iam::111122223333:root" }), "AccessDeniedException", foreign),
            (json!({ "RetiringPrincipal": BOB, "Limit": 101 }), INVALID, &limit),
            (json!({ "RetiringPrincipal": BOB, "Marker": "x" }), "InvalidMarkerException", marker),
        ] {
            api.keys_refuse_in_words("ListRetirableGrants", request, code, text).await;
        }
    }

    /// A dry run decides as the real one would, and does nothing.
    run_dry(api) {
        let key = make_key(api).await;
        let sealed = api.keys("Encrypt", json!({ "KeyId": key, "Plaintext": SECRET })).await;
        let blob = &sealed["CiphertextBlob"];
        let requests = [
            ("Encrypt", json!({ "KeyId": key, "Plaintext": SECRET })),
            ("Decrypt", json!({ "CiphertextBlob": blob })),
            ("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": key })),
            ("GenerateDataKey", json!({ "KeyId": key, "KeySpec": "AES_256" })),
            ("GenerateDataKeyWithoutPlaintext", json!({ "KeyId": key, "KeySpec": "AES_256" })),
        ];
        for (operation, request) in requests.clone() {
            let dry = with(request, json!({ "DryRun": true }));
            let text = "The request would have succeeded, but the DryRun option is set.";
            api.keys_refuse(operation, dry, "DryRunOperationException", text).await;
        }
        api.keys("DisableKey", json!({ "KeyId": key })).await;
        for (operation, request) in requests {
            let dry = with(request, json!({ "DryRun": true }));
            api.keys_refuse(operation, dry, "DisabledException", &format!("{key} is disabled.")).await;
        }
    }

    /// A blob moves from one key and context to another without anybody seeing what is in it.
    re_encrypt(api) {
        let (from, to) = (make_key(api).await, make_key(api).await);
        let context = json!({ "tenant": "a" });
        let sealed = api.keys("Encrypt", json!({ "KeyId": from, "Plaintext": SECRET, "EncryptionContext": context })).await;
        let moved = json!({
            "CiphertextBlob": sealed["CiphertextBlob"], "SourceEncryptionContext": context, "DestinationKeyId": to,
            "DestinationEncryptionContext": { "tenant": "b" },
        });
        let moved = api.keys("ReEncrypt", moved).await;
        assert_eq!((&moved["SourceKeyId"], &moved["KeyId"]), (&json!(from), &json!(to)));
        assert!(moved.get("Plaintext").is_none());
        let open = |context: Value| json!({ "CiphertextBlob": moved["CiphertextBlob"], "EncryptionContext": context });
        let opened = api.keys("Decrypt", open(json!({ "tenant": "b" }))).await;
        assert_eq!((&opened["Plaintext"], &opened["KeyId"]), (&json!(SECRET), &json!(to)));
        api.keys_refuse("Decrypt", open(context), "InvalidCiphertextException", "").await;
        let wrong = json!({ "CiphertextBlob": sealed["CiphertextBlob"], "DestinationKeyId": to });
        api.keys_refuse("ReEncrypt", wrong, "InvalidCiphertextException", "").await;
    }

    /// A rotation makes new material, and what the old one sealed still opens.
    rotate_on_demand(api) {
        let key = make_key(api).await;
        let seal = json!({ "KeyId": key, "Plaintext": SECRET });
        let before = api.keys("Encrypt", seal.clone()).await;
        api.keys("RotateKeyOnDemand", json!({ "KeyId": key })).await;
        let after = api.keys("Encrypt", seal).await;
        let mut materials = Vec::new();
        for sealed in [before, after] {
            let opened = api.keys("Decrypt", json!({ "CiphertextBlob": sealed["CiphertextBlob"] })).await;
            assert_eq!(opened["Plaintext"], SECRET);
            materials.push(opened["KeyMaterialId"].as_str().unwrap().to_owned());
        }
        assert_ne!(materials[0], materials[1]);
    }

    /// Aliases have rules of their own, each told in its words.
    have_aliases_by_the_rules(api) {
        let key = make_key(api).await;
        let alias = |name: &str, key: &str| json!({ "AliasName": name, "TargetKeyId": key });
        let invalid = "ValidationException";
        for (name, code, text) in [
            ("app", invalid, "Alias must start with the prefix \"alias/\""),
            ("alias/", invalid, "Invalid identifier"),
            ("alias/a b", invalid, "alias/a b contains invalid characters for an alias"),
            ("alias/aws/app", "NotAuthorizedException", "reserved"),
        ] {
            api.keys_refuse("CreateAlias", alias(name, &key), code, text).await;
        }
        api.keys_refuse("CreateAlias", alias("alias/app", "1234abcd-12ab-34cd-56ef-1234567890ab"), "NotFoundException", "").await;
        api.keys_refuse("UpdateAlias", alias("alias/app", &key), "NotFoundException", "").await;
        api.keys_refuse("DeleteAlias", json!({ "AliasName": "alias/app" }), "NotFoundException", "").await;
        api.keys("CreateAlias", alias("alias/app", &key)).await;
        let listed = api.keys("ListAliases", json!({ "KeyId": key })).await;
        let listed = listed["Aliases"].as_array().unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0]["AliasArn"], "arn:aws:kms:us-east-1:000000000000:alias/app");
        let sealed = api.keys("Encrypt", json!({ "KeyId": "alias/app", "Plaintext": SECRET })).await;
        assert_eq!(sealed["KeyId"], json!(key));
    }
}
