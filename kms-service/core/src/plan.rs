//! What a mutation is going to do, as a list. The same list makes the store's batch, the change in memory and the events
//! for watchers, so the three cannot tell different stories.
//!
//! A plan takes a change to a key only from whoever proves to be admitted to it, and always to the key of that proof.

use envelope::Entropy;
use identity::{AccountId, Region};

use crate::{
    alias::{Alias, AliasName},
    authorize::{AccountAuthorized, Admitted, Authorized},
    clock::Timestamp,
    events::{KeyChange, WatchEvent},
    grant::{Grant, GrantTerms},
    ids::{GrantId, KeyId},
    key::{KeyRecord, KeyState},
    ring::{Entry, Material, Ring},
};

/// One change.
pub(crate) enum Edit {
    NewKey(KeyRecord),
    ChangeKey(KeyRecord),
    NewMaterial {
        key: KeyId,
        version: u32,
        material: Material,
    },
    /// The key, all its material, its grants and its aliases.
    DestroyKey(KeyId),
    NewAlias(Alias),
    MoveAlias(Alias),
    RemoveAlias {
        account: AccountId,
        name: AliasName,
    },
    NewGrant(Grant),
    RemoveGrant {
        key: KeyId,
        grant: GrantId,
    },
}

/// Changes that happen together or not at all.
#[derive(Default)]
pub(crate) struct Plan {
    edits: Vec<Edit>,
    events: Vec<WatchEvent>,
}

impl Plan {
    /// Nothing to do.
    pub(crate) fn nothing() -> Self {
        Self::default()
    }

    /// A new key with its first material.
    pub(crate) fn create_key(&mut self, _: &AccountAuthorized, record: KeyRecord, entropy: &dyn Entropy) {
        let (key, version) = (record.id, record.current_material);
        self.edits.push(Edit::NewKey(record));
        self.edits.push(Edit::NewMaterial { key, version, material: new_material(entropy) });
    }

    /// The alias that comes with a key that the service makes by itself.
    pub(crate) fn create_first_alias(&mut self, _: &AccountAuthorized, alias: Alias) {
        self.edits.push(Edit::NewAlias(alias));
    }

    /// Another state; the same state is no change.
    pub(crate) fn set_state(&mut self, key: &Admitted<'_>, state: KeyState) {
        if key.record().state != state {
            self.edits.push(Edit::ChangeKey(KeyRecord { state, ..key.record().clone() }));
            self.tell(key.entry(), KeyChange::State);
        }
    }

    /// New material, which encrypts from now on. Old material stays and still decrypts.
    pub(crate) fn rotate(
        &mut self,
        key: &Admitted<'_>,
        now: Timestamp,
        on_demand: bool,
        entropy: &dyn Entropy,
    ) {
        let old = key.record();
        let version = old.current_material.saturating_add(1);
        self.edits.push(Edit::ChangeKey(KeyRecord {
            current_material: version,
            rotated: now,
            on_demand_rotations: old.on_demand_rotations + u32::from(on_demand),
            ..old.clone()
        }));
        self.edits.push(Edit::NewMaterial { key: old.id, version, material: new_material(entropy) });
    }

    /// Destroys a key for good.
    pub(crate) fn destroy(&mut self, key: &Admitted<'_>) {
        self.edits.push(Edit::DestroyKey(key.record().id));
        self.tell(key.entry(), KeyChange::Deleted);
    }

    /// A new alias for a key.
    pub(crate) fn create_alias(&mut self, target: &Admitted<'_>, name: AliasName, now: Timestamp) {
        let (account, target) = (target.record().account.clone(), target.record().id);
        self.edits.push(Edit::NewAlias(Alias { account, name, target, created: now, updated: now }));
    }

    /// Points an alias at another key; the caller may change both keys.
    pub(crate) fn move_alias(
        &mut self,
        alias: &Alias,
        _from: &Authorized<'_>,
        to: &Admitted<'_>,
        now: Timestamp,
    ) {
        self.edits.push(Edit::MoveAlias(Alias { target: to.record().id, updated: now, ..alias.clone() }));
    }

    /// Removes an alias of a key.
    pub(crate) fn remove_alias(&mut self, alias: &Alias, _target: &Admitted<'_>) {
        self.edits.push(Edit::RemoveAlias { account: alias.account.clone(), name: alias.name.clone() });
    }

    /// A new grant on a key.
    pub(crate) fn create_grant(
        &mut self,
        key: &Admitted<'_>,
        id: GrantId,
        terms: GrantTerms,
        now: Timestamp,
    ) {
        self.edits.push(Edit::NewGrant(Grant { id, key: key.record().id, created: now, terms }));
    }

    /// Ends a grant on a key.
    pub(crate) fn remove_grant(&mut self, key: &Admitted<'_>, grant: &Grant) {
        self.remove_grant_quietly(key, grant);
        self.tell(key.entry(), KeyChange::Grant);
    }

    /// Ends a grant of the very service that asks for it, to which that is no news. Told all the same, every table under a
    /// key would have to prove its rights anew whenever another one gives its grants back.
    pub(crate) fn remove_grant_quietly(&mut self, key: &Admitted<'_>, grant: &Grant) {
        self.edits.push(Edit::RemoveGrant { key: key.record().id, grant: grant.id });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    pub(crate) fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Makes the changes in memory, after the store has them, and returns what watchers must be told.
    pub(crate) fn apply(self, ring: &mut Ring, region: &Region) -> Vec<WatchEvent> {
        for edit in self.edits {
            apply(edit, ring, region);
        }
        self.events
    }

    fn tell(&mut self, entry: &Entry, change: KeyChange) {
        self.events.push(WatchEvent::Changed { key_arn: entry.arn().to_owned(), change });
    }
}

fn new_material(entropy: &dyn Entropy) -> Material {
    Material::new(envelope::BackingKey::generate(entropy))
}

fn apply(edit: Edit, ring: &mut Ring, region: &Region) {
    match edit {
        Edit::NewKey(record) => ring.insert_key(Entry::new(region, record)),
        Edit::ChangeKey(record) => {
            if let Some(entry) = ring.entry_mut(record.id) {
                entry.set_record(record);
            }
        }
        Edit::NewMaterial { key, version, material } => {
            if let Some(entry) = ring.entry_mut(key) {
                entry.add_material(version, material);
            }
        }
        Edit::DestroyKey(id) => ring.remove_key(id),
        Edit::NewAlias(alias) | Edit::MoveAlias(alias) => {
            ring.put_alias(alias);
        }
        Edit::RemoveAlias { account, name } => ring.remove_alias(&account, &name),
        Edit::NewGrant(grant) => {
            if let Some(entry) = ring.entry_mut(grant.key) {
                entry.add_grant(grant);
            }
        }
        Edit::RemoveGrant { key, grant } => {
            if let Some(entry) = ring.entry_mut(key) {
                entry.remove_grant(&grant);
            }
        }
    }
}
