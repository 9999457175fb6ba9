//! Secondary indexes and streams, as CreateTable sends them. Tables have none yet: what is wrong with one is said in AWS's
//! words, and what is right is not offered.

use std::collections::BTreeSet;

use shape::{Decode, Member, Rule, Shown, Violations, choices};

use super::billing::{self, Throughput};
use crate::error::{Echo, Invalid, SecondaryIndexError, TableError};
use crate::limits::{
    MAX_GLOBAL_INDEXES, MAX_KEY_ATTRIBUTE_NAME_CHARS, MAX_KEY_SCHEMA_ELEMENTS, MAX_LOCAL_INDEXES,
    MAX_PROJECTED_ATTRIBUTES,
};
use crate::record::Billing;
use crate::schema::{AttributeDefinition, KeySchema, KeySchemaElement};
use crate::validate::resource_name;

/// Which attributes an index has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProjectionType {
    /// All.
    All,
    /// The keys and those that are named.
    Include,
    /// The keys.
    KeysOnly,
}

choices!(ProjectionType { All = "ALL", Include = "INCLUDE", KeysOnly = "KEYS_ONLY" });

/// What an index has besides its keys.
#[derive(Debug, Default, Decode)]
pub(super) struct Projection {
    projection_type: Member<ProjectionType>,
    non_key_attributes: Option<Vec<String>>,
}

/// A local index.
#[derive(Debug, Default, Decode)]
pub(super) struct LocalSecondaryIndex {
    #[shape(required)]
    index_name: String,
    #[shape(required)]
    key_schema: Vec<KeySchemaElement>,
    #[shape(required)]
    projection: Projection,
}

/// A global index.
#[derive(Debug, Default, Decode)]
#[shape(later("OnDemandThroughput", "WarmThroughput"))]
pub(super) struct GlobalSecondaryIndex {
    #[shape(required)]
    index_name: String,
    #[shape(required)]
    key_schema: Vec<KeySchemaElement>,
    #[shape(required)]
    projection: Projection,
    #[shape(via = Throughput)]
    provisioned_throughput: Option<(i64, i64)>,
}

/// What a stream tells of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamViewType {
    /// The item as it is.
    NewImage,
    /// The item as it was.
    OldImage,
    /// Both.
    NewAndOldImages,
    /// Its key.
    KeysOnly,
}

choices!(StreamViewType {
    NewImage = "NEW_IMAGE",
    OldImage = "OLD_IMAGE",
    NewAndOldImages = "NEW_AND_OLD_IMAGES",
    KeysOnly = "KEYS_ONLY",
});

/// Whether a table has a stream.
#[derive(Debug, Default, Decode)]
pub struct StreamSpecification {
    /// Whether there is to be one.
    #[shape(required)]
    pub stream_enabled: bool,
    /// What it is to tell.
    pub stream_view_type: Member<StreamViewType>,
}

const GLOBAL: &str = "GlobalSecondaryIndexes";
const LOCAL: &str = "LocalSecondaryIndexes";

/// The indexes of a table to be made.
#[derive(Debug, Default, Decode)]
pub struct Indexes {
    local_secondary_indexes: Option<Vec<LocalSecondaryIndex>>,
    global_secondary_indexes: Option<Vec<GlobalSecondaryIndex>>,
}

impl Indexes {
    /// Whether there are lists of them, be they empty.
    pub(super) fn are_sent(&self) -> bool {
        self.local_secondary_indexes.is_some() || self.global_secondary_indexes.is_some()
    }

    /// Adds the violations of the model's constraints: AWS names the global indexes first.
    pub(super) fn constraints(&self, violations: &mut Violations) {
        for (at, index) in (1_usize..).zip(self.global_secondary_indexes.iter().flatten()) {
            let path = format!("globalSecondaryIndexes.{at}.member");
            constraints(&path, &index.index_name, &index.key_schema, &index.projection, violations);
            violations.below(&path, &path, |violations| {
                billing::throughput_constraints(index.provisioned_throughput, violations);
            });
        }
        for (at, index) in (1_usize..).zip(self.local_secondary_indexes.iter().flatten()) {
            let path = format!("localSecondaryIndexes.{at}.member");
            constraints(&path, &index.index_name, &index.key_schema, &index.projection, violations);
        }
    }

    /// Checks the indexes against each other and the table, once the model's constraints hold.
    ///
    /// # Errors
    /// What is wrong, in DynamoDB's order; [`TableError::NotOffered`], if nothing is.
    pub(super) fn check(
        &self,
        definitions: &[AttributeDefinition],
        schema: &KeySchema,
        billing: Billing,
    ) -> Result<(), TableError> {
        let mut names = BTreeSet::new();
        if let Some(indexes) = &self.local_secondary_indexes {
            self.check_local(indexes, definitions, schema, &mut names)?;
        }
        if let Some(indexes) = &self.global_secondary_indexes {
            check_global(indexes, definitions, billing, &mut names)?;
        }
        self.check_definitions(definitions, schema)?;
        match (&self.global_secondary_indexes, &self.local_secondary_indexes) {
            (Some(_), _) => Err(TableError::NotOffered { feature: GLOBAL }),
            (None, Some(_)) => Err(TableError::NotOffered { feature: LOCAL }),
            (None, None) => Ok(()),
        }
    }

    /// Every attribute that is defined is part of a key.
    fn check_definitions(
        &self,
        definitions: &[AttributeDefinition],
        schema: &KeySchema,
    ) -> Result<(), Invalid> {
        let global = self.global_secondary_indexes.iter().flatten().flat_map(|index| &index.key_schema);
        let local = self.local_secondary_indexes.iter().flatten().flat_map(|index| &index.key_schema);
        let of_indexes = global.chain(local).map(|element| &*element.name);
        let keys: BTreeSet<&str> =
            schema.attributes().map(|attribute| &*attribute.name).chain(of_indexes).collect();
        if !self.are_sent() || definitions.iter().all(|definition| keys.contains(&*definition.name)) {
            return Ok(());
        }
        Err(Invalid::NeedlessDefinitions {
            definitions: definitions.iter().map(|definition| Echo::from(&*definition.name)).collect(),
            keys: keys.into_iter().map(Echo::from).collect(),
        })
    }

    fn check_local<'a>(
        &self,
        indexes: &'a [LocalSecondaryIndex],
        definitions: &[AttributeDefinition],
        schema: &KeySchema,
        names: &mut BTreeSet<&'a str>,
    ) -> Result<(), Invalid> {
        if indexes.is_empty() {
            return Err(SecondaryIndexError::NoneListed(LOCAL).into());
        }
        if schema.range.is_none() {
            return Err(SecondaryIndexError::TableWithoutRange.into());
        }
        if indexes.len() > MAX_LOCAL_INDEXES {
            return Err(SecondaryIndexError::TooManyLocal(MAX_LOCAL_INDEXES).into());
        }
        for LocalSecondaryIndex { index_name, key_schema, projection } in indexes {
            KeySchema::check_elements(definitions, key_schema)?;
            let index = || Echo::from(&**index_name);
            let (Some(hash), Some(_)) = (key_schema.first(), key_schema.get(1)) else {
                return Err(SecondaryIndexError::WithoutRange(index()).into());
            };
            if hash.name != schema.hash.name {
                let (own, table) = (Echo::from(&*hash.name), Echo::from(&*schema.hash.name));
                return Err(SecondaryIndexError::OtherHash { index: index(), own, table }.into());
            }
            projection.check()?;
            check_name(index_name, names)?;
        }
        Ok(())
    }
}

fn check_global<'a>(
    indexes: &'a [GlobalSecondaryIndex],
    definitions: &[AttributeDefinition],
    billing: Billing,
    names: &mut BTreeSet<&'a str>,
) -> Result<(), Invalid> {
    if indexes.is_empty() {
        return Err(SecondaryIndexError::NoneListed(GLOBAL).into());
    }
    if indexes.len() > MAX_GLOBAL_INDEXES {
        return Err(SecondaryIndexError::TooManyGlobal(MAX_GLOBAL_INDEXES).into());
    }
    for GlobalSecondaryIndex { index_name, key_schema, projection, provisioned_throughput } in indexes {
        // Several attributes of each kind make a key; whether they do is for those to say that offer it.
        if key_schema.len() <= MAX_KEY_SCHEMA_ELEMENTS {
            KeySchema::check_elements(definitions, key_schema)?;
        }
        projection.check()?;
        let index = || Echo::from(&**index_name);
        match (billing, provisioned_throughput) {
            (Billing::PayPerRequest, Some(_)) => {
                return Err(SecondaryIndexError::ThroughputNotAllowed(index()).into());
            }
            (Billing::Provisioned { .. }, None) => {
                return Err(SecondaryIndexError::ThroughputMissing(index()).into());
            }
            _ => {}
        }
        check_name(index_name, names)?;
    }
    Ok(())
}

fn check_name<'a>(name: &'a str, names: &mut BTreeSet<&'a str>) -> Result<(), Invalid> {
    if names.insert(name) { Ok(()) } else { Err(SecondaryIndexError::DuplicateName(Echo::from(name)).into()) }
}

impl Projection {
    fn check(&self) -> Result<(), SecondaryIndexError> {
        match (self.projection_type.known(), &self.non_key_attributes) {
            (None, _) => Err(SecondaryIndexError::NoProjection),
            (Some(ProjectionType::Include), None) => Err(SecondaryIndexError::NoAttributes),
            (Some(ProjectionType::All), Some(_)) => Err(SecondaryIndexError::NeedlessAttributes("ALL")),
            (Some(ProjectionType::KeysOnly), Some(_)) => {
                Err(SecondaryIndexError::NeedlessAttributes("KEYS_ONLY"))
            }
            _ => Ok(()),
        }
    }
}

fn constraints(
    path: &str,
    name: &str,
    keys: &[KeySchemaElement],
    projection: &Projection,
    violations: &mut Violations,
) {
    violations.below(path, path, |violations| {
        resource_name("indexName", name, violations);
        if keys.is_empty() {
            violations.push("keySchema", Shown::Hidden, Rule::MinLength(1));
        }
        KeySchema::element_constraints(keys, violations);
        violations.one_of("projection.projectionType", &projection.projection_type);
        if let Some(attributes) = &projection.non_key_attributes {
            violations.count("projection.nonKeyAttributes", attributes.len(), 1..=MAX_PROJECTED_ATTRIBUTES);
            for (at, attribute) in (1_usize..).zip(attributes).take(MAX_PROJECTED_ATTRIBUTES) {
                let path = format!("projection.nonKeyAttributes.{at}.member");
                violations.text(&path, attribute, 1..=MAX_KEY_ATTRIBUTE_NAME_CHARS);
            }
        }
    });
}

impl StreamSpecification {
    /// Checks what CreateTable says.
    ///
    /// # Errors
    /// A view of no stream; [`TableError::NotOffered`] for a stream.
    pub(super) fn check(&self) -> Result<(), TableError> {
        match (self.stream_enabled, &self.stream_view_type) {
            (true, _) => Err(TableError::NotOffered { feature: "StreamSpecification" }),
            (false, Member::Absent) => Ok(()),
            (false, _) => Err(Invalid::StreamViewWithoutStream.into()),
        }
    }
}
