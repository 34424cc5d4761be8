//! The chart, and what keys do.

use super::series::Series;
use crate::screen::{Input, Theme};
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{self, Axis, Dataset, GraphType, Wrap};
use slotcast::dynamic::Sample;
use slotcast::now_ns;

/// The longest and the shortest span, in seconds.
const SPANS: (f64, f64) = (0.1, 3600.0);
/// With colours all lines have the finest marker; without, each has its own, and its sign.
const MARKERS: [(Marker, &str); 4] =
    [(Marker::Braille, "⠿"), (Marker::Dot, "•"), (Marker::Block, "█"), (Marker::HalfBlock, "▄")];
/// A screen of fewer lines has no room for labels.
const MIN_HEIGHT_WITH_LABELS: u16 = 5;

/// The chart of some fields.
pub(crate) struct Chart {
    topic: String,
    pub(crate) series: Vec<Series>,
    /// How much time it shows, in seconds.
    span: f64,
    /// The values at the bottom and at the top; without them, what the values need.
    range: (Option<f64>, Option<f64>),
    /// When it was paused, in seconds.
    paused_at: Option<f64>,
    /// What is wrong at present.
    pub(crate) problem: Option<String>,
    /// How many messages were lost, because they came faster than they were read.
    pub(crate) lost: u64,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    GoOn,
    Quit,
}

impl Chart {
    /// Creates an empty chart.
    pub(crate) fn new(topic: String, span: f64, range: (Option<f64>, Option<f64>)) -> Self {
        Self { topic, series: Vec::new(), span, range, paused_at: None, problem: None, lost: 0 }
    }

    /// Adds the values of a message, at its time of publishing if it carries that, else now.
    pub(crate) fn add(&mut self, message: &Sample) {
        let time = seconds(message.timestamp().unwrap_or_else(now_ns));
        // What is paused is kept as it is: nothing new would push it out.
        if self.paused_at.is_none() {
            for series in &mut self.series {
                series.add(time, message.bytes(), self.span);
            }
        }
    }

    /// Does what a key stands for.
    pub(crate) fn input(&mut self, input: Input) -> Then {
        match input {
            Input::Interrupt | Input::Key(KeyCode::Char('q') | KeyCode::Esc) => return Then::Quit,
            Input::Key(KeyCode::Char('p' | ' ')) => {
                self.paused_at = if self.paused_at.is_none() { Some(seconds(now_ns())) } else { None };
            }
            Input::Key(KeyCode::Char('+')) => self.span = (self.span * 2.0).min(SPANS.1),
            Input::Key(KeyCode::Char('-')) => self.span = (self.span / 2.0).max(SPANS.0),
            Input::Key(KeyCode::Char('c')) => self.series.iter_mut().for_each(Series::clear),
            _ => {}
        }
        Then::GoOn
    }

    /// Draws all of it.
    pub(crate) fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        let now = self.paused_at.unwrap_or_else(|| seconds(now_ns()));
        let lines: Vec<_> = self.series.iter().map(|series| series.points(now, self.span)).collect();
        let legend = self.legend(theme);
        let width = usize::from(frame.area().width).max(1);
        let legend_height = u16::try_from(legend.width().div_ceil(width)).unwrap_or(u16::MAX);
        let legend_height = legend_height.clamp(1, (frame.area().height / 3).max(1));
        let [head, chart, foot] =
            Layout::vertical([Constraint::Length(legend_height), Constraint::Fill(1), Constraint::Length(1)])
                .areas(frame.area());
        frame.render_widget(widgets::Paragraph::new(legend).wrap(Wrap { trim: true }), head);
        frame.render_widget(self.foot(theme), foot);
        if chart.height == 0 || chart.width == 0 {
            return;
        }
        let (least, greatest) = bounds(lines.iter().flatten().map(|point| point.1), self.range);
        let datasets = lines.iter().enumerate().map(|(index, points)| {
            let dataset = Dataset::default().data(points).graph_type(GraphType::Line);
            dataset.marker(marker(index, theme).0).style(theme.series(index))
        });
        let (mut x, mut y) = (Axis::default(), Axis::default());
        if chart.height >= MIN_HEIGHT_WITH_LABELS {
            x = x.labels([
                format!("-{} s", number(self.span)),
                format!("-{} s", number(self.span / 2.0)),
                "now".into(),
            ]);
            y = y.labels([least, f64::midpoint(least, greatest), greatest].map(number));
        }
        let style = theme.faint();
        let widget = widgets::Chart::new(datasets.collect())
            .legend_position(None)
            .x_axis(x.bounds([-self.span, 0.0]).style(style))
            .y_axis(y.bounds([least, greatest]).style(style));
        frame.render_widget(widget, chart);
    }

    /// Returns the names of the fields, each with its newest value.
    fn legend(&self, theme: Theme) -> Line<'_> {
        let mut spans = vec![Span::styled(self.topic.as_str(), theme.title())];
        for (index, series) in self.series.iter().enumerate() {
            let value = series.newest.map_or_else(|| "-".to_owned(), number);
            let name = if series.name.is_empty() { "value" } else { &series.name };
            let text = format!("  {} {name} {value}", marker(index, theme).1);
            spans.push(Span::styled(text, theme.series(index)));
        }
        Line::from(spans)
    }

    fn foot(&self, theme: Theme) -> Line<'_> {
        let lost = if self.lost == 0 { String::new() } else { format!("{} lost  ", self.lost) };
        let paused = if self.paused_at.is_some() { "PAUSED  " } else { "" };
        match &self.problem {
            Some(problem) => Line::styled(format!("{paused}{lost}{problem}"), theme.problem()),
            None => Line::styled(format!("{paused}{lost}+ - time span  space pause  c clear  q quit"), theme.faint()),
        }
    }
}

fn marker(index: usize, theme: Theme) -> (Marker, &'static str) {
    MARKERS[if theme.has_colors() { 0 } else { index % MARKERS.len() }]
}

#[expect(clippy::cast_precision_loss, reason = "to a microsecond after centuries")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// Returns the values at the bottom and at the top.
fn bounds(values: impl Iterator<Item = f64>, range: (Option<f64>, Option<f64>)) -> (f64, f64) {
    let found = values.fold(None, |bounds, value| match bounds {
        None => Some((value, value)),
        Some((least, greatest)) => Some((f64::min(least, value), f64::max(greatest, value))),
    });
    let (least, greatest) = found.unwrap_or((0.0, 1.0));
    let (least, greatest) = (range.0.unwrap_or(least), range.1.unwrap_or(greatest));
    if least < greatest {
        return (least, greatest);
    }
    // A line in the middle.
    let margin = if least == 0.0 { 1.0 } else { least.abs() / 10.0 };
    (range.0.unwrap_or(least - margin), range.1.unwrap_or(least + margin))
}

/// Returns a number with few digits.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        1e6.. | ..1e-3 => format!("{value:.2e}"),
        1e3.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_what_the_values_need() {
        let of = |values: &[f64], range| bounds(values.iter().copied(), range);
        assert_eq!(of(&[], (None, None)), (0.0, 1.0));
        assert_eq!(of(&[3.0, -2.0, 1.0], (None, None)), (-2.0, 3.0));
        assert_eq!(of(&[5.0], (None, None)), (4.5, 5.5));
        assert_eq!(of(&[0.0], (None, None)), (-1.0, 1.0));
        assert_eq!(of(&[3.0, -2.0], (Some(0.0), Some(1.0))), (0.0, 1.0));
        assert_eq!(of(&[3.0], (Some(0.0), None)), (0.0, 3.0));
    }

    #[test]
    fn numbers_have_few_digits() {
        let text = [0.0, 1.5, -12.345, 123_456.0, 1.5e9, 1e-9, f64::NAN, f64::INFINITY].map(number);
        assert_eq!(text, ["0", "1.500", "-12.3", "123456", "1.50e9", "1.00e-9", "NaN", "inf"]);
    }
}
