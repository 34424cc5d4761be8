//! How a clock finds a source, follows it, and notices that it is gone.

use super::state::ClockState;
use super::{ClockChange, ClockError, TOPIC};
use crate::endpoint::CreateError;
use crate::registry::{Domain, EndpointId, Part, PeerName, Role, TopicName, TopicView};
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

/// What a source says now.
pub(super) enum Said {
    /// Nothing yet.
    Nothing,
    /// The time, and how it has changed otherwise than by passing.
    Time(u64, Option<ClockChange>),
    /// That it leaves.
    Leaves,
}

impl Following {
    /// Returns a reader of the source that lives, if there is one. Creates nothing otherwise.
    pub(super) fn find(domain: &Domain) -> Result<Option<Self>, ClockError> {
        let name = TopicName::new(TOPIC).map_err(|error| ClockError::Follow(CreateError::from(error)))?;
        let view = TopicView::open(domain, &name.part(Part::Value)).map_err(ClockError::Registry)?;
        let names = view.map(|view| view.names(Role::Publisher)).transpose().map_err(ClockError::Registry)?;
        if names.is_none_or(|names| names.is_empty()) {
            return Ok(None);
        }
        let builder = ValueReader::builder(name).domain(domain).name("clock");
        let mut reader = builder.create().map_err(ClockError::Follow)?;
        let source = reader.writer()?; // it may be dead
        Ok(source.map(|source| Self { reader, source, latest: None }))
    }

    /// Returns how the source has ended, if none lives.
    pub(super) fn ended(&mut self) -> Result<Option<ClockChange>, ClockError> {
        if let Some(source) = self.reader.writer()? {
            self.source = source;
            return Ok(None);
        }
        // What it said last may be that it leaves.
        let last = self.reader.get()?.map(|state| *state);
        Ok(Some(if last.is_some_and(|state| state.ended == 1) { ClockChange::Left } else { ClockChange::Died }))
    }

    /// Returns what the source says at a time of `CLOCK_MONOTONIC`.
    pub(super) fn said(&mut self, monotonic: u64) -> Result<Said, ClockError> {
        let Some(value) = self.reader.get()? else { return Ok(Said::Nothing) };
        let (state, source) = (*value, value.version().writer());
        if let Some(problem) = state.problem() {
            return Err(ClockError::Invalid { source_name: self.source.to_string(), problem });
        }
        if state.ended == 1 {
            return Ok(Said::Leaves);
        }
        let time = state.at(monotonic);
        let change = match &mut self.latest {
            Some(latest) if latest.source == source => {
                let (jumped, from) = (latest.state.jumps != state.jumps, latest.time);
                (latest.state, latest.time) = (state, time);
                jumped.then_some(ClockChange::Jumped { from, to: time })
            }
            latest => {
                *latest = Some(Latest { source, state, time });
                Some(ClockChange::Started)
            }
        };
        Ok(Said::Time(time, change))
    }
    /// Returns the source that is followed.
    pub(super) fn source(&self) -> Option<&PeerName> {
        self.latest.as_ref().map(|_| &self.source)
    }

    /// Returns what was last said.
    pub(super) fn state(&self) -> Option<ClockState> {
        self.latest.as_ref().map(|latest| latest.state)
    }
}
