//! What the pair can do: `cargo bench -p tests --bench pair`.
//!
//! Starts the real binaries, built for release, on loopback ports of their own, loads them from this process, and prints
//! one JSON object for each figure and tables of them at the end. Client and server share the machine, so operations per
//! second measure both together; `server_cpu_us` is the server's part alone, and `ratio_to_echo` compares with an RPC
//! that sends and receives as many bytes through the same stack and does nothing, over AWS JSON with a bare axum server.
//!
//! ```text
//! cargo bench -p tests --bench pair                        everything, about 27 minutes
//! cargo bench -p tests --bench pair -- throughput          some parts: throughput, json, start, million, sealing
//! cargo bench -p tests --bench pair -- --seconds 1 start   shorter runs, worse figures
//! ```

#![allow(clippy::as_conversions, reason = "figures for people; nothing depends on their last digits")]

mod json;
mod load;
mod million;
mod report;
mod sealing;
mod server;
mod start;
mod throughput;
mod work;

use std::time::Duration;

/// What was asked for on the command line.
pub(crate) struct Options {
    /// How long one run takes, its warm-up not counted.
    pub(crate) run: Duration,
    /// Runs of each figure; the median is reported, and the spread.
    pub(crate) repeats: usize,
    /// How many items a large table has.
    pub(crate) million: usize,
    parts: Vec<String>,
}

impl Options {
    fn read() -> Self {
        let mut options =
            Self { run: Duration::from_secs(3), repeats: 3, million: 1_000_000, parts: Vec::new() };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut number = |what: &str| -> u32 {
                arguments.next().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{what} N"))
            };
            match argument.as_str() {
                // cargo says that this is a benchmark.
                "--bench" => {}
                "--seconds" => options.run = Duration::from_secs(number("--seconds").into()),
                "--repeats" => options.repeats = number("--repeats") as usize,
                "--items" => options.million = number("--items") as usize,
                part => options.parts.push(part.to_owned()),
            }
        }
        options
    }

    fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

#[tokio::main]
async fn main() {
    let options = Options::read();
    eprintln!("{}", report::machine());
    if options.wants("start") {
        start::measure(&options).await;
    }
    if options.wants("throughput") {
        throughput::measure(&options).await;
    }
    if options.wants("json") {
        json::measure(&options).await;
    }
    if options.wants("sealing") {
        sealing::measure(&options).await;
    }
    if options.wants("million") {
        million::measure(&options).await;
    }
}
