//! Operations at 1, 16 and 64 in flight, plain and over TLS, each run in turn with a run of the echo.

use tests::Authority;

use crate::Options;
use crate::load::drive;
use crate::report::{self, Row};
use crate::server::{Home, Server, Transport};
use crate::work::{self, Work};

const IN_FLIGHT: [usize; 3] = [1, 16, 64];

/// Plain, both services are one process, as `cargo run` starts them. Over TLS they are two, as they are deployed.
pub(crate) async fn measure(options: &Options) {
    let (home, kms_home) = (Home::new(), Home::new());
    let pair = Server::pair(tests::binary("keystead"), &home).await;
    let plain = Transport::Plain;
    let mut rows = operations(options, &plain, &pair, &pair).await;
    pair.stop();

    let (home, tls) = (Home::new(), Transport::Tls(Box::new(Authority::new())));
    let kms = Server::kms(&kms_home, &tls).await;
    let table = Server::table(&home, &tls, &kms, &kms_home).await;
    rows.extend(operations(options, &tls, &table, &kms).await);
    table.stop();
    kms.stop();
    report::table(&rows);
}

async fn operations(options: &Options, transport: &Transport, table: &Server, kms: &Server) -> Vec<Row> {
    let echo_home = Home::new();
    let echo = Server::echo(&echo_home, transport).await;
    let channel = transport.connect(table.address("table.keystead"));
    work::prepare(&channel).await;
    let tables = work::on_tables(&channel).await;
    let keys = work::on_keys(&transport.connect(kms.address("kms.keystead"))).await;
    let works = tables.iter().map(|work| (work, table)).chain(keys.iter().map(|work| (work, kms)));
    let mut rows = Vec::new();
    for (work, server) in works {
        for in_flight in IN_FLIGHT {
            rows.push(row(options, transport, work, (server, &echo), in_flight).await);
        }
    }
    echo.stop();
    rows
}

async fn row(
    options: &Options,
    transport: &Transport,
    work: &Work,
    (server, echo): (&Server, &Server),
    in_flight: usize,
) -> Row {
    let yardstick = work::echo(&transport.connect(echo.address("echo.keystead")), work);
    let (mut runs, mut echoes) = (Vec::new(), Vec::new());
    for _ in 0..options.repeats {
        echoes.push(drive(&yardstick, echo, in_flight, options.run).await);
        runs.push(drive(&work.call, server, in_flight, options.run).await);
    }
    let name = transport.name(work.name);
    let row = Row::new(name.clone(), in_flight, &runs, &echoes);
    Row::new(format!("echo of {name}"), in_flight, &echoes, &echoes).print();
    row.print();
    row
}
