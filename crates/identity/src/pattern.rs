//! IAM wildcards: `*` stands for any run of characters, `?` for exactly one.
//!
//! Matching takes at most the product of the two lengths, however many stars a pattern has.

use std::str::Chars;

/// Whether letters of different case are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// ASCII case does not matter: actions.
    Fold,
    /// Case matters: resources.
    Exact,
}

/// Whether the whole of `text` matches `pattern`.
pub fn matches(pattern: &str, text: &str, case: Case) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Behind the last star: the rest of the pattern, and the text that the star has not swallowed yet.
    let mut retry: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let (mut pattern_rest, mut text_rest) = (pattern.clone(), text.clone());
        match (pattern_rest.next(), text_rest.next()) {
            (Some('*'), _) => {
                retry = Some((pattern_rest.clone(), text.clone()));
                pattern = pattern_rest;
            }
            (Some(want), Some(have)) if want == '?' || same(want, have, case) => {
                (pattern, text) = (pattern_rest, text_rest);
            }
            (None, None) => return true,
            _ => {
                let Some((behind_star, unswallowed)) = retry.as_mut() else { return false };
                if unswallowed.next().is_none() {
                    return false;
                }
                (pattern, text) = (behind_star.clone(), unswallowed.clone());
            }
        }
    }
}

fn same(left: char, right: char, case: Case) -> bool {
    left == right || (case == Case::Fold && left.eq_ignore_ascii_case(&right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "anything", true),
            ("", "", true),
            ("", "x", false),
            ("?", "", false),
            ("?", "é", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("a*b*c", "aXbYbZc", true),
            ("*a", "ba", true),
            ("a**b", "ab", true),
            ("a?b", "ab", false),
            ("*?", "", false),
            ("table/*", "table/Music/index/x", true),
            ("literal", "literal", true),
            ("[ab]", "a", false),
        ] {
            assert_eq!(matches(pattern, text, Case::Exact), expected, "{pattern:?} against {text:?}");
        }
    }

    #[test]
    fn case_matters_only_where_asked() {
        assert!(matches("kms:dec*", "KMS:Decrypt", Case::Fold));
        assert!(!matches("kms:dec*", "KMS:Decrypt", Case::Exact));
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = "a*".repeat(1_000) + "b";
        assert!(!matches(&pattern, &"a".repeat(2_000), Case::Exact));
    }

    /// The definition, written as plainly as possible.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=text.len()).any(|swallowed| reference(rest, &text[swallowed..])),
            (Some((want, pattern)), Some((have, text))) => {
                (*want == '?' || want == have) && reference(pattern, text)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                matches(&pattern, &text, Case::Exact),
                reference(&chars(&pattern), &chars(&text))
            );
        }
    }
}
