//! The report: Markdown that reads well in a terminal too.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::outcome::Outcome;

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    facts: Vec<String>,
    tables: Vec<Table>,
    verdicts: Vec<[String; 4]>,
}

/// Some measurements that belong together.
#[derive(Debug)]
pub struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A measure, and how it has to be to be good.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    AtLeast(f64),
    Below(f64),
}

impl Report {
    /// Notes a circumstance of the run.
    pub fn fact(&mut self, text: impl Into<String>) {
        self.facts.push(text.into());
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) {
        self.tables.push(table);
    }

    /// Holds a measure against its target.
    pub fn verdict(&mut self, measure: &str, value: f64, unit: &str, target: Target) {
        let (met, target) = match target {
            Target::AtLeast(least) => (value >= least, format!("at least {least}{unit}")),
            Target::Below(limit) => (value < limit, format!("below {limit}{unit}")),
        };
        let met = if met { "met" } else { "MISSED" };
        self.verdicts.push([measure.to_owned(), format!("{value:.2}{unit}"), target, met.to_owned()]);
    }
}

impl Table {
    /// With these columns.
    pub fn new<const N: usize>(title: &str, columns: [&str; N]) -> Self {
        Self { title: title.to_owned(), columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// For loads: the columns are those of [`Table::outcome`].
    pub fn of_loads(title: &str) -> Self {
        Self::new(title, ["what", "requests/s", "p50 µs", "p99 µs", "server CPU µs", "server busy", "of floor"])
    }

    /// Adds a row; what it does not say is a dash.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        let mut row = Vec::from(cells);
        row.resize(self.columns.len(), "-".to_owned());
        self.rows.push(row);
    }

    /// Adds what came of a load, and its rate as a share of its floor's.
    pub fn outcome(&mut self, what: &str, outcome: &Outcome, share: Option<f64>) {
        self.row([
            what.to_owned(),
            format!("{:.0}", outcome.rate()),
            micros(outcome.latencies.percentile(50)),
            micros(outcome.latencies.percentile(99)),
            micros(outcome.cpu_per_answer()),
            format!("{:.0} %", 100.0 * outcome.busy()),
            share.map_or_else(|| "-".to_owned(), |share| format!("{share:.2}")),
        ]);
    }
}

/// To a tenth, where that means anything.
fn micros(duration: Duration) -> String {
    let micros = 1e6 * duration.as_secs_f64();
    if micros < 1_000.0 { format!("{micros:.1}") } else { format!("{micros:.0}") }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("# Benchmark\n\n")?;
        for fact in &self.facts {
            writeln!(f, "- {fact}")?;
        }
        let mut verdicts = Table::new("Targets", ["measure", "value", "target", ""]);
        for verdict in &self.verdicts {
            verdicts.row(verdict.clone());
        }
        for table in self.tables.iter().chain([&verdicts]) {
            write!(f, "\n{table}")?;
        }
        Ok(())
    }
}

/// The first column is text and stands left, the others stand right.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || [&self.columns].into_iter().chain(&self.rows);
        let width = |column: usize| lines().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<_> = (0..self.columns.len()).map(|column| width(column).unwrap_or(0)).collect();
        let mut rule = String::from("|");
        for (column, width) in widths.iter().enumerate() {
            let _infallible = write!(rule, "{}{}|", "-".repeat(width + 1), if column == 0 { "-" } else { ":" });
        }
        writeln!(f, "## {}\n", self.title)?;
        for (number, line) in lines().enumerate() {
            f.write_str("|")?;
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                if column == 0 { write!(f, " {cell:<width$} |")? } else { write!(f, " {cell:>width$} |")? }
            }
            f.write_str("\n")?;
            if number == 0 {
                writeln!(f, "{rule}")?;
            }
        }
        Ok(())
    }
}
