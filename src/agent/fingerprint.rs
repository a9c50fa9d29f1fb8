//! A key made from a text, for questions that come without an id: the same question asked again has the same key.

/// `text-` and 16 hexadecimal digits (FNV-1a, 64 bits), the same in every build.
pub(super) fn fingerprint(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    format!("text-{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}
