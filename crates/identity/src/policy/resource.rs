//! Policy documents that belong to a resource, such as key policies: who may do what with it, under which conditions.
//!
//! Reading one only says what is written there. Whoever evaluates it refuses what it cannot honour, so nothing that is
//! written is left out silently: a member that no policy has, a member that stands there twice and a principal that is
//! none make the document malformed.

use super::{Effect, OneOrMany, Version, action_pattern};
use crate::{AccountId, PrincipalArn};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use std::{fmt, marker::PhantomData};

/// A policy of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePolicy {
    /// Its statements; at least one.
    pub statements: Vec<ResourceStatement>,
}

/// One statement of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceStatement {
    /// Whether it allows; else it denies.
    pub allows: bool,
    /// `Principal` or `NotPrincipal`.
    pub principals: Named<PolicyPrincipal>,
    /// `Action` or `NotAction`, patterns.
    pub actions: Named<String>,
    /// `Resource` or `NotResource`, patterns. A statement without either has no effect.
    pub resources: Option<Named<String>>,
    /// All of them must hold.
    pub conditions: Vec<PolicyCondition>,
}

/// Things that are meant, or all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<T> {
    /// At least one.
    pub names: Vec<T>,
    /// Whether it is all but these that are meant.
    pub but_these: bool,
}

/// A principal as a policy names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyPrincipal {
    /// Whoever it is.
    Everyone,
    /// An account: its root, and whoever the account lets.
    Account(AccountId),
    /// A user or a role.
    Arn(PrincipalArn),
    /// A service, by its name.
    Service(String),
    /// A session, a federated user or another kind that AWS has.
    Other(String),
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyCondition {
    /// Such as `StringEquals`.
    pub operator: String,
    /// Such as `kms:ViaService`.
    pub key: String,
    /// One of these must do.
    pub values: Vec<String>,
}

/// Why a text is no policy of a resource.
#[derive(Debug, thiserror::Error)]
pub enum ResourcePolicyError {
    /// Not JSON, or not the shape of a policy. The text has line and column.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    /// It has no statement.
    #[error("it has no statement")]
    Empty,
    /// What stands for a principal is none.
    #[error("a principal is not one")]
    Principal,
}

impl ResourcePolicy {
    /// Reads a JSON policy document.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(json: &str) -> Result<Self, ResourcePolicyError> {
        let document: Document = serde_json::from_str(json)?;
        if document.statement.0.is_empty() {
            return Err(ResourcePolicyError::Empty);
        }
        let statements = document.statement.0.into_iter().map(Members::read).collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }
}

/// Reads `X` or `NotX`, which must not both be there.
fn either<M, T>(
    element: &'static str,
    (these, but_these): (Option<M>, Option<M>),
    read: impl FnOnce(M) -> Result<Vec<T>, ResourcePolicyError>,
) -> Result<Option<Named<T>>, ResourcePolicyError> {
    let (member, but_these) = match (these, but_these) {
        (None, None) => return Ok(None),
        (Some(member), None) => (member, false),
        (None, Some(member)) => (member, true),
        (Some(_), Some(_)) => {
            return Err(malformed(format_args!("{element} and Not{element} in one statement")));
        }
    };
    let names = read(member)?;
    if names.is_empty() {
        return Err(malformed(format_args!("{element} or Not{element} is empty")));
    }
    Ok(Some(Named { names, but_these }))
}

fn malformed(why: impl fmt::Display) -> ResourcePolicyError {
    ResourcePolicyError::Malformed(de::Error::custom(why))
}

impl Members {
    fn read(self) -> Result<ResourceStatement, ResourcePolicyError> {
        let missing = |element| malformed(format_args!("a statement without {element}"));
        let actions = either("Action", (self.action, self.not_action), |patterns| {
            patterns.0.into_iter().map(|pattern| action_pattern(pattern).map_err(malformed)).collect()
        })?;
        let principals = either("Principal", (self.principal, self.not_principal), PrincipalMember::read)?;
        Ok(ResourceStatement {
            allows: self.effect == Effect::Allow,
            principals: principals.ok_or_else(|| missing("Principal"))?,
            actions: actions.ok_or_else(|| missing("Action"))?,
            resources: either("Resource", (self.resource, self.not_resource), |patterns| Ok(patterns.0))?,
            conditions: self.condition.read()?,
        })
    }
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
    statement: OneOrMany<Members>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Members {
    #[serde(rename = "Sid", default)]
    _sid: Option<String>,
    effect: Effect,
    principal: Option<PrincipalMember>,
    not_principal: Option<PrincipalMember>,
    action: Option<OneOrMany<String>>,
    not_action: Option<OneOrMany<String>>,
    resource: Option<OneOrMany<String>>,
    not_resource: Option<OneOrMany<String>>,
    #[serde(default)]
    condition: ConditionMember,
}

/// `"*"`, or kinds of principals with their names.
enum PrincipalMember {
    Word(String),
    Kinds(Vec<(String, OneOrMany<String>)>),
}

impl PrincipalMember {
    fn read(self) -> Result<Vec<PolicyPrincipal>, ResourcePolicyError> {
        match self {
            Self::Word(word) if word == "*" => Ok(vec![PolicyPrincipal::Everyone]),
            Self::Word(_) => Err(ResourcePolicyError::Principal),
            Self::Kinds(kinds) => {
                let names = kinds.into_iter().flat_map(|(kind, names)| {
                    names.0.into_iter().map(move |name| PolicyPrincipal::read(&kind, name))
                });
                names.collect()
            }
        }
    }
}

impl PolicyPrincipal {
    fn read(kind: &str, name: String) -> Result<Self, ResourcePolicyError> {
        match kind {
            "AWS" if name == "*" => Ok(Self::Everyone),
            "AWS" => {
                if let Ok(account) = name.parse() {
                    Ok(Self::Account(account))
                } else if name.starts_with("arn:aws:sts::") {
                    Ok(Self::Other(name))
                } else if let Ok(arn) = name.parse::<PrincipalArn>() {
                    Ok(if arn.is_root() { Self::Account(arn.account()) } else { Self::Arn(arn) })
                } else {
                    Err(ResourcePolicyError::Principal)
                }
            }
            "Service" if name.ends_with(".amazonaws.com") => Ok(Self::Service(name)),
            "Federated" | "CanonicalUser" if !name.is_empty() => Ok(Self::Other(name)),
            _ => Err(ResourcePolicyError::Principal),
        }
    }
}

impl<'de> Deserialize<'de> for PrincipalMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Principals;
        impl<'de> Visitor<'de> for Principals {
            type Value = PrincipalMember;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("* or principals by their kind")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(PrincipalMember::Word(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                entries(map).map(PrincipalMember::Kinds)
            }
        }
        deserializer.deserialize_any(Principals)
    }
}

/// Operators, each with condition keys, each with values.
#[derive(Default)]
struct ConditionMember(Vec<(String, Entries<ConditionValues>)>);

impl ConditionMember {
    fn read(self) -> Result<Vec<PolicyCondition>, ResourcePolicyError> {
        let mut conditions = Vec::new();
        for (operator, keys) in self.0 {
            for (key, values) in keys.0 {
                if values.0.is_empty() {
                    return Err(malformed(format_args!("{key} has no value")));
                }
                conditions.push(PolicyCondition { operator: operator.clone(), key, values: values.0 });
            }
        }
        Ok(conditions)
    }
}

impl<'de> Deserialize<'de> for ConditionMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Entries::deserialize(deserializer).map(|entries| Self(entries.0))
    }
}

/// An object whose members have no two the same name.
struct Entries<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Entries<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
            type Value = Entries<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                entries(map).map(Entries)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

fn entries<'de, V: Deserialize<'de>, A: MapAccess<'de>>(mut map: A) -> Result<Vec<(String, V)>, A::Error> {
    let mut entries: Vec<(String, V)> = Vec::new();
    while let Some((name, value)) = map.next_entry::<String, V>()? {
        if entries.iter().any(|(before, _)| *before == name) {
            return Err(de::Error::custom(format_args!("{name} stands there twice")));
        }
        entries.push((name, value));
    }
    Ok(entries)
}

/// Texts, truth values or numbers, as texts: one alone, or several in a list.
struct ConditionValues(Vec<String>);

impl<'de> Deserialize<'de> for ConditionValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values;
        impl<'de> Visitor<'de> for Values {
            type Value = ConditionValues;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a truth value, a number or a list of them")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(ConditionValues(vec![text.to_owned()]))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
                self.visit_str(if value { "true" } else { "false" })
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
                self.visit_str(&value.to_string())
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
                self.visit_str(&value.to_string())
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
                self.visit_str(&value.to_string())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                // A list in a list is read as one; there is no more depth than serde_json allows.
                while let Some(ConditionValues(more)) = list.next_element()? {
                    values.extend(more);
                }
                Ok(ConditionValues(values))
            }
        }
        deserializer.deserialize_any(Values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(statement: &str) -> Result<ResourceStatement, String> {
        let document = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        let parsed = ResourcePolicy::parse(&document).map_err(|error| error.to_string())?;
        Ok(parsed.statements.into_iter().next().unwrap())
    }

    fn named<T>(names: Vec<T>) -> Named<T> {
        Named { names, but_these: false }
    }

    #[test]
    fn every_element_is_read_as_it_is_written() {
        let statement = parse(
            r#"{"Sid":"with spaces","Effect":"Deny","NotPrincipal":{"AWS":["*","111122223333",
                "arn:aws:iam::111122223333:root","arn:aws:iam::111122223333:user/a",
                "arn:aws:sts::111122223333:assumed-role/r/s"],"Service":"dynamodb.amazonaws.com"},
                "Action":["kms:Encrypt","kms:*"],"NotResource":"arn:aws:kms:*",
                "Condition":{"StringLike":{"kms:ViaService":"a","kms:CallerAccount":["b","c"]},"Bool":{"x":true,"y":["false"]},
                "NumericEquals":{"z":7}}}"#,
        );
        let statement = statement.unwrap();
        assert!(!statement.allows);
        let account = || PolicyPrincipal::Account("111122223333".parse().unwrap());
        assert_eq!(
            statement.principals,
            Named {
                names: vec![
                    PolicyPrincipal::Everyone,
                    account(),
                    account(),
                    PolicyPrincipal::Arn("arn:aws:iam::111122223333:user/a".parse().unwrap()),
                    PolicyPrincipal::Other("arn:aws:sts::111122223333:assumed-role/r/s".to_owned()),
                    PolicyPrincipal::Service("dynamodb.amazonaws.com".to_owned()),
                ],
                but_these: true
            }
        );
        assert_eq!(statement.actions, named(vec!["kms:Encrypt".to_owned(), "kms:*".to_owned()]));
        let resources = Named { names: vec!["arn:aws:kms:*".to_owned()], but_these: true };
        assert_eq!(statement.resources, Some(resources));
        let conditions: Vec<_> = statement
            .conditions
            .iter()
            .map(|condition| {
                format!("{} {} {}", condition.operator, condition.key, condition.values.join("|"))
            })
            .collect();
        assert_eq!(
            conditions,
            [
                "StringLike kms:ViaService a",
                "StringLike kms:CallerAccount b|c",
                "Bool x true",
                "Bool y false",
                "NumericEquals z 7"
            ]
        );
        let least = parse(r#"[{"Effect":"Allow","Principal":"*","Action":"*"}]"#).unwrap();
        assert_eq!(least.principals, named(vec![PolicyPrincipal::Everyone]));
        assert_eq!((least.allows, least.resources, least.conditions), (true, None, vec![]));
    }

    #[test]
    fn what_is_no_policy_says_so() {
        for statement in [
            "[]",
            "7",
            "{}",
            r#"{"Effect":"Allow","Action":"kms:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Principal":"*","Resource":"*"}"#,
            r#"{"Effect":"allow","Principal":"*","Action":"kms:*"}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":"encrypt"}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":[]}"#,
            r#"{"Effect":"Allow","Principal":{},"Action":"kms:*"}"#,
            r#"{"Effect":"Allow","Principal":{"AWS":[]},"Action":"kms:*"}"#,
            r#"{"Effect":"Allow","Principal":"*","NotPrincipal":"*","Action":"kms:*"}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":"kms:*","NotAction":"kms:*"}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":"kms:*","Conditions":{}}"#,
            r#"{"Effect":"Allow","Effect":"Deny","Principal":"*","Action":"kms:*"}"#,
            r#"{"Effect":"Allow","Principal":{"AWS":"*","AWS":"111122223333"},"Action":"kms:*"}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":"kms:*","Condition":{"Bool":{"a":[]}}}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":"kms:*","Condition":{"Bool":{"a":{}}}}"#,
            r#"{"Effect":"Allow","Principal":"*","Action":"kms:*","Condition":{"Bool":{"a":1,"a":2}}}"#,
        ] {
            assert!(parse(statement).is_err(), "{statement}");
        }
        for document in
            ["", "{", "[]", "null", r#"{"Version":"2012-10-17"}"#, r#"{"Statement":[],"Other":1}"#]
        {
            assert!(ResourcePolicy::parse(document).is_err(), "{document}");
        }
        let deep = "[".repeat(100_000);
        assert!(ResourcePolicy::parse(&format!(r#"{{"Statement":{deep}"#)).is_err());
    }

    #[test]
    fn what_is_no_principal_is_told_apart() {
        for principal in [
            r#""111122223333""#,
            r#"{"AWS":""}"#,
            r#"{"AWS":"bob"}"#,
            r#"{"AWS":"arn:aws:iam::111122223333:group/x"}"#,
            r#"{"AWS":"arn:aws:iam::1:root"}"#,
            r#"{"AWS":["arn:aws:iam::111122223333:root","AIDACKCEVSQ6C2EXAMPLE"]}"#,
            r#"{"Service":"dynamodb"}"#,
            r#"{"Everybody":"*"}"#,
        ] {
            let text =
                format!(r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":"kms:*"}}}}"#);
            let error = ResourcePolicy::parse(&text).unwrap_err();
            assert!(matches!(error, ResourcePolicyError::Principal), "{principal}: {error}");
        }
    }
}
