//! Codes of messages.

use serde_json::{Value, json};

use crate::items::INVALID;
use crate::keys::{SECRET, broken, make_key, make_key_with};
use crate::{Api, api_suite, with};

/// A fresh key for codes by HMAC_SHA_256; its ARN.
pub(crate) async fn make_mac_key(api: &Api) -> String {
    make_key_with(api, spec("HMAC_256")).await
}

fn spec(name: &str) -> Value {
    json!({ "KeySpec": name, "KeyUsage": "GENERATE_VERIFY_MAC" })
}

api_suite! {
    /// A key makes the same code of a message each time, and knows it again.
    are_made_and_verified(api) {
        for (name, algorithm, characters) in [
            ("HMAC_224", "HMAC_SHA_224", 40),
            ("HMAC_256", "HMAC_SHA_256", 44),
            ("HMAC_384", "HMAC_SHA_384", 64),
            ("HMAC_512", "HMAC_SHA_512", 88),
        ] {
            let key = make_key_with(api, spec(name)).await;
            let message = json!({ "KeyId": key, "Message": SECRET, "MacAlgorithm": algorithm });
            let made = api.keys("GenerateMac", message.clone()).await;
            assert_eq!(made, json!({ "Mac": made["Mac"], "MacAlgorithm": algorithm, "KeyId": key }));
            assert_eq!(made["Mac"].as_str().unwrap().len(), characters, "{made}");
            assert_eq!(api.keys("GenerateMac", message.clone()).await, made);
            let verified = api.keys("VerifyMac", with(message, json!({ "Mac": made["Mac"] }))).await;
            assert_eq!(verified, json!({ "KeyId": key, "MacValid": true, "MacAlgorithm": algorithm }));
        }
    }

    /// A code that is not the very message's is refused without a text.
    are_not_verified(api) {
        let key = make_mac_key(api).await;
        let of = |message: &str| json!({ "KeyId": key, "Message": message, "MacAlgorithm": "HMAC_SHA_256" });
        let mac = api.keys("GenerateMac", of(SECRET)).await["Mac"].clone();
        for (message, mac) in [("b3RoZXI=", &mac), (SECRET, &json!("AA=="))] {
            let wrong = with(of(message), json!({ "Mac": mac }));
            api.keys_refuse_in_words("VerifyMac", wrong, "KMSInvalidMacException", "").await;
        }
        let empty = with(of(SECRET), json!({ "Mac": "" }));
        let text = broken("Value", "mac", "have length greater than or equal to 1");
        api.keys_refuse_in_words("VerifyMac", empty, INVALID, &text).await;
    }

    /// A key does only what it is for, in the one way that it knows, and while it is enabled.
    are_refused(api) {
        let (key, symmetric) = (make_mac_key(api).await, make_key(api).await);
        let message = json!({ "KeyId": key, "Message": SECRET, "MacAlgorithm": "HMAC_SHA_256" });
        let mac = api.keys("GenerateMac", message.clone()).await["Mac"].clone();
        let requests = [("GenerateMac", message.clone()), ("VerifyMac", with(message, json!({ "Mac": mac })))];
        let usage = "InvalidKeyUsageException";
        let empty = broken("Value", "message", "have length greater than or equal to 1");
        for (operation, request) in requests.clone() {
            let other_key = format!("{symmetric} key usage is ENCRYPT_DECRYPT which is not valid for {operation}.");
            let dry = "The request would have succeeded, but the DryRun option is set.";
            for (more, code, text) in [
                (json!({ "KeyId": symmetric }), usage, &*other_key),
                (
                    json!({ "MacAlgorithm": "HMAC_SHA_512" }),
                    usage,
                    "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.",
                ),
                (json!({ "Message": "" }), INVALID, &*empty),
                (json!({ "DryRun": true }), "DryRunOperationException", dry),
            ] {
                api.keys_refuse_in_words(operation, with(request.clone(), more), code, text).await;
            }
        }
        api.keys("DisableKey", json!({ "KeyId": key })).await;
        for (operation, request) in requests {
            let text = format!("{key} is disabled.");
            api.keys_refuse_in_words(operation, request, "DisabledException", &text).await;
        }
    }
}
