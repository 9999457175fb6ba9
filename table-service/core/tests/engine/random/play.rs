//! A play: random steps, each taken by the product and by the model, which must agree about every answer.

use std::cell::Cell;
use std::collections::BTreeMap;

use table_core::ops::Page;

use super::super::*;
use super::ask::{self, Asked};
use super::change::parts;
use super::draw::{Event, Place, Query as AnyQuery, Reading, Write};
use super::syntax::{Condition, Parts};
use super::table::{Action, Key, LAYOUTS, Refusal, Table, key_map};
use super::value::{Map, of_item, size};

const MAX_ITEM_BYTES: usize = 409_600;
const MAX_PAGE_BYTES: usize = 1024 * 1024;
const KEYS: [fn() -> Option<SseSpecification>; 4] = [owned, managed, || customer("k1"), || customer("k2")];

/// How often what a play must not go without has come about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Writes that were made.
    pub(super) made: usize,
    /// Conditions that were not met.
    pub(super) unmet: usize,
    /// Updates that did not fit.
    pub(super) unfit: usize,
    /// Pages of queries that were not the last.
    pub(super) continued: usize,
    /// Steps that the store failed.
    pub(super) failed: usize,
    /// Writes that were made although the store failed.
    pub(super) made_all_the_same: usize,
    /// Tables that moved to another key.
    pub(super) switched: usize,
}

/// Both worlds.
pub(super) struct Play {
    world: World,
    gate: Arc<GatedStore>,
    model: Vec<Table>,
    /// Which of [`KEYS`] each table is under.
    keys: Vec<usize>,
    tally: Cell<Tally>,
}

/// Items that one commit writes, as they are after it.
type Together = Vec<(usize, Key, Option<Map>)>;

impl Play {
    pub(super) async fn open() -> Self {
        let (world, gate) = gated_world().await;
        for layout in &LAYOUTS {
            world.tables.create_table(&root(), created(layout)).await.unwrap();
        }
        let model = LAYOUTS.iter().map(|_| Table::default()).collect();
        Self { world, gate, model, keys: vec![0; LAYOUTS.len()], tally: Cell::default() }
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally.get()
    }

    fn count(&self, which: fn(&mut Tally) -> &mut usize) {
        let mut tally = self.tally.get();
        *which(&mut tally) += 1;
        self.tally.set(tally);
    }

    pub(super) async fn take(&mut self, event: &Event) {
        match event {
            Event::Switch { table, key } => self.switch(*table, *key).await,
            Event::Restart => self.restart().await,
            Event::Failing { call, made, event } => self.fail(*call, *made, event).await,
            event => self.ask(event).await.unwrap(),
        }
    }

    /// Everything is there as the model has it, by key and in order.
    pub(super) async fn check(&self) {
        let reading = Reading {
            filter: Condition::None,
            parts: Parts::All,
            limit: None,
            counts: false,
            consistent: true,
        };
        for (number, (layout, table)) in LAYOUTS.iter().zip(&self.model).enumerate() {
            self.scan(number, &reading, 1).await.unwrap();
            for hash in 0..if layout.range.is_some() { 2 } else { 0 } {
                let query = AnyQuery {
                    place: Place { table: number, hash, range: 0 },
                    range: None,
                    backward: hash == 0,
                    reading: reading.clone(),
                    style: 0,
                    is_old: false,
                };
                self.query(&query).await.unwrap();
            }
            for key in table.items.keys() {
                self.get(number, key, &Parts::All, true).await.unwrap();
            }
        }
    }

    /// Asks both for something. Only a failure of the store is an error; everything else is compared.
    async fn ask(&mut self, event: &Event) -> Result<(), TableError> {
        match event {
            Event::Write(write) => self.write(write).await,
            Event::Get { place, parts, consistent } => {
                self.get(place.table, &key(place), parts, *consistent).await
            }
            Event::Query(query) => self.query(query).await,
            Event::Scan { table, reading, segments } => self.scan(*table, reading, *segments).await,
            Event::BatchWrite(writes) => self.batch_write(writes).await,
            Event::BatchGet { places, parts } => self.batch_get(places, parts).await,
            Event::Switch { .. } | Event::Restart | Event::Failing { .. } => unreachable!("no request"),
        }
    }

    async fn write(&mut self, write: &Write) -> Result<(), TableError> {
        let (table, key) = (write.place.table, key(&write.place));
        let answer = match write.asked(LAYOUTS[table].name, &key) {
            Asked::Put(request) => self.world.tables.put_item(&root(), request).await,
            Asked::Update(request) => self.world.tables.update_item(&root(), request).await,
            Asked::Delete(request) => self.world.tables.delete_item(&root(), request).await,
        };
        let answer = unfailing(answer)?;
        match (self.outcome(write), answer) {
            (Ok((before, after)), Ok(answer)) => {
                let units = answer.consumed_capacity.map(|consumed| consumed.total.value());
                let bytes = before.as_ref().map_or(0, size).max(after.as_ref().map_or(0, size));
                assert_eq!(units, write.metered.then(|| units_of(bytes, 1024)), "{write:?}");
                let returned = returned(write, before.as_ref(), after.as_ref());
                assert_eq!(answer.attributes.as_ref().map(of_item), returned, "{write:?} of {before:?}");
                self.model[table].set(&key, after);
                self.count(|tally| &mut tally.made);
            }
            (Err(Refusal::Condition(before)), Err(TableError::ConditionFailed { item })) => {
                assert_eq!(item.as_ref().map(of_item), before.filter(|_| write.shows), "{write:?}");
                self.count(|tally| &mut tally.unmet);
            }
            (Err(Refusal::Invalid(complaints)), Err(error)) => {
                assert_eq!(error.reason(), "ValidationException", "{write:?}");
                let text = error.public_message();
                assert!(complaints.contains(&&*text), "{text}, not one of {complaints:?}: {write:?}");
                self.count(|tally| &mut tally.unfit);
            }
            (expected, answer) => {
                let expected = expected.map_err(|refusal| match refusal {
                    Refusal::Condition(_) => vec!["the condition fails"],
                    Refusal::Invalid(complaints) => complaints,
                });
                panic!("{answer:?} instead of {expected:?}: {write:?}")
            }
        }
        Ok(())
    }

    fn outcome(&self, write: &Write) -> super::table::Outcome {
        let outcome =
            self.model[write.place.table].outcome(&key(&write.place), &write.action, &write.condition)?;
        let is_too_large = outcome.1.as_ref().is_some_and(|item| size(item) > MAX_ITEM_BYTES);
        match write.action {
            Action::Update(_) if is_too_large => {
                Err(Refusal::Invalid(vec!["Item size to update has exceeded the maximum allowed size"]))
            }
            _ => Ok(outcome),
        }
    }

    async fn get(&self, table: usize, key: &Key, parts: &Parts, consistent: bool) -> Result<(), TableError> {
        let request = ask::get(LAYOUTS[table].name, key, parts, consistent);
        let answer = unfailing(self.world.tables.get_item(&root(), request).await)?.unwrap();
        let item = self.model[table].items.get(key);
        assert_eq!(
            answer.item.as_ref().map(of_item),
            item.map(|item| parts.of(item)),
            "{parts:?} of {key:?}"
        );
        let units = units_of(item.map_or(0, size), 4096) * if consistent { 1.0 } else { 0.5 };
        assert_eq!(answer.consumed_capacity.unwrap().total.value(), units);
        Ok(())
    }

    /// All pages, one after the other, each as it must be.
    async fn query(&self, query: &AnyQuery) -> Result<(), TableError> {
        let (table, key) = (query.place.table, key(&query.place));
        let is_in_range = |(key, _): &(&Key, &Map)| {
            let range = query.range.as_ref().zip(key.1.as_ref());
            range.is_none_or(|(range, value)| range.holds(value))
        };
        let mut items = self.model[table].partition(&key.0);
        items.retain(is_in_range);
        if query.backward {
            items.reverse();
        }
        let (mut rest, mut start) = (items.as_slice(), None);
        loop {
            let request = query.asked(LAYOUTS[table].name, &key, start);
            let page = unfailing(self.world.tables.query(&root(), request).await)?.unwrap();
            let (read, is_full) = read(rest, query.reading.limit);
            let (evaluated, more) = rest.split_at(read);
            start = evaluated.last().filter(|_| is_full).map(|(key, _)| *key);
            check_page(&page, evaluated.iter().map(|(_, item)| *item), &query.reading, query);
            assert_eq!(page.last_evaluated_key.as_ref().map(of_item), start.map(key_map), "{query:?}");
            if start.is_none() {
                return Ok(());
            }
            self.count(|tally| &mut tally.continued);
            rest = more;
        }
    }

    /// All pages of all segments. Their order is the table's own affair, so each page is held against the items that it has
    /// evaluated, as far as it shows them.
    async fn scan(&self, table: usize, reading: &Reading, segments: i32) -> Result<(), TableError> {
        let (mut found, mut count, mut scanned) = (Vec::new(), 0, 0);
        for segment in 0..segments {
            let mut start = None;
            loop {
                let request = ask::scan(LAYOUTS[table].name, reading, start.as_ref(), (segment, segments));
                let page = unfailing(self.world.tables.scan(&root(), request).await)?.unwrap();
                assert!(reading.limit.is_none_or(|limit| page.scanned_count <= limit));
                assert_eq!(page.items.len(), if reading.counts { 0 } else { page.count });
                count += page.count;
                scanned += page.scanned_count;
                found.extend(page.items.iter().map(of_item));
                let Some(key) = page.last_evaluated_key else { break };
                let mut key = of_item(&key);
                start = Some((key.remove("hash").unwrap(), key.remove("range")));
            }
        }
        let items = &self.model[table].items;
        let mut expected: Vec<_> = items
            .values()
            .filter(|item| reading.filter.holds(item))
            .map(|item| reading.parts.of(item))
            .collect();
        assert_eq!((count, scanned), (expected.len(), items.len()), "{reading:?}");
        if !reading.counts {
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{reading:?}");
        }
        Ok(())
    }

    async fn batch_write(&mut self, writes: &[(Place, Option<Map>)]) -> Result<(), TableError> {
        let writes: Vec<_> = writes.iter().map(|(place, item)| (place.table, key(place), item)).collect();
        let request = ask::batch_write(
            writes.iter().map(|(table, key, item)| (LAYOUTS[*table].name, key, item.as_ref())),
        );
        let answer = unfailing(self.world.tables.batch_write_item(&root(), request).await)?.unwrap();
        assert!(answer.unprocessed.is_empty());
        for (table, key, item) in writes {
            self.model[table].set(&key, item.as_ref().map(|item| with_key(&key, item)));
        }
        Ok(())
    }

    async fn batch_get(&self, places: &[Place], parts: &Parts) -> Result<(), TableError> {
        let keys: Vec<_> = places.iter().map(|place| (place.table, key(place))).collect();
        let request = ask::batch_get(keys.iter().map(|(table, key)| (LAYOUTS[*table].name, key)), parts);
        let answer = unfailing(self.world.tables.batch_get_item(&root(), request).await)?.unwrap();
        let mut expected: BTreeMap<String, Vec<Map>> = BTreeMap::new();
        for (table, key) in &keys {
            let found = expected.entry(LAYOUTS[*table].name.to_owned()).or_default();
            found.extend(self.model[*table].items.get(key).map(|item| parts.of(item)));
        }
        let answered = answer
            .responses
            .iter()
            .map(|(table, items)| (table.clone(), items.iter().map(of_item).collect()));
        assert_eq!(answered.collect::<BTreeMap<_, Vec<_>>>(), expected, "{places:?} {parts:?}");
        assert!(answer.unprocessed.is_empty());
        Ok(())
    }

    async fn switch(&mut self, table: usize, key: usize) {
        self.settle().await;
        if std::mem::replace(&mut self.keys[table], key) == key {
            return;
        }
        let request = UpdateTable {
            table_name: LAYOUTS[table].name.to_owned(),
            sse_specification: KEYS[key](),
            ..Default::default()
        };
        self.world.tables.update_table(&root(), request).await.unwrap();
        self.count(|tally| &mut tally.switched);
    }

    /// Waits until no table is on its way to another key.
    async fn settle(&self) {
        for layout in &LAYOUTS {
            let is_moving = || {
                let table = self.world.tables.describe_table(&root(), layout.name).unwrap();
                table.sse.is_some_and(|sse| sse.status != SseStatus::Enabled)
            };
            while is_moving() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    async fn restart(&mut self) {
        self.settle().await;
        self.world.tables = open_through(&self.world.kms, self.gate.clone(), self.world.store.clone()).await;
        self.world.tables.watch_started();
    }

    /// A call of the store fails, so the service dies and starts again. What was written together is there whole or not at all.
    async fn fail(&mut self, call: usize, made: bool, event: &Event) {
        self.settle().await;
        let written = self.written_together(event);
        self.gate.fail_call(call, made);
        let answer = self.ask(event).await;
        self.gate.forget_failure();
        if answer.is_ok() {
            return;
        }
        self.count(|tally| &mut tally.failed);
        self.restart().await;
        for together in written {
            self.find_out(together).await;
        }
        self.check().await;
    }

    /// What a step would write, if all goes well.
    fn written_together(&self, event: &Event) -> Vec<Together> {
        match event {
            Event::Write(write) => match self.outcome(write) {
                Ok((_, after)) => vec![vec![(write.place.table, key(&write.place), after)]],
                Err(_) => Vec::new(),
            },
            Event::BatchWrite(writes) => {
                let mut partitions: BTreeMap<_, Together> = BTreeMap::new();
                for (place, item) in writes {
                    let key = key(place);
                    let after = item.as_ref().map(|item| with_key(&key, item));
                    let partition = partitions.entry((place.table, key.0.clone())).or_default();
                    partition.push((place.table, key, after));
                }
                partitions.into_values().collect()
            }
            _ => Vec::new(),
        }
    }

    async fn find_out(&mut self, together: Together) {
        let mut found = Vec::new();
        for (table, key, _) in &together {
            let request = ask::get(LAYOUTS[*table].name, key, &Parts::All, true);
            let answer = self.world.tables.get_item(&root(), request).await.unwrap();
            found.push(answer.item.as_ref().map(of_item));
        }
        let before: Vec<_> =
            together.iter().map(|(table, key, _)| self.model[*table].items.get(key).cloned()).collect();
        let after: Vec<_> = together.iter().map(|(_, _, after)| after.clone()).collect();
        assert!(found == before || found == after, "{found:?} is neither {before:?} nor {after:?}");
        if found != before {
            self.count(|tally| &mut tally.made_all_the_same);
        }
        for ((table, key, _), item) in together.iter().zip(found) {
            self.model[*table].set(key, item);
        }
    }
}

pub(super) fn created(layout: &super::table::Layout) -> CreateTable {
    let keys = [("hash", KeyRole::Hash, Some(layout.hash)), ("range", KeyRole::Range, layout.range)];
    let keys = || keys.into_iter().filter_map(|(name, role, kind)| Some((name.to_owned(), role, kind?)));
    let definition = |(name, _, kind)| AttributeDefinition { name, kind: Member::Known(kind) };
    CreateTable {
        table_name: layout.name.to_owned(),
        attribute_definitions: Some(keys().map(definition).collect()),
        key_schema: Some(
            keys().map(|(name, role, _)| KeySchemaElement { name, role: Member::Known(role) }).collect(),
        ),
        billing_mode: Member::Known(BillingMode::PayPerRequest),
        ..Default::default()
    }
}

fn key(place: &Place) -> Key {
    LAYOUTS[place.table].key(place.hash, place.range)
}

fn with_key(key: &Key, attributes: &Map) -> Map {
    attributes.clone().into_iter().chain(key_map(key)).collect()
}

/// A failure of the store goes to whoever arranged it; every other refusal is for the model to expect.
fn unfailing<T>(answer: Result<T, TableError>) -> Result<Result<T, TableError>, TableError> {
    match answer {
        Err(error) if error.kind() == Kind::Unavailable => Err(error),
        answer => Ok(answer),
    }
}

fn units_of(bytes: usize, each: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(each).max(1)).unwrap())
}

/// What a write answers with.
fn returned(write: &Write, before: Option<&Map>, after: Option<&Map>) -> Option<Map> {
    let touched = |item: Option<&Map>| {
        let Action::Update(changes) = &write.action else { return None };
        item.map(|item| parts(&changes.paths(), item)).filter(|touched| !touched.is_empty())
    };
    match write.returns() {
        ReturnValues::None => None,
        ReturnValues::AllOld => before.cloned(),
        ReturnValues::AllNew => after.cloned(),
        ReturnValues::UpdatedOld => touched(before),
        ReturnValues::UpdatedNew => touched(after),
    }
}

/// How many of the items a page reads, and whether it ends because it is full.
fn read(items: &[(&Key, &Map)], limit: Option<usize>) -> (usize, bool) {
    let mut bytes = 0;
    for (number, (_, item)) in items.iter().enumerate() {
        bytes += size(item);
        if limit == Some(number + 1) || bytes >= MAX_PAGE_BYTES {
            return (number + 1, true);
        }
    }
    (items.len(), false)
}

fn check_page<'a>(
    page: &Page,
    evaluated: impl ExactSizeIterator<Item = &'a Map> + Clone,
    reading: &Reading,
    query: &AnyQuery,
) {
    let bytes = evaluated.clone().map(size).sum();
    assert_eq!(page.scanned_count, evaluated.len(), "{query:?}");
    let items: Vec<_> =
        evaluated.filter(|item| reading.filter.holds(item)).map(|item| reading.parts.of(item)).collect();
    assert_eq!((page.count, page.is_count), (items.len(), reading.counts), "{query:?}");
    if !reading.counts {
        assert_eq!(page.items.iter().map(of_item).collect::<Vec<_>>(), items, "{query:?}");
    }
    let units = units_of(bytes, 4096) * if reading.consistent { 1.0 } else { 0.5 };
    assert_eq!(page.consumed_capacity.as_ref().unwrap().total.value(), units, "{query:?}");
}
