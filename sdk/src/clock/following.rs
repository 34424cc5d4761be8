//! How a clock finds a source, follows it, and notices that it is gone.

use super::state::ClockState;
use super::{Clock, ClockChange, ClockError, TOPIC};
use crate::endpoint::CreateError;
use crate::registry::{EndpointId, Part, PeerName, Role, TopicName, TopicView};
use crate::value::ValueReader;

/// A clock's reader of what a source says. There may be none any more, or not yet.
pub(super) struct Following {
    pub(super) reader: ValueReader<ClockState>,
    /// The source that lived when the clock looked.
    source: PeerName,
    /// What was returned last.
    latest: Option<Latest>,
}

struct Latest {
    source: EndpointId,
    state: ClockState,
    /// The time that was returned.
    time: u64,
}

impl Following {
    /// Returns the source that is followed.
    pub(super) fn source(&self) -> Option<&PeerName> {
        self.latest.as_ref().map(|_| &self.source)
    }

    /// Returns what was last said.
    pub(super) fn state(&self) -> Option<ClockState> {
        self.latest.as_ref().map(|latest| latest.state)
    }
}

impl Clock {
    /// Begins to follow a source if there is one, or ends if there is none any more.
    pub(super) fn look(&mut self) -> Result<(), ClockError> {
        let Some(following) = &mut self.following else {
            self.following = self.found()?;
            return Ok(());
        };
        match following.reader.writer()? {
            Some(source) => following.source = source,
            None => {
                // What it said last may be that it leaves.
                let last = following.reader.get()?.map(|state| *state);
                self.end(last.is_some_and(|state| state.ended == 1));
            }
        }
        Ok(())
    }

    /// Returns a reader of the source that lives, if there is one. Creates nothing otherwise.
    fn found(&self) -> Result<Option<Following>, ClockError> {
        let name = TopicName::new(TOPIC).map_err(|error| ClockError::Follow(CreateError::from(error)))?;
        let view = TopicView::open(&self.domain, &name.part(Part::Value)).map_err(ClockError::Registry)?;
        let names = view.map(|view| view.names(Role::Publisher)).transpose().map_err(ClockError::Registry)?;
        if names.is_none_or(|names| names.is_empty()) {
            return Ok(None);
        }
        let builder = ValueReader::builder(name).domain(&self.domain).name("clock");
        let mut reader = builder.create().map_err(ClockError::Follow)?;
        let source = reader.writer()?; // it may be dead
        Ok(source.map(|source| Following { reader, source, latest: None }))
    }

    /// Returns to real time.
    fn end(&mut self, in_order: bool) {
        let Some(following) = self.following.take() else { return };
        self.looked_at = 0; // the other clock's
        if following.latest.is_some() {
            self.note(if in_order { ClockChange::Left } else { ClockChange::Died });
        }
    }

    /// Returns the time of the source at a time of `CLOCK_MONOTONIC`. Returns `None` if there is no
    /// source.
    pub(super) fn update(&mut self, monotonic: u64) -> Result<Option<u64>, ClockError> {
        let Some(following) = &mut self.following else { return Ok(None) };
        let Some(value) = following.reader.get()? else { return Ok(None) };
        let (state, source) = (*value, value.version().writer());
        if let Some(problem) = state.problem() {
            let source_name = following.source.to_string();
            return Err(ClockError::Invalid { source_name, problem });
        }
        if state.ended == 1 {
            self.end(true);
            return Ok(None);
        }
        let time = state.at(monotonic);
        let change = match &mut following.latest {
            Some(latest) if latest.source == source => {
                let jumped = latest.state.jumps != state.jumps;
                let from = latest.time;
                (latest.state, latest.time) = (state, time);
                jumped.then_some(ClockChange::Jumped { from, to: time })
            }
            latest => {
                *latest = Some(Latest { source, state, time });
                Some(ClockChange::Started)
            }
        };
        if let Some(change) = change {
            self.note(change);
        }
        Ok(Some(time))
    }
}
