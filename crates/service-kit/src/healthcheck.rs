//! `SERVICE healthcheck`: asks the service on this machine whether it is ready, for containers that have nothing else to
//! ask with. It takes the address of the admin port from where the service does.

use clap::Args;
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// From the connection to the last byte of the answer.
const DEADLINE: Duration = Duration::from_secs(3);
/// Most bytes of an answer that are read.
const MAX_BYTES: u64 = 16 * 1024;

/// Where the service is. The default of `admin-listen` is the service's to give, with `mut_arg`.
#[derive(Args, Clone, Debug)]
pub struct HealthcheckArgs {
    /// Address of the service's admin port
    #[arg(long, value_name = "ADDRESS")]
    pub admin_listen: SocketAddr,
    /// The TOML file with the options of the service
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Why the service is not known to be ready.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// Nobody answers, or not what the service would.
    #[error("no answer from {0}: {1}")]
    Silent(SocketAddr, io::Error),
    /// The service says why not.
    #[error("not ready: {0}")]
    NotReady(String),
}

impl HealthcheckArgs {
    /// Nothing if the service is ready.
    pub async fn run(&self) -> Result<(), Unhealthy> {
        let address = reachable(self.admin_listen);
        let answer =
            tokio::time::timeout(DEADLINE, ask(address)).await.unwrap_or_else(|late| Err(late.into()));
        let answer = answer.map_err(|error| Unhealthy::Silent(address, error))?;
        match answer.split_once("\r\n\r\n") {
            Some((head, _)) if head.starts_with("HTTP/1.1 200 ") => Ok(()),
            Some((_, reasons)) => Err(Unhealthy::NotReady(reasons.trim_end().replace('\n', "; "))),
            None => Err(Unhealthy::Silent(address, io::ErrorKind::InvalidData.into())),
        }
    }
}

/// Whoever listens on every address is asked on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    match listen {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        other => other,
    }
}

async fn ask(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.take(MAX_BYTES).read_to_string(&mut answer).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_listens_everywhere_is_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:9001", "127.0.0.1:9001"),
            ("[::]:9001", "[::1]:9001"),
            ("10.0.0.7:9001", "10.0.0.7:9001"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
