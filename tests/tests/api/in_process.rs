//! Both services in the test's own process, over stores that are memory: their JSON doors, called as the server calls them,
//! and between the two no wire at all.

use std::sync::Arc;
use std::time::Duration;

use envelope::{OsEntropy, RootKey};
use identity::{Caller, Principal, PrincipalArn, ServiceName};
use kms_core::{Audit, AuditRecord, Kms, WatchEvent};
use serde_json::Value;
use service_kit::JsonApi;
use store::MemoryStore;
use table_core::Tables;
use table_core::lease::LeaseTerms;
use tests::{ACCOUNT, Answer, JsonRefused, Protocol, REGION};

use crate::kms_port::KmsPort;

/// What the table service waits for KMS to prove before it proves it anew: as long as the tests, and longer.
const LEASE: LeaseTerms =
    LeaseTerms { length: Duration::from_secs(300), outage_grace: Duration::from_secs(3_600) };

/// Both services' JSON doors.
pub(crate) struct Doors {
    tables: Arc<dyn JsonApi>,
    keys: Arc<dyn JsonApi>,
    root: Caller,
}

impl Doors {
    pub(crate) async fn open() -> Self {
        let account = ACCOUNT.parse().expect("an account");
        let region = REGION.parse().expect("a Region");
        let kms = open_kms().await;
        let name = ServiceName::dynamodb(&region);
        let arn = PrincipalArn::of_service(&account, &name);
        let service = Arc::new(Principal::service(arn, name, Default::default()));
        let store = Arc::new(MemoryStore::new());
        let ports = table_core::Ports {
            store: store.clone(),
            effaceable: store,
            kms: Arc::new(KmsPort::new(kms.clone(), service.clone())),
            entropy: Arc::new(OsEntropy),
            clock: Arc::new(table_core::clock::SystemClock),
        };
        let root = Caller::direct(Arc::new(Principal::root(account)));
        let config = table_core::Config {
            account: root.principal.account.clone(),
            region,
            leases: LEASE,
            key_check: Duration::from_secs(60),
            has_sse_change_quota: false,
        };
        let tables = Tables::open(config, ports).await.expect("no tables yet");
        tables.start().await.expect("the tables are taken up");
        tokio::spawn(watch(kms.clone(), Caller::direct(service), tables.clone()));
        Self {
            tables: Arc::new(table_service::Door::new(tables)),
            keys: Arc::new(kms_service::Door::new(kms)),
            root,
        }
    }

    pub(crate) async fn call(
        &self,
        protocol: Protocol,
        operation: &str,
        request: &Value,
    ) -> Result<Value, JsonRefused> {
        let api = match protocol {
            Protocol::DynamoDb => &self.tables,
            Protocol::Kms => &self.keys,
        };
        let (status, body) = stories::ask(&**api, self.root.clone(), operation, &request.to_string()).await;
        Answer { status, headers: Vec::new(), body: body.into() }.outcome()
    }
}

async fn open_kms() -> Kms {
    let store = Arc::new(MemoryStore::new());
    let ports = kms_core::Ports {
        store: store.clone(),
        effaceable: store,
        clock: Arc::new(kms_core::SystemClock),
        entropy: Arc::new(OsEntropy),
        audit: Arc::new(Unheard),
    };
    let root_key = RootKey::from_slice(&[0x5a; 32]).expect("32 bytes");
    Kms::open(REGION.parse().expect("a Region"), root_key, ports).await.expect("no keys yet")
}

/// Tells the tables what happens to keys, as the table service's watch does.
async fn watch(kms: Kms, service: Caller, tables: Tables) {
    let mut watch = kms.watch_keys(&service).expect("a service may watch");
    while let Some(event) = watch.next().await {
        match event {
            WatchEvent::Started => tables.watch_started(),
            WatchEvent::Changed { key_arn, .. } => tables.key_changed(&key_arn),
            WatchEvent::Missed => tables.missed_changes(),
        }
    }
}

/// An audit log that nobody reads.
struct Unheard;

impl Audit for Unheard {
    fn record(&self, _record: &AuditRecord) {}
}
