//! HTTP/2 by hand (RFC 9113), as far as an attacker needs it: frames, well-formed or not, and what the other side says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
const ACK: u8 = 1;
const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];

/// Bytes before the payload of a frame.
const HEAD_BYTES: usize = 9;
/// Bytes that may be sent on a connection, and on a stream, to begin with (section 6.9.2).
const FIRST_WINDOW: u64 = 65_535;
/// Loopback takes a connection sooner than that, or the other side is lost.
const CONNECTED_WITHIN: Duration = Duration::from_secs(10);

/// A frame of section 4.1.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is small").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field of a header block that no table knows (RFC 7541, section 6.2.2).
pub(crate) fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("short")][..], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// A connection on which HTTP/2 is spoken.
pub(crate) struct Connection {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    /// The beginning of a frame.
    unheard: Vec<u8>,
    pub(crate) heard: Heard,
}

impl Connection {
    /// A connection on which `settings` are the first thing that is said.
    pub(crate) async fn greet(address: SocketAddr, settings: &[u8]) -> Option<Self> {
        let greeting = [PREFACE, &frame(SETTINGS, 0, 0, settings)].concat();
        let connected = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(&greeting).await?;
            std::io::Result::Ok(stream)
        };
        let stream = tokio::time::timeout(CONNECTED_WITHIN, connected).await.ok()?.ok()?;
        let (reader, writer) = stream.into_split();
        Some(Self { reader, writer, unheard: Vec::new(), heard: Heard::default() })
    }

    /// Says `what` and hears what comes meanwhile, and on until it is `enough`, the connection is closed, or `patience`
    /// ends. Says whether it was enough.
    pub(crate) async fn say(
        &mut self,
        what: &[u8],
        patience: Duration,
        enough: impl Fn(&Heard) -> bool,
    ) -> bool {
        let Self { reader, writer, unheard, heard } = self;
        // Whether it could be said shows in what is heard: being cut off is what an attacker has to expect.
        let mut talking = pin!(writer.write_all(what));
        let mut is_said = false;
        let hearing = async {
            while !(is_said && enough(heard)) {
                tokio::select! {
                    _ = &mut talking, if !is_said => is_said = true,
                    count = reader.read_buf(unheard) => {
                        heard.is_closed = !matches!(count, Ok(1..));
                        if heard.is_closed {
                            return;
                        }
                    }
                }
                while let Some((head, payload)) = next_frame(unheard) {
                    heard.note(head, &payload);
                }
            }
        };
        // Whose patience ends has heard what there was.
        let _ = tokio::time::timeout(patience, hearing).await;
        enough(heard)
    }

    /// Hears what comes for so long, or until the connection is closed. Says whether it was.
    pub(crate) async fn is_closed_within(&mut self, patience: Duration) -> bool {
        self.say(&[], patience, |heard| heard.is_closed).await
    }
}

/// What the other side has said so far.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// PINGs that were answered.
    pub(crate) pongs: usize,
    /// Streams that an answer has begun on, and whether it has ended too.
    pub(crate) answers: BTreeMap<u32, bool>,
    /// Bytes of answers, without their heads.
    pub(crate) bytes: usize,
    /// Streams that were not taken.
    pub(crate) refused: usize,
    is_reset: bool,
    is_going: bool,
    pub(crate) is_closed: bool,
    more_room: [u64; 2],
}

impl Heard {
    fn note(&mut self, head: [u8; HEAD_BYTES], payload: &[u8]) {
        let [_, _, _, kind, flags, stream @ ..] = head;
        let stream = u32::from_be_bytes(stream);
        match kind {
            DATA => self.bytes += payload.len(),
            PING => self.pongs += usize::from(flags & ACK != 0),
            GOAWAY => self.is_going = true,
            RST_STREAM => {
                self.is_reset |= stream == 1;
                self.refused += usize::from(payload == REFUSED_STREAM);
            }
            WINDOW_UPDATE => {
                let more: [u8; 4] = payload.try_into().expect("it is a number");
                self.more_room[usize::from(stream != 0)] += u64::from(u32::from_be_bytes(more));
            }
            _ => {}
        }
        if [DATA, HEADERS].contains(&kind) {
            *self.answers.entry(stream).or_default() |= flags & END_STREAM != 0;
        }
    }

    /// The other side wants nothing more of this connection.
    pub(crate) fn is_over(&self) -> bool {
        self.is_going || self.is_closed
    }

    /// The first stream was answered to the end, or reset.
    pub(crate) fn has_refused_the_first(&self) -> bool {
        self.is_reset || self.answers.get(&1) == Some(&true)
    }

    /// Bytes that may be sent on the first stream in all, if it is the only one.
    pub(crate) fn room(&self) -> u64 {
        FIRST_WINDOW + self.more_room[0].min(self.more_room[1])
    }
}

/// Takes a whole frame, if there is one.
fn next_frame(unheard: &mut Vec<u8>) -> Option<([u8; HEAD_BYTES], Vec<u8>)> {
    let head: [u8; HEAD_BYTES] = *unheard.first_chunk()?;
    let [a, b, c, ..] = head;
    let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).expect("32 bits");
    if unheard.len() < HEAD_BYTES + length {
        return None;
    }
    let frame: Vec<u8> = unheard.drain(..HEAD_BYTES + length).collect();
    Some((head, frame[HEAD_BYTES..].to_vec()))
}
