use super::*;

const OOM: &str = "One or more parameter values were invalid: ";

fn spec(enabled: Option<bool>, sse_type: Option<SseType>, key: Option<&str>) -> SseSpecification {
    SseSpecification {
        enabled,
        sse_type: sse_type.map_or(Member::Absent, Member::Known),
        kms_master_key_id: key.map(str::to_owned),
    }
}

fn customer(key: &str) -> Choice {
    Choice::Customer(KeyRef(key.to_owned()))
}

/// Every combination of the three members: what CreateTable makes of it.
#[test]
fn all_combinations() {
    use SseType::{Aes256, Kms};
    let (e1, e2, e3, e4) = (
        Err("SSEType KMS is required if KMSMasterKeyId is specified"),
        Err("SSEType can not be specified if Enabled is false"),
        Err("KMSMasterKeyId can not be specified if Enabled is false"),
        Err("SSEType AES256 is not supported"),
    );
    let (yes, no) = (Some(true), Some(false));
    let key = Some("k");
    let cases = [
        (None, None, None, Ok(Choice::Owned)),
        (no, None, None, Ok(Choice::Owned)),
        (yes, None, None, Ok(Choice::Managed)),
        (yes, Some(Kms), None, Ok(Choice::Managed)),
        (None, Some(Kms), None, Ok(Choice::Managed)),
        (None, Some(Kms), key, Ok(customer("k"))),
        (yes, Some(Kms), key, Ok(customer("k"))),
        (yes, None, key, e1.clone()),
        (None, None, key, e1.clone()),
        (yes, Some(Aes256), key, e1.clone()),
        (None, Some(Aes256), key, e1),
        (no, Some(Kms), None, e2.clone()),
        (no, Some(Aes256), None, e2.clone()),
        (no, Some(Kms), key, e2.clone()),
        (no, Some(Aes256), key, e2),
        (no, None, key, e3),
        (yes, Some(Aes256), None, e4.clone()),
        (None, Some(Aes256), None, e4),
    ];
    for (enabled, sse_type, key, expected) in cases {
        let got = spec(enabled, sse_type, key).choice().map_err(|error| error.public_text());
        let expected = expected.map_err(|text| format!("{OOM}{text}"));
        assert_eq!(got, expected, "{enabled:?} {sse_type:?} {key:?}");
    }
}

#[test]
fn the_managed_alias_is_the_managed_key() {
    assert_eq!(spec(None, Some(SseType::Kms), Some(MANAGED_KEY_ALIAS)).choice(), Ok(Choice::Managed));
    assert_eq!(spec(None, Some(SseType::Kms), Some("alias/aws/s3")).choice(), Ok(customer("alias/aws/s3")));
}

#[test]
fn constraints_come_before_everything_else() {
    let mut wrong = spec(Some(false), None, Some(""));
    wrong.sse_type = Member::Other("kms".into());
    assert_eq!(
        wrong.choice().unwrap_err().public_text(),
        "2 validation errors detected: \
         Value 'kms' at 'sSESpecification.sSEType' failed to satisfy constraint: Member must satisfy enum value set: [AES256, KMS]; \
         Value '' at 'sSESpecification.kMSMasterKeyId' failed to satisfy constraint: Member must have length greater than or equal to 1"
    );
}

#[test]
fn an_update_is_checked_against_the_key_in_use() {
    let arn = "arn:aws:kms:us-east-1:000000000000:key/1";
    let text = |choice: Choice, current| choice.against(current).map_err(|error| error.public_text());
    assert_eq!(text(Choice::Owned, None), Err(format!("{OOM}Table is already encrypted by default")));
    assert_eq!(
        text(customer(arn), Some(arn)),
        Err(format!(
            "{OOM}Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key"
        ))
    );
    for (choice, current) in [
        (Choice::Owned, Some(arn)),
        (Choice::Managed, None),
        (Choice::Managed, Some(arn)),
        (customer("1"), Some(arn)),
        (customer("alias/a"), Some(arn)),
        (customer(arn), None),
    ] {
        assert_eq!(text(choice.clone(), current), Ok(choice));
    }
}
