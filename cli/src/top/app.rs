//! What is shown, and what keys do.

use super::Column;
use super::newest::Newest;
use crate::rates::{TopicSummary, Watch, per_second};
use crate::screen::Input;
use crossterm::event::KeyCode;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How many refreshes of a topic's rate are kept, for its trend.
const TREND: usize = 240;
/// The largest rate that is drawn: the chart multiplies it.
const MAX_RATE: f64 = 1e15;
/// How many topics a page key moves by.
const PAGE: isize = 10;

/// The state of the screen.
pub(crate) struct App {
    /// The path of the domain.
    pub(super) domain: String,
    topics: Vec<TopicSummary>,
    trends: BTreeMap<String, VecDeque<u64>>,
    selected: Option<String>,
    pub(super) sort: Column,
    pub(super) is_reversed: bool,
    /// What names of topics must contain.
    pub(super) search: String,
    /// Whether keys are typed into the search.
    pub(super) is_searching: bool,
    pub(super) is_paused: bool,
    pub(super) shows_help: bool,
    pub(super) shows_detail: bool,
    /// How many lines of the detail are scrolled away.
    pub(super) scroll: u16,
    pub(super) newest: Newest,
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    GoOn,
    Quit,
}

impl App {
    /// Creates a screen that is sorted by a column.
    pub(crate) fn new(domain: String, sort: Column) -> Self {
        Self {
            domain,
            topics: Vec::new(),
            trends: BTreeMap::new(),
            selected: None,
            sort,
            is_reversed: false,
            search: String::new(),
            is_searching: false,
            is_paused: false,
            shows_help: false,
            shows_detail: false,
            scroll: 0,
            newest: Newest::default(),
        }
    }

    /// Takes what has happened in a period. While it is paused that is not shown.
    pub(crate) fn refresh(&mut self, watch: &mut Watch, time: Duration) {
        let topics = TopicSummary::take_all(watch, time);
        self.trends.retain(|name, _| topics.iter().any(|topic| topic.topic == *name));
        for topic in &topics {
            let trend = self.trends.entry(topic.topic.clone()).or_default();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "neither negative nor large")]
            trend.push_back(per_second(topic.messages, topic.time).ceil().min(MAX_RATE) as u64);
            if trend.len() > TREND {
                trend.pop_front();
            }
        }
        if !self.is_paused {
            self.topics = topics;
        }
    }

    /// Reads the newest message of the selected topic, if it is shown. Returns whether there is
    /// something new.
    pub(crate) fn read_newest(&mut self, watch: &Watch) -> bool {
        if self.is_paused {
            return false;
        }
        let selected = self.selected().filter(|_| self.shows_detail).map(|topic| topic.topic.clone());
        let topic = selected.and_then(|name| watch.topics().find(|topic| topic.name().as_str() == name));
        self.newest.read(topic)
    }

    /// Returns all topics.
    pub(super) fn all(&self) -> &[TopicSummary] {
        &self.topics
    }

    /// Returns the topics that are shown, in their order.
    pub(super) fn shown(&self) -> Vec<&TopicSummary> {
        let search = self.search.to_lowercase();
        let mut shown: Vec<_> =
            self.topics.iter().filter(|topic| topic.topic.to_lowercase().contains(&search)).collect();
        shown.sort_by(|one, other| self.sort.compare(one, other));
        if self.is_reversed {
            shown.reverse();
        }
        shown
    }

    /// Returns the rates of a topic at the last refreshes, in messages per second.
    pub(super) fn trend(&self, topic: &str) -> Vec<u64> {
        self.trends.get(topic).map(|trend| trend.iter().copied().collect()).unwrap_or_default()
    }

    /// Returns which of the topics that are shown is selected: the first, if none was.
    pub(super) fn selected_index(&self, shown: &[&TopicSummary]) -> usize {
        let is_selected = |topic: &&TopicSummary| Some(&topic.topic) == self.selected.as_ref();
        shown.iter().position(is_selected).unwrap_or(0)
    }

    /// Returns the selected topic, if one is shown.
    pub(super) fn selected(&self) -> Option<&TopicSummary> {
        let shown = self.shown();
        shown.get(self.selected_index(&shown)).copied()
    }

    /// Does what a key stands for.
    pub(crate) fn input(&mut self, input: Input) -> Then {
        let key = match input {
            Input::Interrupt => return Then::Quit,
            Input::Resize => return Then::GoOn,
            Input::Key(key) => key,
        };
        if self.is_searching {
            self.search_key(key);
            return Then::GoOn;
        }
        match key {
            KeyCode::Char('q') => return Then::Quit,
            KeyCode::Esc => return self.leave(),
            KeyCode::Char('?' | 'h') => self.shows_help = !self.shows_help,
            KeyCode::Char('/') => self.is_searching = true,
            KeyCode::Char('s') => self.sort = self.sort.next(),
            KeyCode::Char('r') => self.is_reversed = !self.is_reversed,
            KeyCode::Char('p' | ' ') => self.is_paused = !self.is_paused,
            KeyCode::Enter => self.shows_detail = !self.shows_detail,
            KeyCode::Char('J') => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Char('K') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.move_by(1),
            KeyCode::Up | KeyCode::Char('k') => self.move_by(-1),
            KeyCode::PageDown => self.move_by(PAGE),
            KeyCode::PageUp => self.move_by(-PAGE),
            KeyCode::Home | KeyCode::Char('g') => self.move_by(isize::MIN),
            KeyCode::End | KeyCode::Char('G') => self.move_by(isize::MAX),
            _ => {}
        }
        Then::GoOn
    }

    /// Leaves what was entered last.
    fn leave(&mut self) -> Then {
        if self.shows_help {
            self.shows_help = false;
        } else if self.shows_detail {
            self.shows_detail = false;
        } else if !self.search.is_empty() {
            self.search.clear();
        } else {
            return Then::Quit;
        }
        Then::GoOn
    }

    fn search_key(&mut self, key: KeyCode) {
        match key {
            KeyCode::Enter => self.is_searching = false,
            KeyCode::Esc => {
                self.search.clear();
                self.is_searching = false;
            }
            KeyCode::Backspace => drop(self.search.pop()),
            KeyCode::Down => self.move_by(1),
            KeyCode::Up => self.move_by(-1),
            KeyCode::Char(character) => self.search.push(character),
            _ => {}
        }
    }

    fn move_by(&mut self, steps: isize) {
        let shown = self.shown();
        let last = shown.len().saturating_sub(1);
        let index = self.selected_index(&shown).saturating_add_signed(steps).min(last);
        self.selected = shown.get(index).map(|topic| topic.topic.clone());
        self.scroll = 0;
    }
}
