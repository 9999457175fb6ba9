//! Promise: one minute of malformed HTTP/2, half-open connections, messages of 100 MB, 10,000 streams at once, and slow
//! readers and writers, all of them from callers who know a good credential, does not end a service, does not fail
//! anybody else's request, and leaves nothing in memory.
//!
//! Every kind of attack must have arrived: it was answered, and the metrics show what became of it. Prints how much slower
//! others were served meanwhile; that is a figure and not a condition, because attackers, services and the others share
//! this machine.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use prost::Message as _;
use proto::table::QueryRequest;
use tests::item::{attributes, b, s, text};
use tests::{Dice, Encryption, Kms, Principals, Settings, Stack, Tables, eventually, music};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How long it lasts.
const ATTACK: Duration = Duration::from_secs(60);
/// How long others are watched before.
const PEACE: Duration = Duration::from_secs(10);
/// Bytes that may be left of it: a connection's buffers, and what the allocator keeps.
const LEFT_OVER: u64 = 50_000_000;
/// Time for limits of half a minute to cut off who is still connected.
const RECOVERY: Duration = Duration::from_secs(120);

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A frame of RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is small").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field of a header block that no table knows (RFC 7541, section 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("short")][..], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// What an attacker does once, in ways that differ. Says whether it arrived: the other side took it, or answered.
type Attack = fn(Target, Dice) -> Pin<Box<dyn Future<Output = bool> + Send>>;

/// How often there was one kind of attack, and how often it arrived.
#[derive(Clone, Copy, Debug, Default)]
struct Attacks {
    made: u64,
    arrived: u64,
}

/// Whom an attacker calls, and what makes its calls good ones.
#[derive(Clone)]
struct Target {
    address: SocketAddr,
    headers: Vec<u8>,
}

impl Target {
    fn new(address: SocketAddr, path: &str, authorization: &str) -> Self {
        let fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "attacked"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("authorization", authorization),
        ];
        Self { address, headers: fields.iter().flat_map(|(name, value)| field(name, value)).collect() }
    }

    /// A connection on which `settings` are the first thing that is said.
    async fn greet(&self, settings: &[u8]) -> Option<TcpStream> {
        let mut stream = TcpStream::connect(self.address).await.ok()?;
        let greeting = [PREFACE, &frame(SETTINGS, 0, 0, settings)].concat();
        stream.write_all(&greeting).await.ok()?;
        Some(stream)
    }

    fn open(&self, stream: u32) -> Vec<u8> {
        frame(HEADERS, END_HEADERS, stream, &self.headers)
    }
}

/// Says `what`, as far as the other side takes it, and hears what comes until the connection is closed or `patience` ends.
/// Says whether anything came.
async fn say(mut stream: TcpStream, what: &[u8], patience: Duration) -> bool {
    let (mut reader, mut writer) = stream.split();
    let talking = async {
        // Being cut off is what an attacker has to expect.
        let _ = writer.write_all(what).await;
        std::future::pending::<()>().await;
    };
    let mut heard = 0;
    let hearing = async {
        while let Ok(count @ 1..) = reader.read(&mut [0; 4096]).await {
            heard += count;
        }
    };
    let _ = tokio::time::timeout(patience, async {
        tokio::select! { () = talking => {}, () = hearing => {} }
    })
    .await;
    heard > 0
}

/// Frames that no client may send, noise, and floods of those that cost the receiver more than the sender.
async fn malformed(target: Target, mut dice: Dice) -> bool {
    let Some(stream) = target.greet(&[]).await else { return false };
    let opened = target.open(1);
    let flood = |frame: Vec<u8>| frame.repeat(1_000);
    let said = match dice.below(12) {
        0 => dice.bytes(1_000),
        1 => frame(HEADERS, END_HEADERS, 0, &target.headers),
        2 => frame(HEADERS, END_HEADERS, 2, &target.headers),
        3 => frame(HEADERS, END_HEADERS, 1, &dice.bytes(200)),
        4 => frame(CONTINUATION, END_HEADERS, 1, &target.headers),
        // A header block without end (CVE-2024-27316 and its relatives).
        5 => [frame(HEADERS, 0, 1, &target.headers), flood(frame(CONTINUATION, 0, 1, &field("x", "y")))]
            .concat(),
        6 => frame(WINDOW_UPDATE, 0, 0, &[0; 4]),
        7 => flood(frame(PING, 0, 0, &[7; 8])),
        8 => flood(frame(SETTINGS, 0, 0, &[])),
        // Streams that are opened and given up at once (CVE-2023-44487).
        9 => (0..1_000)
            .flat_map(|at| {
                [target.open(1 + 2 * at), frame(RST_STREAM, 0, 1 + 2 * at, &[0, 0, 0, 8])].concat()
            })
            .collect(),
        // A message that says it is compressed, one that ends early, and one that is none.
        10 => [opened, frame(DATA, END_STREAM, 1, &[1, 0, 0, 0, 1, 0])].concat(),
        _ => [opened, frame(DATA, END_STREAM, 1, &[0, 0, 0, 0, 200, 1, 2, 3])].concat(),
    };
    say(stream, &said, Duration::from_secs(1)).await
}

/// Connects and says nothing, or half of what it should.
async fn half_open(target: Target, mut dice: Dice) -> bool {
    let Ok(mut stream) = TcpStream::connect(target.address).await else { return false };
    let is_taken = stream.write_all(&PREFACE[..dice.index(PREFACE.len())]).await.is_ok();
    let _ = tokio::time::timeout(Duration::from_secs(15), stream.read(&mut [0; 64])).await;
    is_taken
}

/// Announces 100 MB, and sends them for as long as somebody makes room for them. Says whether that was refused.
async fn huge_message(target: Target, _: Dice) -> bool {
    let Some(mut stream) = target.greet(&[]).await else { return false };
    let announced = [&[0][..], &100_000_000_u32.to_be_bytes()].concat();
    let said = [target.open(1), frame(DATA, 0, 1, &announced)].concat();
    let patience = Duration::from_secs(5);
    let sent = async {
        stream.write_all(&said).await?;
        // What may be sent on the connection and on the stream: 65,535 bytes each to begin with (RFC 9113, section 6.9.2).
        let mut room = [65_530_i64; 2];
        let more = frame(DATA, 0, 1, &[0; 16_000]);
        loop {
            while room.iter().all(|room| *room >= 16_000) {
                stream.write_all(&more).await?;
                room = room.map(|room| room - 16_000);
            }
            let mut head = [0; 9];
            stream.read_exact(&mut head).await?;
            let [a, b, c, kind, flags, on @ ..] = head;
            let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).expect("32 bits")];
            stream.read_exact(&mut payload).await?;
            match (kind, u32::from_be_bytes(on)) {
                (WINDOW_UPDATE, on) => {
                    let more: [u8; 4] = payload.try_into().expect("it is a number");
                    room[usize::from(on != 0)] += i64::from(u32::from_be_bytes(more));
                }
                (RST_STREAM, 1) => return std::io::Result::Ok(true),
                (HEADERS, 1) if flags & END_STREAM != 0 => return Ok(true),
                _ => {}
            }
        }
    };
    tokio::time::timeout(patience, sent).await.is_ok_and(|sent| sent.unwrap_or(false))
}

/// Opens 10,000 streams on one connection, and ends none.
async fn many_streams(target: Target, _: Dice) -> bool {
    let Some(stream) = target.greet(&[]).await else { return false };
    let said: Vec<u8> = (0..10_000).flat_map(|at| target.open(1 + 2 * at)).collect();
    say(stream, &said, Duration::from_secs(10)).await
}

/// Asks for a megabyte 16 times at once, and takes none of it: no window is opened, and nothing is read.
async fn slow_reader(target: Target, query: Arc<Vec<u8>>) -> bool {
    // SETTINGS_INITIAL_WINDOW_SIZE is 0.
    let Some(mut stream) = target.greet(&[0, 4, 0, 0, 0, 0]).await else { return false };
    let message = [&[0][..], &u32::try_from(query.len()).expect("short").to_be_bytes(), &query].concat();
    for at in 0..16 {
        let said = [target.open(1 + 2 * at), frame(DATA, END_STREAM, 1 + 2 * at, &message)].concat();
        if stream.write_all(&said).await.is_err() {
            return false;
        }
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    true
}

/// Sends a request byte by byte.
async fn slow_writer(target: Target, query: Arc<Vec<u8>>) -> bool {
    let Some(mut stream) = target.greet(&[]).await else { return false };
    let _ = stream.write_all(&target.open(1)).await;
    for byte in query.iter().take(10) {
        if stream.write_all(&frame(DATA, 0, 1, &[*byte])).await.is_err() {
            return false;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    true
}

/// Calls both services until `until`, one request after the other, and gives what each took. All must succeed.
async fn others(tables: Tables, kms: Kms, until: Instant) -> Vec<Duration> {
    let mut took = Vec::new();
    let number = AtomicU64::new(0);
    while Instant::now() < until {
        let title = format!("song {}", number.fetch_add(1, Ordering::Relaxed) % 100);
        let key = || attributes([("Artist", s("others")), ("SongTitle", s(title.clone()))]);
        let mut item = key();
        item.insert("text".to_owned(), s(title.clone()));
        let began = Instant::now();
        tables.put("Music", item).await.expect("others can write");
        took.push(began.elapsed());
        let began = Instant::now();
        let found = tables.get("Music", key()).await.expect("others can read").expect("it was written");
        took.push(began.elapsed());
        assert_eq!(text(&found, "text"), title);
        let began = Instant::now();
        kms.list_keys(Default::default()).await.expect("others can list keys");
        took.push(began.elapsed());
    }
    took.sort_unstable();
    took
}

fn p99(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() * 99 / 100]
}

/// Starts `attack` again and again until the time is over, so many at once.
fn repeat<F: Future<Output = bool> + Send + 'static>(
    attackers: &mut JoinSet<(&'static str, Attacks)>,
    (kind, at_once): (&'static str, usize),
    until: Instant,
    attack: impl Fn() -> F + Clone + Send + 'static,
) {
    for _ in 0..at_once {
        let attack = attack.clone();
        attackers.spawn(async move {
            let mut count = Attacks::default();
            while Instant::now() < until {
                // Longer than any takes: one that hangs is over with the rest.
                let arrived = tokio::time::timeout(Duration::from_secs(20), attack()).await.unwrap_or(false);
                count.made += 1;
                count.arrived += u64::from(arrived);
                // An attacker's own work must not be what the others wait for.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            (kind, count)
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minute_of_attack_ends_and_others_never_notice() {
    let stack =
        Stack::apart(Settings::knowing(Principals::new()).logging("warn,service_kit::server=info")).await;
    let tables = stack.tables();
    tables.create(music(None), &Encryption::Owned).await;
    for at in 0..4 {
        let mut item = attributes([("Artist", s("large")), ("SongTitle", s(format!("{at}")))]);
        item.insert("bytes".to_owned(), b(vec![7; 260_000]));
        tables.put("Music", item).await.expect("root may");
    }
    let idle = stack.memory();
    let peace = others(stack.tables(), stack.kms(), Instant::now() + PEACE).await;

    let authorization = stack.root_credentials().expect("it has principals").header();
    let table_target = |method| {
        Target::new(
            stack.table_address(),
            &format!("/keystead.table.v1.TableService/{method}"),
            &authorization,
        )
    };
    let kms_target =
        Target::new(stack.kms_address(), "/keystead.kms.v1.KeyManagementService/Encrypt", &authorization);
    let query = QueryRequest {
        table_name: "Music".to_owned(),
        key_condition_expression: "Artist = :a".to_owned(),
        expression_attribute_values: attributes([(":a", s("large"))]),
        ..Default::default()
    };
    let query = Arc::new(query.encode_to_vec());
    let until = Instant::now() + ATTACK;
    let mut attackers = JoinSet::new();
    let mut dice = Dice::new("attack");
    for target in [table_target("Query"), kms_target] {
        let mut random = |attack: Attack, kind, at_once| {
            let (target, dice) = (target.clone(), Arc::new(std::sync::Mutex::new(dice.fork())));
            repeat(&mut attackers, (kind, at_once), until, move || {
                attack(target.clone(), dice.lock().expect("nobody panics").fork())
            });
        };
        random(|target, dice| Box::pin(malformed(target, dice)), "malformed", 8);
        random(|target, dice| Box::pin(half_open(target, dice)), "half open", 100);
        random(|target, dice| Box::pin(huge_message(target, dice)), "huge message", 4);
        random(|target, dice| Box::pin(many_streams(target, dice)), "many streams", 2);
    }
    let target = table_target("Query");
    let (reader, writer, said) = (target.clone(), target, Arc::clone(&query));
    repeat(&mut attackers, ("slow reader", 16), until, move || {
        slow_reader(reader.clone(), Arc::clone(&query))
    });
    repeat(&mut attackers, ("slow writer", 50), until, move || {
        slow_writer(writer.clone(), Arc::clone(&said))
    });

    let war = others(stack.tables(), stack.kms(), until).await;
    let highest = stack.memory();
    let mut attacks: BTreeMap<_, Attacks> = BTreeMap::new();
    for (kind, count) in attackers.join_all().await {
        let sum = attacks.entry(kind).or_default();
        sum.made += count.made;
        sum.arrived += count.arrived;
    }
    let left = eventually("memory is back to what it was", RECOVERY, async || {
        let now = stack.memory();
        (now < idle + LEFT_OVER).then_some(now)
    })
    .await;
    let (peace, war) = (p99(&peace), p99(&war));
    println!(
        "{attacks:#?}; p99 of others {peace:?} before and {war:?} meanwhile ({:.1} times); memory of both: \
         {} MB before, {} MB at the end of the attack, {} MB after",
        war.as_secs_f64() / peace.as_secs_f64(),
        idle / 1_000_000,
        highest / 1_000_000,
        left / 1_000_000
    );
    for (metrics, method) in [(stack.table_metrics().await, "Query"), (stack.kms_metrics().await, "Encrypt")]
    {
        let answers = metrics.sums("keystead_rpc_total", "code", &[("method", method)]);
        println!("{method}: {answers:?}");
        // Huge and malformed messages; streams that were cut off.
        for (code, least) in [("INVALID_ARGUMENT", 100.0), ("UNKNOWN", 5_000.0)] {
            assert!(answers.get(code).is_some_and(|count| *count > least), "{method}: {answers:?}");
        }
    }
    for (kind, count) in attacks {
        assert!(count.made >= 10 && count.arrived > count.made / 2, "{kind}: {count:?}");
    }
    others(stack.tables(), stack.kms(), Instant::now() + Duration::from_secs(1)).await;
    stack.stop().await;
}
