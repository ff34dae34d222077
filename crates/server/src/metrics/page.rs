//! What Prometheus reads: families of numbers, each with its labels.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// The labels of a number.
pub type Labels<'a> = Vec<(&'static str, &'a str)>;

/// A page that is being written.
pub struct Page<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
}

/// What fell into each class of a histogram: its upper bound and the number, and all together.
pub struct Histogram<'a> {
    pub labels: Labels<'a>,
    pub classes: Vec<(f64, u64)>,
    pub sum: f64,
}

impl<'a, 'e> Page<'a, 'e> {
    pub fn new(encoder: &'a mut DescriptorEncoder<'e>) -> Self {
        Self { encoder }
    }

    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.gauges(name, help, [(Labels::new(), value)])
    }

    /// Several of them. The family is named also when there is none.
    pub fn gauges<'l>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels<'l>, f64)>,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in samples {
            labelled(&mut family, &labels, |mut metric| metric.encode_gauge(&value))?;
        }
        Ok(())
    }

    /// A number that only goes up. `_total` is added to its name.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.counters(name, help, [(Labels::new(), value)])
    }

    /// Several of them.
    pub fn counters<'l>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels<'l>, u64)>,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, value) in samples {
            labelled(&mut family, &labels, |mut metric| metric.encode_counter::<NoLabelSet, u64, f64>(&value, None))?;
        }
        Ok(())
    }

    /// Seconds that only become more.
    pub fn seconds(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        family.encode_counter::<NoLabelSet, f64, f64>(&value, None)
    }

    /// Durations, by their class.
    pub fn histograms<'l>(
        &mut self,
        name: &str,
        help: &str,
        histograms: impl IntoIterator<Item = Histogram<'l>>,
    ) -> fmt::Result {
        let mut family = self.encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for Histogram { labels, classes, sum } in histograms {
            let count = classes.iter().map(|(_, count)| count).sum();
            labelled(&mut family, &labels, |mut metric| {
                metric.encode_histogram::<NoLabelSet>(sum, count, &classes, None)
            })?;
        }
        Ok(())
    }
}

/// Writes a number with its labels; none at all are an empty pair of braces.
fn labelled(
    family: &mut MetricEncoder<'_>,
    labels: &Labels<'_>,
    write: impl FnOnce(MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    let labels: &[(&str, &str)] = labels;
    write(family.encode_family(&labels)?)
}
