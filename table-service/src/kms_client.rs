//! The key-management service as the engine's port sees it: a gRPC client with the table service's own credential.
//!
//! Guarantees: every call ends within [`CALL_DEADLINE`]; what KMS answered and what it failed to answer never mix;
//! a plaintext key is zeroized in the answer's message (not in the transport's buffers it came through). Also here: the watch, which tells the engine of changes.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use envelope::{EncryptionContext, TableKey};
use proto::kms as wire;
use proto::kms::key_management_service_client::KeyManagementServiceClient;
use proto::kms::key_management_service_server::SERVICE_NAME;
use service_kit::{ClientIdentity, Span, Upstream};
use table_core::Tables;
use table_core::kms::{Actor, KeyInfo, KeyService, KeyState, KmsFailure, NewTableKey, Refusal};
use table_core::request;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;
use zeroize::Zeroizing;

use crate::metrics::KmsCalls;

/// From a call to the end of waiting for its answer.
const CALL_DEADLINE: Duration = Duration::from_secs(2);
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);
/// A silent peer is taken for dead after these two.
const PING_EVERY: Duration = Duration::from_secs(2);
const PING_DEADLINE: Duration = Duration::from_secs(2);
/// Between two attempts to watch.
const WATCH_PAUSE: Duration = Duration::from_millis(250);

type Client = KeyManagementServiceClient<Channel>;

/// A client of the key-management service.
#[derive(Clone)]
pub(crate) struct KmsClient {
    client: Client,
    upstream: Upstream,
    service_principal: String,
    calls: KmsCalls,
}

impl KmsClient {
    /// Connects on first use, and again whenever the connection is lost.
    pub(crate) fn new(upstream: Upstream, service_principal: String, calls: KmsCalls) -> Self {
        let channel = upstream.channel(|endpoint| {
            endpoint
                .connect_timeout(CONNECT_DEADLINE)
                .http2_keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(PING_DEADLINE)
                .keep_alive_while_idle(true)
        });
        Self { client: KeyManagementServiceClient::new(channel), upstream, service_principal, calls }
    }

    /// Reports changes to the engine, for ever. While nothing can be reported, the engine knows.
    pub(crate) async fn watch(self, tables: Tables) {
        loop {
            match self.watch_once(&tables).await {
                Ok(()) => tracing::info!("KMS ended the watch"),
                Err(status) => tracing::info!(code = ?status.code(), "KMS cannot be watched"),
            }
            tables.watch_lost();
            tokio::time::sleep(WATCH_PAUSE).await;
        }
    }

    async fn watch_once(&self, tables: &Tables) -> Result<(), Status> {
        use wire::watch_keys_response::Event;
        let request = self.request(&Actor::Service, wire::WatchKeysRequest {}, None)?;
        let mut client = self.client.clone();
        let opening = client.watch_keys(request);
        let mut events =
            tokio::time::timeout(CALL_DEADLINE, opening).await.map_err(|_| late())??.into_inner();
        while let Some(response) = events.message().await? {
            match response.event {
                Some(Event::Started(_)) => {
                    tracing::info!("watching KMS");
                    tables.watch_started();
                }
                Some(Event::Changed(changed)) => tables.key_changed(&changed.key_arn),
                Some(Event::Missed(_)) | None => tables.missed_changes(),
            }
        }
        Ok(())
    }

    fn count(&self, operation: &'static str, actor: &Actor, failure: Option<&KmsFailure>) {
        let actor = match actor {
            Actor::Service => "service",
            Actor::OnBehalfOf(_) => "caller",
        };
        let outcome = match failure {
            None => "ok",
            Some(KmsFailure::Refused(_)) => "refused",
            Some(KmsFailure::Outage { .. }) => "outage",
        };
        self.calls.count(operation, actor, outcome);
    }

    fn request<T>(
        &self,
        actor: &Actor,
        message: T,
        deadline: Option<Duration>,
    ) -> Result<Request<T>, Status> {
        let mut request = Request::new(message);
        if let Some(deadline) = deadline {
            request.set_timeout(deadline);
        }
        let on_behalf_of = match actor {
            Actor::Service => None,
            Actor::OnBehalfOf(principal) => Some(&principal.arn),
        };
        self.upstream
            .identity()
            .sign(&mut request, on_behalf_of)
            .map_err(|_| Status::internal("an identity that does not fit a header"))?;
        if let Some(origin) = request::origin() {
            ClientIdentity::trace(&mut request, &origin.id)
                .map_err(|_| Status::internal("a request id that does not fit a header"))?;
        }
        Ok(request)
    }
}

/// Makes one unary call: `call!(self, actor, method, message)`.
macro_rules! call {
    ($self:ident, $actor:expr, $method:ident, $message:expr) => {{
        let mut trace = span(stringify!($method));
        let outcome: Result<_, Status> = async {
            let mut request = $self.request($actor, $message, Some(CALL_DEADLINE))?;
            trace.put_on(&mut request);
            let answer = tokio::time::timeout(CALL_DEADLINE, $self.client.clone().$method(request)).await;
            answer.map_err(|_| late())?.map(tonic::Response::into_inner)
        }
        .await;
        trace.note(outcome.as_ref().err().map_or(Code::Ok, Status::code));
        let outcome = outcome.map_err(failure);
        $self.count(stringify!($method), $actor, outcome.as_ref().err());
        outcome
    }};
}

#[async_trait]
impl KeyService for KmsClient {
    async fn describe_key(&self, actor: &Actor, key: &str) -> Result<KeyInfo, KmsFailure> {
        let message = wire::DescribeKeyRequest { key_id: key.to_owned(), grant_tokens: Vec::new() };
        let metadata = call!(self, actor, describe_key, message)?.key_metadata.ok_or_else(malformed)?;
        let state = match metadata.key_state() {
            wire::KeyState::Enabled => KeyState::Enabled,
            wire::KeyState::Disabled => KeyState::Disabled,
            wire::KeyState::PendingDeletion => KeyState::PendingDeletion,
            wire::KeyState::Unspecified => return Err(malformed()),
        };
        let managed = metadata.key_manager() == wire::KeyManagerType::Aws;
        Ok(KeyInfo { arn: metadata.arn, state, managed })
    }

    async fn create_grant(
        &self,
        actor: &Actor,
        key_arn: &str,
        context: &EncryptionContext,
        name: &str,
    ) -> Result<String, KmsFailure> {
        use wire::GrantOperation as Op;
        let operations = [
            Op::DescribeKey,
            Op::GenerateDataKey,
            Op::Decrypt,
            Op::Encrypt,
            Op::ReEncryptFrom,
            Op::ReEncryptTo,
            Op::RetireGrant,
        ];
        let message = wire::CreateGrantRequest {
            key_id: key_arn.to_owned(),
            grantee_principal: self.service_principal.clone(),
            retiring_principal: self.service_principal.clone(),
            operations: operations.into_iter().map(i32::from).collect(),
            constraints: Some(wire::GrantConstraints {
                encryption_context_subset: pairs(context),
                encryption_context_equals: HashMap::new(),
            }),
            grant_tokens: Vec::new(),
            name: name.to_owned(),
            dry_run: false,
        };
        Ok(call!(self, actor, create_grant, message)?.grant_id)
    }

    async fn retire_grant(&self, key_arn: &str, grant_id: &str) -> Result<(), KmsFailure> {
        let message = wire::RetireGrantRequest {
            grant_token: String::new(),
            key_id: key_arn.to_owned(),
            grant_id: grant_id.to_owned(),
            dry_run: false,
        };
        match call!(self, &Actor::Service, retire_grant, message) {
            Err(KmsFailure::Refused(refusal)) if refusal.code == "NotFoundException" => Ok(()),
            Err(failure) => Err(failure),
            Ok(_) => Ok(()),
        }
    }

    async fn generate_table_key(
        &self,
        key: &str,
        context: &EncryptionContext,
    ) -> Result<NewTableKey, KmsFailure> {
        let message = wire::GenerateDataKeyRequest {
            key_id: key.to_owned(),
            key_spec: wire::DataKeySpec::Aes256.into(),
            encryption_context: pairs(context),
            ..Default::default()
        };
        let answer = call!(self, &Actor::Service, generate_data_key, message)?;
        let plaintext = Zeroizing::new(answer.plaintext);
        let key = TableKey::from_slice(&plaintext).map_err(|_| malformed())?;
        Ok(NewTableKey { key, wrapped: answer.ciphertext_blob, key_arn: answer.key_id })
    }

    async fn unwrap_table_key(
        &self,
        actor: &Actor,
        wrapped: &[u8],
        context: &EncryptionContext,
    ) -> Result<TableKey, KmsFailure> {
        // No key id: KMS finds the key by the blob, as DynamoDB's own calls do.
        let message = wire::DecryptRequest {
            ciphertext_blob: wrapped.to_vec(),
            encryption_context: pairs(context),
            ..Default::default()
        };
        let plaintext = Zeroizing::new(call!(self, actor, decrypt, message)?.plaintext);
        TableKey::from_slice(&plaintext).map_err(|_| malformed())
    }
}

/// The span of a call of the client's method of this name, caused by the request that is being served.
fn span(method: &'static str) -> Span {
    let origin = request::origin();
    let origin = origin.as_ref();
    let parent = origin.and_then(|origin| origin.trace.as_deref());
    Span::client(SERVICE_NAME, &in_proto(method), origin.map(|origin| &*origin.id), parent)
}

/// A method's name as the .proto file has it: `DescribeKey` for `describe_key`.
fn in_proto(method: &'static str) -> String {
    let capital = |word: &'static str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
    };
    method.split('_').flat_map(capital).collect()
}

fn pairs(context: &EncryptionContext) -> HashMap<String, String> {
    context.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Sorts a status into answer and silence. What is neither a considered refusal nor plainly silence (an internal error, a
/// rejected service credential) counts as silence: it must never end a permission that KMS did not mean to end.
fn failure(status: Status) -> KmsFailure {
    let outage = |detail: String| KmsFailure::Outage { detail };
    match status.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented => {
            let Some(info) = status.get_details_error_info() else {
                return outage(format!("{:?}", status.code()));
            };
            let request_id = info.metadata.get("request_id").cloned().unwrap_or_default();
            KmsFailure::Refused(Refusal {
                code: info.reason,
                message: status.message().to_owned(),
                request_id,
            })
        }
        Code::Unauthenticated => {
            tracing::error!("KMS does not accept this service's credential");
            outage("credential not accepted".to_owned())
        }
        code => outage(format!("{code:?}")),
    }
}

fn malformed() -> KmsFailure {
    KmsFailure::Outage { detail: "an answer that cannot be understood".to_owned() }
}

fn late() -> Status {
    Status::deadline_exceeded("no answer in time")
}
