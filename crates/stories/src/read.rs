//! From the text of a story to its cases.

/// A request and what is answered to it.
pub(crate) struct Case {
    pub(crate) line: usize,
    pub(crate) operation: String,
    pub(crate) request: String,
    pub(crate) answer: String,
}

/// The cases of a story. One that is not well formed is no story.
pub(crate) fn read(story: &str) -> Vec<Case> {
    let lines = story.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<_> = lines.map(|(at, line)| (at + 1, expanded(line))).collect();
    assert!(lines.len().is_multiple_of(2), "a request without an answer");
    let case = |pair: &[(usize, String)]| {
        let [(line, request), (_, answer)] = pair else { unreachable!("chunks of two") };
        let (operation, request) =
            request.split_once(' ').unwrap_or_else(|| panic!("line {line}: no request"));
        assert!(answer.starts_with(['2', '4', '5']), "line {line}: no answer follows");
        Case {
            line: *line,
            operation: operation.to_owned(),
            request: request.to_owned(),
            answer: answer.clone(),
        }
    };
    lines.chunks(2).map(case).collect()
}

fn expanded(line: &str) -> String {
    let mut parts = line.split("<<");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (repeated, rest) = part.split_once(">>").expect("a repetition ends");
        let (text, count) = repeated.rsplit_once('*').expect("a repetition has a count");
        out += &text.repeat(count.parse().expect("a count is a number"));
        out += rest;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_two_lines_that_are_no_comments() {
        let story = "# one\nPut {\"a\":\"<<xy*3>>-<<z*1>>\"}\n\n# between\n200 {}\nGet  {\n400 Code text";
        let cases = read(story);
        let said =
            |case: &Case| (case.line, case.operation.clone(), case.request.clone(), case.answer.clone());
        let two = [
            (2, "Put".to_owned(), "{\"a\":\"xyxyxy-z\"}".to_owned(), "200 {}".to_owned()),
            (6, "Get".to_owned(), " {".to_owned(), "400 Code text".to_owned()),
        ];
        assert_eq!(cases.iter().map(said).collect::<Vec<_>>(), two);
    }
}
