//! How the screen is drawn.

use super::{App, Column, detail};
use crate::output;
use crate::rates::{self, TopicSummary};
use crate::screen::Theme;
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Clear, Paragraph, Row, Table, TableState};

/// The narrowest column of topics that is worth another column beside it.
const MIN_TOPIC: u16 = 16;
/// The width of the trend, in characters.
const TREND: u16 = 12;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// In which order columns are left out if there is not enough space: the last first.
const IMPORTANCE: [Column; 7] =
    [Column::Rate, Column::Lost, Column::Bandwidth, Column::Unread, Column::Endpoints, Column::Memory, Column::Held];
const HELP: &str = "\
up, down, j, k   select a topic
enter            endpoints and newest message
J, K             scroll these
/                search; escape ends that
s, r             sort by the next column; reverse
p, space         pause
q, escape        quit";

impl App {
    /// Draws all of it.
    pub(crate) fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        let area = frame.area();
        let [head, body, foot] =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        frame.render_widget(Line::styled(self.head(), theme.title()), head);
        let shows_detail = self.shows_detail && self.selected().is_some();
        let table_height = Constraint::Percentage(if shows_detail { 40 } else { 100 });
        let [table, pane] = Layout::vertical([table_height, Constraint::Fill(1)]).areas(body);
        self.draw_table(frame, table, theme);
        if shows_detail {
            detail::draw(frame, pane, self, theme);
        }
        frame.render_widget(self.foot(theme), foot);
        if self.shows_help {
            draw_help(frame, body);
        }
    }

    fn head(&self) -> String {
        let memory: u64 = self.all().iter().map(TopicSummary::memory).sum();
        let endpoints: usize = self.all().iter().map(|topic| topic.endpoints.len()).sum();
        let paused = if self.is_paused { "PAUSED  " } else { "" };
        let (topics, endpoints) = (output::count(self.all().len(), "topic"), output::count(endpoints, "endpoint"));
        format!("{paused}{topics}, {endpoints}, {} of memory in {}", rates::bytes(memory), self.domain)
    }

    fn foot(&self, theme: Theme) -> Line<'_> {
        if self.is_searching {
            return Line::raw(format!("/{}_", self.search));
        }
        let search = if self.search.is_empty() { String::new() } else { format!("only \"{}\"  ", self.search) };
        Line::styled(
            format!("{search}? help  / search  s sort: {}  enter detail  q quit", self.sort.title().to_lowercase()),
            theme.faint(),
        )
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, theme: Theme) {
        let shown = self.shown();
        if shown.is_empty() {
            let text = if self.all().is_empty() { "no topics" } else { "no topic matches the search" };
            frame.render_widget(Line::raw(text), area);
            return;
        }
        let (columns, has_trend) = fitting(area.width);
        let mut titles: Vec<_> = columns.iter().map(|&column| self.title(column)).collect();
        let mut widths: Vec<_> = columns.iter().map(|&column| width(column)).collect();
        if has_trend {
            titles.push(Cell::new("TREND"));
            widths.push(Constraint::Length(TREND));
        }
        let rows = shown.iter().map(|topic| self.row(topic, &columns, has_trend, theme));
        let table = Table::new(rows, widths)
            .header(Row::new(titles).style(theme.title()))
            .row_highlight_style(theme.selected());
        let mut state = TableState::default().with_selected(Some(self.selected_index(&shown)));
        frame.render_stateful_widget(table, area, &mut state);
    }

    fn title(&self, column: Column) -> Cell<'static> {
        let mark = match (column == self.sort, self.is_reversed) {
            (false, _) => "",
            (true, false) => "↓",
            (true, true) => "↑",
        };
        aligned(column, format!("{}{mark}", column.title()))
    }

    fn row(&self, topic: &TopicSummary, columns: &[Column], has_trend: bool, theme: Theme) -> Row<'static> {
        let mut cells: Vec<_> = columns.iter().map(|&column| aligned(column, column.text(topic))).collect();
        if has_trend {
            cells.push(Cell::new(bars(&self.trend(&topic.topic), usize::from(TREND))).style(theme.series(0)));
        }
        let row = Row::new(cells);
        let is_wrong = !topic.problems.is_empty() || topic.lost > 0;
        if is_wrong { row.style(theme.problem()) } else { row }
    }
}

/// Returns the columns for which there is space, and whether there is for the trend.
fn fitting(width: u16) -> (Vec<Column>, bool) {
    let mut left = width.saturating_sub(MIN_TOPIC);
    let mut take = |width: u16| {
        let fits = left > width;
        left = if fits { left - width - 1 } else { left };
        fits
    };
    let (first, rest) = IMPORTANCE.split_at(5);
    let mut chosen: Vec<_> = first.iter().copied().filter(|column| take(column.width())).collect();
    let has_trend = take(TREND);
    chosen.extend(rest.iter().copied().filter(|column| take(column.width())));
    let is_shown = |column: &Column| *column == Column::Topic || chosen.contains(column);
    (Column::ALL.into_iter().filter(is_shown).collect(), has_trend)
}

fn width(column: Column) -> Constraint {
    match column {
        Column::Topic => Constraint::Fill(1),
        column => Constraint::Length(column.width()),
    }
}

/// Numbers are aligned at their end.
fn aligned(column: Column, text: String) -> Cell<'static> {
    let alignment = if column == Column::Topic { Alignment::Left } else { Alignment::Right };
    Cell::new(Text::raw(text).alignment(alignment))
}

/// Returns the newest rates as bars, the largest of them as a full one.
fn bars(rates: &[u64], width: usize) -> String {
    let newest = &rates[rates.len().saturating_sub(width)..];
    let most = u128::from(newest.iter().copied().max().unwrap_or(0));
    let bar = |&rate: &u64| match (u128::from(rate) * (BARS.len() as u128 - 1)).checked_div(most) {
        Some(height) => BARS[usize::try_from(height).unwrap_or(0).min(BARS.len() - 1)],
        None => BARS[0],
    };
    newest.iter().map(bar).collect()
}

fn draw_help(frame: &mut Frame<'_>, area: Rect) {
    let height = u16::try_from(HELP.lines().count()).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { height, ..area };
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(HELP), place);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_screens_have_fewer_columns() {
        assert_eq!(fitting(0), (vec![Column::Topic], false));
        assert_eq!(fitting(30), (vec![Column::Topic, Column::Rate], false));
        let (columns, has_trend) = fitting(80);
        assert!(has_trend && columns.len() == 6, "{columns:?}");
        assert_eq!(fitting(200), (Column::ALL.to_vec(), true));
    }

    #[test]
    fn bars_are_as_high_as_the_rates() {
        assert_eq!(bars(&[], 4), "");
        assert_eq!(bars(&[0, 0], 4), "▁▁");
        assert_eq!(bars(&[9, 0, 7, 14, u64::MAX / 2, u64::MAX], 2), "▄█");
        assert_eq!(bars(&[0, 1, 2, 7], 4), "▁▂▃█");
    }
}
