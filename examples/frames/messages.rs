use slotcast::{ShmMessage, Str, Topic, topic};

/// What stands before the bytes of each frame.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct FrameHeader {
    /// From 0.
    pub(crate) number: u64,
    #[shm(unit = "px")]
    pub(crate) width: u32,
    #[shm(unit = "px")]
    pub(crate) height: u32,
    /// How a pixel is written: `rgb8`. A text and no `enum`: not every byte would be one, so each frame would have to be copied
    /// before it could be checked.
    pub(crate) encoding: Str<8>,
}

pub(crate) const FRAMES: Topic<[u8], FrameHeader> = topic!("frames/camera");
