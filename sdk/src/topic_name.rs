//! stub
/// A topic's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicName(String);
impl TopicName {
    /// stub
    pub fn new(name: &str) -> Result<Self, TopicNameError> {
        Ok(Self(name.into()))
    }
    /// stub
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
/// stub
#[derive(Debug, thiserror::Error)]
#[error("stub")]
pub enum TopicNameError {}
impl std::fmt::Display for TopicName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
