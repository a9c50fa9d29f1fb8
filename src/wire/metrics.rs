//! `GET /metrics`: figures in the text format of Prometheus.

use std::fmt::{Display, Write};

/// The kind of content that scrapers expect.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whether a figure only grows.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// It does, until the daemon's database is another.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// Figures being written down.
#[derive(Clone, Debug, Default)]
pub struct Metrics(String);

impl Metrics {
    /// Writes a figure without labels. `name` is in Prometheus' manner, with its unit.
    pub fn one(&mut self, kind: Kind, name: &str, help: &str, value: impl Display) {
        self.head(kind, name, help);
        self.line(format_args!("{name} {value}"));
    }

    /// Writes a figure for each value of a label.
    pub fn each<'a>(
        &mut self,
        kind: Kind,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'a str, f64)>,
    ) {
        self.head(kind, name, help);
        for (of, value) in values {
            let of = of.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            self.line(format_args!("{name}{{{label}=\"{of}\"}} {value}"));
        }
    }

    /// The text.
    pub fn into_text(self) -> String {
        self.0
    }

    fn head(&mut self, kind: Kind, name: &str, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        self.line(format_args!("# HELP {name} {help}"));
        self.line(format_args!("# TYPE {name} {kind}"));
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        writeln!(self.0, "{line}").ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_scrapers_read_them() {
        let mut metrics = Metrics::default();
        metrics.one(Kind::Gauge, "ve_agents", "Agents at work.", 3);
        metrics.each(Kind::Counter, "ve_tokens_total", "Tokens.", "class", [("in\"put", 1.5), ("output", 2.0)]);
        assert_eq!(
            metrics.into_text(),
            "# HELP ve_agents Agents at work.\n# TYPE ve_agents gauge\nve_agents 3\n\
             # HELP ve_tokens_total Tokens.\n# TYPE ve_tokens_total counter\n\
             ve_tokens_total{class=\"in\\\"put\"} 1.5\nve_tokens_total{class=\"output\"} 2\n"
        );
    }
}
