use super::*;

fn name(text: &str) -> Result<&str, String> {
    let (region, account) = ("us-east-1".parse().unwrap(), "000000000000".parse().unwrap());
    table_name(text, Home { region: &region, account: &account }).map_err(|error| error.public_text())
}

fn new_name(text: &str) -> Result<(), String> {
    let mut violations = Violations::new();
    new_table_name(text, &mut violations);
    violations.finish().map_err(|error| error.public_text())
}

#[test]
fn names_and_own_arns_are_accepted() {
    for text in ["Music", "a", "a.b-c_D9", &"x".repeat(1024)] {
        assert_eq!(name(text), Ok(text));
    }
    assert_eq!(name("arn:aws:dynamodb:us-east-1:000000000000:table/Music"), Ok("Music"));
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
        "arn:aws:dynamodb:us-east-1:0000000000001:table/Music",
        "arn:aws:dynamodb:us-east-1:111111111111:table/Music",
        "arn:aws:dynamodb:us-east-12:000000000000:table/Music",
        "arn:aws:dynamodb:eu-west-2:000000000000:table/Music",
        "arn:aws:kms:us-east-1:000000000000:table/Music",
        "arn:aws-cn:dynamodb:us-east-1:000000000000:table/Music",
    ];
    for text in bad {
        assert_eq!(
            name(text),
            Err(format!("Invalid TableArn: Invalid ResourceArn provided as input {text}"))
        );
    }
}

#[test]
fn the_data_plane_says_what_is_wrong_with_a_name_and_not_what_it_was() {
    let text = |rule| {
        Err(format!(
            "1 validation error detected: Value at 'TableName' failed to satisfy constraint: Member must {rule}"
        ))
    };
    assert_eq!(name(""), text("have length greater than or equal to 1"));
    assert_eq!(name(&"x".repeat(1025)), text("have length less than or equal to 1024"));
    assert_eq!(name("a b"), text("satisfy regular expression pattern: [a-zA-Z0-9_.-]+"));
    assert_eq!(name("täble"), text("satisfy regular expression pattern: [a-zA-Z0-9_.-]+"));
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
