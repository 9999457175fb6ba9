//! Compares answers with AWS's model: each member is one of the model's and of its type, and each member of the model is
//! there in some answer or is one that no answer ever has.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, theirs};
use crate::json::{Kind, Reader};
use crate::unreadable::Unreadable;

/// What is wrong with the bodies of these operations' answers, in which is everything that can be; nothing is the aim. A
/// member may be missing if `absent` is in its path; an `absent` that excuses nothing is wrong as well.
pub fn compare_answers(model: &str, answers: &[(&str, Vec<u8>)], absent: &[&str]) -> Vec<String> {
    let mut answered = Answered::default();
    for (operation, body) in answers {
        answered.model.extend(theirs(model, operation));
        if answered.read(operation, body).is_err() {
            answered.wrong.push(format!("{operation}: not JSON"));
        }
    }
    let Answered { model, seen, mut wrong } = answered;
    let mut used = BTreeSet::new();
    for path in model.keys().filter(|path| !seen.contains(*path)) {
        match absent.iter().find(|absent| path.contains(**absent)) {
            Some(absent) => drop(used.insert(absent)),
            None => wrong.push(format!("{path}: missing")),
        }
    }
    let useless = absent.iter().filter(|absent| !used.contains(absent));
    wrong.extend(useless.map(|absent| format!("{absent}: is there")));
    wrong
}

#[derive(Default)]
struct Answered {
    model: BTreeMap<String, Entry>,
    seen: BTreeSet<String>,
    wrong: Vec<String>,
}

impl Answered {
    fn read(&mut self, operation: &str, body: &[u8]) -> Result<(), Unreadable> {
        let mut json = Reader::new(body)?;
        self.value(operation, &mut json)?;
        json.end()
    }

    fn value(&mut self, path: &str, json: &mut Reader<'_>) -> Result<(), Unreadable> {
        self.seen.insert(path.to_owned());
        let Some(entry) = self.model.get(path) else {
            self.wrong.push(format!("{path}: not in the model"));
            return json.skip();
        };
        let (kind, names) = entry.kind.split_once(' ').unwrap_or((&entry.kind, ""));
        let fits = match (kind, json.peek()?) {
            ("structure", Kind::Map) => {
                return json.map(|json, name| self.value(&format!("{path}.{name}"), json));
            }
            ("map", Kind::Map) => return json.map(|json, _| self.value(&format!("{path}{{}}"), json)),
            ("list", Kind::List) => return json.list(|json| self.value(&format!("{path}[]"), json)),
            ("choice", Kind::Text) => {
                let text = json.text()?;
                names.split('|').any(|name| name == text)
            }
            ("integer" | "long", Kind::Number) => !json.number()?.contains(['.', 'e', 'E']),
            (kind, found) => {
                json.skip()?;
                matches!(
                    (kind, found),
                    ("string" | "blob", Kind::Text)
                        | ("boolean", Kind::True | Kind::False)
                        | ("timestamp" | "double", Kind::Number)
                        | ("union", Kind::Map)
                )
            }
        };
        if !fits {
            self.wrong.push(format!("{path}: does not fit {:?}", entry.kind));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "# x\nGet structure\nGet.Name! string 1..9\nGet.Tags list\nGet.Tags[] structure\nGet.Tags[].Key! string\n\
                         Get.Mode choice A|B\nGet.Count integer\nGet.At timestamp\nGet.Rest map\nGet.Rest{} blob\n\
                         Getter structure\nGetter.X string";

    fn wrong(bodies: &[&str], absent: &[&str]) -> Vec<String> {
        let answers: Vec<_> = bodies.iter().map(|body| ("Get", body.as_bytes().to_vec())).collect();
        compare_answers(MODEL, &answers, absent)
    }

    #[test]
    fn every_difference_is_found_and_every_excuse_is_needed() {
        let whole = r#"{"Name":"n","Tags":[{"Key":"k"}],"Mode":"B","Count":1,"At":1.5,"Rest":{"a":"b"}}"#;
        assert_eq!(wrong(&[whole], &[]), [""; 0]);
        assert_eq!(wrong(&[whole], &[".Count"]), [".Count: is there"]);
        let two = [r#"{"Name":"n","Tags":[]}"#, r#"{"Mode":"A","Count":1,"At":1,"Rest":{"a":""}}"#];
        assert_eq!(wrong(&two, &[]), ["Get.Tags[]: missing", "Get.Tags[].Key: missing"]);
        assert_eq!(wrong(&two, &[".Tags[]"]), [""; 0]);
        let bad = r#"{"Name":1,"Tags":{},"Mode":"C","Count":1.0,"At":"1","Rest":{"a":1},"Own":[{}]}"#;
        let paths: Vec<_> =
            wrong(&[bad], &[".Key"]).into_iter().map(|text| text.replace(": ", " ")).collect();
        assert_eq!(
            paths,
            [
                r#"Get.Name does not fit "string""#,
                r#"Get.Tags does not fit "list""#,
                r#"Get.Mode does not fit "choice A|B""#,
                r#"Get.Count does not fit "integer""#,
                r#"Get.At does not fit "timestamp""#,
                r#"Get.Rest{} does not fit "blob""#,
                "Get.Own not in the model",
                "Get.Tags[] missing"
            ]
        );
        assert_eq!(wrong(&["{"], &["."]), ["Get: not JSON"]);
    }
}
