//! What is answered to what, from the tables of cases in `tests/cases`: each file is a story of its own, told to an empty
//! service from its first line to its last.

use super::{PROTOCOL, answer, door, root};
use format::{Case, read};

mod format {
    //! A case is two lines: `Operation {request}`, and the answer: a status, then for errors the code and the text (if there is
    //! one), for others the body. `*` in an answer stands for anything, `<<text*count>>` anywhere for a repetition. Lines
    //! that begin with `#` are comments.

    pub(super) struct Case {
        pub(super) line: usize,
        pub(super) operation: String,
        pub(super) body: String,
        pub(super) answer: String,
    }

    pub(super) fn read(text: &str) -> Vec<Case> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let lines: Vec<_> = lines.map(|(at, line)| (at + 1, expanded(line))).collect();
        let case = |pair: &[(usize, String)]| {
            let (operation, body) = pair[0].1.split_once(' ').unwrap();
            let answer = pair[1].1.clone();
            assert!(answer.starts_with(['2', '4', '5']), "line {}: no answer", pair[1].0);
            Case { line: pair[0].0, operation: operation.to_owned(), body: body.to_owned(), answer }
        };
        assert!(lines.len().is_multiple_of(2), "a request without an answer");
        lines.chunks(2).map(case).collect()
    }

    fn expanded(line: &str) -> String {
        let mut parts = line.split("<<");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (repeated, rest) = part.split_once(">>").unwrap();
            let (text, count) = repeated.rsplit_once('*').unwrap();
            out += &text.repeat(count.parse().unwrap());
            out += rest;
        }
        out
    }
}

/// What is answered, in the words of the cases.
fn shown((status, body): (u16, String)) -> String {
    if status == 200 {
        return format!("200 {body}").trim_end().to_owned();
    }
    let json: serde_json::Value = serde_json::from_str(&body).unwrap();
    let code = json["__type"].as_str().unwrap().rsplit('#').next().unwrap();
    // One spelling for each code.
    let name = if PROTOCOL.capital_message.contains(&code) { "Message" } else { "message" };
    let text = json.get(name).map_or(String::new(), |text| format!(" {}", text.as_str().unwrap()));
    let item = json.get("Item").map_or(String::new(), |item| format!(" {item}"));
    format!("{status} {code}{text}{item}")
}

fn matches(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

async fn check(text: &str) {
    let door = door().await;
    let mut wrong = Vec::new();
    for Case { line, operation, body, answer: wanted } in read(text) {
        let found = shown(answer(&door, root(), &operation, &body).await);
        if !matches(&found, &wanted) {
            let shorten = |text: &str| text.chars().take(600).collect::<String>();
            wrong.push(format!(
                "line {line}: {operation} {}\n  wanted {}\n  found  {}",
                shorten(&body),
                shorten(&wanted),
                shorten(&found)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! files {
    ($($name:ident)+) => {
        $(#[tokio::test]
        async fn $name() {
            check(include_str!(concat!("../../../../tests/cases/", stringify!($name), ".txt"))).await;
        })+
    };
}

files! { batches conditions constraints encryption items not_offered order others pages reads serialization tables tags updates values }

#[test]
fn patterns_match() {
    for (text, pattern, does) in [
        ("abc", "abc", true),
        ("abc", "ab", false),
        ("abc", "a*", true),
        ("abc", "*c", true),
        ("abcbd", "a*b*d", true),
        ("abc", "a*d", false),
        ("ab", "ab*b", false),
    ] {
        assert_eq!(matches(text, pattern), does, "{text} {pattern}");
    }
}
