//! The report: Markdown that reads well in a terminal too.

use std::fmt::{self, Write as _};
use std::time::Duration;

use crate::chart::Bar;
use crate::median::median;
use crate::outcome::Outcome;

/// Everything that was measured.
#[derive(Debug, Default)]
pub struct Report {
    facts: Vec<String>,
    verdicts: Vec<[String; 4]>,
    tables: Vec<Table>,
    bars: Vec<Bar>,
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

impl Target {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::Below(limit) => value < limit,
        }
    }

    /// What the rounds of a measurement say together. Where they disagree, the machine was too restless to say.
    fn verdict(self, rounds: &[f64]) -> &'static str {
        let met = rounds.iter().filter(|round| self.is_met_by(**round)).count();
        match (4 * met, rounds.len()) {
            (met, all) if met >= 3 * all => "met",
            (met, all) if met <= all => "MISSED",
            _ => "too noisy to say",
        }
    }
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

    /// Adds a bar to the chart: the median of these shares of a floor.
    pub fn bar(&mut self, label: &str, shares: &[f64], target: Option<f64>) {
        self.bars.push(Bar { label: label.to_owned(), value: median(shares.to_vec()), target });
    }

    /// Holds the median of some rounds against its target.
    pub fn verdict(&mut self, measure: &str, rounds: &[f64], unit: &str, target: Target) {
        let aim = match target {
            Target::AtLeast(least) => format!("at least {least}{unit}"),
            Target::Below(limit) => format!("below {limit}{unit}"),
        };
        let value = format!("{:.2}{unit}", median(rounds.to_vec()));
        self.verdicts.push([measure.to_owned(), value, aim, target.verdict(rounds).to_owned()]);
    }

    /// What there is to draw.
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }
}

impl Table {
    /// With these columns.
    pub fn new<const N: usize>(title: &str, columns: [&str; N]) -> Self {
        Self { title: title.to_owned(), columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// For loads: the columns are those of [`Table::outcome`].
    pub fn of_loads(title: &str) -> Self {
        Self::new(title, ["what", "of floor", "requests/s", "p50 µs", "p99 µs", "server CPU µs", "server busy"])
    }

    /// Adds a row; what it does not say is a dash.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        let mut row = Vec::from(cells);
        row.resize(self.columns.len(), "-".to_owned());
        self.rows.push(row);
    }

    /// Adds a floor of which there is nothing but a rate.
    pub fn rate(&mut self, what: &str, rate: f64) {
        self.row([what.to_owned(), "-".to_owned(), format!("{rate:.0}")]);
    }

    /// Adds what came of a load, and the shares that its rounds had of their floor's rate.
    pub fn outcome(&mut self, what: &str, outcome: &Outcome, shares: &[f64]) {
        self.row([
            what.to_owned(),
            if shares.is_empty() { "-".to_owned() } else { format!("{:.2}", median(shares.to_vec())) },
            format!("{:.0}", outcome.rate()),
            micros(outcome.latencies.percentile(50)),
            micros(outcome.latencies.percentile(99)),
            micros(outcome.cpu_per_answer()),
            format!("{:.0} %", 100.0 * outcome.busy()),
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
        let mut verdicts = Table::new("Targets", ["measure", "value", "target", "verdict"]);
        for verdict in &self.verdicts {
            verdicts.row(verdict.clone());
        }
        let verdicts = (!self.verdicts.is_empty()).then_some(&verdicts);
        for table in verdicts.into_iter().chain(&self.tables) {
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
