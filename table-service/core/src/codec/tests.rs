use proptest::prelude::*;

use super::*;
use crate::value::arbitrary::{any_item, any_value};

#[test]
fn an_empty_item_is_two_bytes() {
    assert_eq!(encode_item(&Item::new()), [1, 0]);
    assert_eq!(decode_item(&[1, 0]), Ok(Item::new()));
}

#[test]
fn every_deviation_from_the_one_form_is_refused() {
    let cases: [(&str, &[u8]); 20] = [
        ("nothing", &[]),
        ("no version", &[0, 0]),
        ("a later version", &[2, 0]),
        ("no count", &[1]),
        ("trailing byte", &[1, 0, 0]),
        ("count beyond the input", &[1, 2, 1, b'a', 9]),
        ("count in a longer form", &[1, 0x81, 0, 1, b'a', 9]),
        ("count of zero in a longer form", &[1, 0x80, 0]),
        ("endless count", &[1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]),
        ("unknown tag", &[1, 1, 1, b'a', 12]),
        ("no value", &[1, 1, 1, b'a']),
        ("names out of order", &[1, 2, 1, b'b', 9, 1, b'a', 9]),
        ("a name twice", &[1, 2, 1, b'a', 9, 1, b'a', 9]),
        ("a name that is not UTF-8", &[1, 1, 1, 0xFF, 9]),
        ("a text that is not UTF-8", &[1, 1, 1, b'a', 1, 1, 0xC3]),
        ("an empty set", &[1, 1, 1, b'a', 4, 0]),
        ("a set out of order", &[1, 1, 1, b'a', 6, 2, 1, 2, 1, 1]),
        ("a member twice", &[1, 1, 1, b'a', 5, 2, 0x20, 0x20]),
        ("a number not in normal form", &[1, 1, 1, b'a', 2, 0x30, 130, 11, 1, 0]),
        ("a text cut short", &[1, 1, 1, b'a', 1, 5, b'x', b'y']),
    ];
    for (what, bytes) in cases {
        assert_eq!(decode_item(bytes), Err(Malformed), "{what}");
    }
}

#[test]
fn nesting_ends_at_the_limit_whatever_the_bytes_say() {
    let nested = |wraps: usize| {
        let mut bytes = vec![1, 1, 1, b'a'];
        bytes.extend([TAG_L, 1].repeat(wraps));
        bytes.push(TAG_NULL);
        bytes
    };
    assert!(decode_item(&nested(31)).is_ok());
    assert_eq!(decode_item(&nested(32)), Err(Malformed));
    let work = move || assert_eq!(decode_item(&nested(200_000)), Err(Malformed));
    std::thread::Builder::new().stack_size(128 * 1024).spawn(work).unwrap().join().unwrap();
}

proptest! {
    #[test]
    fn items_survive_the_store(item in any_item()) {
        let bytes = encode_item(&item);
        prop_assert_eq!(decode_item(&bytes), Ok(item));
    }

    #[test]
    fn no_part_of_a_stored_item_is_an_item(item in any_item(), cut in any::<prop::sample::Index>()) {
        let bytes = encode_item(&item);
        prop_assert_eq!(decode_item(&bytes[..cut.index(bytes.len())]), Err(Malformed));
    }

    #[test]
    fn whatever_is_read_is_written_the_same(
        value in any_value(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        extra in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        // Start from something real, because random bytes rarely get past the first tag.
        let item: Item = [("a".to_owned(), value)].into_iter().collect();
        let mut bytes = encode_item(&item);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.extend(extra);
        if let Ok(item) = decode_item(&bytes) {
            prop_assert_eq!(encode_item(&item), bytes);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(item) = decode_item(&bytes) {
            prop_assert_eq!(encode_item(&item), bytes);
        }
    }
}
