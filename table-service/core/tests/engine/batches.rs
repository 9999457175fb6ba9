//! Batches: what they refuse as a whole, and what they leave for the next one.

use super::*;

const DUPLICATES: &str = "Provided list of item keys contains duplicates";
const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Music";

#[tokio::test(start_paused = true)]
async fn a_table_named_by_name_and_by_arn_is_one_table_to_a_batch() {
    let world = world().await;
    world.create(None).await;
    let both = ["Music", ARN];
    let get = |second: &str| BatchGetItem {
        request_items: [
            (both[0].to_owned(), vec![song("A", "1")]),
            (both[1].to_owned(), vec![song("A", second)]),
        ]
        .into(),
    };
    let error = world.tables.batch_get_item(&root(), get("1")).await.unwrap_err();
    assert_eq!(error.public_message(), DUPLICATES);

    let write = |second: WriteRequest| BatchWriteItem {
        request_items: [
            (both[0].to_owned(), vec![WriteRequest::Put(song("A", "1"))]),
            (both[1].to_owned(), vec![second]),
        ]
        .into(),
    };
    for second in [WriteRequest::Put(song("A", "1")), WriteRequest::Delete(song("A", "1"))] {
        let error = world.tables.batch_write_item(&root(), write(second)).await.unwrap_err();
        assert_eq!(error.public_message(), DUPLICATES);
    }
    assert_eq!(world.get(&root(), "A", "1").await.unwrap(), None, "nothing of a refused batch is written");

    world.tables.batch_write_item(&root(), write(WriteRequest::Put(song("A", "2")))).await.unwrap();
    let found = world.tables.batch_get_item(&root(), get("2")).await.unwrap().responses;
    assert_eq!(
        found.into_iter().map(|(name, items)| (name, items.len())).collect::<Vec<_>>(),
        [("Music".to_owned(), 1), (ARN.to_owned(), 1)]
    );
}
