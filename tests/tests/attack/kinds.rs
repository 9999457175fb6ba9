//! The kinds of attack. Each knows what is due to it, goes on until that is heard, and says whether it was.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tests::{Connection as Json, Dice, Protocol};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::wire::{
    CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, HEADERS, Heard, PING, PREFACE, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, field, frame,
};

/// Time for an answer that comes at once, on a machine that is busy with all this.
const PROMPT: Duration = Duration::from_secs(15);
/// How long an attacker goes on that nobody stops.
const HELD: Duration = Duration::from_secs(10);
/// Longer than the services let anybody take to begin to speak (10 seconds), to send a request (30), or to have it
/// answered and take its answer (60): `service_kit::Limits`.
const SILENT: Duration = Duration::from_secs(30);
const SENDING: Duration = Duration::from_secs(60);
const TAKING: Duration = Duration::from_secs(100);

/// A kind of attack, and one of it under way. Gives whether it arrived: the other side said what is due.
pub(crate) type Made = (&'static str, Pin<Box<dyn Future<Output = bool> + Send>>);

/// Makes an attack, each time another one.
pub(crate) type Attack = fn(Target, Dice) -> Made;

/// Whom an attacker calls, and what makes its calls good ones.
#[derive(Clone)]
pub(crate) struct Target {
    address: SocketAddr,
    headers: Vec<u8>,
    /// An operation of its own over AWS JSON, and the protocol.
    operation: (Protocol, &'static str),
    /// A request that has a large answer.
    request: Arc<[u8]>,
}

impl Target {
    pub(crate) fn new(
        address: SocketAddr,
        path: &str,
        authorization: &str,
        operation: (Protocol, &'static str),
        request: &impl prost::Message,
    ) -> Self {
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "attacked"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("authorization", authorization),
        ];
        let headers = fields.iter().flat_map(|(name, value)| field(name, value)).collect();
        Self { address, headers, operation, request: request.encode_to_vec().into() }
    }

    async fn greet(&self, settings: &[u8]) -> Option<Connection> {
        Connection::greet(self.address, settings).await
    }

    fn open(&self, stream: u32) -> Vec<u8> {
        frame(HEADERS, END_HEADERS, stream, &self.headers)
    }

    /// The whole request.
    fn ask(&self, stream: u32) -> Vec<u8> {
        let length = u32::try_from(self.request.len()).expect("short").to_be_bytes();
        let message = [&[0], &length[..], &self.request].concat();
        [self.open(stream), frame(DATA, END_STREAM, stream, &message)].concat()
    }
}

/// The clients' streams, in order.
fn streams() -> impl Iterator<Item = u32> {
    (1..).step_by(2)
}

/// Frames that no client may send, noise, and floods of those that cost the receiver more than the sender: what is said, and
/// what has to be heard.
fn malformation(target: &Target, dice: &mut Dice) -> (&'static str, Vec<u8>, fn(&Heard) -> bool) {
    const FLOOD: usize = 1_000;
    let opened = target.open(1);
    let ping = || frame(PING, 0, 0, &[7; 8]);
    let flood = |frame: Vec<u8>| frame.repeat(FLOOD);
    let is_over = Heard::is_over;
    let is_refused = |heard: &Heard| heard.is_over() || heard.has_refused_the_first();
    let is_done = |heard: &Heard| heard.is_over() || heard.pongs > 0;
    match dice.below(12) {
        0 => ("noise", dice.bytes(1_000), is_over),
        1 => ("headers of no stream", frame(HEADERS, END_HEADERS, 0, &target.headers), is_over),
        2 => ("a server's stream", frame(HEADERS, END_HEADERS, 2, &target.headers), is_over),
        3 => ("noise for headers", frame(HEADERS, END_HEADERS, 1, &dice.bytes(200)), is_refused),
        4 => ("more of no headers", frame(CONTINUATION, END_HEADERS, 1, &target.headers), is_over),
        // CVE-2024-27316 and its relatives.
        5 => {
            let more = flood(frame(CONTINUATION, 0, 1, &field("x", "y")));
            ("headers without end", [frame(HEADERS, 0, 1, &target.headers), more].concat(), is_over)
        }
        6 => ("a window of nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4]), is_over),
        7 => ("many pings", flood(ping()), |heard| heard.is_over() || heard.pongs == FLOOD),
        8 => ("many settings", [flood(frame(SETTINGS, 0, 0, &[])), ping()].concat(), is_done),
        // Streams that are opened and given up at once (CVE-2023-44487).
        9 => {
            let reset = |stream| [target.open(stream), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat();
            ("many resets", streams().take(FLOOD).flat_map(reset).chain(ping()).collect(), is_done)
        }
        // A message that says it is compressed, and one that ends early.
        10 => ("compressed", [opened, frame(DATA, END_STREAM, 1, &[1, 0, 0, 0, 1, 0])].concat(), is_refused),
        _ => {
            let half = frame(DATA, END_STREAM, 1, &[0, 0, 0, 0, 200, 1, 2, 3]);
            ("half a message", [opened, half].concat(), is_refused)
        }
    }
}

pub(crate) fn malformed(target: Target, mut dice: Dice) -> Made {
    let (kind, said, is_due) = malformation(&target, &mut dice);
    let attack = async move {
        let Some(mut connection) = target.greet(&[]).await else { return false };
        connection.say(&said, PROMPT, is_due).await
    };
    (kind, Box::pin(attack))
}

/// Connects and says nothing, or half of what it should, until it is cut off.
pub(crate) fn half_open(target: Target, mut dice: Dice) -> Made {
    let attack = async move {
        let Ok(mut stream) = TcpStream::connect(target.address).await else { return false };
        let _ = stream.write_all(&PREFACE[..dice.index(PREFACE.len())]).await;
        // Whatever it hears first, a reset is as good as an end.
        let end = async { while let Ok(1..) = stream.read(&mut [0; 64]).await {} };
        tokio::time::timeout(SILENT, end).await.is_ok()
    };
    ("half open", Box::pin(attack))
}

/// Announces 100 MB, and sends them for as long as somebody makes room for them, until that is refused.
pub(crate) fn huge_message(target: Target, _: Dice) -> Made {
    const PIECE: u64 = 16_000;
    let attack = async move {
        let Some(mut connection) = target.greet(&[]).await else { return false };
        let announced = [&[0][..], &100_000_000_u32.to_be_bytes()].concat();
        let mut said = [target.open(1), frame(DATA, 0, 1, &announced)].concat();
        let mut sent = 5;
        let is_refused = Heard::has_refused_the_first;
        while connection.say(&said, PROMPT, |heard| is_refused(heard) || heard.room() >= sent + PIECE).await
            && !is_refused(&connection.heard)
        {
            said = frame(DATA, 0, 1, &[0; 16_000]);
            sent += PIECE;
        }
        is_refused(&connection.heard)
    };
    ("huge message", Box::pin(attack))
}

/// Opens 10,000 streams on one connection, and ends none; those beyond the limit are refused.
pub(crate) fn many_streams(target: Target, _: Dice) -> Made {
    let attack = async move {
        let Some(mut connection) = target.greet(&[]).await else { return false };
        let said: Vec<u8> = streams().take(10_000).flat_map(|stream| target.open(stream)).collect();
        let is_due = |heard: &Heard| heard.refused > 0 || heard.is_over();
        let is_refused = connection.say(&said, PROMPT, is_due).await;
        connection.is_closed_within(HELD).await;
        is_refused
    };
    ("many streams", Box::pin(attack))
}

/// Makes room for no byte of any answer: SETTINGS_INITIAL_WINDOW_SIZE is 0.
const NO_ROOM: [u8; 6] = [0, 4, 0, 0, 0, 0];

/// Asks for a megabyte 16 times at once, and takes none of it. Each answer begins, or is one that there is no room for more.
pub(crate) fn slow_reader(target: Target, _: Dice) -> Made {
    const ANSWERS: usize = 16;
    let attack = async move {
        let Some(mut connection) = target.greet(&NO_ROOM).await else { return false };
        let said: Vec<u8> = streams().take(ANSWERS).flat_map(|stream| target.ask(stream)).collect();
        let have_begun = connection.say(&said, SENDING, |heard| heard.answers.len() == ANSWERS).await;
        connection.is_closed_within(HELD).await;
        have_begun && connection.heard.bytes == 0
    };
    ("slow reader", Box::pin(attack))
}

/// Asks for a megabyte until there is room for it, and takes none of it until it is cut off.
pub(crate) fn stuck_reader(target: Target, _: Dice) -> Made {
    let attack = async move {
        let Some(mut connection) = target.greet(&NO_ROOM).await else { return false };
        for stream in streams() {
            if !connection
                .say(&target.ask(stream), SENDING, |heard| heard.answers.contains_key(&stream))
                .await
            {
                return false;
            }
            if !connection.heard.answers[&stream] {
                break;
            }
            // What it is told to wait.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        connection.is_closed_within(TAKING).await
    };
    ("stuck reader", Box::pin(attack))
}

/// Sends a request byte by byte, until it is told that its time is over.
pub(crate) fn slow_writer(target: Target, _: Dice) -> Made {
    let attack = async move {
        let Some(mut connection) = target.greet(&[]).await else { return false };
        let announced = [&[0][..], &1_000_u32.to_be_bytes()].concat();
        let mut said = [target.open(1), frame(DATA, 0, 1, &announced)].concat();
        let began = Instant::now();
        while began.elapsed() < SENDING {
            if connection.say(&said, Duration::from_secs(1), Heard::has_refused_the_first).await {
                return true;
            }
            said = frame(DATA, 0, 1, &[0]);
        }
        false
    };
    ("slow writer", Box::pin(attack))
}

/// A request over AWS JSON that nobody signed, up to its body, of which so many bytes are announced.
fn unsigned(target: &Target, announced: usize) -> Vec<u8> {
    let (protocol, operation) = target.operation;
    format!(
        "POST / HTTP/1.1\r\nhost: attacked\r\ncontent-type: {}\r\nx-amz-target: {}.{operation}\r\n\
         content-length: {announced}\r\n\r\n",
        protocol.content_type(),
        protocol.target()
    )
    .into_bytes()
}

/// Sends all of it and gives the status of the answer, if there is one.
async fn status(target: &Target, said: &[u8]) -> Option<u16> {
    let mut connection = Json::open(target.address).await.ok()?;
    // It may be answered, and cut off, before all is said.
    let _ = connection.send(said).await;
    let answer = tokio::time::timeout(SENDING, connection.answer()).await.ok()?;
    answer.ok().map(|answer| answer.status)
}

/// Half a megabyte of opening brackets, which is no JSON, and is told so.
pub(crate) fn nested_json(target: Target, _: Dice) -> Made {
    const BRACKETS: usize = 500_000;
    let attack = async move {
        let said = [unsigned(&target, BRACKETS), vec![b'['; BRACKETS]].concat();
        status(&target, &said).await == Some(400)
    };
    ("nested JSON", Box::pin(attack))
}

/// Announces 100 MB over HTTP/1.1, and is told at once that this is too much.
pub(crate) fn huge_body(target: Target, _: Dice) -> Made {
    let attack = async move { status(&target, &unsigned(&target, 100_000_000)).await == Some(413) };
    ("huge body", Box::pin(attack))
}

/// Sends more headers than anybody needs, and is refused or cut off.
pub(crate) fn huge_headers(target: Target, _: Dice) -> Made {
    let attack = async move {
        let said = [&b"POST / HTTP/1.1\r\n"[..], &b"x-more: and more\r\n".repeat(5_000)].concat();
        matches!(status(&target, &said).await, None | Some(431))
    };
    ("huge headers", Box::pin(attack))
}

/// Sends headers byte by byte (slow loris), until it is cut off.
pub(crate) fn slow_headers(target: Target, _: Dice) -> Made {
    let attack = async move {
        let Ok(mut stream) = TcpStream::connect(target.address).await else { return false };
        let began = Instant::now();
        let _ = stream.write_all(b"POST / HTTP/1.1\r\nhost: attacked\r\nx-slow: ").await;
        let mut heard = [0; 64];
        while began.elapsed() < TAKING {
            let end = tokio::time::timeout(Duration::from_millis(500), stream.read(&mut heard));
            // Whatever it hears first, a reset is as good as an end.
            if matches!(end.await, Ok(Ok(0) | Err(_))) || stream.write_all(b"x").await.is_err() {
                return true;
            }
        }
        false
    };
    ("slow headers", Box::pin(attack))
}

/// Opens 1,000 requests over AWS JSON on one connection of HTTP/2 and ends none, which is all that may be unproven at once:
/// the older ones are given up for the newer.
pub(crate) fn open_bodies(target: Target, _: Dice) -> Made {
    let attack = async move {
        let Some(mut connection) = target.greet(&[]).await else { return false };
        let (protocol, operation) = target.operation;
        let named = format!("{}.{operation}", protocol.target());
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/"),
            (":authority", "attacked"),
            ("content-type", protocol.content_type()),
            ("x-amz-target", named.as_str()),
        ];
        let headers: Vec<u8> = fields.iter().flat_map(|(name, value)| field(name, value)).collect();
        let open = |stream| frame(HEADERS, END_HEADERS, stream, &headers);
        let said: Vec<u8> = streams().take(1_000).flat_map(open).collect();
        let is_due = |heard: &Heard| !heard.answers.is_empty() || heard.refused > 0 || heard.is_over();
        let is_given_up = connection.say(&said, SENDING, is_due).await;
        connection.is_closed_within(HELD).await;
        is_given_up
    };
    ("open bodies", Box::pin(attack))
}

/// Sends all of the largest body but its last byte, until it is told that there is no room for it or that its time is over.
pub(crate) fn withheld_byte(target: Target, _: Dice) -> Made {
    const BYTES: usize = 16 * 1024 * 1024;
    let attack = async move {
        let said = [unsigned(&target, BYTES), vec![b' '; BYTES - 1]].concat();
        status(&target, &said).await == Some(503)
    };
    ("withheld byte", Box::pin(attack))
}

/// Sends a body byte by byte over HTTP/1.1, until it is told that its time is over.
pub(crate) fn slow_body(target: Target, _: Dice) -> Made {
    let attack = async move {
        let Ok(mut connection) = Json::open(target.address).await else { return false };
        let _ = connection.send(&unsigned(&target, 1_000)).await;
        let began = Instant::now();
        while began.elapsed() < SENDING {
            let answer = tokio::time::timeout(Duration::from_millis(500), connection.answer());
            match answer.await {
                Ok(answer) => return answer.is_ok_and(|answer| answer.status == 503),
                Err(_) => drop(connection.send(b" ").await),
            }
        }
        false
    };
    ("slow body", Box::pin(attack))
}
