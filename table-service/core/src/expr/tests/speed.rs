//! How long an update takes that counts under a condition, in nanoseconds. Passing says that it counts; the time that counts is that
//! of a release build: `cargo test --release -p table-core speed -- --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use crate::error::ExpressionKind;
use crate::expr::substitution::{Substitutions, ValueErrors};
use crate::expr::update::Update;
use crate::expr::{bind, condition, update};
use crate::value::Item;
use crate::value::literal::{item, n, raw, s};

const ROUNDS: u32 = 10_000;

fn count(before: Item) -> Item {
    let values = raw([(":x", n("1"))]);
    let mut substitutions = Substitutions::new(None, Some(values), ValueErrors::Bare).unwrap();
    let parsed = update(black_box("SET a = a + :x")).unwrap();
    let update = Update::bind(&parsed, &mut substitutions).unwrap();
    let parsed = condition(ExpressionKind::Condition, black_box("attribute_exists(a)")).unwrap();
    let condition = bind::condition(&parsed, &mut substitutions).unwrap();
    substitutions.finish().unwrap();
    assert!(condition.holds(&before));
    update.apply(before).unwrap()
}

#[test]
fn parsing_binding_and_applying() {
    let before = item([("pk", s("key")), ("a", n("41")), ("other", s("value"))]);
    let after = item([("pk", s("key")), ("a", n("42")), ("other", s("value"))]);
    assert_eq!(count(before.clone()), after);
    let mut fastest = u128::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            black_box(count(black_box(before.clone())));
        }
        fastest = fastest.min(start.elapsed().as_nanos() / u128::from(ROUNDS));
    }
    println!("SET a = a + :x under attribute_exists(a): {fastest} ns");
}
