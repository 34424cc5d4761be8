//! The pane about the selected topic.

use super::App;
use crate::rates::{self, EndpointSummary, TopicSummary};
use crate::screen::Theme;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph, Sparkline};
use slotcast::ProcessState;
use slotcast::registry::Role;

/// The lines that the trend takes, if there is space for it.
const TREND_HEIGHT: u16 = 3;
/// With fewer lines the trend is left out.
const MIN_HEIGHT_WITH_TREND: u16 = 9;

/// Draws the pane.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, theme: Theme) {
    let Some(topic) = app.selected() else { return };
    let kind = topic.type_name.as_deref().map(|name| format!(": {name}")).unwrap_or_default();
    let title = Span::styled(format!(" {}{kind} ", topic.topic), theme.title());
    let block = Block::new().borders(Borders::TOP).title(title);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    let trend_height = if inside.height < MIN_HEIGHT_WITH_TREND { 0 } else { TREND_HEIGHT };
    let [trend, text] = Layout::vertical([Constraint::Length(trend_height), Constraint::Fill(1)]).areas(inside);
    if trend_height > 0 {
        draw_trend(frame, trend, &app.trend(&topic.topic), theme);
    }
    frame.render_widget(Paragraph::new(lines(topic, app, theme)).scroll((app.scroll, 0)), text);
}

fn draw_trend(frame: &mut Frame<'_>, area: Rect, rates: &[u64], theme: Theme) {
    let newest = &rates[rates.len().saturating_sub(usize::from(area.width))..];
    frame.render_widget(Sparkline::default().data(newest).style(theme.series(0)), area);
}

fn lines<'a>(topic: &'a TopicSummary, app: &'a App, theme: Theme) -> Vec<Line<'a>> {
    let mut lines: Vec<_> = topic.endpoints.iter().map(|endpoint| endpoint_line(endpoint, theme)).collect();
    lines.extend(topic.problems.iter().map(|problem| Line::styled(format!("! {problem}"), theme.problem())));
    match app.newest.lines() {
        [] => lines.push(Line::styled("no message yet", theme.faint())),
        [first, rest @ ..] => {
            lines.push(Line::styled(first.as_str(), theme.title()));
            lines.extend(rest.iter().map(|line| Line::raw(line.as_str())));
        }
    }
    lines
}

fn endpoint_line(endpoint: &EndpointSummary, theme: Theme) -> Line<'_> {
    let EndpointSummary { name, state, memory, messages, lost, unread, held } = endpoint;
    let memory = memory.map(|memory| format!(", {}", rates::bytes(memory))).unwrap_or_default();
    let [messages, unread, lost] = [*messages, *unread, *lost].map(rates::count);
    let text = match name.role {
        Role::Publisher => format!("> {name}: {messages} published{memory}"),
        Role::Subscriber => {
            format!("< {name}: {messages} received, {unread} unread, {lost} lost, {held} held{memory}")
        }
    };
    match state {
        Some(ProcessState::Stopped) => Line::styled(format!("{text}, stopped"), theme.problem()),
        Some(_) => Line::raw(text),
        None => Line::styled(format!("{text}, has ended"), theme.faint()),
    }
}
