use super::*;

fn text(fill: impl FnOnce(&mut Violations)) -> String {
    let mut violations = Violations::new();
    fill(&mut violations);
    violations.finish().unwrap_err().public_text()
}

#[test]
fn each_rule_has_its_text() {
    for (shown, rule, expected) in [
        (
            Shown::Null,
            Rule::NotNull,
            "Value null at 'p' failed to satisfy constraint: Member must not be null",
        ),
        (
            Shown::Value("ab".into()),
            Rule::MinLength(3),
            "Value 'ab' at 'p' failed to satisfy constraint: Member must have length greater than or equal to 3",
        ),
        (
            Shown::Hidden,
            Rule::MaxLength(9),
            "Value at 'p' failed to satisfy constraint: Member must have length less than or equal to 9",
        ),
        (
            Shown::Hidden,
            Rule::MinKeyLength(1),
            "Map at 'p' failed to satisfy constraint: Member must have keys of length greater than or equal to 1",
        ),
        (
            Shown::Value("0".into()),
            Rule::Min(1),
            "Value '0' at 'p' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            Shown::Value("kms".into()),
            Rule::OneOf("AES256, KMS"),
            "Value 'kms' at 'p' failed to satisfy constraint: Member must satisfy enum value set: [AES256, KMS]",
        ),
        (
            Shown::Value("!".into()),
            Rule::Pattern("[a-z]+"),
            "Value '!' at 'p' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+",
        ),
    ] {
        assert_eq!(text(|v| v.push("p", shown, rule)), format!("1 validation error detected: {expected}"));
    }
}

#[test]
fn ranges_and_lengths_name_the_broken_end() {
    assert!(text(|v| v.range("limit", Some(0), 1..=100)).ends_with("value greater than or equal to 1"));
    assert!(text(|v| v.range("limit", Some(101), 1..=100)).contains("Value '101' at 'limit'"));
    assert!(text(|v| v.text("keyId", "", 1..=9)).contains("Value '' at 'keyId'"));
    assert!(
        text(|v| v.text("keyId", &"k".repeat(257), 1..=9)).contains("Value at 'keyId'"),
        "too long to repeat"
    );
    assert!(text(|v| v.count("plaintext", 4097, 1..=4096)).ends_with("length less than or equal to 4096"));
    let mut none = Violations::new();
    none.range("limit", None, 1..=100);
    none.range("limit", Some(100), 1..=100);
    none.text("keyId", "äöü", 3..=3);
    assert_eq!(none.finish(), Ok(()));
}

#[test]
fn at_most_ten_are_listed_and_no_second_one_of_what_is_absent() {
    let ten = text(|v| (0..12).for_each(|at| v.push(format!("m.{at}"), Shown::Null, Rule::NotNull)));
    assert!(
        ten.starts_with("10 validation errors detected: ")
            && ten.contains("'m.9'")
            && !ten.contains("'m.10'")
    );
    let one = text(|v| {
        v.push("name", Shown::Null, Rule::NotNull);
        v.text("name", "", 1..=9);
    });
    assert!(one.starts_with("1 validation error detected: Value null at 'name'"), "{one}");
}

#[test]
fn logs_show_neither_values_nor_the_callers_own_names() {
    let mut violations = Violations::new();
    violations.push("keyType", Shown::Value("canary-value".into()), Rule::OneOf("HASH, RANGE"));
    violations.place(0, "canary-name.member", "....member");
    violations.place(0, "items", "items");
    let violated = violations.finish().unwrap_err();
    assert!(violated.public_text().contains("Value 'canary-value' at 'items.canary-name.member.keyType'"));
    let logged = format!("{violated} {violated:?}");
    assert!(!logged.contains("canary") && logged.contains("'items.....member.keyType'"), "{logged}");
}
