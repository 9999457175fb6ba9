//! What a mutation is going to do, as a list. The same list makes the store's batch, the change in memory and the events
//! for watchers, so the three cannot tell different stories.
//!
//! A plan takes a change only for the proof of the permission that it needs, and always to the key, alias or grant of that
//! proof. What nobody asked for it takes from the service's own upkeep, which has a [`Duty`].

use envelope::Entropy;
use identity::{AccountId, Region};

use crate::{
    alias::{Alias, AliasName},
    authorize::{AccountAuthorized, Admitted, AliasAuthorized, GrantEnding, may},
    background::Duty,
    clock::Timestamp,
    events::{KeyChange, WatchEvent},
    first_use::Prospect,
    grant::{Grant, GrantTerms},
    ids::{GrantId, KeyId},
    key::{KeyRecord, KeyState},
    policy::KeyPolicy,
    ring::{Entry, Material, Ring},
    rotation::RotationType,
    tags::Tag,
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
    pub(crate) fn create_key(
        &mut self,
        _: &AccountAuthorized<may::CreateKey>,
        record: KeyRecord,
        entropy: &dyn Entropy,
    ) {
        let (key, version) = (record.id, record.current_material());
        let material = Material::generate(record.key_type, entropy);
        self.edits.push(Edit::NewKey(record));
        self.edits.push(Edit::NewMaterial { key, version, material });
    }

    /// A key that the service makes by itself, with its alias. Its first use went through, and nothing else is needed.
    pub(crate) fn create_on_first_use(&mut self, prospect: Prospect) {
        let (entry, alias) = prospect.into_parts();
        let (record, materials) = entry.into_parts();
        let key = record.id;
        self.edits.push(Edit::NewKey(record));
        let materials = materials.into_iter();
        self.edits.extend(materials.map(|(version, material)| Edit::NewMaterial { key, version, material }));
        self.edits.push(Edit::NewAlias(alias));
    }

    /// Usable again. A rotation that came due while it was not is done with that.
    pub(crate) fn enable(
        &mut self,
        key: &Admitted<'_, may::EnableKey>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) {
        let record = key.record();
        if record.state != KeyState::Enabled && record.is_to_be_rotated(now) {
            let enabled = KeyRecord { state: KeyState::Enabled, ..record.clone() };
            self.rotate(enabled, RotationType::Automatic, now, entropy);
            self.tell(key.entry(), KeyChange::State);
        } else {
            self.set_state(key.entry(), KeyState::Enabled);
        }
    }

    /// Switched off.
    pub(crate) fn disable(&mut self, key: &Admitted<'_, may::DisableKey>) {
        self.set_state(key.entry(), KeyState::Disabled);
    }

    /// Unusable, and to be destroyed.
    pub(crate) fn schedule_deletion(&mut self, key: &Admitted<'_, may::ScheduleKeyDeletion>, at: Timestamp) {
        self.set_state(key.entry(), KeyState::PendingDeletion { at });
    }

    /// To stay. It is disabled then, as in AWS.
    pub(crate) fn cancel_deletion(&mut self, key: &Admitted<'_, may::CancelKeyDeletion>) {
        self.set_state(key.entry(), KeyState::Disabled);
    }

    /// New material, which encrypts from now on. Old material stays and still decrypts.
    pub(crate) fn rotate_on_demand(
        &mut self,
        key: &Admitted<'_, may::RotateKeyOnDemand>,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) {
        self.rotate(key.record().clone(), RotationType::OnDemand, now, entropy);
    }

    /// The same, because it is time for it.
    pub(crate) fn rotate_when_due(&mut self, _: &Duty, key: &Entry, now: Timestamp, entropy: &dyn Entropy) {
        self.rotate(key.record().clone(), RotationType::Automatic, now, entropy);
    }

    /// To be rotated each time that so many days have passed.
    pub(crate) fn rotate_every(
        &mut self,
        key: &Admitted<'_, may::EnableKeyRotation>,
        period_days: u32,
        now: Timestamp,
    ) {
        let old = key.record();
        self.change(
            old,
            KeyRecord { rotations: old.rotations.clone().every(period_days, now), ..old.clone() },
        );
    }

    /// To be rotated when somebody asks for it, and only then.
    pub(crate) fn rotate_never(&mut self, key: &Admitted<'_, may::DisableKeyRotation>) {
        let old = key.record();
        self.change(old, KeyRecord { rotations: old.rotations.clone().never(), ..old.clone() });
    }

    /// What its owner writes about it.
    pub(crate) fn set_description(
        &mut self,
        key: &Admitted<'_, may::UpdateKeyDescription>,
        description: String,
    ) {
        self.change(key.record(), KeyRecord { description, ..key.record().clone() });
    }

    /// All the tags that a key has from now on.
    pub(crate) fn tag(&mut self, key: &Admitted<'_, may::TagResource>, tags: Vec<Tag>) {
        self.change(key.record(), KeyRecord { tags, ..key.record().clone() });
    }

    /// Removes the tags with these keys, as far as there are any.
    pub(crate) fn untag(&mut self, key: &Admitted<'_, may::UntagResource>, tag_keys: &[String]) {
        let old = key.record();
        let tags = old.tags.iter().filter(|tag| !tag_keys.contains(&tag.key)).cloned().collect();
        self.change(old, KeyRecord { tags, ..old.clone() });
    }

    /// Another policy. Whoever was allowed by the old one may not be any more.
    pub(crate) fn put_policy(&mut self, key: &Admitted<'_, may::PutKeyPolicy>, policy: KeyPolicy) {
        let old = key.record();
        if self.change(old, KeyRecord { policy, ..old.clone() }) {
            self.tell(key.entry(), KeyChange::Policy);
        }
    }

    /// Destroys a key for good. Nobody may ask for that: only time brings it about.
    pub(crate) fn destroy(&mut self, _: &Duty, key: &Entry) {
        self.edits.push(Edit::DestroyKey(key.record().id));
        self.tell(key, KeyChange::Deleted);
    }

    /// A new alias for a key.
    pub(crate) fn create_alias(
        &mut self,
        _name: &AccountAuthorized<may::CreateAlias>,
        target: &Admitted<'_, may::CreateAlias>,
        name: AliasName,
        now: Timestamp,
    ) {
        let (account, target) = (target.record().account.clone(), target.record().id);
        self.edits.push(Edit::NewAlias(Alias { account, name, target, created: now, updated: now }));
    }

    /// Points an alias at another key.
    pub(crate) fn move_alias(
        &mut self,
        from: &AliasAuthorized<'_, may::UpdateAlias>,
        to: &Admitted<'_, may::UpdateAlias>,
        now: Timestamp,
    ) {
        let alias = from.alias().clone();
        self.edits.push(Edit::MoveAlias(Alias { target: to.record().id, updated: now, ..alias }));
    }

    /// Removes an alias.
    pub(crate) fn remove_alias(&mut self, proof: &AliasAuthorized<'_, may::DeleteAlias>) {
        let Alias { account, name, .. } = proof.alias().clone();
        self.edits.push(Edit::RemoveAlias { account, name });
    }

    /// A new grant on a key.
    pub(crate) fn create_grant(
        &mut self,
        key: &Admitted<'_, may::CreateGrant>,
        id: GrantId,
        terms: GrantTerms,
        now: Timestamp,
    ) {
        self.edits.push(Edit::NewGrant(Grant { id, key: key.record().id, created: now, terms }));
    }

    /// Ends a grant on a key.
    pub(crate) fn end_grant(&mut self, ending: &GrantEnding<'_>) {
        self.end_grant_quietly(ending);
        self.tell(ending.entry(), KeyChange::Grant);
    }

    /// Ends a grant of the very service that asks for it, to which that is no news. Told all the same, every table under a
    /// key would have to prove its rights anew whenever another one gives its grants back.
    pub(crate) fn end_grant_quietly(&mut self, ending: &GrantEnding<'_>) {
        let Grant { key, id, .. } = *ending.grant();
        self.edits.push(Edit::RemoveGrant { key, grant: id });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Whether there are more or fewer keys after it, or perhaps after only half of it.
    pub(crate) fn makes_or_destroys_keys(&self) -> bool {
        self.edits.iter().any(|edit| matches!(edit, Edit::NewKey(_) | Edit::DestroyKey(_)))
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

    fn set_state(&mut self, key: &Entry, state: KeyState) {
        let old = key.record();
        if self.change(old, KeyRecord { state, ..old.clone() }) {
            self.tell(key, KeyChange::State);
        }
    }

    /// What is so already is no change, and costs no commit.
    fn change(&mut self, old: &KeyRecord, new: KeyRecord) -> bool {
        let changes = old != &new;
        if changes {
            self.edits.push(Edit::ChangeKey(new));
        }
        changes
    }

    fn rotate(&mut self, old: KeyRecord, by: RotationType, now: Timestamp, entropy: &dyn Entropy) {
        let new = KeyRecord { rotations: old.rotations.with(now, by), ..old };
        let (key, version) = (new.id, new.current_material());
        let material = Material::generate(new.key_type, entropy);
        self.edits.push(Edit::ChangeKey(new));
        self.edits.push(Edit::NewMaterial { key, version, material });
    }

    fn tell(&mut self, entry: &Entry, change: KeyChange) {
        self.events.push(WatchEvent::Changed { key_arn: entry.arn().to_owned(), change });
    }
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
