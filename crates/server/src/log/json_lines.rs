//! Events as JSON, one object a line: `timestamp`, `level`, the event's own fields, `target`, and the span that it is within.
//!
//! The fields of a span are written when they are known, each once, and copied into each event: an audit line is written for
//! most requests that change something, and must not cost as much as they do.

use std::error::Error;
use std::fmt;

use serde::{Serialize, Serializer};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::queue::Queue;

/// What few lines, and the fields of few spans, are longer than.
const USUAL: (usize, usize) = (512, 128);

/// How long a moment is in RFC 3339, with microseconds.
const MOMENT: usize = 27;

/// Puts every event into the queue as such a line.
pub struct JsonLines {
    queue: Queue,
    /// Whether an event names all spans that it is within, or the innermost only.
    names_all_spans: bool,
}

impl JsonLines {
    /// Lines for `queue`.
    pub fn new(queue: Queue, names_all_spans: bool) -> Self {
        Self { queue, names_all_spans }
    }
}

impl<S> Layer<S> for JsonLines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields(Vec::with_capacity(USUAL.1));
            attributes.record(&mut fields);
            span.extensions_mut().insert(OfSpan(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let before = span.extensions_mut().remove::<OfSpan>();
        let mut fields = before.map_or(Fields(Vec::new()), |OfSpan(fields)| fields);
        values.record(&mut fields);
        span.extensions_mut().replace(OfSpan(fields));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields(Vec::with_capacity(USUAL.0));
        let mut now = String::with_capacity(MOMENT);
        if SystemTime.format_time(&mut Writer::new(&mut now)).is_ok() {
            line.add("timestamp", &now);
        }
        line.add("level", event.metadata().level().as_str());
        event.record(&mut line);
        line.add("target", event.metadata().target());
        if let Some(span) = context.event_span(event) {
            line.begin("span");
            line.object(&span);
            if self.names_all_spans {
                line.begin("spans");
                let mut before = b'[';
                for span in span.scope().from_root() {
                    line.0.push(before);
                    line.object(&span);
                    before = b',';
                }
                line.0.push(b']');
            }
        }
        line.0.extend(b"}\n");
        self.queue.put(line.0);
    }
}

/// What the fields of a span are kept as.
struct OfSpan(Fields);

/// The fields of an object, which is not closed yet.
struct Fields(Vec<u8>);

impl Fields {
    /// Goes on to the field of this name.
    fn begin(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        self.value(name);
        self.0.push(b':');
    }

    fn add(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        self.begin(name);
        self.value(value);
    }

    /// Into memory, and nothing that is given here has a shape that JSON has not: it cannot fail.
    fn value(&mut self, value: &(impl Serialize + ?Sized)) {
        let _infallible = serde_json::to_writer(&mut self.0, value);
    }

    /// A span, as an object of its own.
    fn object<'a, S: LookupSpan<'a>>(&mut self, span: &SpanRef<'a, S>) {
        let extensions = span.extensions();
        match extensions.get::<OfSpan>() {
            Some(OfSpan(Self(fields))) if !fields.is_empty() => {
                self.0.extend(fields);
                self.0.push(b',');
            }
            _ => self.0.push(b'{'),
        }
        self.0.extend(br#""name":"#);
        self.value(span.name());
        self.0.push(b'}');
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(name(field), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(name(field), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(name(field), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(name(field), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(name(field), value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.add(name(field), &Text(format_args!("{value}")));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(name(field), &Text(format_args!("{value:?}")));
    }
}

/// A text, as far as it can be made: one that breaks off is no reason for whoever logs it to do so.
struct Text<'a>(fmt::Arguments<'a>);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _may_break_off = f.write_fmt(self.0);
        Ok(())
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A field that is called as the language calls something of its own is written with `r#`.
fn name(field: &Field) -> &'static str {
    let name = field.name();
    name.strip_prefix("r#").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use std::io;

    use serde_json::{Value, json};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::super::queue::tests::Reader;
    use super::*;

    /// What is logged while `work` is done, each line without its moment.
    fn logged(names_all_spans: bool, work: impl FnOnce()) -> Vec<Value> {
        let written = Reader::default();
        let queue = Queue::start(written.clone()).expect("a thread");
        let lines = JsonLines::new(queue.clone(), names_all_spans);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
        queue.flush();
        let read = |line: &str| {
            let mut line: Value = serde_json::from_str(line).expect("JSON");
            let moment = line.as_object_mut().expect("an object").remove("timestamp").expect("a moment");
            assert!(moment.as_str().is_some_and(|text| text.ends_with('Z') && text.len() == MOMENT), "{moment}");
            line
        };
        written.text().lines().map(read).collect()
    }

    #[test]
    fn an_event_has_its_fields_and_where_it_comes_from() {
        let lines = logged(false, || {
            let failure = io::Error::other("away");
            tracing::warn!(target: "audit", r#type = "x\"y\n", count = 7_u64, less = -1, share = 0.5, none = f64::NAN, "hm");
            tracing::error!(is_well = false, id = %"a-b", shape = ?Some(1), error = &failure as &dyn Error);
        });
        let here = "tessera_server::log::json_lines::tests";
        let expected = [
            json!({"level": "WARN", "message": "hm", "type": "x\"y\n", "count": 7, "less": -1, "share": 0.5, "none": null,
                "target": "audit"}),
            json!({"level": "ERROR", "is_well": false, "id": "a-b", "shape": "Some(1)", "error": "away", "target": here}),
        ];
        assert_eq!(lines, expected);
    }

    struct BreaksOff;

    impl fmt::Display for BreaksOff {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            Err(fmt::Error)
        }
    }

    #[test]
    fn what_breaks_off_is_logged_as_far_as_it_goes() {
        let lines = logged(false, || tracing::info!(text = %BreaksOff, count = 1));
        assert_eq!((&lines[0]["text"], &lines[0]["count"]), (&json!("half"), &json!(1)));
    }

    #[test]
    fn an_event_is_within_a_span_and_what_is_known_of_that() {
        let work = || {
            let outer = tracing::info_span!("request", request_id = "r", ip = tracing::field::Empty);
            outer.record("ip", "::1");
            let _outer = outer.enter();
            tracing::info!("outside");
            let _inner = tracing::info_span!("bare").entered();
            tracing::info!("inside");
        };
        let (request, bare) = (json!({"request_id": "r", "ip": "::1", "name": "request"}), json!({"name": "bare"}));
        let spans = |lines: Vec<Value>| {
            lines.iter().map(|line| (line["span"].clone(), line["spans"].clone())).collect::<Vec<_>>()
        };
        let innermost = [(request.clone(), Value::Null), (bare.clone(), Value::Null)];
        assert_eq!(spans(logged(false, work)), innermost);
        let all = [(request.clone(), json!([request])), (bare.clone(), json!([request, bare]))];
        assert_eq!(spans(logged(true, work)), all);
    }
}
