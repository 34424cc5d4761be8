use slotcast::ShmMessage;

/// A message that reveals a torn copy.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Counted {
    pub(crate) number: u64,
    pub(crate) check: [u64; 5],
}

impl Counted {
    pub(crate) fn new(number: u64) -> Self {
        Self { number, check: [number.wrapping_mul(0x9e37_79b9_7f4a_7c15); 5] }
    }

    pub(crate) fn is_whole(&self) -> bool {
        *self == Self::new(self.number)
    }
}
