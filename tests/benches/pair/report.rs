//! Figures for machines (one JSON object in a line) and for people (a table).

use std::fs;

use crate::load::Figures;

/// The median of an odd or even number of figures, and how far they lie apart in parts of it.
pub(crate) fn median(figures: &[f64]) -> (f64, f64) {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let spread = sorted.last().copied().unwrap_or_default() - sorted.first().copied().unwrap_or_default();
    (middle, if middle == 0.0 { 0.0 } else { spread / middle })
}

/// One line of the table: an operation at one load.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) in_flight: usize,
    ops_s: f64,
    spread: f64,
    p50_us: f64,
    p99_us: f64,
    server_cpu_us: f64,
    pub(crate) ratio_to_echo: f64,
}

impl Row {
    /// Of runs that were made in turn with runs of the echo.
    pub(crate) fn new(name: String, in_flight: usize, runs: &[Figures], echoes: &[Figures]) -> Self {
        let of = |pick: fn(&Figures) -> f64| median(&runs.iter().map(pick).collect::<Vec<_>>());
        let ratios: Vec<f64> = runs.iter().zip(echoes).map(|(run, echo)| run.ops_s / echo.ops_s).collect();
        let (ops_s, spread) = of(|figures| figures.ops_s);
        Self {
            name,
            in_flight,
            ops_s,
            spread,
            p50_us: of(|figures| figures.p50_us).0,
            p99_us: of(|figures| figures.p99_us).0,
            server_cpu_us: of(|figures| figures.server_cpu_us).0,
            ratio_to_echo: median(&ratios).0,
        }
    }

    /// Prints the JSON object.
    pub(crate) fn print(&self) {
        let rounded = |figure: f64| (figure * 100.0).round() / 100.0;
        let line = serde_json::json!({
            "name": self.name,
            "in_flight": self.in_flight,
            "ops_s": self.ops_s.round(),
            "spread": rounded(self.spread),
            "p50_us": self.p50_us.round(),
            "p99_us": self.p99_us.round(),
            "server_cpu_us": rounded(self.server_cpu_us),
            "ratio_to_echo": rounded(self.ratio_to_echo),
        });
        println!("{line}");
    }
}

/// Prints the rows as a table in Markdown.
pub(crate) fn table(rows: &[Row]) {
    println!("\n| operation | in flight | ops/s (spread) | p50 us | p99 us | server CPU us | of echo |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    for row in rows {
        println!(
            "| {} | {} | {:.0} ({:.0} %) | {:.0} | {:.0} | {:.0} | {:.2} |",
            row.name,
            row.in_flight,
            row.ops_s,
            100.0 * row.spread,
            row.p50_us,
            row.p99_us,
            row.server_cpu_us,
            row.ratio_to_echo,
        );
    }
    println!();
}

/// Prints one figure that has no load: its median and spread.
pub(crate) fn figure(name: &str, unit: &str, figures: &[f64]) -> f64 {
    let (value, spread) = median(figures);
    let rounded = |figure: f64| (figure * 100.0).round() / 100.0;
    println!("{}", serde_json::json!({ "name": name, unit: rounded(value), "spread": rounded(spread) }));
    value
}

/// Prints the median of differences in percent, and between which points the middle half of them lies.
pub(crate) fn percent(name: &str, figures: &[f64]) {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |part: usize| {
        let figure = sorted.get(sorted.len() * part / 4).copied().unwrap_or_default();
        (figure * 10.0).round() / 10.0
    };
    println!("{}", serde_json::json!({ "name": name, "percent": at(2), "quartiles": [at(1), at(3)] }));
}

/// Which machine this is.
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let kernel = read("/proc/sys/kernel/osrelease");
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    format!("{cores} x {}, Linux {}", model.map_or("?", |(_, model)| model), kernel.trim())
}
