//! Rotation of keys, by time and on demand.

use serde_json::{Value, json};

use crate::items::INVALID;
use crate::keys::{broken, make_key, refuse_names};
use crate::macs::make_mac_key;
use crate::{Api, api_suite, with};

/// What changes something about the rotation of a key.
const CHANGES: [&str; 3] = ["EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand"];

/// A fresh key, described.
async fn described(api: &Api) -> Value {
    api.keys("CreateKey", json!({})).await["KeyMetadata"].clone()
}

/// How many days there are between two moments, to the nearest: they are not of the same request.
fn days(from: &Value, to: &Value) -> f64 {
    ((to.as_f64().unwrap() - from.as_f64().unwrap()) / 86_400.0).round()
}

api_suite! {
    /// A key rotates by itself while that is on: each year, or each time that so many days have passed.
    are_switched_on_and_off(api) {
        let key = described(api).await;
        let name = json!({ "KeyId": key["Arn"] });
        let status = async || api.keys("GetKeyRotationStatus", name.clone()).await;
        let off = json!({ "KeyId": key["KeyId"], "KeyRotationEnabled": false });
        assert_eq!(status().await, off);
        for (more, period) in [(json!({}), 365), (json!({ "RotationPeriodInDays": 90 }), 90)] {
            api.keys("EnableKeyRotation", with(name.clone(), more)).await;
            let on = status().await;
            let next = &on["NextRotationDate"];
            let wanted = json!({ "KeyRotationEnabled": true, "RotationPeriodInDays": period, "NextRotationDate": next });
            assert_eq!(on, with(wanted, json!({ "KeyId": key["KeyId"] })));
            assert_eq!(days(&key["CreationDate"], next), f64::from(period));
        }
        api.keys("DisableKeyRotation", name.clone()).await;
        assert_eq!(status().await, off);
    }

    /// Each rotation is listed with the material that it made, and the first material if that is asked for.
    are_listed_with_their_materials(api) {
        let key = described(api).await;
        let list = async |more: Value| {
            api.keys("ListKeyRotations", with(json!({ "KeyId": key["Arn"] }), more)).await
        };
        let all = json!({ "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
        let entry = |of: &Value, state: &str| json!({
            "KeyId": key["KeyId"], "KeyMaterialId": of["CurrentKeyMaterialId"], "KeyMaterialState": state,
        });
        let none = list(json!({})).await;
        assert!(none.get("Rotations").is_none_or(|rotations| rotations == &json!([])), "{none}");
        let listed = list(all.clone()).await;
        assert_eq!(listed, json!({ "Rotations": [entry(&key, "CURRENT")], "Truncated": false }));

        let rotated = api.keys("RotateKeyOnDemand", json!({ "KeyId": key["KeyId"] })).await;
        assert_eq!(rotated, json!({ "KeyId": key["Arn"] }));
        let now = api.keys("DescribeKey", json!({ "KeyId": key["Arn"] })).await["KeyMetadata"].clone();
        assert_ne!(now["CurrentKeyMaterialId"], key["CurrentKeyMaterialId"]);
        let done = list(json!({ "IncludeKeyMaterial": "ROTATIONS_ONLY" })).await;
        let date = &done["Rotations"][0]["RotationDate"];
        assert_eq!(days(&key["CreationDate"], date), 0.0);
        let second = with(entry(&now, "CURRENT"), json!({ "RotationDate": date, "RotationType": "ON_DEMAND" }));
        let only = json!({ "Rotations": [second], "Truncated": false });
        assert_eq!(done, only);
        assert_eq!(list(json!({})).await, only);
        let page = list(with(all.clone(), json!({ "Limit": 1 }))).await;
        let first = entry(&key, "NON_CURRENT");
        assert_eq!(page, json!({ "Rotations": [first], "NextMarker": page["NextMarker"], "Truncated": true }));
        assert_eq!(list(with(all, json!({ "Marker": page["NextMarker"] }))).await, only);
    }

    /// A period out of range, two rotations in a row, pages that there are not, and names of no key.
    are_refused(api) {
        let key = make_key(api).await;
        api.keys("RotateKeyOnDemand", json!({ "KeyId": key })).await;
        for (operation, more, code, text) in [
            (
                "EnableKeyRotation",
                json!({ "RotationPeriodInDays": 89 }),
                INVALID,
                &*broken("Value '89'", "rotationPeriodInDays", "have value greater than or equal to 90"),
            ),
            (
                "EnableKeyRotation",
                json!({ "RotationPeriodInDays": 2561 }),
                INVALID,
                &*broken("Value '2561'", "rotationPeriodInDays", "have value less than or equal to 2560"),
            ),
            (
                "RotateKeyOnDemand",
                json!({}),
                "ConflictException",
                &*format!("{key} was rotated less than 20 minutes ago."),
            ),
            (
                "ListKeyRotations",
                json!({ "Limit": 0 }),
                INVALID,
                &*broken("Value '0'", "limit", "have value greater than or equal to 1"),
            ),
            (
                "ListKeyRotations",
                json!({ "Marker": "x" }),
                "InvalidMarkerException",
                "The marker is not valid for this request.",
            ),
        ] {
            api.keys_refuse_in_words(operation, with(more, json!({ "KeyId": key })), code, text).await;
        }
        for operation in CHANGES.into_iter().chain(["GetKeyRotationStatus", "ListKeyRotations"]) {
            refuse_names(api, operation, json!({})).await;
        }
    }

    /// Whether a key rotates is not for everybody, every state or every type to change.
    are_not_changed(api) {
        let (key, hmac) = (make_key(api).await, make_mac_key(api).await);
        let managed = api.keys("DescribeKey", json!({ "KeyId": "alias/aws/dynamodb" })).await["KeyMetadata"].clone();
        let arn = managed["Arn"].as_str().unwrap();
        api.keys("DisableKey", json!({ "KeyId": key })).await;
        for operation in CHANGES {
            let disabled = format!("{key} is disabled.");
            let denied = format!(
                "User: arn:aws:iam::000000000000:root is not authorized to perform: kms:{operation} on resource: {arn} \
                 because no resource-based policy allows the kms:{operation} action"
            );
            for (name, code, text) in [
                (&*key, "DisabledException", &*disabled),
                (&*hmac, "UnsupportedOperationException", ""),
                (arn, "AccessDeniedException", &*denied),
            ] {
                api.keys_refuse_in_words(operation, json!({ "KeyId": name }), code, text).await;
            }
        }
        let yearly = api.keys("GetKeyRotationStatus", json!({ "KeyId": arn })).await;
        assert_eq!((&yearly["KeyRotationEnabled"], &yearly["RotationPeriodInDays"]), (&json!(true), &json!(365)));
        assert_eq!(days(&managed["CreationDate"], &yearly["NextRotationDate"]), 365.0);
    }
}
