//! Text built at compile time, so that a failed constant check can report numbers.

/// Up to `N` bytes of text. Parts that do not fit are left out.
pub(crate) struct ConstText<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> ConstText<N> {
    /// Creates an empty text.
    pub(crate) const fn new() -> Self {
        ConstText { bytes: [0; N], len: 0 }
    }

    /// Appends `text`, whole or not at all.
    #[must_use]
    pub(crate) const fn text(mut self, text: &str) -> Self {
        let (_, rest) = self.bytes.split_at_mut(self.len);
        if text.len() <= rest.len() {
            rest.split_at_mut(text.len()).0.copy_from_slice(text.as_bytes());
            self.len += text.len();
        }
        self
    }

    /// Appends `number` in decimal digits.
    #[must_use]
    pub(crate) const fn number(self, number: u128) -> Self {
        self.digits(number, 10, 1)
    }

    /// Appends `number` in 32 hexadecimal digits.
    #[must_use]
    pub(crate) const fn hex(self, number: u128) -> Self {
        self.digits(number, 16, 32)
    }

    const fn digits(self, mut number: u128, base: u128, least: usize) -> Self {
        let mut digits = [b'0'; 40];
        let mut start = digits.len();
        while number > 0 || digits.len() - start < least {
            start -= 1;
            #[allow(clippy::cast_possible_truncation, reason = "less than 16")]
            let digit = (number % base) as u8;
            digits[start] = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
            number /= base;
        }
        match std::str::from_utf8(digits.split_at(start).1) {
            Ok(digits) => self.text(digits),
            Err(_) => self,
        }
    }

    /// Returns the text so far.
    pub(crate) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ConstText;

    #[test]
    fn appends_numbers() {
        let text = ConstText::<64>::new().text("a ").number(0).text(" ").number(1207).text(" ").hex(0xabc);
        assert_eq!(text.as_str(), "a 0 1207 00000000000000000000000000000abc");
    }

    #[test]
    fn leaves_out_what_does_not_fit() {
        assert_eq!(ConstText::<4>::new().text("abc").text("de").text("f").as_str(), "abcf");
    }
}
