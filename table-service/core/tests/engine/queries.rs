//! Queries: the order in which they complain.

use super::*;

/// An expression is read like any other before anybody asks whether it is a key condition.
#[tokio::test(start_paused = true)]
async fn what_is_unused_is_complained_about_before_refused_operators() {
    let world = world().await;
    let complaint = async |condition: &str| {
        let request =
            Query { key_condition_expression: Some(condition.to_owned()), ..query_of("Nothing", "A") };
        world.tables.query(&root(), request).await.unwrap_err().public_message().into_owned()
    };
    assert_eq!(
        complaint("Artist = Artist OR Words = :a").await,
        "Invalid KeyConditionExpression: The first operand must be distinct from the remaining operands for this operator or \
         function; operator: =, first operand: [Artist]"
    );
    assert_eq!(
        complaint("attribute_exists(Artist)").await,
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}"
    );
    assert_eq!(
        complaint("Artist = :a OR SongTitle = :a").await,
        "Invalid operator used in KeyConditionExpression: OR"
    );
    assert_eq!(complaint("Artist = :a").await, "Requested resource not found");
}
