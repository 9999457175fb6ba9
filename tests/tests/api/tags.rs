//! Tags of keys.

use serde_json::{Value, json};

use crate::items::INVALID;
use crate::keys::{broken, make_key, make_key_with, refuse_names};
use crate::{api_suite, with};

fn tag(key: &str, value: &str) -> Value {
    json!({ "TagKey": key, "TagValue": value })
}

api_suite! {
    /// A tag is put on a key, gets another value and is taken off; tags come in pages, in the order of their keys.
    come_and_go(api) {
        let key = make_key_with(api, json!({ "Tags": [tag("b", "1")] })).await;
        let of_key = |more: Value| with(json!({ "KeyId": key }), more);
        let list = async |more: Value| api.keys("ListResourceTags", of_key(more)).await;
        let tags = [tag("c", "3"), tag("b", "2"), tag("a", "1")];
        api.keys("TagResource", of_key(json!({ "Tags": tags }))).await;
        let [c, b, a] = tags;
        assert_eq!(list(json!({})).await, json!({ "Tags": [a, b, c], "Truncated": false }));
        let page = list(json!({ "Limit": 2 })).await;
        assert_eq!(page, json!({ "Tags": [a, b], "NextMarker": page["NextMarker"], "Truncated": true }));
        let rest = list(json!({ "Limit": 2, "Marker": page["NextMarker"] })).await;
        assert_eq!(rest, json!({ "Tags": [c], "Truncated": false }));
        api.keys("UntagResource", of_key(json!({ "TagKeys": ["b", "absent"] }))).await;
        assert_eq!(list(json!({})).await, json!({ "Tags": [a, c], "Truncated": false }));
    }

    /// What is no tag, more tags than fit on a key, and pages that there are not.
    are_refused(api) {
        let key = make_key(api).await;
        let (reserved, too_many) = ("Tags beginning with aws: are reserved", "Too many tags");
        let many: Vec<_> = (0..51).map(|number| tag(&number.to_string(), "x")).collect();
        let of_tag = "TagException";
        for (operation, more, code, text) in [
            ("TagResource", json!({ "Tags": [tag("a", "1"), tag("a", "2")] }), of_tag, "Duplicate tag keys"),
            ("TagResource", json!({ "Tags": [tag("AWS:a", "1")] }), of_tag, reserved),
            ("TagResource", json!({ "Tags": many }), of_tag, too_many),
            (
                "TagResource",
                json!({ "Tags": [tag("", "1")] }),
                INVALID,
                &*broken("Value ''", "tags.1.member.tagKey", "have length greater than or equal to 1"),
            ),
            ("UntagResource", json!({ "TagKeys": ["aws:a"] }), of_tag, reserved),
            (
                "UntagResource",
                json!({ "TagKeys": ["a", ""] }),
                INVALID,
                &*broken("Value ''", "tagKeys.2.member", "have length greater than or equal to 1"),
            ),
            (
                "ListResourceTags",
                json!({ "Limit": 51 }),
                INVALID,
                &*broken("Value '51'", "limit", "have value less than or equal to 50"),
            ),
            (
                "ListResourceTags",
                json!({ "Marker": "x" }),
                "InvalidMarkerException",
                "The marker is not valid for this request.",
            ),
        ] {
            api.keys_refuse_in_words(operation, with(more, json!({ "KeyId": key })), code, text).await;
        }
        refuse_names(api, "ListResourceTags", json!({})).await;
    }

    /// A key that waits for its deletion keeps the tags that it has, and what is no key has none.
    are_not_changed(api) {
        let key = make_key_with(api, json!({ "Tags": [tag("a", "1")] })).await;
        api.keys("ScheduleKeyDeletion", json!({ "KeyId": key })).await;
        let pending = format!("{key} is pending deletion.");
        for (operation, change) in [
            ("TagResource", json!({ "Tags": [tag("b", "2")] })),
            ("UntagResource", json!({ "TagKeys": ["a"] })),
        ] {
            let request = with(change.clone(), json!({ "KeyId": key }));
            api.keys_refuse_in_words(operation, request, "KMSInvalidStateException", &pending).await;
            refuse_names(api, operation, change).await;
        }
        let listed = api.keys("ListResourceTags", json!({ "KeyId": key })).await;
        assert_eq!(listed, json!({ "Tags": [tag("a", "1")], "Truncated": false }));
    }
}
