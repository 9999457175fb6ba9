//! Message authentication. A message is zeroized when the command that holds it is dropped.

use envelope::Plaintext;
use identity::Caller;
use kms_core::{
    Kms,
    ops::{generate_mac::GenerateMac, verify_mac::VerifyMac},
};
use proto::kms as pb;

use super::{Refusal, convert};

pub(super) async fn generate_mac(
    kms: Kms,
    caller: Caller,
    request: pb::GenerateMacRequest,
) -> Result<pb::GenerateMacResponse, Refusal> {
    let command = GenerateMac {
        message: Plaintext::from_vec(request.message),
        key_id: request.key_id,
        mac_algorithm: convert::mac_algorithm(request.mac_algorithm)?,
        grant_tokens: request.grant_tokens,
        dry_run: request.dry_run,
    };
    let made = kms.generate_mac(&caller, command).await?;
    Ok(pb::GenerateMacResponse {
        mac: made.mac,
        mac_algorithm: convert::wire_mac_algorithm(made.mac_algorithm).into(),
        key_id: made.key_arn,
    })
}

pub(super) async fn verify_mac(
    kms: Kms,
    caller: Caller,
    request: pb::VerifyMacRequest,
) -> Result<pb::VerifyMacResponse, Refusal> {
    let command = VerifyMac {
        message: Plaintext::from_vec(request.message),
        key_id: request.key_id,
        mac_algorithm: convert::mac_algorithm(request.mac_algorithm)?,
        mac: request.mac,
        grant_tokens: request.grant_tokens,
        dry_run: request.dry_run,
    };
    let verified = kms.verify_mac(&caller, command).await?;
    Ok(pb::VerifyMacResponse {
        key_id: verified.key_arn,
        mac_valid: true,
        mac_algorithm: convert::wire_mac_algorithm(verified.mac_algorithm).into(),
    })
}
