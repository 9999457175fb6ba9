//! A key policy that a user wrote: its text, and what of it is honoured.
//!
//! Policies in full are not here yet. What is here is a closed form, evaluated to the letter, and whatever goes beyond it is
//! refused when it is put, so that no policy ever means less or more than it says:
//!
//! ```text
//! document   statements that allow, each for Resource "*", one of
//! all        the key's account: kms:*, without conditions
//! use        the account, named users and roles of it, or everybody of it ("*" with kms:CallerAccount):
//!            kms:Encrypt Decrypt ReEncrypt* GenerateDataKey* CreateGrant DescribeKey, or some of these,
//!            with kms:ViaService (StringLike or StringEquals), and perhaps pairs of the encryption context (StringEquals)
//! viewing    the account, named users and roles of it, or dynamodb.amazonaws.com itself:
//!            kms:Describe* Get* List* RevokeGrant, or some of these, without conditions
//! ```
//!
//! These are the default policy, the managed key's and the one that DynamoDB's documentation shows for customer keys,
//! together or apart.

use identity::{
    AccountId, Caller, Case, PolicyCondition, PolicyPrincipal, PrincipalArn, ResourcePolicy,
    ResourcePolicyError, ResourceStatement, ServiceName, matches,
};

use super::{PolicyVerdict, is_of};
use crate::{
    authorize::Op,
    error::{KmsError, PolicyFault, Unsupported},
    grant::Asked,
};

const ALL: &str = "kms:*";
const USE: [&str; 6] = [
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
    "kms:CreateGrant",
    "kms:DescribeKey",
];
const VIEWING: [&str; 4] = ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"];
/// The table service of whichever region: the name under which policies know it.
const DYNAMODB: &str = "dynamodb.amazonaws.com";
const CONTEXT_PREFIX: &str = "kms:EncryptionContext:";

/// A policy that is honoured to the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenPolicy {
    text: String,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Statement {
    who: Vec<Who>,
    ops: Vec<Op>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Who {
    /// The key's account: its root, and whoever its identity policies allow.
    Account,
    /// A user or role of it.
    Principal(PrincipalArn),
    /// Every root, user and role of it.
    EverybodyOfAccount,
    /// The table service, acting for itself.
    DynamoDb,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// The service that calls on the principal's behalf is like one of these.
    Via { any_of: Vec<String>, case: Comparison },
    /// The encryption context has this pair, with one of these values.
    Pair { name: String, any_of: Vec<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equals,
    Like,
}

impl WrittenPolicy {
    /// Reads the policy of a key of `account`.
    pub(super) fn parse(text: String, account: &AccountId) -> Result<Self, KmsError> {
        let document = ResourcePolicy::parse(&text).map_err(|why| {
            KmsError::MalformedPolicy(match why {
                ResourcePolicyError::Principal => PolicyFault::Principals,
                ResourcePolicyError::Malformed(_) | ResourcePolicyError::Empty => {
                    PolicyFault::Shape(why.to_string())
                }
            })
        })?;
        let statements = document.statements.iter().map(|statement| Statement::read(statement, account));
        let statements = statements.collect::<Result<_, _>>()?;
        Ok(Self { text, statements })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn verdict(
        &self,
        op: Op,
        caller: &Caller,
        account: &AccountId,
        dynamodb: &ServiceName,
        asked: Asked<'_>,
    ) -> PolicyVerdict {
        let mut verdict = PolicyVerdict::Silent;
        for statement in self.statements.iter().filter(|statement| statement.applies(op, caller, asked)) {
            match statement.to(caller, account, dynamodb) {
                PolicyVerdict::Allows => return PolicyVerdict::Allows,
                PolicyVerdict::Delegates => verdict = PolicyVerdict::Delegates,
                PolicyVerdict::Silent => {}
            }
        }
        verdict
    }
}

impl Statement {
    fn read(written: &ResourceStatement, account: &AccountId) -> Result<Self, KmsError> {
        check_plain(written)?;
        let (conditions, of_account) = read_conditions(&written.conditions, account)?;
        let who = written.principals.names.iter().map(|principal| Who::read(principal, account, of_account));
        let who: Vec<Who> = who.collect::<Result<_, _>>()?;
        let patterns = &written.actions.names;
        let all_of = |offered: &[&str]| patterns.iter().all(|pattern| is_among(pattern, offered));
        let has_via = conditions.iter().any(|condition| matches!(condition, Condition::Via { .. }));
        let serves = |statement: fn(&Who) -> bool| who.iter().all(statement);
        if all_of(&[ALL]) {
            let plain = conditions.is_empty() && !of_account && serves(|who| matches!(who, Who::Account));
            demand(plain, "kms:* for others than the account, or under a condition")?;
        } else if all_of(&USE) {
            demand(has_via, "use of the key that does not demand kms:ViaService")?;
            demand(serves(|who| !matches!(who, Who::DynamoDb)), "use of the key by a service itself")?;
        } else if all_of(&VIEWING) {
            demand(conditions.is_empty() && !of_account, "conditions on the viewing of metadata")?;
        } else {
            return Err(unsupported("these actions, or these actions in one statement"));
        }
        let named = |op: &&Op| patterns.iter().any(|pattern| matches(pattern, op.action(), Case::Fold));
        Ok(Self { who, ops: Op::ALL.iter().filter(named).copied().collect(), conditions })
    }

    fn applies(&self, op: Op, caller: &Caller, asked: Asked<'_>) -> bool {
        self.ops.contains(&op) && self.conditions.iter().all(|condition| condition.holds(caller, asked))
    }

    /// What it says of the caller where it applies.
    fn to(&self, caller: &Caller, account: &AccountId, dynamodb: &ServiceName) -> PolicyVerdict {
        let in_account = is_of(caller, account);
        let allows = self.who.iter().any(|who| match who {
            Who::Account => false,
            Who::Principal(arn) => in_account && &caller.principal.arn == arn,
            Who::EverybodyOfAccount => in_account,
            Who::DynamoDb => caller.as_service() == Some(dynamodb),
        });
        if allows {
            PolicyVerdict::Allows
        } else if in_account && self.who.contains(&Who::Account) {
            PolicyVerdict::Delegates
        } else {
            PolicyVerdict::Silent
        }
    }
}

impl Who {
    fn read(principal: &PolicyPrincipal, account: &AccountId, of_account: bool) -> Result<Self, KmsError> {
        match principal {
            PolicyPrincipal::Everyone if of_account => Ok(Self::EverybodyOfAccount),
            PolicyPrincipal::Everyone => {
                Err(unsupported("\"*\" as its principal and no kms:CallerAccount of the key's account"))
            }
            PolicyPrincipal::Account(named) if named == account => Ok(Self::Account),
            PolicyPrincipal::Arn(arn) if &arn.account() == account => Ok(Self::Principal(arn.clone())),
            PolicyPrincipal::Account(_) | PolicyPrincipal::Arn(_) => {
                Err(unsupported("principals of another account"))
            }
            PolicyPrincipal::Service(name) if name == DYNAMODB => Ok(Self::DynamoDb),
            PolicyPrincipal::Service(_) => Err(unsupported("a service other than dynamodb.amazonaws.com")),
            PolicyPrincipal::Other(_) => Err(unsupported("principals that are neither users nor roles")),
        }
    }
}

impl Condition {
    fn holds(&self, caller: &Caller, asked: Asked<'_>) -> bool {
        match self {
            Self::Via { any_of, case } => caller.via.as_ref().is_some_and(|via| {
                any_of.iter().any(|wanted| match case {
                    Comparison::Equals => wanted == via.as_str(),
                    Comparison::Like => matches(wanted, via.as_str(), Case::Exact),
                })
            }),
            Self::Pair { name, any_of } => any_of.iter().any(|value| asked.has_pair(name, value)),
        }
    }
}

/// Nothing that turns a statement around, and no part of a key: a key has none.
fn check_plain(written: &ResourceStatement) -> Result<(), KmsError> {
    demand(written.allows, "a statement that denies")?;
    demand(!written.principals.but_these, "NotPrincipal")?;
    demand(!written.actions.but_these, "NotAction")?;
    let everything = written.resources.as_ref().is_some_and(|resources| {
        !resources.but_these && resources.names.iter().all(|resource| resource == "*")
    });
    demand(everything, "a Resource other than \"*\"")
}

/// The conditions, and whether one of them is that the caller is of the key's account.
fn read_conditions(
    written: &[PolicyCondition],
    account: &AccountId,
) -> Result<(Vec<Condition>, bool), KmsError> {
    let mut conditions = Vec::new();
    let mut of_account = false;
    for PolicyCondition { operator, key, values } in written {
        let comparison = match operator.as_str() {
            "StringEquals" => Comparison::Equals,
            "StringLike" => Comparison::Like,
            _ => return Err(unsupported("conditions other than StringEquals and StringLike")),
        };
        // A variable would be compared as it stands, and so never stand for what it names.
        demand(!values.iter().any(|value| value.contains("${")), "policy variables")?;
        let any_of = values.clone();
        let pair =
            key.get(..CONTEXT_PREFIX.len()).filter(|prefix| prefix.eq_ignore_ascii_case(CONTEXT_PREFIX));
        if key.eq_ignore_ascii_case("kms:ViaService") {
            conditions.push(Condition::Via { any_of, case: comparison });
        } else if key.eq_ignore_ascii_case("kms:CallerAccount") {
            demand(
                any_of.iter().all(|value| value == account.as_str()),
                "a kms:CallerAccount of another account",
            )?;
            of_account = true;
        } else if let (Some(prefix), Comparison::Equals) = (pair, comparison) {
            let name = key.get(prefix.len()..).unwrap_or_default().to_owned();
            conditions.push(Condition::Pair { name, any_of });
        } else {
            return Err(unsupported(
                "conditions other than on kms:ViaService, kms:CallerAccount and, for equality, kms:EncryptionContext",
            ));
        }
    }
    Ok((conditions, of_account))
}

fn is_among(pattern: &str, offered: &[&str]) -> bool {
    offered.iter().any(|one| one.eq_ignore_ascii_case(pattern))
}

fn demand(met: bool, else_with: &'static str) -> Result<(), KmsError> {
    if met { Ok(()) } else { Err(unsupported(else_with)) }
}

const fn unsupported(what: &'static str) -> KmsError {
    KmsError::Unsupported(Unsupported::Policy { what })
}
