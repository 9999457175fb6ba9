//! Compiles the .proto file as the `proto` crate does.

use std::path::PathBuf;

use prost::Message as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let descriptors = protox::compile(["echo.proto"], ["."])?;
    std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("echo.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().bytes(".").compile_fds(descriptors)?;
    Ok(())
}
