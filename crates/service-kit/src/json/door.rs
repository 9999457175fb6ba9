//! The door for AWS's JSON protocols: all of a request and its answer that is the protocol's and not an operation's.
//!
//! In order, as AWS checks: is it a request of a protocol at all; how large is its body; is that JSON, of a protocol that asks so
//! early; is there such an operation; who signed it. Then the operation reads its body. What arrives unsigned is never parsed
//! into anything.

use super::{Call, Failure, JsonApi, Neighbour, body::Received};
use crate::{
    RequestId,
    answer::{log, public_text},
    host::called,
    paths::Method,
    refusal::Unserved,
    stack::{Record, Stack, contained, in_time},
    traces::TraceParent,
};
use aws_json::{Protocol, REQUEST_ID_HEADER, UNKNOWN_OPERATION};
use axum::{
    body::{Body, Bytes},
    extract::Request,
};
use fault::{Fault, Kind};
use http::{HeaderMap, Method as Verb, Response, StatusCode, header::CONTENT_TYPE};
use identity::Region;
use std::{borrow::Cow, collections::HashMap, sync::Arc};
use tonic::Code;

/// What every gRPC request's type begins with.
const GRPC: &[u8] = b"application/grpc";
/// Most bytes of a text in the body of an error: it may quote what a caller sent, which can be megabytes.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// The protocols that are spoken beside gRPC, this service's own first.
#[derive(Default)]
pub(crate) struct Doors {
    apis: Vec<Api>,
}

/// One protocol, and who answers its requests.
struct Api {
    protocol: &'static Protocol,
    serves: Serves,
    methods: HashMap<&'static str, Method>,
    unknown: Method,
}

enum Serves {
    /// What is signed for this region.
    Here {
        region: Region,
        api: Arc<dyn JsonApi>,
    },
    There(Neighbour),
}

/// A request that is for one of the doors.
pub(crate) struct Asked<'a> {
    api: &'a Api,
    what: What,
    content_type: Option<&'static str>,
}

/// What is asked for.
#[derive(Clone, Copy)]
enum What {
    /// Whether the service is there: `GET /`.
    Health,
    /// Nothing that any protocol has.
    Nothing,
    /// An operation of the protocol's; nothing if it has none of that name.
    Operation(Option<&'static str>),
}

/// Why a request has no answer of an operation's.
pub(super) enum Refused {
    /// A failure that the protocol has words for.
    Failure(Failure),
    /// The server itself does not serve it.
    Unserved(Unserved),
    /// Its body is too large: the one refusal without a body.
    TooLarge,
}

/// Why an operation does not see a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the body is not JSON")]
    NotJson,
    #[error("there is no such operation")]
    UnknownOperation,
}

impl Doors {
    /// Adds a protocol that is served here.
    pub(crate) fn serve(&mut self, region: Region, api: Arc<dyn JsonApi>) {
        let (protocol, names) = (api.protocol(), api.operations());
        self.apis.push(Api::new(protocol, Serves::Here { region, api }, names));
    }

    /// Adds a protocol whose requests are a neighbour's.
    pub(crate) fn pass_on(&mut self, protocol: &'static Protocol, to: Neighbour) {
        self.apis.push(Api::new(protocol, Serves::There(to), &[]));
    }

    /// Which door a request is for; none for gRPC's own.
    pub(crate) fn asked(&self, request: &Request) -> Option<Asked<'_>> {
        let headers = request.headers();
        let own = self.apis.first()?;
        if headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(GRPC)) {
            return None;
        }
        let plain = |what| Asked { api: own, what, content_type: None };
        if request.uri().path() != "/" {
            return Some(plain(What::Nothing));
        }
        if request.method() == Verb::GET {
            return Some(plain(What::Health));
        }
        if request.method() != Verb::POST {
            return Some(plain(What::Nothing));
        }
        let named = self.apis.iter().find_map(|api| Some((api, api.protocol.target(headers)?)));
        let api = named.map_or_else(|| self.by_type(headers).unwrap_or(own), |(api, _)| api);
        let content_type = api.protocol.type_of(headers);
        let operation = named.and_then(|(api, name)| api.methods.get_key_value(name).map(|(name, _)| *name));
        let what = content_type.map_or(What::Nothing, |_| What::Operation(operation));
        Some(Asked { api, what, content_type })
    }

    /// Whose words a request that names no operation is answered in: by its type.
    fn by_type(&self, headers: &HeaderMap) -> Option<&Api> {
        self.apis.iter().find(|api| api.protocol.type_of(headers) == Some(api.protocol.content_type))
    }
}

impl Api {
    fn new(protocol: &'static Protocol, serves: Serves, names: &[&'static str]) -> Self {
        let service: Arc<str> = protocol.target_prefix.into();
        let method = |name: &str| Method::of_json(&service, name);
        let methods = names.iter().map(|name| (*name, method(name))).collect();
        let unknown = method(if matches!(serves, Serves::There(_)) { "passed_on" } else { "unknown" });
        Self { protocol, serves, methods, unknown }
    }
}

impl Asked<'_> {
    /// The method as metrics and logs name it.
    pub(crate) fn method(&self) -> Method {
        match self.what {
            What::Operation(Some(name)) => self.api.methods.get(name).unwrap_or(&self.api.unknown).clone(),
            What::Operation(None) => self.api.unknown.clone(),
            What::Health | What::Nothing => Method { is_public: true, ..self.api.unknown.clone() },
        }
    }

    /// A new id, of the kind that the protocol's clients know.
    pub(crate) fn request_id(&self) -> RequestId {
        RequestId::made(self.api.protocol.request_id())
    }

    /// Answers.
    pub(crate) async fn answer(
        &self,
        stack: &Stack,
        request: Request,
        id: &RequestId,
        record: &mut Record,
    ) -> Response<Body> {
        let answered = in_time(Some(stack.longest), contained(self.served(stack, request, id, record))).await;
        let (code, mut answer) = match answered.map_err(Refused::Unserved).flatten() {
            Ok(answer) if matches!(self.what, What::Nothing) => (Code::Unimplemented, answer),
            Ok(answer) => (code_of(answer.status()), answer),
            Err(refused) => self.refusal(stack, refused, id),
        };
        record.note_code(code);
        // An answer that was passed on has the id that its service knows it by.
        if !answer.headers().contains_key(REQUEST_ID_HEADER) {
            Protocol::write_id(answer.headers_mut(), id.as_str());
        }
        answer.map(Body::from)
    }

    /// The answer of the server itself.
    pub(crate) fn unserved(
        &self,
        stack: &Stack,
        why: Unserved,
        id: &RequestId,
        record: &mut Record,
    ) -> Response<Body> {
        let (code, answer) = self.refusal(stack, Refused::Unserved(why), id);
        record.note_code(code);
        answer.map(Body::from)
    }

    /// The answer to what is no operation.
    fn plain(&self) -> Response<Bytes> {
        let protocol = self.api.protocol;
        match (self.what, &self.api.serves) {
            (What::Health, Serves::Here { region, .. }) => {
                protocol.bare(StatusCode::OK, protocol.health(region.as_str()))
            }
            _ => protocol.bare(StatusCode::NOT_FOUND, UNKNOWN_OPERATION),
        }
    }

    async fn served(
        &self,
        stack: &Stack,
        request: Request,
        id: &RequestId,
        record: &mut Record,
    ) -> Result<Response<Bytes>, Refused> {
        let protocol = self.api.protocol;
        let What::Operation(operation) = self.what else {
            stack.take_place(record).map_err(Refused::Unserved)?;
            return Ok(self.plain());
        };
        let place = stack.unproven.enter();
        let (head, body) = request.into_parts();
        let body = Received::in_place(&place, body, protocol.max_body_bytes).await?;
        let (region, api) = match &self.api.serves {
            Serves::Here { region, api } => (region, api),
            Serves::There(neighbour) => {
                stack.take_passing_place(record).map_err(Refused::Unserved)?;
                let answered = place.unless_given_up(neighbour.pass_on(head, body.into_bytes())).await;
                let answer = answered.unwrap_or(Err(Unserved::Overloaded)).map_err(Refused::Unserved)?;
                if answer.status().is_success() {
                    record.note_useful();
                }
                return Ok(answer);
            }
        };
        let signed = || {
            let operation = operation.ok_or(Unreadable::UnknownOperation)?;
            let caller = stack.gate.signed(&head, region.as_str(), protocol.signing_name, &body.hash)?;
            Ok::<_, Failure>((operation, caller))
        };
        // The body of whoever is let in is read by the operation anyway.
        let (operation, caller) = match signed() {
            Err(_) if protocol.body_comes_first && !body.may_be_json(&head.headers) => {
                return Err(Unreadable::NotJson.into());
            }
            signed => signed.map_err(Refused::Failure)?,
        };
        stack.take_place(record).map_err(Refused::Unserved)?;
        if !place.hand_over(&stack.uploads, &record.upload()) {
            return Err(Refused::Unserved(Unserved::Overloaded));
        }
        drop(place);
        record.know(&caller, id, &head.headers);
        let body = body.open(&head.headers, protocol.max_body_bytes, &stack.uploads, &record.upload())?;
        let call = Call {
            operation,
            body,
            caller,
            request_id: id.clone(),
            trace_parent: record.trace_parent().map(TraceParent::into_inner),
            host: called(&head),
        };
        let answer = api.call(call).await.map_err(Refused::Failure)?;
        Ok(protocol.answer(StatusCode::OK, self.content_type, answer))
    }

    /// The answer to a request that is refused, and the code that metrics and logs have for it.
    fn refusal(&self, stack: &Stack, refused: Refused, id: &RequestId) -> (Code, Response<Bytes>) {
        let failure = match refused {
            Refused::TooLarge => {
                let answer = self.api.protocol.bare(StatusCode::PAYLOAD_TOO_LARGE, Bytes::new());
                return (Code::OutOfRange, answer);
            }
            Refused::Unserved(unserved) => {
                unserved.log(stack.domain, id);
                Failure::from(unserved)
            }
            Refused::Failure(failure) => {
                log(failure.fault(), stack.domain, id);
                failure
            }
        };
        let fault = failure.fault();
        let text = public_text(fault, id, MAX_TEXT_BYTES);
        let body = self.api.protocol.error(fault.reason(), &text, failure.members());
        let status = StatusCode::from_u16(fault.kind().http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let code = Code::from_i32(fault.kind().grpc_code());
        (code, self.api.protocol.answer(status, self.content_type, body))
    }
}

impl From<Unreadable> for Refused {
    fn from(unreadable: Unreadable) -> Self {
        Self::Failure(unreadable.into())
    }
}

impl Fault for Unreadable {
    fn kind(&self) -> Kind {
        match self {
            Self::NotJson => Kind::Invalid,
            Self::UnknownOperation => Kind::Unimplemented,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotJson => "SerializationException",
            Self::UnknownOperation => "UnknownOperationException",
        }
    }

    /// AWS says nothing more.
    fn public_message(&self) -> Cow<'_, str> {
        "".into()
    }
}

/// What metrics and logs say of an answer that a neighbour made: of all that it refuses, that it was refused.
fn code_of(status: StatusCode) -> Code {
    match status.as_u16() {
        200..=299 => Code::Ok,
        503 => Code::Unavailable,
        500.. => Code::Internal,
        _ => Code::InvalidArgument,
    }
}
