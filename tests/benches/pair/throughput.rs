//! Operations at 1, 16 and 64 in flight, each run in turn with a run of the echo.

use crate::Options;
use crate::load::drive;
use crate::report::{self, Row};
use crate::server::{Home, Server};
use crate::work::{self, Work};

const IN_FLIGHT: [usize; 3] = [1, 16, 64];

pub(crate) async fn measure(options: &Options) {
    let (home, echo_home) = (Home::new(), Home::new());
    let pair = Server::pair(tests::binary("keystead"), &home).await;
    let echo = Server::echo(&echo_home).await;
    let channel = work::connect(pair.address("table.keystead"));
    work::prepare(&channel).await;
    let mut works = work::on_tables(&channel).await;
    works.extend(work::on_keys(&work::connect(pair.address("kms.keystead"))).await);
    let mut rows = Vec::new();
    for work in &works {
        for in_flight in IN_FLIGHT {
            rows.push(row(options, work, &pair, &echo, in_flight).await);
        }
    }
    report::table(&rows);
    echo.stop();
    pair.stop();
}

async fn row(options: &Options, work: &Work, pair: &Server, echo: &Server, in_flight: usize) -> Row {
    let yardstick = work::echo(&work::connect(echo.address("echo.keystead")), work);
    let (mut runs, mut echoes) = (Vec::new(), Vec::new());
    for _ in 0..options.repeats {
        echoes.push(drive(&yardstick, echo, in_flight, options.run).await);
        runs.push(drive(&work.call, pair, in_flight, options.run).await);
    }
    let row = Row::new(work.name.to_owned(), in_flight, &runs, &echoes);
    Row::new(format!("echo of {}", work.name), in_flight, &echoes, &echoes).print();
    row.print();
    row
}
