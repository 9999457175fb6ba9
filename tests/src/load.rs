//! A load that knows what it must read back: each client owns a partition, remembers what it wrote, and checks every
//! read against that.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proto::table::{BatchGetItemRequest, KeysAndAttributes, QueryRequest};
use tokio::task::JoinSet;

use crate::client::Tables;
use crate::dice::Dice;
use crate::item::{Attributes, attributes, listed, n, number, s, text};
use crate::refused::Refused;
use crate::wait::within;

/// Sort keys that one client writes to: few enough that each is overwritten often.
const KEYS: u64 = 40;

/// How much a client writes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The largest payload, in bytes.
    pub payload_bytes: u64,
    /// Items in the largest batch, at least 3.
    pub batch_items: u64,
}

impl Weight {
    /// What applications write.
    pub const LIGHT: Self = Self { payload_bytes: 3_000, batch_items: 9 };
    /// The most that a request may hold: a batch of it is longer than what the store keeps in one piece.
    pub const HEAVY: Self = Self { payload_bytes: 400_000, batch_items: 25 };
}

/// What may be found under a key. A write that was not acknowledged leaves two possibilities until a read decides.
#[derive(Clone, Debug, Default)]
struct Expected {
    /// The newest acknowledged version; absent when there is none or it was deleted.
    settled: Option<u64>,
    /// What unacknowledged writes since then may have left.
    perhaps: Vec<Option<u64>>,
}

impl Expected {
    fn acknowledge(&mut self, version: Option<u64>) {
        *self = Self { settled: version, perhaps: Vec::new() };
    }

    fn observe(&mut self, sort: &str, seen: Option<u64>) {
        let allowed = seen == self.settled || self.perhaps.contains(&seen);
        assert!(allowed, "lost or stale: {sort} reads as version {seen:?}, but should be {self:?}");
        self.acknowledge(seen);
    }
}

/// One client: the only writer of its partition.
pub struct Client {
    tables: Tables,
    table: String,
    partition: String,
    weight: Weight,
    dice: Dice,
    model: BTreeMap<String, Expected>,
    version: u64,
    /// Items written and read so far.
    pub operations: u64,
}

impl Client {
    /// A client that owns `partition` of `table`, a table with the string keys `pk` and `sk`.
    pub fn new(tables: Tables, table: &str, partition: &str, dice: Dice) -> Self {
        let (table, partition) = (table.to_owned(), partition.to_owned());
        let weight = Weight::LIGHT;
        Self { tables, table, partition, weight, dice, model: BTreeMap::new(), version: 0, operations: 0 }
    }

    /// The same client, before its first write, with writes of another weight.
    pub fn weighing(self, weight: Weight) -> Self {
        Self { weight, ..self }
    }

    /// The same client with a new connection, after a restart.
    pub fn reconnect(&mut self, tables: Tables) {
        self.tables = tables;
    }

    /// One random operation, checked. An error is given back after the model has noted what may have happened.
    pub async fn step(&mut self) -> Result<(), Refused> {
        match self.dice.below(100) {
            0..40 => self.put().await,
            40..65 => self.read().await,
            65..75 => self.remove().await,
            75..85 => self.write_batch().await,
            85..92 => self.read_batch().await,
            _ => self.query().await,
        }
    }

    /// Checks every key that this client ever wrote, singly and by query.
    pub async fn verify(&mut self) -> Result<(), Refused> {
        for sort in self.model.keys().cloned().collect::<Vec<_>>() {
            self.read_one(sort).await?;
        }
        self.query().await
    }

    fn any_sort(&mut self) -> String {
        format!("k{:02}", self.dice.below(KEYS))
    }

    fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }

    fn key(&self, sort: &str) -> Attributes {
        attributes([("pk", s(&self.partition)), ("sk", s(sort))])
    }

    fn item(&self, sort: &str, version: u64) -> Attributes {
        let payload = payload(&self.partition, sort, version, self.weight.payload_bytes);
        attributes([
            ("pk", s(&self.partition)),
            ("sk", s(sort)),
            ("version", n(version)),
            ("payload", s(payload)),
        ])
    }

    /// The version in an item that was read, whose every part must belong to it.
    fn version_in(&self, sort: &str, item: &Attributes) -> u64 {
        let version = number(item, "version");
        assert!(*item == self.item(sort, version), "a torn item under {sort}, version {version}");
        version
    }

    fn expected(&mut self, sort: &str) -> &mut Expected {
        self.model.entry(sort.to_owned()).or_default()
    }

    async fn put(&mut self) -> Result<(), Refused> {
        let sort = self.any_sort();
        let version = self.next_version();
        let item = self.item(&sort, version);
        self.expected(&sort).perhaps.push(Some(version));
        self.tables.put(&self.table, item).await?;
        self.expected(&sort).acknowledge(Some(version));
        self.operations += 1;
        Ok(())
    }

    async fn remove(&mut self) -> Result<(), Refused> {
        let sort = self.any_sort();
        let key = self.key(&sort);
        self.expected(&sort).perhaps.push(None);
        self.tables.delete(&self.table, key).await?;
        self.expected(&sort).acknowledge(None);
        self.operations += 1;
        Ok(())
    }

    async fn write_batch(&mut self) -> Result<(), Refused> {
        let sorts: BTreeMap<String, u64> = (0..self.dice.below(self.weight.batch_items - 1) + 2)
            .map(|_| (self.any_sort(), self.next_version()))
            .collect();
        let items = sorts.iter().map(|(sort, version)| self.item(sort, *version)).collect();
        for (sort, version) in &sorts {
            self.expected(sort).perhaps.push(Some(*version));
        }
        self.tables.put_batch(&self.table, items).await?;
        for (sort, version) in &sorts {
            self.expected(sort).acknowledge(Some(*version));
            self.operations += 1;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Refused> {
        let sort = self.any_sort();
        self.read_one(sort).await
    }

    async fn read_one(&mut self, sort: String) -> Result<(), Refused> {
        let found = self.tables.get(&self.table, self.key(&sort)).await?;
        let version = found.map(|item| self.version_in(&sort, &item));
        self.expected(&sort).observe(&sort, version);
        self.operations += 1;
        Ok(())
    }

    async fn read_batch(&mut self) -> Result<(), Refused> {
        let sorts: Vec<String> = (0..KEYS).step_by(5).map(|number| format!("k{number:02}")).collect();
        let keys = sorts.iter().map(|sort| listed(self.key(sort))).collect();
        let wanted = KeysAndAttributes { keys, consistent_read: true, ..Default::default() };
        let request = BatchGetItemRequest {
            request_items: HashMap::from([(self.table.clone(), wanted)]),
            ..Default::default()
        };
        let answer = self.tables.batch_get_item(request).await?;
        assert!(answer.unprocessed_keys.is_empty(), "a batch within the limits is processed whole");
        let found = answer.responses.get(&self.table).map(|list| list.items.clone()).unwrap_or_default();
        let mut found: HashMap<String, Attributes> =
            found.into_iter().map(|item| (text(&item.attributes, "sk"), item.attributes)).collect();
        for sort in &sorts {
            let version = found.remove(sort).map(|item| self.version_in(sort, &item));
            self.expected(sort).observe(sort, version);
            self.operations += 1;
        }
        assert!(found.is_empty(), "BatchGetItem answered what was not asked for");
        Ok(())
    }

    async fn query(&mut self) -> Result<(), Refused> {
        let request = QueryRequest {
            table_name: self.table.clone(),
            key_condition_expression: "pk = :pk".to_owned(),
            expression_attribute_values: attributes([(":pk", s(&self.partition))]),
            consistent_read: true,
            ..Default::default()
        };
        let items = self.tables.query_all(request).await?;
        let sorts: Vec<String> = items.iter().map(|item| text(item, "sk")).collect();
        assert!(
            sorts.is_sorted_by(|left, right| left < right),
            "Query answers in the order of sort keys: {sorts:?}"
        );
        let mut found: BTreeMap<String, u64> = sorts
            .iter()
            .zip(&items)
            .map(|(sort, item)| (sort.clone(), self.version_in(sort, item)))
            .collect();
        for (sort, expected) in &mut self.model {
            expected.observe(sort, found.remove(sort));
            self.operations += 1;
        }
        assert!(found.is_empty(), "keys that were never written: {found:?}");
        Ok(())
    }
}

/// A payload that depends on the partition, the sort key and the version, and so does its length.
fn payload(partition: &str, sort: &str, version: u64, most_bytes: u64) -> String {
    let length = usize::try_from(version.wrapping_mul(7919) % most_bytes).expect("a payload fits");
    format!("{partition}/{sort}/{version};").chars().cycle().take(length).collect()
}

/// Several clients at work until they are told to stop.
pub struct Fleet {
    stop: Arc<AtomicBool>,
    clients: JoinSet<(Client, Result<(), Refused>)>,
}

impl Fleet {
    /// Starts `count` clients on `table`, each with its own partition.
    pub fn launch(tables: &Tables, table: &str, count: usize, dice: &mut Dice) -> Self {
        let clients = (0..count)
            .map(|number| Client::new(tables.clone(), table, &format!("client-{number}"), dice.fork()))
            .collect();
        Self::resume(clients)
    }

    /// Sets clients to work, again or for the first time.
    pub fn resume(clients: Vec<Client>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut working = JoinSet::new();
        for mut client in clients {
            let stop = Arc::clone(&stop);
            working.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if let Err(refused) = client.step().await {
                        return (client, Err(refused));
                    }
                }
                (client, Ok(()))
            });
        }
        Self { stop, clients: working }
    }

    /// Fails the test when a client has already ended: it only does when a request failed or a check did.
    pub async fn assert_flying(&mut self) {
        if let Some(ended) = self.clients.try_join_next() {
            let (_, result) = ended.expect("a client's checks hold");
            panic!("a request failed under load: {result:?}");
        }
    }

    /// Stops the load. Every request must have gone through; the clients are given back after a last full check.
    pub async fn land(self) -> Vec<Client> {
        let mut clients = Vec::new();
        for (mut client, result) in self.halt().await {
            result.expect("no request fails under load");
            client.verify().await.expect("no request fails after the load");
            clients.push(client);
        }
        clients
    }

    /// Stops the load whatever became of its requests; for services that were killed under it.
    pub async fn halt(mut self) -> Vec<(Client, Result<(), Refused>)> {
        self.stop.store(true, Ordering::Relaxed);
        let mut ended = Vec::new();
        while let Some(client) =
            within("the load stops", Duration::from_secs(90), self.clients.join_next()).await
        {
            ended.push(client.expect("a client's checks hold"));
        }
        ended
    }
}
