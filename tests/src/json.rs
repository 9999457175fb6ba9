//! AWS's JSON protocols as a client speaks them: requests signed by AWS's own signer, over HTTP/1.1 on connections that are
//! kept. It is small enough to measure with, and lets a test send what no SDK would.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials as AwsCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::REGION;
use crate::client::{Credentials, DEADLINE};
use crate::wait::within;

/// Which service a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `DynamoDB_20120810`, JSON 1.0.
    DynamoDb,
    /// `TrentService`, JSON 1.1.
    Kms,
}

impl Protocol {
    /// What comes before the operation in `X-Amz-Target`.
    pub const fn target(self) -> &'static str {
        match self {
            Self::DynamoDb => "DynamoDB_20120810",
            Self::Kms => "TrentService",
        }
    }

    /// The type of its requests and answers.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::DynamoDb => "application/x-amz-json-1.0",
            Self::Kms => "application/x-amz-json-1.1",
        }
    }

    /// The service in a credential's scope.
    pub const fn signing_name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Kms => "kms",
        }
    }
}

/// Signs requests to one host with one secret.
#[derive(Clone, Debug)]
pub struct Signer {
    protocol: Protocol,
    host: String,
    credentials: AwsCredentials,
}

impl Signer {
    /// For requests to `host`, which is what the client calls the server, with its port.
    pub fn new(protocol: Protocol, host: impl fmt::Display, credentials: &Credentials) -> Self {
        let Credentials { access_key_id, secret } = credentials;
        let credentials = AwsCredentials::new(access_key_id, secret, None, None, "tests");
        Self { protocol, host: host.to_string(), credentials }
    }

    /// The bytes of a request.
    pub fn request(&self, operation: &str, body: &[u8]) -> Vec<u8> {
        self.request_at(SystemTime::now(), operation, body, &[])
    }

    /// The bytes of a request that is signed at `time` and has further headers, which are signed too.
    pub fn request_at(
        &self,
        time: SystemTime,
        operation: &str,
        body: &[u8],
        more: &[(&str, &str)],
    ) -> Vec<u8> {
        let target = format!("{}.{operation}", self.protocol.target());
        let own = [
            ("host", self.host.as_str()),
            ("content-type", self.protocol.content_type()),
            ("x-amz-target", &target),
        ];
        let headers = || own.iter().chain(more).copied();
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name(self.protocol.signing_name())
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .expect("every parameter is there");
        let uri = format!("http://{}/", self.host);
        let signable = SignableRequest::new("POST", uri, headers(), SignableBody::Bytes(body));
        let signed = sign(signable.expect("a request can be signed"), &parameters.into());
        let (instructions, _signature) = signed.expect("a request is signed").into_parts();
        let mut request = format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers().chain(instructions.headers()) {
            request += &format!("{name}: {value}\r\n");
        }
        request += "\r\n";
        let mut request = request.into_bytes();
        request.extend_from_slice(body);
        request
    }
}

/// The answer to a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null if there is none, as some operations answer.
    #[track_caller]
    pub fn json(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }
}

/// A connection of HTTP/1.1.
#[derive(Debug)]
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// The connection ends too early, or what comes is not an answer with a length.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.send(request).await?;
        self.answer().await
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes).await
    }

    /// Reads one answer.
    ///
    /// # Errors
    /// The connection ends too early, or what comes is not an answer with a length.
    pub async fn answer(&mut self) -> io::Result<Answer> {
        let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let status = self.line().await?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| broken("no status line"))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        answer.body = vec![0; length.ok_or_else(|| broken("no content-length"))?];
        self.0.read_exact(&mut answer.body).await?;
        Ok(answer)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonRefused {
    /// The HTTP status.
    pub status: u16,
    /// The name of the exception, without its namespace.
    pub code: String,
    /// The text; empty if there is none.
    pub message: String,
    /// The whole body.
    pub body: Value,
}

/// A client of one service that calls as one principal. Any number of calls may be under way.
#[derive(Debug)]
pub struct Json {
    address: SocketAddr,
    signer: Signer,
    idle: Mutex<Vec<Connection>>,
}

impl Json {
    /// A client that calls as the owner of `credentials`.
    pub fn new(protocol: Protocol, address: SocketAddr, credentials: &Credentials) -> Self {
        Self { address, signer: Signer::new(protocol, address, credentials), idle: Mutex::default() }
    }

    /// Who signs its requests.
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Calls an operation.
    ///
    /// # Errors
    /// What the service answers if it does not do it.
    pub async fn call(&self, operation: &str, request: &Value) -> Result<Value, JsonRefused> {
        let request = self.signer.request(operation, request.to_string().as_bytes());
        let answer = within("an answer comes", DEADLINE, self.exchange(&request)).await;
        let answer = answer.expect("the service answers");
        let body = answer.json();
        if answer.status == 200 {
            return Ok(body);
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let code = text("__type").rsplit('#').next().unwrap_or_default().to_owned();
        let message = [text("message"), text("Message")].concat();
        Err(JsonRefused { status: answer.status, code, message, body })
    }

    /// Sends the bytes of a request on a connection of its own for that time, and reads the answer.
    ///
    /// # Errors
    /// The connection cannot be made, or ends too early.
    pub async fn exchange(&self, request: &[u8]) -> io::Result<Answer> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let answer = connection.exchange(request).await?;
        if answer.header("connection") != Some("close") {
            self.idle().push(connection);
        }
        Ok(answer)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
