//! Reads the admin port: a few lines of HTTP/1.1 and the Prometheus text format.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One sample of a metric.
#[derive(Debug)]
pub struct Sample {
    /// The metric's name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

/// Everything on `/metrics` at one moment.
#[derive(Debug)]
pub struct Metrics(Vec<Sample>);

impl Metrics {
    /// The sum of all samples called `name` whose labels include `labels`.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.0
            .iter()
            .filter(|sample| sample.name == name && sample.has(labels))
            .map(|sample| sample.value)
            .sum()
    }

    /// The same for each value of the label `by`.
    pub fn sums(&self, name: &str, by: &str, labels: &[(&str, &str)]) -> BTreeMap<&str, f64> {
        let mut sums = BTreeMap::new();
        for sample in self.0.iter().filter(|sample| sample.name == name && sample.has(labels)) {
            let value = sample.labels.get(by).map_or("", String::as_str);
            *sums.entry(value).or_default() += sample.value;
        }
        sums
    }

    /// Whether there is any sample called `name`.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|sample| sample.name == name)
    }
}

impl Sample {
    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.labels.get(*name).is_some_and(|have| have == value))
    }
}

/// Reads `/metrics`.
pub async fn read(admin: SocketAddr) -> Metrics {
    let (status, body) = get(admin, "/metrics").await.expect("the admin port answers");
    assert_eq!(status, 200, "{body}");
    Metrics(body.lines().filter_map(sample).collect())
}

/// `GET path`: the status and the body, or nothing when nobody listens.
pub async fn get(admin: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(admin).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let body = answer.split_once("\r\n\r\n")?.1.to_owned();
    Some((status, body))
}

/// `name{label="value",...} 12` or `name 12`; comments and what does not parse are left out.
fn sample(line: &str) -> Option<Sample> {
    if line.starts_with('#') {
        return None;
    }
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, rest)) => (name, rest.trim_end_matches('}')),
        None => (series, ""),
    };
    let labels = labels
        .split("\",")
        .filter_map(|pair| pair.split_once("=\""))
        .map(|(name, value)| (name.to_owned(), value.trim_end_matches('"').to_owned()))
        .collect();
    Some(Sample { name: name.to_owned(), labels, value: value.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_and_without_labels() {
        let text = "# HELP x y\nx_total{method=\"Get,Item\",code=\"OK\"} 3\nx_total{method=\"Put\",code=\"OK\"} 4\nup 1.5\n";
        let metrics = Metrics(text.lines().filter_map(sample).collect());
        assert!((metrics.sum("x_total", &[]) - 7.0).abs() < 1e-9);
        assert!((metrics.sum("x_total", &[("method", "Get,Item")]) - 3.0).abs() < 1e-9);
        assert!((metrics.sum("up", &[]) - 1.5).abs() < 1e-9);
        assert!(!metrics.has("down"));
    }
}
