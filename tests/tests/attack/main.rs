//! Promise: one minute of malformed HTTP/2, half-open connections, messages of 100 MB, 10,000 streams at once, slow readers
//! and writers, and over HTTP/1.1 nested JSON, huge and slow headers and bodies, all of them from callers who know a good credential, does not end a service, does not fail
//! anybody else's request, and leaves nothing in memory.
//!
//! Every kind of attack must have arrived, which is more than that a socket took it: the service itself said what it says
//! to such a one. What no client may send ends the connection (GOAWAY) or its stream; a flood is answered to its end, or ends
//! the connection; streams beyond the limit are refused; who does not begin to speak, and who does not take an answer, is cut
//! off; who sends too slowly is told that its time is over. The metrics show the same.
//!
//! Prints how much slower others were served meanwhile; that is a figure and not a condition, because attackers, services
//! and the others share this machine.

mod kinds;
mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kinds::{
    Attack, Target, half_open, huge_body, huge_headers, huge_message, malformed, many_streams, nested_json,
    open_bodies, slow_body, slow_headers, slow_reader, slow_writer, stuck_reader, withheld_byte,
};
use proto::kms::EncryptRequest;
use proto::table::QueryRequest;
use tests::item::{attributes, b, s, text};
use tests::{Dice, Encryption, Json, Kms, Principals, Protocol, Settings, Stack, Tables, eventually, music};
use tokio::task::JoinSet;

/// How long it lasts.
const ATTACK: Duration = Duration::from_secs(60);
/// How long others are watched before.
const PEACE: Duration = Duration::from_secs(10);
/// Bytes that may be left of it: a connection's buffers, and what the allocator keeps.
const LEFT_OVER: u64 = 50_000_000;
/// Time for limits of half a minute to cut off who is still connected.
const RECOVERY: Duration = Duration::from_secs(120);
/// Longer than any attack takes: one that hangs is over with the rest.
const ENDLESS: Duration = Duration::from_secs(150);

/// How often there was one kind of attack, and how often it arrived.
#[derive(Clone, Copy, Debug, Default)]
struct Attacks {
    made: u64,
    arrived: u64,
}

/// Calls both services until `until`, one request after the other, and gives what each took. All must succeed.
async fn others((tables, kms): (Tables, Kms), json: Json, until: Instant) -> Vec<Duration> {
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
        let began = Instant::now();
        let request = serde_json::json!({ "TableName": "Music", "Key": { "Artist": { "S": "others" }, "SongTitle": { "S": title } } });
        json.call("GetItem", &request).await.expect("others can read over AWS JSON");
        took.push(began.elapsed());
    }
    took.sort_unstable();
    took
}

fn p99(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() * 99 / 100]
}

/// Requests in work in each of the services.
async fn in_work(stack: &Stack) -> [f64; 2] {
    [stack.table_metrics().await, stack.kms_metrics().await]
        .map(|metrics| metrics.sum("keystead_rpc_in_flight", &[]))
}

/// Starts `attack` again and again until the time is over, so many at once.
fn repeat(
    attackers: &mut JoinSet<BTreeMap<&'static str, Attacks>>,
    (attack, at_once): (Attack, usize),
    (target, dice): (&Target, &mut Dice),
    until: Instant,
) {
    for _ in 0..at_once {
        let (target, mut dice) = (target.clone(), dice.fork());
        attackers.spawn(async move {
            let mut counts: BTreeMap<_, Attacks> = BTreeMap::new();
            while Instant::now() < until {
                let (kind, attack) = attack(target.clone(), dice.fork());
                let arrived = tokio::time::timeout(ENDLESS, attack).await.unwrap_or(false);
                let count = counts.entry(kind).or_default();
                count.made += 1;
                count.arrived += u64::from(arrived);
                // An attacker's own work must not be what the others wait for.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            counts
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
    let peace =
        others((stack.tables(), stack.kms()), stack.json(Protocol::DynamoDb), Instant::now() + PEACE).await;
    let in_peace = in_work(&stack).await;

    let authorization = stack.root_credentials().expect("it has principals").header();
    let query = QueryRequest {
        table_name: "Music".to_owned(),
        key_condition_expression: "Artist = :a".to_owned(),
        expression_attribute_values: attributes([(":a", s("large"))]),
        ..Default::default()
    };
    let path = "/keystead.table.v1.TableService/Query";
    let operation = (Protocol::DynamoDb, "Query");
    let query = Target::new(stack.table_address(), path, &authorization, operation, &query);
    let encrypt = EncryptRequest::default();
    let path = "/keystead.kms.v1.KeyManagementService/Encrypt";
    let operation = (Protocol::Kms, "Encrypt");
    let encrypt = Target::new(stack.kms_address(), path, &authorization, operation, &encrypt);
    let until = Instant::now() + ATTACK;
    let mut attackers = JoinSet::new();
    let mut dice = Dice::new("attack");
    let of_both: [(Attack, usize); 4] =
        [(malformed, 8), (half_open, 100), (huge_message, 4), (many_streams, 2)];
    for target in [&query, &encrypt] {
        for kind in of_both {
            repeat(&mut attackers, kind, (target, &mut dice), until);
        }
    }
    let over_json: [(Attack, usize); 6] = [
        (nested_json, 2),
        (huge_body, 2),
        (huge_headers, 2),
        (slow_headers, 20),
        (slow_body, 20),
        (open_bodies, 2),
    ];
    for target in [&query, &encrypt] {
        for kind in over_json {
            repeat(&mut attackers, kind, (target, &mut dice), until);
        }
    }
    let of_tables: [(Attack, usize); 4] =
        [(stuck_reader, 16), (slow_reader, 16), (slow_writer, 50), (withheld_byte, 8)];
    for kind in of_tables {
        repeat(&mut attackers, kind, (&query, &mut dice), until);
    }

    let war = others((stack.tables(), stack.kms()), stack.json(Protocol::DynamoDb), until).await;
    let highest = stack.memory();
    let mut attacks: BTreeMap<_, Attacks> = BTreeMap::new();
    for (kind, count) in attackers.join_all().await.into_iter().flatten() {
        let sum = attacks.entry(kind).or_default();
        sum.made += count.made;
        sum.arrived += count.arrived;
    }
    eventually("nothing of it is in work", RECOVERY, async || {
        let now = in_work(&stack).await;
        now.iter().zip(in_peace).all(|(now, before)| *now <= before).then_some(())
    })
    .await;
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
    let answers = stack.table_metrics().await;
    let answers = answers.sums("keystead_rpc_total", "code", &[("method", "Query")]);
    for (kind, code) in [("slow writer", "DEADLINE_EXCEEDED"), ("stuck reader", "CANCELLED")] {
        let arrived = attacks.get(kind).map_or(0, |count| count.arrived);
        let arrived = f64::from(u32::try_from(arrived).expect("few"));
        assert!(answers.get(code).is_some_and(|count| *count >= arrived), "{kind}: {answers:?}");
    }
    for (kind, count) in attacks {
        assert!(count.made >= 10 && count.arrived >= count.made * 9 / 10, "{kind}: {count:?}");
    }
    others(
        (stack.tables(), stack.kms()),
        stack.json(Protocol::DynamoDb),
        Instant::now() + Duration::from_secs(1),
    )
    .await;
    stack.stop().await;
}
