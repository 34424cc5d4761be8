//! What a file says of the messages of one publisher.

use crate::ros2::{Encoding, WrongSize};
use slotcast::EndpointId;
use slotcast::dynamic::Layout;
use slotcast::registry::{PeerName, Qos};
use slotcast::schema::Schema;
use std::borrow::Cow;
use std::collections::BTreeMap;

const LAYOUT: &str = "slotcast.layout";
const HASH: &str = "slotcast.hash";
const PUBLISHER: &str = "slotcast.publisher";
const NAME: &str = "slotcast.name";
const PROGRAM: &str = "slotcast.program";
const PID: &str = "slotcast.pid";
const QOS: &str = "slotcast.qos";

/// The messages of one publisher in a file; in files of other programs, of one topic.
///
/// # Examples
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("run.mcap");
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// # let recorder = slotcast_record::Recorder::builder().all().history().domain(&domain).start(&path)?;
/// # publisher.publish(&1)?;
/// # recorder.wait_for_messages(1, std::time::Duration::from_secs(10));
/// # recorder.finish()?;
/// let mut recording = slotcast_record::Recording::open(&path)?;
/// while let Some(message) = recording.next_message()? {
///     println!("{}: {:?}", message.channel.topic, message.channel.layout());
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Channel {
    /// The name of the topic.
    pub topic: String,
    /// How the messages are encoded, in MCAP's words, such as `cdr`.
    pub message_encoding: String,
    /// The name of their type, such as `sensor_msgs/msg/Imu`.
    pub schema_name: String,
    /// How the type is described, such as `ros2msg`.
    pub schema_encoding: String,
    /// What else is known of them.
    pub metadata: BTreeMap<String, String>,
    layout: Result<(Layout, Encoding), String>,
}

impl Channel {
    pub(crate) fn new(channel: mcap::records::Channel, schema_name: String, schema_encoding: String) -> Self {
        let layout = layout(&channel.metadata, &channel.message_encoding, &schema_name);
        Self {
            topic: channel.topic,
            message_encoding: channel.message_encoding,
            schema_name,
            schema_encoding,
            metadata: channel.metadata,
            layout,
        }
    }

    /// Returns the layout of the messages, with the hash that it had when it was recorded. Returns
    /// `None` if the file does not say what it is.
    pub fn layout(&self) -> Option<&Layout> {
        self.layout.as_ref().ok().map(|(layout, _)| layout)
    }

    /// Returns why [`layout`](Self::layout) returns `None`, as the end of a sentence.
    pub fn why_no_layout(&self) -> Option<&str> {
        self.layout.as_ref().err().map(String::as_str)
    }

    /// Returns how the publisher was configured.
    pub fn qos(&self) -> Option<Qos> {
        serde_json::from_str(self.metadata.get(QOS)?).ok()
    }

    /// Returns the identity of the publisher.
    pub fn publisher(&self) -> Option<&str> {
        self.metadata.get(PUBLISHER).map(String::as_str)
    }

    /// Returns the name that the publisher had for people.
    pub fn publisher_name(&self) -> &str {
        self.metadata.get(NAME).map_or("", String::as_str)
    }

    /// Returns the program of the publisher.
    pub fn program(&self) -> &str {
        self.metadata.get(PROGRAM).map_or("", String::as_str)
    }

    /// Returns a message as it was in memory.
    pub(crate) fn restored<'a>(&self, stored: &'a [u8]) -> Option<Result<Cow<'a, [u8]>, WrongSize>> {
        self.layout.as_ref().ok().map(|(_, encoding)| encoding.restored(stored))
    }
}

fn layout(
    metadata: &BTreeMap<String, String>,
    message_encoding: &str,
    schema_name: &str,
) -> Result<(Layout, Encoding), String> {
    let (Some(json), Some(hash)) = (metadata.get(LAYOUT), metadata.get(HASH)) else {
        return Err("the file does not contain the layout of its messages: another program has recorded it".to_owned());
    };
    let schema: Schema = serde_json::from_str(json).map_err(|error| format!("its layout cannot be read ({error})"))?;
    let layout = Layout::new(schema).map_err(|error| format!("its layout is invalid ({error})"))?;
    if layout.hash().to_string() != *hash {
        return Err(format!("its layout has the hash {}, where {hash} was recorded", layout.hash()));
    }
    let encoding = Encoding::named(&layout, schema_name);
    if encoding.messages != message_encoding {
        return Err(format!("its messages are {message_encoding}, where {} is expected", encoding.messages));
    }
    Ok((layout, encoding))
}

/// Returns what is written of a publisher.
pub(crate) fn describe(
    layout: &Layout,
    publisher: EndpointId,
    name: Option<&PeerName>,
    qos: Option<&Qos>,
) -> BTreeMap<String, String> {
    let mut metadata = BTreeMap::new();
    let mut set = |key: &str, value: String| metadata.insert(key.to_owned(), value);
    set(LAYOUT, serde_json::to_string(layout.schema()).unwrap_or_default());
    set(HASH, layout.hash().to_string());
    set(PUBLISHER, publisher.to_string());
    if let Some(name) = name {
        set(NAME, name.name.clone());
        set(PROGRAM, name.program.clone());
        set(PID, name.pid.to_string());
    }
    if let Some(qos) = qos.and_then(|qos| serde_json::to_string(qos).ok()) {
        set(QOS, qos);
    }
    metadata
}
