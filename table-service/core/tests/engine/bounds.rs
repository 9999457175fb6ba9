//! What one request can cost, however little it seems to ask for.

use table_core::limits::MAX_PAGE_ITEMS;

use super::*;

/// Regression: a megabyte of the smallest items was a quarter of a million of them, and 250 MB of memory.
#[tokio::test(start_paused = true)]
async fn a_page_of_the_smallest_items_ends_by_their_number() {
    let world = world().await;
    world.tables.create_table(&root(), unsorted(music(None))).await.unwrap();
    for n in 0..=MAX_PAGE_ITEMS {
        let key = [("Artist".to_owned(), raw::Value::S(n.to_string()))].into();
        let request = PutItem { table_name: "Music".to_owned(), item: key, ..Default::default() };
        world.tables.put_item(&root(), request).await.unwrap();
    }
    for (select, items) in [(Select::AllAttributes, [MAX_PAGE_ITEMS, 1]), (Select::Count, [0, 0])] {
        let scan = |start| Scan {
            page: PageRequest {
                exclusive_start_key: start,
                select: Member::Known(select),
                ..Default::default()
            },
            ..scan_of("Music")
        };
        let first = world.tables.scan(&root(), scan(None)).await.unwrap();
        assert_eq!((first.count, first.items.len()), (MAX_PAGE_ITEMS, items[0]));
        let start = as_raw(first.last_evaluated_key.unwrap());
        let second = world.tables.scan(&root(), scan(Some(start))).await.unwrap();
        assert_eq!((second.count, second.items.len()), (1, items[1]));
        assert!(second.last_evaluated_key.is_none());
    }
}

/// Regression: definitions were compared each with each, and later all put in order, before anybody was authorized. That
/// the pair at the far ends goes unnoticed shows that they are not.
#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_definitions_are_refused_and_not_compared_with_each_other() {
    let world = world().await;
    let mut request = music(None);
    let extra = |n: i32| AttributeDefinition { name: format!("a{n}"), kind: Member::Known(ScalarType::S) };
    let definitions = request.attribute_definitions.get_or_insert_default();
    definitions.extend((0..100_000).map(extra));
    definitions.push(definitions[0].clone());
    let error = world.tables.create_table(&root(), request).await.unwrap_err();
    assert_eq!(
        error.public_message(),
        "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of \
         attributes defined in AttributeDefinitions"
    );
}

/// Regression: numbers are stored packed and answered in full, so that 16 MB of them were answered as 700 MB.
#[tokio::test(start_paused = true)]
async fn an_answer_ends_by_what_it_takes_to_write_it() {
    const TITLES: [&str; 3] = ["1", "2", "3"];
    let world = world().await;
    world.create(None).await;
    for title in TITLES {
        let mut item = song("A", title);
        let numbers = (0..136_000).map(|_| raw::Value::N("1E125".to_owned())).collect();
        item.insert("Numbers".to_owned(), raw::Value::L(numbers));
        let request = PutItem { table_name: "Music".to_owned(), item, ..Default::default() };
        world.tables.put_item(&root(), request).await.unwrap();
    }
    let page = world.tables.query(&root(), query_of("Music", "A")).await.unwrap();
    assert_eq!(page.items.iter().map(title).collect::<Vec<_>>(), TITLES[..2]);
    let start = page.last_evaluated_key.map(as_raw);
    let mut next = query_of("Music", "A");
    next.page.exclusive_start_key = start;
    let page = world.tables.query(&root(), next).await.unwrap();
    assert_eq!(page.items.iter().map(title).collect::<Vec<_>>(), TITLES[2..]);

    let keys = TITLES.iter().map(|title| song("A", title)).collect();
    let asked = KeysAndAttributes { keys, ..Default::default() };
    let request = BatchGetItem { request_items: [("Music".to_owned(), asked)].into(), ..Default::default() };
    let answer = world.tables.batch_get_item(&root(), request).await.unwrap();
    assert_eq!(answer.responses["Music"].len(), 2);
    assert_eq!(answer.unprocessed["Music"].keys.iter().map(title).collect::<Vec<_>>(), TITLES[2..]);
}
