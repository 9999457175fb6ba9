use fault::Fault as _;

use super::*;

fn named(text: &str, plane: Plane) -> Result<&str, String> {
    let (region, account) = ("us-east-1".parse().unwrap(), "000000000000".parse().unwrap());
    let name = table_name(text, plane, Home { region: &region, account: &account });
    name.map_err(|error| format!("{} {}", error.reason(), error.public_message()))
}

fn name(text: &str) -> Result<&str, String> {
    named(text, Plane::Data)
}

fn new_name(text: &str) -> Result<(), String> {
    let mut violations = Violations::new();
    new_table_name(text, &mut violations);
    violations.finish().map_err(|error| error.public_text())
}

#[test]
fn names_and_own_arns_are_accepted() {
    for text in ["Music", "a", "a.b-c_D9", &"x".repeat(255)] {
        assert_eq!(name(text), Ok(text));
    }
    for plane in [Plane::Data, Plane::Control] {
        assert_eq!(named("arn:aws:dynamodb:us-east-1:000000000000:table/Music", plane), Ok("Music"));
    }
}

#[test]
fn arns_of_anything_else_are_refused() {
    let bad = [
        "arn:",
        "arn:aws:dynamodb",
        "arn:aws:dynamodb:us-east-1:000000000000:table/",
        "arn:aws:dynamodb:us-east-1:000000000000:table/Music/index/i",
        "arn:aws:dynamodb:us-east-1:000000000000:table/Mu sic",
        "arn:aws:dynamodb:us-east-1:000000000000:stream/Music",
        "arn:aws:kms:us-east-1:000000000000:table/Music",
        "arn:aws-cn:dynamodb:us-east-1:000000000000:table/Music",
    ];
    for text in bad {
        assert_eq!(
            name(text),
            Err(format!(
                "ValidationException Invalid TableArn: Invalid ResourceArn provided as input {text}"
            ))
        );
    }
    for region in ["us-east-12", "eu-west-2", ""] {
        let text = format!("arn:aws:dynamodb:{region}:000000000000:table/Music");
        let wrong =
            format!("ValidationException 1 validation error detected: Invalid AWS region in '{text}'");
        assert_eq!(name(&text), Err(wrong));
    }
    for (region, account) in [("us-east-1", "0000000000001"), ("eu-west-2", "111111111111")] {
        let text = format!("arn:aws:dynamodb:{region}:{account}:table/Music");
        assert_eq!(name(&text), Err("AccessDeniedException Access is denied".to_owned()));
    }
    assert!(name(&format!("arn:{}", "x".repeat(1024))).unwrap_err().ends_with("less than or equal to 1024"));
}

#[test]
fn the_planes_differ_in_what_is_too_short() {
    let broken = |shown: &str, rule: &str| {
        Err(format!(
            "ValidationException 1 validation error detected: Value{shown} failed to satisfy constraint: Member must {rule}"
        ))
    };
    assert_eq!(name(""), broken(" at 'TableName'", "have length greater than or equal to 1"));
    assert_eq!(
        named("ab", Plane::Control),
        broken(" 'ab' at 'tableName'", "have length greater than or equal to 3")
    );
    for plane in [Plane::Data, Plane::Control] {
        for wrong in ["a b c", "täble"] {
            let shown = format!(" '{wrong}' at 'tableName'");
            assert_eq!(
                named(wrong, plane),
                broken(&shown, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
            );
        }
        for (length, is_shown) in [(256, true), (1024, true), (1025, false)] {
            let long = "x".repeat(length);
            let shown =
                if is_shown { format!(" '{long}' at 'tableName'") } else { " at 'tableName'".to_owned() };
            assert_eq!(named(&long, plane), broken(&shown, "have length less than or equal to 255"));
        }
    }
}

#[test]
fn new_tables_need_three_to_255_characters() {
    assert_eq!(new_name("abc"), Ok(()));
    assert_eq!(new_name(&"x".repeat(255)), Ok(()));
    assert_eq!(
        new_name("ab").unwrap_err(),
        "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3"
    );
    assert!(
        new_name(&"x".repeat(256))
            .unwrap_err()
            .ends_with("Member must have length less than or equal to 255")
    );
    assert_eq!(
        new_name("a!").unwrap_err(),
        "2 validation errors detected: \
         Value 'a!' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3; \
         Value 'a!' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    );
}

#[test]
fn at_most_ten_violations_are_listed() {
    let mut violations = Violations::new();
    (0..12).for_each(|at| violations.push(format!("m.{at}"), Shown::Null, Rule::NotNull));
    let text = violations.finish().unwrap_err().public_text();
    assert!(
        text.starts_with("10 validation errors detected: ")
            && text.ends_with("'m.9' failed to satisfy constraint: Member must not be null")
    );
}

#[test]
fn ranges_name_the_broken_end() {
    let check = |value| {
        let mut violations = Violations::new();
        violations.range("limit", Some(value), 1..=100);
        violations.finish().map_err(|error| error.public_text())
    };
    assert_eq!(check(1), Ok(()));
    assert_eq!(check(100), Ok(()));
    assert_eq!(
        check(0).unwrap_err(),
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
    );
    assert_eq!(
        check(101).unwrap_err(),
        "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100"
    );
}
