//! Settings that are recorded and not enforced: which changes UpdateTable takes, and in what order it complains.

use super::*;

fn update(change: impl FnOnce(&mut UpdateTable)) -> UpdateTable {
    let mut request = UpdateTable { table_name: "Music".to_owned(), ..Default::default() };
    change(&mut request);
    request
}

async fn refusal(world: &World, request: UpdateTable) -> String {
    let error = world.tables.update_table(&root(), request).await.unwrap_err();
    assert_eq!(error.reason(), "ValidationException");
    error.public_message().into_owned()
}

const AT_LEAST_ONE: &str = "Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy constraint: Member must \
                            have value greater than or equal to 1";

/// Regression: the range was checked alone, and after the table had been looked up.
#[tokio::test(start_paused = true)]
async fn a_throughput_out_of_range_is_listed_with_what_else_is_wrong_before_a_table_is_looked_for() {
    let world = world().await;
    let request = update(|request| {
        request.billing_mode = Member::Other("FREE".into());
        request.provisioned_throughput = Some((0, 1));
        request.sse_specification = customer("");
    });
    assert_eq!(
        refusal(&world, request).await,
        format!(
            "3 validation errors detected: Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy \
             enum value set: [PROVISIONED, PAY_PER_REQUEST]; {AT_LEAST_ONE}; Value '' at 'sSESpecification.kMSMasterKeyId' \
             failed to satisfy constraint: Member must have length greater than or equal to 1"
        )
    );
    let request =
        CreateTable { table_name: "x".to_owned(), provisioned_throughput: Some((0, 1)), ..music(None) };
    let error = world.tables.create_table(&root(), request).await.unwrap_err();
    assert_eq!(
        error.public_message(),
        format!(
            "2 validation errors detected: Value 'x' at 'tableName' failed to satisfy constraint: Member must have length \
             greater than or equal to 3; {AT_LEAST_ONE}"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn one_update_makes_one_kind_of_change() {
    let world = world().await;
    world.create(None).await;
    let throughput = update(|request| {
        request.billing_mode = Member::Known(BillingMode::Provisioned);
        request.provisioned_throughput = Some((10, 5));
    });
    world.tables.update_table(&root(), throughput).await.unwrap();

    let unchanged = update(|request| request.provisioned_throughput = Some((10, 5)));
    assert_eq!(
        refusal(&world, unchanged).await,
        "The provisioned throughput for the table will not change. The requested value equals the current value. Current \
         ReadCapacityUnits provisioned for the table: 10. Requested ReadCapacityUnits: 10. Current WriteCapacityUnits \
         provisioned for the table: 5. Requested WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for \
         current limits and how to request higher limits."
    );

    let before = world.describe();
    let with_protection = [
        update(|request| request.provisioned_throughput = Some((1, 1))),
        update(|request| request.billing_mode = Member::Known(BillingMode::PayPerRequest)),
    ];
    for request in with_protection {
        let request = UpdateTable { deletion_protection: Some(true), ..request };
        assert_eq!(
            refusal(&world, request).await,
            "One or more parameter values were invalid: DeletionProtection modification must be the only operation in the \
             request"
        );
    }
    let with_switch = update(|request| {
        request.deletion_protection = Some(true);
        request.sse_specification = managed();
    });
    assert_eq!(
        refusal(&world, with_switch).await,
        "One or more parameter values were invalid: Server-Side Encryption modification must be the only operation in the \
         request"
    );
    assert_eq!(world.describe(), before);
}
