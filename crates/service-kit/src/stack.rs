//! The stack around every route and every door: request id, limits, deadline, span, authentication, and at the end one record of the outcome.
//!
//! A request's record is written when the last byte of its answer is gone, or when the caller has gone away; it feeds
//! the metrics, the access log (target `access`) and the trace. None ever holds a body, a key or an item.

use crate::{
    RequestId,
    auth::Gate,
    body::{First, Observed},
    budget::{Budget, FREE_BYTES, Taken},
    deadline::time_for,
    host::Called,
    json::{Asked, Doors},
    log_lines::ACCESS,
    metrics::{RpcMetrics, code_name},
    paths::{Method, Paths},
    peers::{InWork, Peer},
    refusal::Unserved,
    traces::{Span, TraceParent},
    unhandled,
    unproven::Unproven,
    upload::Upload,
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderMap;
use identity::Caller;
use std::{
    convert::Infallible,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};
use tower::ServiceExt as _;
use tracing::Instrument;

/// What the stack of one server holds.
pub(crate) struct Stack {
    pub(crate) gate: Gate,
    pub(crate) paths: Paths,
    pub(crate) doors: Doors,
    pub(crate) metrics: RpcMetrics,
    pub(crate) permits: Arc<Semaphore>,
    /// For the paths that need no credentials.
    pub(crate) public_permits: Arc<Semaphore>,
    /// For those of them that may take for ever.
    pub(crate) public_streams: Arc<Semaphore>,
    /// Those whose caller is known only when all of their body is there.
    pub(crate) unproven: Arc<Unproven>,
    /// For those that a neighbour answers.
    pub(crate) passing_permits: Arc<Semaphore>,
    /// For the bodies of requests.
    pub(crate) uploads: Budget,
    /// For the bodies of answers.
    pub(crate) answers: Budget,
    /// How long a request may take, unless it is a stream.
    pub(crate) longest: Duration,
    pub(crate) domain: &'static str,
    pub(crate) stop: CancellationToken,
}

/// The middleware around gRPC's routes: everything that happens around a handler, in order.
pub(crate) async fn grpc(State(stack): State<Arc<Stack>>, request: Request, next: Next) -> Response {
    stack.grpc(request, next).await
}

/// Answers every request: what is for a door there, and the rest, which is gRPC, by `routes`.
pub(crate) async fn answer(stack: &Stack, routes: Router, request: Request) -> Result<Response, Infallible> {
    match stack.doors.asked(&request) {
        Some(asked) => Ok(stack.json(&asked, request).await),
        None => routes.oneshot(request).await,
    }
}

impl Stack {
    async fn grpc(&self, request: Request, next: Next) -> Response {
        let id = RequestId::from_headers(request.headers());
        let method = self.paths.method(request.uri().path()).clone();
        let span = method.span(&id);
        let time = (!method.is_stream).then(|| time_for(request.headers(), self.longest));
        let asked = unhandled::Asked::with(request.headers());
        let mut record = Record::start(self, method, &id, &request);
        let response = match self.admit(request, &id, &mut record) {
            Ok(request) => match in_time(time, contained(next.run(request))).instrument(span).await {
                Ok(response) => asked.explain(response, self.domain, &id),
                Err(unserved) => unserved.answer(self.domain, &id).into_http(),
            },
            Err(refusal) => refusal.into_http(),
        };
        let (mut response, first) = match self.hold(response, &mut record).await {
            Ok(held) => held,
            Err(unserved) => (unserved.answer(self.domain, &id).into_http(), None),
        };
        id.write_to(response.headers_mut());
        record.note_head(response.headers());
        self.observed(response, first, record)
    }

    async fn json(&self, asked: &Asked<'_>, request: Request) -> Response {
        let (id, method) = (asked.request_id(), asked.method());
        let span = method.span(&id);
        let mut record = Record::start(self, method, &id, &request);
        let response = asked.answer(self, request, &id, &mut record).instrument(span).await;
        let (response, first) = match self.hold(response.map(Body::new), &mut record).await {
            Ok(held) => held,
            Err(unserved) => (asked.unserved(self, unserved, &id, &mut record), None),
        };
        self.observed(response, first, record)
    }

    /// Lets a request in, with its id and its caller in the extensions, or says why not.
    fn admit(&self, request: Request, id: &RequestId, record: &mut Record) -> Result<Request, Box<Status>> {
        let (mut head, body) = request.into_parts();
        head.extensions.insert(id.clone());
        if let Some(authority) = head.uri.authority() {
            head.extensions.insert(Called(authority.clone()));
        }
        self.take_place(record).map_err(|unserved| Box::new(unserved.answer(self.domain, id)))?;
        if !record.method.is_public {
            let caller = self.gate.admit(&head).map_err(|refusal| Box::new(refusal.status(id)))?;
            record.know(&caller, id, &head.headers);
            head.extensions.insert(caller);
            record.trace_parent().map(|parent| head.extensions.insert(parent));
        }
        let (budget, taken) = (self.uploads.clone(), record.upload());
        let upload = Upload::new(body, move |bytes| taken.take(bytes, &budget));
        Ok(Request::from_parts(head, Body::new(upload)))
    }

    /// Takes a place among the requests in work.
    pub(crate) fn take_place(&self, record: &mut Record) -> Result<(), Unserved> {
        let permits = match (record.method.is_public, record.method.is_stream) {
            (false, _) => &self.permits,
            (true, false) => &self.public_permits,
            (true, true) => &self.public_streams,
        };
        record.take(permits)
    }

    /// Takes a place among the requests that a neighbour answers, so that one who is slow keeps out nobody else's.
    pub(crate) fn take_passing_place(&self, record: &mut Record) -> Result<(), Unserved> {
        record.take(&self.passing_permits)
    }

    /// Encodes the answer of a unary call, which is in memory anyway, and counts it: its caller may be slow to take it. If
    /// there is no room, it is given up for a refusal; what the call did stands, as when an answer is lost.
    async fn hold(&self, answer: Response, record: &mut Record) -> Result<(Response, First), Unserved> {
        if record.method.is_stream {
            return Ok((answer, None));
        }
        let (head, mut body) = answer.into_parts();
        let first = poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).await;
        let bytes = match &first {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        if bytes > FREE_BYTES && !record.answer.take(bytes, &self.answers) {
            return Err(Unserved::Overloaded);
        }
        Ok((Response::from_parts(head, body), first))
    }

    /// The answer, with its record, which is told when the last byte is gone.
    fn observed(&self, answer: Response, first: First, record: Record) -> Response {
        let stop = self.stop.clone();
        answer.map(|body| Body::new(Observed::new(first, body, record, stop)))
    }
}

/// A handler that panics fails its own request; without this it would take down every other one on its connection.
pub(crate) async fn contained<T>(handler: impl Future<Output = T>) -> Result<T, Unserved> {
    let mut handler = pin!(handler);
    // Nothing of an unwound handler is used again: the future is dropped with its request.
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Unserved::Panicked)),
    })
    .await
}

/// A handler that is not done in `time` is dropped, as if its caller had gone away.
pub(crate) async fn in_time<T>(
    time: Option<Duration>,
    handler: impl Future<Output = Result<T, Unserved>>,
) -> Result<T, Unserved> {
    let Some(time) = time else { return handler.await };
    let mut handler = pin!(handler);
    // Most are done at once, and need no timer.
    match poll_fn(|cx| Poll::Ready(handler.as_mut().poll(cx))).await {
        Poll::Ready(done) => done,
        Poll::Pending => tokio::time::timeout(time, handler).await.unwrap_or(Err(Unserved::Late)),
    }
}

/// What is to be said of a request when it is over. Dropping it says it.
pub(crate) struct Record {
    metrics: RpcMetrics,
    method: Method,
    id: RequestId,
    started: Instant,
    caller: Option<Caller>,
    /// Nothing yet means that the caller has gone away.
    code: Option<Code>,
    permit: Option<OwnedSemaphorePermit>,
    /// What the bodies of the request and of its answer have of their budgets.
    upload: Taken,
    answer: Taken,
    /// The request's place among those of its connection.
    in_work: Option<InWork>,
    /// The request's span, once its caller is known.
    trace: Option<Span>,
}

impl Record {
    fn start(stack: &Stack, method: Method, id: &RequestId, request: &Request) -> Self {
        let in_work = request.extensions().get::<Peer>().map(|peer| peer.begin(method.is_stream));
        let metrics = stack.metrics.clone();
        metrics.in_flight.inc();
        Self {
            metrics,
            method,
            id: id.clone(),
            started: Instant::now(),
            caller: None,
            code: None,
            permit: None,
            upload: Taken::default(),
            answer: Taken::default(),
            in_work,
            trace: None,
        }
    }

    /// Takes one of these places, for the one that it has.
    fn take(&mut self, permits: &Arc<Semaphore>) -> Result<(), Unserved> {
        let permit = permits.clone().try_acquire_owned().map_err(|_| Unserved::Overloaded)?;
        self.permit = Some(permit);
        Ok(())
    }

    /// Notes who calls. From then on there is a span: nobody else may fill the queue of what is exported, or say to which
    /// trace a request belongs.
    pub(crate) fn know(&mut self, caller: &Caller, id: &RequestId, headers: &HeaderMap) {
        self.caller = Some(caller.clone());
        self.note_useful();
        self.trace = Some(Span::server(&self.method, id, headers));
    }

    /// What the request tells those whom it causes of its trace.
    pub(crate) fn trace_parent(&self) -> Option<TraceParent> {
        self.trace.as_ref().and_then(Span::trace_parent)
    }

    /// Notes that it is a caller's: of one that is known here, or whom a neighbour answered well.
    pub(crate) fn note_useful(&mut self) {
        self.in_work.iter_mut().for_each(InWork::is_useful);
    }

    /// What the request's body has of the budget for bodies.
    pub(crate) fn upload(&self) -> Taken {
        self.upload.clone()
    }

    /// Takes the code from headers or trailers, if they have one.
    pub(crate) fn note_head(&mut self, headers: &HeaderMap) {
        if let Some(code) = headers.get(Status::GRPC_STATUS) {
            self.code = Some(Code::from_bytes(code.as_bytes()));
        }
    }

    /// Takes a code that the server itself gives.
    pub(crate) fn note_code(&mut self, code: Code) {
        self.code = Some(code);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(Code::Cancelled);
        let taken = self.started.elapsed();
        self.metrics.in_flight.dec();
        self.metrics.observe(&self.method, code, taken);
        self.trace.iter_mut().for_each(|trace| trace.note(code));
        let caller = self.caller.as_ref();
        tracing::info!(
            target: ACCESS,
            service = %self.method.service,
            method = %self.method.name,
            code = code_name(code),
            micros = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX),
            principal = caller.map(|caller| caller.principal.arn.as_str()),
            via = caller.and_then(|caller| caller.via.as_ref()).map(|service| service.as_str()),
            request_id = %self.id,
        );
    }
}
