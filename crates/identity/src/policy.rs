//! IAM policy documents of principals: parsed strictly at load, evaluated on every request.
//!
//! A document that says something this version cannot honour (a `Condition`, a policy variable, an unknown member)
//! is refused whole: a rule that is silently left out would grant or deny something else than what was written.
//! Policies of resources are read in `resource`.
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use crate::pattern::{Case, matches};
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{fmt, marker::PhantomData, str::FromStr};

mod resource;

pub use resource::{
    Named, PolicyCondition, PolicyPrincipal, ResourcePolicy, ResourcePolicyError, ResourceStatement,
};

/// Longest policy document, in bytes (KMS's limit for a key policy; IAM's own are lower).
const MAX_DOCUMENT_BYTES: usize = 32_768;
/// Fields of an ARN; a shorter resource is completed with wildcards, as IAM does.
const ARN_FIELDS: usize = 6;

/// What a policy says of one action on one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A statement denies it. Nothing anywhere else can allow it.
    Deny,
    /// A statement allows it and none denies it.
    Allow,
    /// No statement speaks of it.
    Silent,
}

/// An identity policy: what a principal may do. The default one is silent on everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyDocument {
    statements: Vec<Statement>,
}

/// Why a text is not a policy document that can be honoured.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The document is longer than 32,768 bytes.
    #[error("the policy has {0} bytes, more than {MAX_DOCUMENT_BYTES}")]
    TooLong(usize),
    /// Not JSON, not the shape of a policy, or an element that is not supported. The text has line and column.
    #[error("the policy is not valid: {0}")]
    Malformed(#[from] serde_json::Error),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    effect: Effect,
    actions: Selection,
    resources: Selection,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Selection {
    AnyOf(Vec<String>),
    NoneOf(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

impl PolicyDocument {
    /// Allows every action on every resource: what an account's root has in its own account.
    pub fn allow_all() -> Self {
        let everything = || Selection::AnyOf(vec!["*".to_owned()]);
        let statement = Statement { effect: Effect::Allow, actions: everything(), resources: everything() };
        Self { statements: vec![statement] }
    }

    /// Reads a JSON policy document.
    pub fn parse(json: &str) -> Result<Self, PolicyError> {
        if json.len() > MAX_DOCUMENT_BYTES {
            return Err(PolicyError::TooLong(json.len()));
        }
        let document: Document = serde_json::from_str(json)?;
        Ok(Self { statements: document.statement.0 })
    }

    /// What this policy says of `action` (such as `kms:Decrypt`) on `resource` (an ARN, or `*` for actions that
    /// have none). A deny wins over every allow.
    pub fn evaluate(&self, action: &str, resource: &str) -> Verdict {
        let applies = |statement: &&Statement| statement.applies(action, resource);
        self.statements.iter().filter(applies).fold(Verdict::Silent, |verdict, statement| {
            match (verdict, statement.effect) {
                (Verdict::Deny, _) | (_, Effect::Deny) => Verdict::Deny,
                (_, Effect::Allow) => Verdict::Allow,
            }
        })
    }
}

impl FromStr for PolicyDocument {
    type Err = PolicyError;

    fn from_str(json: &str) -> Result<Self, PolicyError> {
        Self::parse(json)
    }
}

impl Statement {
    fn applies(&self, action: &str, resource: &str) -> bool {
        self.actions.selects(action, Case::Fold) && self.resources.selects(resource, Case::Exact)
    }
}

impl Selection {
    fn selects(&self, text: &str, case: Case) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, text, case));
        match self {
            Self::AnyOf(patterns) => any(patterns),
            Self::NoneOf(patterns) => !any(patterns),
        }
    }

    /// Exactly one of the two members must be there, with at least one pattern, each of which passes `check`.
    fn from_members<E: de::Error>(
        name: &'static str,
        any_of: Option<OneOrMany<String>>,
        none_of: Option<OneOrMany<String>>,
        check: fn(String) -> Result<String, String>,
    ) -> Result<Self, E> {
        let checked = |patterns: OneOrMany<String>| {
            if patterns.0.is_empty() {
                return Err(E::custom(format_args!("{name} or Not{name} is empty")));
            }
            patterns.0.into_iter().map(|pattern| check(pattern).map_err(E::custom)).collect()
        };
        match (any_of, none_of) {
            (Some(patterns), None) => Ok(Self::AnyOf(checked(patterns)?)),
            (None, Some(patterns)) => Ok(Self::NoneOf(checked(patterns)?)),
            _ => Err(E::custom(format_args!("a statement has either {name} or Not{name}"))),
        }
    }
}

/// `*`, or `service:Name` with wildcards in the name.
fn action_pattern(pattern: String) -> Result<String, String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"*?-".contains(&byte);
    let well_formed = pattern.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty()
            && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !name.is_empty()
            && name.bytes().all(legal)
    });
    if well_formed || pattern == "*" {
        Ok(pattern)
    } else {
        Err(format!("{pattern:?} is not an action such as kms:Decrypt, kms:* or *"))
    }
}

/// `*`, or an ARN with wildcards.
fn resource_pattern(mut pattern: String) -> Result<String, String> {
    if pattern == "*" {
        return Ok(pattern);
    }
    if !pattern.starts_with("arn:") {
        return Err(format!("{pattern:?} is neither an ARN nor *"));
    }
    if pattern.contains("${") {
        return Err(format!("{pattern:?} has a policy variable; policy variables are not supported"));
    }
    for _ in pattern.split(':').count()..ARN_FIELDS {
        pattern.push_str(":*");
    }
    Ok(pattern)
}

// ---- The JSON shapes. ----

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "Version", default)]
    _version: Version,
    #[serde(rename = "Id", default)]
    _id: Option<String>,
    #[serde(rename = "Statement")]
    statement: OneOrMany<Statement>,
}

/// Both versions mean the same here: they differ in policy variables only, and those are refused.
#[derive(Default, Deserialize)]
enum Version {
    #[default]
    #[serde(rename = "2008-10-17")]
    Of2008,
    #[serde(rename = "2012-10-17")]
    Of2012,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct StatementMembers {
    #[serde(rename = "Sid", default)]
    _sid: Option<String>,
    effect: Effect,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    resource: Option<OneOrMany<String>>,
    not_resource: Option<OneOrMany<String>>,
    #[serde(rename = "Condition", default, deserialize_with = "refuse_condition")]
    _condition: (),
    #[serde(rename = "Principal", default, deserialize_with = "refuse_principal")]
    _principal: (),
    #[serde(rename = "NotPrincipal", default, deserialize_with = "refuse_principal")]
    _not_principal: (),
}

impl<'de> Deserialize<'de> for Statement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = StatementMembers::deserialize(deserializer)?;
        Ok(Self {
            effect: members.effect,
            actions: Selection::from_members("Action", members.action, members.not_action, action_pattern)?,
            resources: Selection::from_members(
                "Resource",
                members.resource,
                members.not_resource,
                resource_pattern,
            )?,
        })
    }
}

fn refuse_condition<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(de::Error::custom("Condition is not supported, and a statement must not apply without it"))
}

fn refuse_principal<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(de::Error::custom("an identity policy has no Principal: it belongs to the principal that carries it"))
}

/// A member that may stand alone or in a list. Written by hand, because serde's untagged enums read through a buffer
/// that loses positions and reasons.
struct OneOrMany<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one element or a list of them")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(OneOrMany(vec![T::deserialize(text.into_deserializer())?]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(OneOrMany(vec![T::deserialize(MapAccessDeserializer::new(map))?]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(OneOrMany(elements))
    }
}

#[cfg(test)]
mod tests;
