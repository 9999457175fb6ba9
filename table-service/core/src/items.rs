//! One item: where it lies, how it is sealed, and the one way to change it.
//!
//! Every write, whichever operation it comes from, ends in [`Inner::write_together`]: a [`Write`] and the item as it is make a
//! [`Change`], and the item, its place in the sort index and the table's write fence are committed together, or nothing. What
//! the change was made of is expected by that commit, so a condition held and an update was applied to the very item that the
//! change replaces. The fence is a record that DeleteTable removes and a
//! new data-key generation replaces, so a write that was on its way lands in neither a deleted table nor an old
//! generation.

use std::borrow::Cow;
use std::sync::Arc;

use envelope::record::{self, Kind, Place};
use store::{Batch, CommitError};

use crate::access::Access;
use crate::authorize::Granted;
use crate::codec;
use crate::engine::Inner;
use crate::error::{Invalid, TableError};
use crate::expr::bind::Cond;
use crate::expr::update::Update;
use crate::index::{DataKeys, SortIndex};
use crate::layout::{self, Token};
use crate::limits::MAX_ITEM_BYTES;
use crate::record::TableId;
use crate::schema::{KeySchema, PrimaryKey};
use crate::table::Table;
use crate::value::Item;

/// How often a write that lost a race is tried again. In one process the locks make races rare.
const MAX_ATTEMPTS: usize = 32;

/// Where an item lies.
pub(crate) struct Location {
    pub(crate) partition: Token,
    pub(crate) store_key: Vec<u8>,
    /// The sort key as the index orders it; none in a table without sort key.
    pub(crate) sort: Option<Vec<u8>>,
}

/// What is to become of an item, if it is as it must be.
pub(crate) struct Write {
    pub(crate) key: PrimaryKey,
    pub(crate) condition: Option<Condition>,
    pub(crate) action: Action,
}

/// What an item must be for a write to be made. One that is not there is one without attributes, not even a key.
pub(crate) struct Condition {
    pub(crate) test: Cond,
    /// Whether the refusal shows the item.
    pub(crate) show: bool,
}

/// What a write does.
pub(crate) enum Action {
    /// The item is there, whatever was there before.
    Put(Item),
    /// The item is changed, or made.
    Update(Update),
    /// The item is not there.
    Delete,
}

/// What a write has done, or would do: an item as it was and as it is then.
pub(crate) struct Change<'w> {
    /// None also if nobody had to know.
    pub(crate) before: Option<Item>,
    pub(crate) after: Option<Cow<'w, Item>>,
}

impl Write {
    /// Whether the write depends on the item as it is.
    const fn reads(&self) -> bool {
        self.condition.is_some() || matches!(self.action, Action::Update(_))
    }

    /// What the write makes of an item.
    fn applied_to(&self, schema: &KeySchema, before: Option<Item>) -> Result<Change<'_>, TableError> {
        if let Some(Condition { test, show }) = &self.condition
            && !before.as_ref().map_or_else(|| test.holds(&Item::new()), |item| test.holds(item))
        {
            return Err(TableError::ConditionFailed { item: before.filter(|_| *show) });
        }
        let after = match &self.action {
            Action::Put(item) => Some(Cow::Borrowed(item)),
            Action::Delete => None,
            Action::Update(update) if before.is_none() && !update.creates() => None,
            Action::Update(update) => {
                let mut item = update.apply(before.clone().unwrap_or_default())?;
                for (name, value) in schema.key_to_map(&self.key) {
                    item.insert(name, value);
                }
                if item.size() > MAX_ITEM_BYTES {
                    return Err(Invalid::ItemUpdateTooLarge.into());
                }
                Some(Cow::Owned(item))
            }
        };
        Ok(Change { before, after })
    }
}

impl Access {
    fn id(&self) -> TableId {
        self.record().definition.id
    }

    /// The token of a partition.
    pub(crate) fn partition(&self, hash: &[u8]) -> Token {
        self.keys().locator().partition_token(hash)
    }

    /// Where the item with `key` lies.
    pub(crate) fn locate(&self, key: &PrimaryKey) -> Location {
        let partition = self.partition(&key.hash.canonical_bytes());
        let sort = key.range.as_ref().map(crate::schema::KeyValue::sort_bytes);
        let store_key = self.store_key(&partition, sort.as_deref());
        Location { partition, store_key, sort }
    }

    /// The store key of the item with this sort key in this partition.
    pub(crate) fn store_key(&self, partition: &Token, sort: Option<&[u8]>) -> Vec<u8> {
        let sort = sort.map(|sort| self.keys().locator().sort_token(partition, sort));
        layout::item(self.id(), partition, sort.as_ref())
    }

    /// Opens a stored item.
    pub(crate) fn open(&self, store_key: &[u8], sealed: &[u8]) -> Result<Item, TableError> {
        const DAMAGED: TableError = TableError::DataLoss { record: "item" };
        let generation = record::generation(sealed).map_err(|_| DAMAGED)?;
        let key = self.keys().by_generation(generation).ok_or(DAMAGED)?;
        let place = Place { kind: Kind::TableItem, scope: *self.id().as_bytes(), key: store_key };
        let plaintext = record::open(key, &place, sealed).map_err(|_| DAMAGED)?;
        codec::decode_item(plaintext.expose()).map_err(|_| DAMAGED)
    }

    fn seal(&self, inner: &Inner, store_key: &[u8], item: &Item) -> Vec<u8> {
        let (generation, key) = self.keys().newest();
        let place = Place { kind: Kind::TableItem, scope: *self.id().as_bytes(), key: store_key };
        record::seal(key, generation, &place, &codec::encode_item(item), inner.entropy.as_ref())
    }

    /// The table's sort index, for readers and for planning writes.
    pub(crate) fn sort_index<'a>(&'a self, inner: &'a Inner) -> SortIndex<'a> {
        SortIndex::new(
            inner.store.as_ref(),
            self.keys(),
            &self.keys().index_cache,
            *self.id().as_bytes(),
            inner.entropy.as_ref(),
        )
    }
}

impl Inner {
    /// The item with `key`.
    pub(crate) async fn read(&self, access: &Access, key: &PrimaryKey) -> Result<Option<Item>, TableError> {
        let at = access.locate(key);
        self.read_at(access, &at.store_key).await
    }

    /// The item under a store key.
    pub(crate) async fn read_at(
        &self,
        access: &Access,
        store_key: &[u8],
    ) -> Result<Option<Item>, TableError> {
        let sealed = self.store.get(store_key).await?;
        sealed.map(|sealed| access.open(store_key, &sealed)).transpose()
    }

    /// Makes a write durable. The item as it was is in the change if the write depends on it or if it is `wanted` (and it is
    /// cheaper not to want it).
    pub(crate) async fn write<'w>(
        self: &Arc<Self>,
        table: &Arc<Table>,
        granted: &Granted,
        write: &'w Write,
        wanted: bool,
    ) -> Result<Change<'w>, TableError> {
        let mut changes = self.write_together(table, granted, std::slice::from_ref(write), wanted).await?;
        changes.pop().ok_or(TableError::Internal { what: "a write without a change" })
    }

    /// Makes writes to several items of one partition durable, all in one commit or none.
    pub(crate) async fn write_together<'w>(
        self: &Arc<Self>,
        table: &Arc<Table>,
        granted: &Granted,
        writes: &'w [Write],
        wanted: bool,
    ) -> Result<Vec<Change<'w>>, TableError> {
        let must_open = wanted || writes.iter().any(Write::reads);
        for _ in 0..MAX_ATTEMPTS {
            let access = self.access(table, granted).await?;
            let located: Vec<_> = writes.iter().map(|write| (access.locate(&write.key), write)).collect();
            let Some((at, _)) = located.first() else { return Ok(Vec::new()) };
            // Writers to one partition share index nodes. Without an index, whoever must read an item before writing it has
            // it alone, and the others share it: else one of many would always commit between that read and that write.
            let turn = match &at.sort {
                Some(_) => self.stripes.lock(&at.partition).await,
                None if must_open => self.stripes.lock(&at.store_key).await,
                None => self.stripes.share(&at.store_key).await,
            };
            // Waiting for the turn may have taken a while: the right must hold now. If it has to be proven again, the turn
            // is given up for that: others wait for it, who may have nothing to do with this table.
            let Some(access) = self.access_at_once(table, granted)? else {
                drop(turn);
                continue;
            };
            match self.try_write(table, &access, &located, must_open).await {
                Err(TableError::Contention) => {}
                Err(error) => return table.unless_deleted(Err(error)),
                done => return done,
            }
            if table.is_closed() {
                return Err(TableError::ResourceNotFound);
            }
        }
        Err(TableError::Contention)
    }

    /// Plans all of the writes, which are to one partition, into one commit with what they mean to the sort index.
    async fn try_write<'w>(
        &self,
        table: &Table,
        access: &Access,
        writes: &[(Location, &'w Write)],
        must_open: bool,
    ) -> Result<Vec<Change<'w>>, TableError> {
        let mut batch = Batch::new();
        let (generation, _) = access.keys().newest();
        batch.expect_value(layout::fence(access.id()), generation.to_be_bytes().to_vec());
        let mut changes = Vec::with_capacity(writes.len());
        let mut is_needed = false;
        let mut sort_keys: Vec<(&[u8], bool)> = Vec::new();
        for (at, write) in writes {
            let must_read = must_open || at.sort.is_some();
            let sealed = if must_read { self.store.get(&at.store_key).await? } else { None };
            if must_read {
                match &sealed {
                    Some(sealed) => batch.expect_value(at.store_key.clone(), sealed.clone()),
                    None => batch.expect_absent(at.store_key.clone()),
                };
            }
            let before = match &sealed {
                Some(sealed) if must_open => Some(access.open(&at.store_key, sealed)?),
                _ => None,
            };
            let change = write.applied_to(&access.record().definition.schema, before)?;
            match &change.after {
                Some(item) => {
                    batch.put(at.store_key.clone(), access.seal(self, &at.store_key, item));
                    is_needed = true;
                }
                None if must_read && sealed.is_none() => {}
                None => {
                    batch.delete(at.store_key.clone());
                    is_needed = true;
                }
            }
            if let (Some(sort), true) = (&at.sort, change.after.is_some() != sealed.is_some()) {
                sort_keys.push((sort, sealed.is_none()));
            }
            changes.push(change);
        }
        if !is_needed {
            return table.unless_deleted(Ok(changes));
        }
        if let (Some((at, _)), false) = (writes.first(), sort_keys.is_empty()) {
            let mut planner = access.sort_index(self).planner(&at.partition);
            for (sort, is_new) in sort_keys {
                if is_new {
                    planner.insert(sort, &[]).await?
                } else {
                    planner.remove(sort).await?
                };
            }
            planner.finish(&mut batch).await?;
        }
        match self.store.commit(batch).await {
            Err(CommitError::Conflict) => Err(TableError::Contention),
            outcome => outcome.map(|()| changes).map_err(TableError::from),
        }
    }
}
