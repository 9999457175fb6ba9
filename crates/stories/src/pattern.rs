//! Answers with holes: `*`, and names that keep what they stood for.

use std::collections::BTreeMap;

/// The name that keeps nothing.
const NOBODY: &str = "_";

/// What the names of a story stand for.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Anything,
    Name(&'a str),
}

impl Names {
    /// The text with what is known in the place of its names.
    pub(crate) fn put_into(&self, text: &str) -> String {
        let known = |part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Anything => "*".to_owned(),
            Part::Name(name) => self.0.get(name).cloned().unwrap_or_else(|| format!("${name}")),
        };
        parts(text).into_iter().map(known).collect()
    }

    /// Whether the text is as the pattern says. If it is, the pattern's new names stand for something from now on.
    pub(crate) fn matches(&mut self, pattern: &str, text: &str) -> bool {
        let pattern = self.put_into(pattern);
        let Some(found) = fits(&parts(&pattern), text) else { return false };
        let kept = found.into_iter().filter(|(name, _)| *name != NOBODY);
        let mut new = BTreeMap::new();
        for (name, stood) in kept {
            // Twice in one pattern, it stands for the same.
            if new.insert(name.to_owned(), stood.to_owned()).is_some_and(|before| before != stood) {
                return false;
            }
        }
        self.0.append(&mut new);
        true
    }
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['*', '$']) {
        let (before, hole) = rest.split_at(at);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        let name = hole.strip_prefix('$').map_or("", |behind| {
            let ends = behind.find(|c: char| c != '_' && !c.is_ascii_lowercase() && !c.is_ascii_digit());
            &behind[..ends.unwrap_or(behind.len())]
        });
        parts.push(match (hole.starts_with('*'), name) {
            (true, _) => Part::Anything,
            (false, "") => Part::Text("$"),
            (false, name) => Part::Name(name),
        });
        rest = &hole[1 + name.len()..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// What the names stand for if the text is as the parts say. A hole is as short as what follows it allows, but for the
/// last, behind which the rest of the text must be.
fn fits<'p, 't>(parts: &[Part<'p>], text: &'t str) -> Option<Vec<(&'p str, &'t str)>> {
    let (mut found, mut rest, mut hole) = (Vec::new(), text, None);
    let mut fill = |hole: Part<'p>, stood: &'t str| {
        if let Part::Name(name) = hole {
            found.push((name, stood));
        }
    };
    for (index, part) in parts.iter().enumerate() {
        let Part::Text(wanted) = *part else {
            // Of two holes side by side the first is empty.
            if let Some(before) = hole.replace(*part) {
                fill(before, "");
            }
            continue;
        };
        let is_last = index + 1 == parts.len();
        let at = match hole {
            None => rest.starts_with(wanted).then_some(0),
            Some(_) if is_last => rest.ends_with(wanted).then(|| rest.len() - wanted.len()),
            Some(_) => rest.find(wanted),
        }?;
        if let Some(hole) = hole.take() {
            fill(hole, &rest[..at]);
        }
        rest = &rest[at + wanted.len()..];
    }
    match hole {
        Some(hole) => fill(hole, rest),
        None if rest.is_empty() => {}
        None => return None,
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (text, pattern, does) in [
            ("abc", "abc", true),
            ("abc", "ab", false),
            ("ab", "abc", false),
            ("abc", "a*", true),
            ("abc", "*c", true),
            ("abcbd", "a*b*d", true),
            ("abc", "a*d", false),
            ("ab", "ab*b", false),
            ("", "*", true),
            ("", "", true),
            ("a$b", "a$b", true),
        ] {
            assert_eq!(Names::default().matches(pattern, text), does, "{text} {pattern}");
        }
    }

    #[test]
    fn names_keep_what_they_stood_for() {
        let mut names = Names::default();
        assert_eq!(names.put_into("{\"KeyId\":\"$key\"}"), "{\"KeyId\":\"$key\"}");
        assert!(names.matches("200 {\"Id\":\"$key\",\"At\":$_,*}", "200 {\"Id\":\"k-1\",\"At\":7,\"B\":1}"));
        assert_eq!(names.put_into("[$key $_ $k $key_2]"), "[k-1 $_ $k $key_2]");
        assert!(names.matches("$key is $state.", "k-1 is disabled."));
        assert!(!names.matches("$key is $other.", "k-2 is gone."), "it stands for something else");
        assert_eq!(names.put_into("$state $other"), "disabled $other");
        assert!(!names.matches("$a-$a", "x-y") && names.matches("$a-$a", "x-x"));
        assert_eq!(names.put_into("$a"), "x");
    }
}
