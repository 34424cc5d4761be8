//! The names of topics' directories and of the files in them. The files of endpoints have a letter
//! for their kind, and the identity of their owner.

use super::TopicName;
use super::entry::{EndpointId, Role};

/// The file of locks and hints.
pub(super) const TOPIC: &str = "topic";
/// The file of the schema that the publishers have agreed on.
pub(super) const SCHEMA: &str = "schema";

/// The second name of the entry of an endpoint of which something is kept beyond its end.
pub(crate) const KEPT: &str = "kept";
/// The same, before it takes the place of what was kept before.
pub(super) const KEPT_NEXT: &str = "kept.next";

const PUBLISHER: &str = "p";
const SUBSCRIBER: &str = "s";
const MEMORY: &str = "m";
const WAKE_SOCKET: &str = "b";
const KEPT_MEMORY: &str = "k";

/// Returns the name of a topic's directory.
pub(super) fn directory(topic: &TopicName) -> String {
    topic.as_str().replace('/', "+")
}

/// Returns the topic of a directory, if the directory's name is that of a topic.
pub(super) fn topic_of(directory: &str) -> Option<TopicName> {
    TopicName::with_part(&directory.replace('+', "/")).ok().filter(|topic| self::directory(topic) == directory)
}

/// Returns the name of an endpoint's entry.
pub(super) fn entry(role: Role, id: EndpointId) -> String {
    let letter = match role {
        Role::Publisher => PUBLISHER,
        Role::Subscriber => SUBSCRIBER,
    };
    format!("{letter}-{id}")
}

impl EndpointId {
    /// Returns the name of the endpoint's entry in its topic's directory.
    pub(crate) fn entry_name(self, role: Role) -> String {
        entry(role, self)
    }
}

/// Returns the name of an endpoint's memory file.
pub(super) fn memory(id: EndpointId) -> String {
    format!("{MEMORY}-{id}")
}

/// Returns the second name of a memory file that is kept beyond its owner's end.
pub(super) fn kept_memory(id: EndpointId) -> String {
    format!("{KEPT_MEMORY}-{id}")
}

/// Returns whether a name is that of memory that is kept.
pub(super) fn is_kept_memory(name: &str) -> bool {
    owner(KEPT_MEMORY, name).is_some()
}

/// Returns the name of a subscriber's wake socket.
pub(super) fn wake_socket(id: EndpointId) -> String {
    format!("{WAKE_SOCKET}-{id}")
}

/// Returns the names of the other files that an endpoint may have, by the name of its entry.
pub(super) fn companions(entry: &str) -> Option<[String; 2]> {
    let (_, id) = entry.split_once('-')?;
    Some([MEMORY, WAKE_SOCKET].map(|letter| format!("{letter}-{id}")))
}

/// Returns the role that a name stands for, if it is the name of an entry.
pub(super) fn role_of(name: &str) -> Option<Role> {
    role_and_owner(name).map(|(role, _)| role)
}

/// Returns the identity in the name of an entry.
pub(super) fn owner_of_entry(name: &str) -> Option<&str> {
    role_and_owner(name).map(|(_, id)| id)
}

/// Returns the identity in the name of a memory file.
pub(super) fn owner_of_memory(name: &str) -> Option<&str> {
    owner(MEMORY, name)
}

/// Returns whether a name is that of a wake socket.
pub(super) fn is_wake_socket(name: &str) -> bool {
    owner_of_wake_socket(name).is_some()
}

/// Returns the identity in the name of a wake socket.
pub(super) fn owner_of_wake_socket(name: &str) -> Option<&str> {
    owner(WAKE_SOCKET, name)
}

/// Returns the names that the entry of this identity can have.
pub(super) fn entries_of(id: &str) -> [String; 2] {
    [PUBLISHER, SUBSCRIBER].map(|letter| format!("{letter}-{id}"))
}

/// Returns whether a name is one that an endpoint gives to a file of its own.
pub(super) fn is_of_an_endpoint(name: &str) -> bool {
    [PUBLISHER, SUBSCRIBER, MEMORY, WAKE_SOCKET].iter().any(|letter| owner(letter, name).is_some())
}

fn role_and_owner(name: &str) -> Option<(Role, &str)> {
    [(PUBLISHER, Role::Publisher), (SUBSCRIBER, Role::Subscriber)]
        .into_iter()
        .find_map(|(letter, role)| Some((role, owner(letter, name)?)))
}

/// Returns the identity in a name that begins with a letter. Who enters a topic asks this about all
/// names several times: so the letter, which most have not, is compared before the identity.
fn owner<'a>(letter: &str, name: &'a str) -> Option<&'a str> {
    let id = name.strip_prefix(letter)?.strip_prefix('-')?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_tells_its_topic() {
        let topic = TopicName::new("robot/arm-2/state").unwrap();
        assert_eq!(directory(&topic), "robot+arm-2+state");
        assert_eq!(topic_of("robot+arm-2+state"), Some(topic));
        assert_eq!(topic_of("robot+estop~events").unwrap().as_str(), "robot/estop~events");
        for name in ["", "+a", "a++b", ".hidden", "a/b", "a~b"] {
            assert_eq!(topic_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_tells_what_a_file_is_and_whose() {
        let id = EndpointId(0xabc);
        for (name, role) in [
            (entry(Role::Publisher, id), Some(Role::Publisher)),
            (entry(Role::Subscriber, id), Some(Role::Subscriber)),
            (memory(id), None),
            (wake_socket(id), None),
        ] {
            assert_eq!(role_of(&name), role, "{name}");
            assert_eq!(owner_of_entry(&name).is_some(), role.is_some(), "{name}");
            assert!(is_of_an_endpoint(&name), "{name}");
        }
        assert_eq!(owner_of_memory(&memory(id)), Some(id.to_string().as_str()));
        assert!(is_wake_socket(&wake_socket(id)) && !is_wake_socket(&memory(id)));
        assert_eq!(companions(&entry(Role::Publisher, id)), Some([memory(id), wake_socket(id)]));
        for name in [TOPIC, SCHEMA, "", "p", "p-", "p-12", "x-00000000000000000000000000000abc", "p-nothexadecimal"] {
            assert!(!is_of_an_endpoint(name) && role_of(name).is_none(), "{name}");
        }
    }
}
