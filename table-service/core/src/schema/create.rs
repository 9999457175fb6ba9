//! What CreateTable says about keys, and the checks that make a [`KeySchema`] of it.

use std::collections::BTreeSet;

use shape::{Choice, Decode, Member, Rule, Shown, Violations, choices};

use super::{KeyAttribute, KeySchema, ScalarType};
use crate::error::{Echo, Echoes, Invalid};
use crate::limits::{MAX_KEY_ATTRIBUTE_NAME_CHARS, MAX_KEY_SCHEMA_ELEMENTS, MAX_LISTED};

/// An attribute definition, as sent.
#[derive(Clone, Debug, Default, Decode)]
pub struct AttributeDefinition {
    /// The attribute.
    #[shape(required, rename = "AttributeName")]
    pub name: String,
    /// Its type.
    #[shape(required, rename = "AttributeType")]
    pub kind: Member<ScalarType>,
}

/// What part a key attribute plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    /// Partition key.
    Hash,
    /// Sort key.
    Range,
}

choices!(KeyRole { Hash = "HASH", Range = "RANGE" });

/// An element of a key schema, as sent.
#[derive(Clone, Debug, Default, Decode)]
pub struct KeySchemaElement {
    /// The attribute.
    #[shape(required, rename = "AttributeName")]
    pub name: String,
    /// Its part.
    #[shape(required, rename = "KeyType")]
    pub role: Member<KeyRole>,
}

impl KeySchema {
    /// Adds the violations of the model's constraints, in the model's order.
    pub fn constraints(
        definitions: Option<&[AttributeDefinition]>,
        elements: Option<&[KeySchemaElement]>,
        violations: &mut Violations,
    ) {
        if definitions.is_none() {
            violations.push("attributeDefinitions", Shown::Null, Rule::NotNull);
        }
        for (at, definition) in definitions.unwrap_or_default().iter().enumerate() {
            if violations.is_full() {
                return;
            }
            let path = |name| format!("attributeDefinitions.{}.member.{name}", at + 1);
            key_name(path, &definition.name, violations);
            member(|| path("attributeType"), &definition.kind, violations);
        }
        let Some(elements) = elements else {
            violations.push("keySchema", Shown::Null, Rule::NotNull);
            return;
        };
        let shown = || Shown::Value(describe(elements));
        match elements.len() {
            0 => violations.push("keySchema", shown(), Rule::MinLength(1)),
            1..=MAX_KEY_SCHEMA_ELEMENTS => {}
            _ => violations.push("keySchema", shown(), Rule::MaxLength(MAX_KEY_SCHEMA_ELEMENTS)),
        }
        Self::element_constraints(elements, violations);
    }

    /// Adds the violations of the elements' own, of a table's key or an index's.
    pub(crate) fn element_constraints(elements: &[KeySchemaElement], violations: &mut Violations) {
        for (at, element) in elements.iter().enumerate() {
            if violations.is_full() {
                return;
            }
            let path = |name| format!("keySchema.{}.member.{name}", at + 1);
            key_name(path, &element.name, violations);
            member(|| path("keyType"), &element.role, violations);
        }
    }

    /// The schema of a table to be created, once the model's constraints hold.
    ///
    /// # Errors
    /// Undefined or unused attributes, wrong roles, one name twice; a violated constraint, if the caller did not
    /// check [`KeySchema::constraints`] first.
    pub fn for_new_table(
        definitions: &[AttributeDefinition],
        elements: &[KeySchemaElement],
        has_indexes: bool,
    ) -> Result<Self, Invalid> {
        let mut violations = Violations::new();
        Self::constraints(Some(definitions), Some(elements), &mut violations);
        violations.finish()?;
        if !has_indexes && elements.len() > definitions.len() {
            return Err(Invalid::KeyWithoutDefinition);
        }
        Self::check_elements(definitions, elements)?;
        let attribute = |element: &KeySchemaElement| {
            let definition = definitions.iter().find(|definition| definition.name == element.name)?;
            Some(KeyAttribute { name: element.name.clone(), kind: *definition.kind.known()? })
        };
        let (first, second) = match elements {
            [first] => (first, None),
            [first, second] => (first, Some(second)),
            _ => return Err(Invalid::FirstKeyNotHash),
        };
        // Without secondary indexes nothing else may be defined.
        if !has_indexes && definitions.len() != elements.len() {
            return Err(Invalid::UnusedDefinitions);
        }
        Ok(Self {
            hash: attribute(first).ok_or_else(|| undefined(definitions, elements))?,
            range: second
                .map(|second| attribute(second).ok_or_else(|| undefined(definitions, elements)))
                .transpose()?,
        })
    }
}

impl KeySchema {
    /// Checks the elements of a key, a table's or an index's, against the definitions and each other.
    ///
    /// # Errors
    /// Undefined attributes, one name twice, wrong roles, in this order.
    pub(crate) fn check_elements(
        definitions: &[AttributeDefinition],
        elements: &[KeySchemaElement],
    ) -> Result<(), Invalid> {
        check_defined(definitions, elements)?;
        let (first, second) = (elements.first(), elements.get(1));
        let has_role = |element: &KeySchemaElement, role| element.role.known() == Some(&role);
        if first.zip(second).is_some_and(|(first, second)| first.name == second.name) {
            return Err(Invalid::SameKeyTwice);
        }
        if !first.is_some_and(|first| has_role(first, KeyRole::Hash)) {
            return Err(Invalid::FirstKeyNotHash);
        }
        if second.is_some_and(|second| !has_role(second, KeyRole::Range)) {
            return Err(Invalid::SecondKeyNotRange);
        }
        Ok(())
    }
}

fn check_defined(definitions: &[AttributeDefinition], elements: &[KeySchemaElement]) -> Result<(), Invalid> {
    let is_defined = |name: &str| definitions.iter().any(|definition| definition.name == name);
    if !elements.iter().all(|element| is_defined(&element.name)) {
        return Err(undefined(definitions, elements));
    }
    // Nobody has bounded the number of definitions yet. So many are wrong however they are named.
    let mut seen = BTreeSet::new();
    let twice = definitions.iter().take(MAX_LISTED).find(|definition| !seen.insert(&definition.name));
    twice.map_or(Ok(()), |twice| Err(Invalid::DuplicateDefinition(Echo::from(&*twice.name))))
}

fn undefined(definitions: &[AttributeDefinition], elements: &[KeySchemaElement]) -> Invalid {
    Invalid::UndefinedKeys {
        keys: elements.iter().map(|element| Echo::from(&*element.name)).collect(),
        definitions: definitions.iter().map(|definition| Echo::from(&*definition.name)).collect(),
    }
}

fn key_name(path: impl Fn(&'static str) -> String, name: &str, violations: &mut Violations) {
    let path = || path("attributeName");
    match name.chars().count() {
        0 => violations.push(path(), Shown::Value(Echo::from(name)), Rule::MinLength(1)),
        count if count > MAX_KEY_ATTRIBUTE_NAME_CHARS => {
            violations.push(
                path(),
                Shown::Value(Echo::from(name)),
                Rule::MaxLength(MAX_KEY_ATTRIBUTE_NAME_CHARS),
            );
        }
        _ => {}
    }
}

/// A required member of a closed set.
fn member<T: Choice>(path: impl FnOnce() -> String, member: &Member<T>, violations: &mut Violations) {
    match member {
        Member::Absent => violations.push(path(), Shown::Null, Rule::NotNull),
        Member::Other(_) => violations.one_of(&path(), member),
        Member::Known(_) => {}
    }
}

/// As DynamoDB prints a list of structures.
fn describe(elements: &[KeySchemaElement]) -> Echo {
    let role = |element: &KeySchemaElement| match &element.role {
        Member::Known(KeyRole::Hash) => "HASH".to_owned(),
        Member::Known(KeyRole::Range) => "RANGE".to_owned(),
        Member::Other(other) => other.show(true).to_owned(),
        Member::Absent => "null".to_owned(),
    };
    let each = |element: &KeySchemaElement| {
        Echo::from(format!("KeySchemaElement(attributeName={}, keyType={})", element.name, role(element)))
    };
    let listed: Echoes = elements.iter().map(each).collect();
    Echo::from(format!("[{}]", listed.show(true, "", ", ")))
}
