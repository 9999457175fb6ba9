//! Grant tokens, in every operation that takes them: what is not a token of this service refuses the request, and what is
//! gives nothing that the grant does not give.

use identity::Caller;

use crate::{
    GrantOperation, KeySpec, KeyType, KmsError, MacAlgorithm,
    ops::{
        create_grant::CreateGrant, decrypt::Decrypt, describe_key::DescribeKey, encrypt::Encrypt,
        generate_data_key::GenerateDataKey, generate_mac::GenerateMac, re_encrypt::ReEncrypt,
        verify_mac::VerifyMac,
    },
    testing::*,
};

const OPERATIONS: usize = 9;
/// From here on they are of a key that makes codes.
const FIRST_OF_CODES: usize = 7;

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
        7 => {
            let request = generate(key, b"m", MacAlgorithm::HmacSha256);
            kms.generate_mac(caller, GenerateMac { grant_tokens, ..request }).await.map(drop)
        }
        8 => {
            let request = VerifyMac {
                message: envelope::Plaintext::from_vec(b"m".to_vec()),
                key_id: key.to_owned(),
                mac: world.mac_of(key, b"m"),
                grant_tokens,
                ..Default::default()
            };
            kms.verify_mac(caller, request).await.map(drop)
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
    let hmac = world.hmac_key(KeySpec::Hmac256).await;
    let all = |key_type: KeyType| {
        GrantOperation::ALL.into_iter().filter(|operation| operation.fits(key_type)).collect::<Vec<_>>()
    };
    let symmetric = all(KeyType::Symmetric);
    let valid = world.grant(&key, &holder, &symmetric).await.grant_token;
    let of_another_key = world.grant(&other, &holder, &symmetric).await.grant_token;
    world.grant(&hmac.arn, &holder, &all(hmac.key_type)).await;
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
        let key = if operation < FIRST_OF_CODES { &key } else { &hmac.arn };
        for (tokens, expected) in &cases {
            let outcome = attempt(&world, &holder, key, &blob, operation, tokens).await;
            assert_eq!(code(&outcome), *expected, "operation {operation} with {tokens:?}");
        }
        // Whoever holds a token of somebody else's grant has nothing by it.
        for token in [&valid, &of_another_key] {
            let outcome =
                attempt(&world, &nobody(), key, &blob, operation, std::slice::from_ref(token)).await;
            assert_eq!(code(&outcome), "AccessDeniedException", "operation {operation}");
        }
    }
}
