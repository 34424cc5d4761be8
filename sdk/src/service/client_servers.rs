//! The servers that a client knows, and which of them gets the next call.

use crate::registry::EndpointId;

/// How long a server that has let a call expire without a word gets no other one, if there are others,
/// in nanoseconds.
const PASSED_OVER: u64 = 1_000_000_000;

struct Server {
    id: EndpointId,
    /// When it was last found silent: it has let a call expire, and has sent nothing since.
    silent_ns: Option<u64>,
}

/// The servers that were found, in turn.
#[derive(Default)]
pub(crate) struct Servers {
    all: Vec<Server>,
    turn: usize,
}

impl Servers {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Keeps those that are among the servers which are present now, and adds the others.
    pub(crate) fn update(&mut self, present: &[EndpointId]) {
        self.all.retain(|server| present.contains(&server.id));
        for &id in present {
            if self.all.iter().all(|server| server.id != id) {
                self.all.push(Server { id, silent_ns: None });
            }
        }
    }

    /// Keeps those that are alive.
    pub(crate) fn retain(&mut self, is_alive: impl Fn(EndpointId) -> bool) {
        self.all.retain(|server| is_alive(server.id));
    }

    /// Returns the server whose turn it is. One that is silent is passed over, except once a second.
    pub(crate) fn choose(&mut self, now_ns: u64) -> Option<EndpointId> {
        let count = self.all.len();
        let is_due = |server: &Server| server.silent_ns.is_none_or(|since| now_ns.saturating_sub(since) >= PASSED_OVER);
        let mut turns = (1..=count).map(|step| self.turn.wrapping_add(step) % count);
        let next = turns.find(|&at| is_due(&self.all[at])).or((count > 0).then(|| self.turn.wrapping_add(1) % count))?;
        self.turn = next;
        let server = &mut self.all[next];
        if let Some(since) = &mut server.silent_ns {
            *since = now_ns;
        }
        Some(server.id)
    }

    /// Notes that a server has let a call expire without a word.
    pub(crate) fn note_silent(&mut self, id: EndpointId, now_ns: u64) {
        if let Some(server) = self.all.iter_mut().find(|server| server.id == id) {
            server.silent_ns = Some(now_ns);
        }
    }

    /// Notes that a server has sent something.
    pub(crate) fn note_heard(&mut self, id: EndpointId) {
        if let Some(server) = self.all.iter_mut().find(|server| server.id == id) {
            server.silent_ns = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers() -> (Servers, [EndpointId; 3]) {
        let ids = [1, 2, 3].map(EndpointId);
        let mut servers = Servers::default();
        servers.update(&ids);
        (servers, ids)
    }

    #[test]
    fn they_take_turns() {
        let (mut servers, ids) = servers();
        let mut chosen: Vec<_> = (0..6).filter_map(|_| servers.choose(0)).collect();
        assert_eq!(chosen[..3], chosen[3..]);
        chosen.truncate(3);
        assert!(ids.iter().all(|id| chosen.contains(id)));
    }

    #[test]
    fn a_silent_one_gets_one_call_in_a_second_until_it_is_heard() {
        let (mut servers, [silent, ..]) = servers();
        servers.note_silent(silent, 5);
        let calls = |servers: &mut Servers, now| (0..6).filter(|_| servers.choose(now) == Some(silent)).count();
        assert_eq!(calls(&mut servers, 6), 0);
        assert_eq!(calls(&mut servers, 5 + PASSED_OVER), 1);
        assert_eq!(calls(&mut servers, 6 + PASSED_OVER), 0);
        servers.note_heard(silent);
        assert_eq!(calls(&mut servers, 7 + PASSED_OVER), 2);
    }

    #[test]
    fn if_all_are_silent_they_take_turns() {
        let (mut servers, ids) = servers();
        ids.iter().for_each(|&id| servers.note_silent(id, 0));
        assert!((0..6).all(|_| servers.choose(1).is_some()));
        assert_eq!(Servers::default().choose(1), None);
    }

    #[test]
    fn what_is_known_of_one_stays_known_when_another_comes() {
        let (mut servers, [silent, second, _]) = servers();
        servers.note_silent(silent, 5);
        servers.update(&[second, silent]);
        assert_eq!(servers.len(), 2);
        assert!((0..4).all(|_| servers.choose(6) == Some(second)));
    }
}
