use slotcast::{ShmMessage, Str, Topic, topic};

/// The header of each frame.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct FrameHeader {
    /// Counts from 0.
    pub(crate) number: u64,
    #[shm(unit = "px")]
    pub(crate) width: u32,
    #[shm(unit = "px")]
    pub(crate) height: u32,
    /// How a pixel is encoded: `rgb8`. A text instead of an `enum`: not every byte would be a valid
    /// `enum`, so each frame would have to be copied in order to be validated.
    pub(crate) encoding: Str<8>,
}

pub(crate) const FRAMES: Topic<[u8], FrameHeader> = topic!("frames/camera");
