//! Grant tokens, in every operation that takes them: what is not a token of this service refuses the request, and what is
//! gives nothing that the grant does not give.

use identity::Caller;

use crate::{
    GrantOperation, KmsError,
    ops::{
        create_grant::CreateGrant, decrypt::Decrypt, describe_key::DescribeKey, encrypt::Encrypt,
        generate_data_key::GenerateDataKey, re_encrypt::ReEncrypt,
    },
    spec::KeyType,
    testing::*,
};

const OPERATIONS: usize = 7;

async fn attempt(
    world: &World,
    caller: &Caller,
    key: &str,
    blob: &[u8],
    operation: usize,
    tokens: &[String],
) -> Result<(), KmsError> {
    let (kms, none, grant_tokens) = (&world.kms, context(&[]), tokens.to_vec());
    match operation {
        0 => kms.encrypt(caller, Encrypt { grant_tokens, ..encrypt(key, b"x", none) }).await.map(drop),
        1 => kms.decrypt(caller, Decrypt { grant_tokens, ..decrypt(blob, none) }).await.map(drop),
        2 => {
            kms.re_encrypt(caller, ReEncrypt { grant_tokens, ..re_encrypt(blob, none, key) }).await.map(drop)
        }
        3 => kms
            .generate_data_key(caller, GenerateDataKey { grant_tokens, ..data_key(key, none) })
            .await
            .map(drop),
        4 => {
            let request = GenerateDataKey { grant_tokens, ..data_key(key, none) };
            kms.generate_data_key_without_plaintext(caller, request).await.map(drop)
        }
        5 => kms.describe_key(caller, DescribeKey { key_id: key.to_owned(), grant_tokens }).await.map(drop),
        6 => {
            let grant = grant(key, user_arn("child").as_str(), &[GrantOperation::Decrypt]);
            kms.create_grant(caller, CreateGrant { grant_tokens, ..grant }).await.map(drop)
        }
        _ => unreachable!("there are {OPERATIONS} operations"),
    }
}

#[tokio::test]
async fn tokens_are_checked_in_every_operation_that_takes_them() {
    let world = World::new().await;
    let (key, other) = (world.key().await.arn, world.key().await.arn);
    let blob = world.seal(&key, b"x", context(&[])).await;
    let holder = user("holder", &[]);
    let all = GrantOperation::ALL.iter().copied().filter(|operation| operation.fits(KeyType::Symmetric));
    let all: Vec<_> = all.collect();
    let valid = world.grant(&key, &holder, &all).await.grant_token;
    let of_another_key = world.grant(&other, &holder, &all).await.grant_token;
    let mut forged = valid.clone();
    forged.replace_range(..1, if valid.starts_with('A') { "B" } else { "A" });
    let cases = [
        (vec![valid.clone()], "ok"),
        (vec![valid.clone(); 10], "ok"),
        (vec![of_another_key.clone()], "ok"),
        (vec![valid.clone(); 11], "ValidationException"),
        (vec![String::new()], "ValidationException"),
        (vec!["t".repeat(8193)], "ValidationException"),
        (vec![forged.clone()], "InvalidGrantTokenException"),
        (vec![valid.clone(), forged], "InvalidGrantTokenException"),
        (vec!["token".to_owned()], "InvalidGrantTokenException"),
    ];
    for operation in 0..OPERATIONS {
        for (tokens, expected) in &cases {
            let outcome = attempt(&world, &holder, &key, &blob, operation, tokens).await;
            assert_eq!(code(&outcome), *expected, "operation {operation} with {tokens:?}");
        }
        // Whoever holds a token of somebody else's grant has nothing by it.
        for token in [&valid, &of_another_key] {
            let outcome =
                attempt(&world, &nobody(), &key, &blob, operation, std::slice::from_ref(token)).await;
            assert_eq!(code(&outcome), "AccessDeniedException", "operation {operation}");
        }
    }
}
