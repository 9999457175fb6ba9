//! Compiles the .proto files with protox (no protoc needed) and writes the descriptor set that reflection serves.

use std::path::PathBuf;

use prost::Message as _;

/// Messages that carry key material, plaintext or items: their `Debug` is written by hand and prints lengths only.
const SENSITIVE: &[&str] = &[
    ".keystead.kms.v1.EncryptRequest",
    ".keystead.kms.v1.DecryptResponse",
    ".keystead.kms.v1.GenerateDataKeyResponse",
    ".keystead.kms.v1.GenerateRandomResponse",
    ".keystead.kms.v1.GenerateMacRequest",
    ".keystead.kms.v1.VerifyMacRequest",
    ".keystead.table.v1.AttributeValue",
    ".keystead.table.v1.AttributeValue.value",
    ".keystead.table.v1.StringSet",
    ".keystead.table.v1.NumberSet",
    ".keystead.table.v1.BinarySet",
    ".keystead.table.v1.AttributeMap",
    ".keystead.table.v1.AttributeList",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = ["keystead/kms/v1/kms.proto", "keystead/table/v1/table.proto"];
    let descriptors = protox::compile(files, ["."])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("keystead.bin"), descriptors.encode_to_vec())?;
    let mut config = tonic_prost_build::Config::new();
    // The codec looks its messages up by name.
    config.enable_type_names();
    tonic_prost_build::configure()
        .skip_debug(SENSITIVE)
        .codec_path("crate::bounded::Bounded")
        .compile_fds_with_config(descriptors, config)?;
    Ok(())
}
