//! Serves the echo RPC until it is told to stop.

use std::sync::Arc;

use clap::Parser as _;
use echo::{
    DESCRIPTORS, EchoRequest, EchoResponse,
    echo_service_server::{EchoService, EchoServiceServer},
};
use identity::Directory;
use tonic::{Request, Response, Status, codegen::Bytes};

/// Largest message, as in the services.
const MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    common: service_kit::CommonArgs,
}

struct Echo;

#[tonic::async_trait]
impl EchoService for Echo {
    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoResponse>, Status> {
        let EchoRequest { payload, answer_bytes } = request.into_inner();
        let length = usize::try_from(answer_bytes).unwrap_or(usize::MAX).min(MESSAGE_BYTES_MAX / 2);
        let payload = if length == payload.len() {
            payload
        } else {
            Bytes::from(payload.iter().copied().cycle().take(length).collect::<Vec<u8>>())
        };
        Ok(Response::new(EchoResponse { payload }))
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Cli { common } = Cli::parse();
    let _traces = service_kit::telemetry::init(&common.log, &common.traces, "echo")?;
    let stop = service_kit::shutdown_signal()?;
    let directory = Directory::development_in(&common.data_dir, &common.account, None)?;
    let service = EchoServiceServer::new(Echo).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let server = service_kit::Server::new("echo.keystead", Arc::new(directory))
        .service(service)
        .descriptors(DESCRIPTORS)
        .configure(&common)
        .bind(common.listen, common.admin_listen)
        .await?;
    Ok(server.serve(stop).await?)
}
