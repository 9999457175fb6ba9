//! What the README says of each operation, against the code: an operation of AWS's is in its table once, `yes` if it is
//! served with all its members, `partial` if members or values of theirs are refused, which are then named, and `no` if there is
//! no such operation here.

use std::collections::{BTreeMap, BTreeSet};

use shape::{Shape, Standing};

/// What the README says of an operation: `yes`, `partial` or `no`, and the members that it calls refused.
type Said = (String, BTreeSet<String>);

/// A member that is honoured or refused by its value: the operation, the member, and a request that is refused for it.
pub type Limited = (&'static str, &'static str, &'static str);

/// What is wrong with the table of `service` in `readme`; nothing is the aim. `served` are the operations that there are, with
/// their requests, `limited` the members of which not every value is honoured, and `all` the operations of AWS's.
pub fn compare(
    readme: &str,
    service: &str,
    served: &[(&str, Shape)],
    limited: &[Limited],
    all: &[&str],
) -> Vec<String> {
    let (said, mut wrong) = table(readme, service);
    for name in all {
        let partly = limited.iter().filter(|(operation, ..)| operation == name);
        let partly = partly.map(|(_, member, _)| (*member).to_owned());
        let members = served.iter().find(|(served, _)| served == name);
        let members =
            members.map(|(_, shape)| refused(*shape).into_iter().chain(partly).collect::<BTreeSet<_>>());
        let due = match &members {
            None => "no",
            Some(members) if members.is_empty() => "yes",
            Some(_) => "partial",
        };
        let due = (due.to_owned(), members.unwrap_or_default());
        match said.get(*name) {
            Some(said) if *said == due => {}
            said => wrong.push(format!("{name} is {due:?}, and the README says {said:?}")),
        }
    }
    wrong.extend(
        said.keys().filter(|name| !all.contains(&name.as_str())).map(|name| format!("{name} is not AWS's")),
    );
    wrong
}

/// The rows of the table that begins with `| service |`, an entry for each operation.
fn table(readme: &str, service: &str) -> (BTreeMap<String, Said>, Vec<String>) {
    let head = format!("| {service} |");
    let rows = readme.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    let (mut said, mut wrong) = (BTreeMap::new(), Vec::new());
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [names, is_served, note] = cells[..] else {
            wrong.push(format!("{row} has not three columns"));
            continue;
        };
        let members = note.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let entry: Said = (is_served.to_owned(), members);
        for name in names.split(", ") {
            if said.insert(name.to_owned(), entry.clone()).is_some() {
                wrong.push(format!("{name} is there twice"));
            }
        }
    }
    (said, wrong)
}

/// The members that a request refuses when they are set.
fn refused(shape: Shape) -> BTreeSet<String> {
    match shape {
        Shape::List(inner) | Shape::Map(inner) => refused(*inner),
        Shape::Structure { fields, .. } => {
            let later = fields.iter().filter(|field| field.standing == Standing::Later);
            let below = fields.iter().filter_map(|field| field.shape).flat_map(refused);
            later.map(|field| field.name.to_owned()).chain(below).collect()
        }
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shape::Field;

    const README: &str = "| KMS | | |\n|---|---|---|\n| Encrypt, Decrypt | yes | |\n| Sign | no | ask `later` |\n| Verify | partial | `A` |\n";

    const fn structure(fields: &'static [Field]) -> Shape {
        Shape::Structure { name: "x", fields }
    }
    const WHOLE: Shape = structure(&[]);
    const PARTLY: Shape =
        structure(&[Field { name: "A", path: "a", shape: None, standing: Standing::Later }]);

    #[test]
    fn every_difference_is_found() {
        let all = ["Encrypt", "Decrypt", "Verify"];
        let served = [("Encrypt", WHOLE), ("Decrypt", WHOLE), ("Verify", PARTLY)];
        assert_eq!(compare(README, "KMS", &served, &[], &all), ["Sign is not AWS's"]);
        let served = [("Encrypt", PARTLY), ("Verify", WHOLE)];
        let wrong = compare(README, "KMS", &served, &[], &["Encrypt", "Decrypt", "Sign", "Verify", "More"]);
        let names: Vec<_> = wrong.iter().map(|text| text.split(' ').next().unwrap_or_default()).collect();
        assert_eq!(names, ["Encrypt", "Decrypt", "Sign", "Verify", "More"]);
        let (served, limited) = ([("Encrypt", WHOLE), ("Verify", WHOLE)], [("Verify", "A", "{}")]);
        assert_eq!(
            compare(README, "KMS", &served, &limited, &["Encrypt", "Verify"]).len(),
            2,
            "Sign and Decrypt"
        );
        assert_eq!(table("| KMS | | |\n|---|---|---|\n| A, A | yes | |\n| B |", "KMS").1.len(), 2);
    }
}
