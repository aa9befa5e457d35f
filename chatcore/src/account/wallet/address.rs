//! Addresses of accounts, and the hash that wallets sign.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha3::{Digest, Keccak256};

/// The address of an Ethereum account: the last 20 bytes of a hash of its key, or of its making.
///
/// It prints with the checksum of EIP-55, in which the case of the letters is the check.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 20]);

/// A text that is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is not `0x` and 40 hexadecimal digits.
    #[error("an address is 0x and 40 hexadecimal digits")]
    Form,
    /// Its letters are in both cases, but not in those of its checksum (EIP-55): somebody mistyped it.
    #[error("the checksum of the address does not hold")]
    Checksum,
}

impl Address {
    /// The address with those bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The address of a public key: its two coordinates, 32 bytes each, big-endian.
    #[must_use]
    pub fn of_public_key(coordinates: &[u8; 64]) -> Self {
        let hash = keccak(&[coordinates]);
        let mut bytes = [0; 20];
        bytes.copy_from_slice(&hash[12..]);
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// An address whose letters have the cases of its checksum, as in a message.
    ///
    /// # Errors
    /// [`AddressError`]; all letters in one case are [`AddressError::Checksum`] unless that is what the checksum says.
    pub fn from_checksummed(text: &str) -> Result<Self, AddressError> {
        let address = Self::from_hex(text)?;
        if address.to_string() == text { Ok(address) } else { Err(AddressError::Checksum) }
    }

    /// `0x` and digits in lower case: one spelling for keys and comparisons.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.0.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
    }

    fn from_hex(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 40).ok_or(AddressError::Form)?;
        let mut bytes = [0; 20];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().as_chunks::<2>().0) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (Some(high), Some(low)) = (digit(0), digit(1)) else { return Err(AddressError::Form) };
            *byte = high << 4 | low;
        }
        Ok(Self(bytes))
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// An address as people and programs write it: with its checksum, or in one case, which says nothing.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let address = Self::from_hex(text)?;
        let has = |case: fn(&u8) -> bool| text.as_bytes().iter().skip(2).any(case);
        let mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        if mixed && address.to_string() != text { Err(AddressError::Checksum) } else { Ok(address) }
    }
}

impl fmt::Display for Address {
    /// With the checksum of EIP-55: a letter is upper case where the hash of the lower-case digits has a digit above 7.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let canonical = self.canonical();
        let digits = &canonical[2..];
        let hash = keccak(&[digits.as_bytes()]);
        f.write_str("0x")?;
        for (at, digit) in digits.chars().enumerate() {
            let byte = hash[at / 2];
            let nibble = if at % 2 == 0 { byte >> 4 } else { byte & 15 };
            write!(f, "{}", if nibble > 7 { digit.to_ascii_uppercase() } else { digit })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// What a wallet signs when it is asked to sign a text (EIP-191, version `E`, known as `personal_sign`). The prefix keeps
/// a text from being a transaction.
#[must_use]
pub fn personal_hash(text: &str) -> [u8; 32] {
    keccak(&[b"\x19Ethereum Signed Message:\n", text.len().to_string().as_bytes(), text.as_bytes()])
}

fn keccak(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(Keccak256::new(), Digest::chain_update).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of EIP-55: mixed, all upper, all lower.
    const CHECKSUMMED: [&str; 8] = [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ];

    #[test]
    fn addresses_print_with_their_checksum() {
        for text in CHECKSUMMED {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
            assert_eq!(Address::from_checksummed(text), Ok(address));
            assert_eq!(address.canonical(), text.to_lowercase());
            let upper = format!("0x{}", text[2..].to_uppercase());
            assert_eq!(upper.parse(), Ok(address), "one case says nothing");
            assert_eq!(Address::from_checksummed(&upper).is_ok(), upper == text);
            assert_eq!(serde_json::from_str::<Address>(&serde_json::to_string(&address).unwrap()).unwrap(), address);
        }
    }

    #[test]
    fn a_letter_in_the_wrong_case_is_a_mistake() {
        let wrong = "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert_eq!(wrong.parse::<Address>(), Err(AddressError::Checksum));
        assert_eq!(Address::from_checksummed(wrong), Err(AddressError::Checksum));
    }

    #[test]
    fn what_is_not_forty_digits_is_no_address() {
        let plain = "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
        for wrong in [
            String::new(),
            "0x".to_owned(),
            plain.to_owned(),
            format!("0X{plain}"),
            format!("0x{}", &plain[1..]),
            format!("0x{plain}0"),
            format!("0x{}g", &plain[1..]),
            format!("0x{}é", &plain[2..]),
            format!(" 0x{plain}"),
        ] {
            assert_eq!(wrong.parse::<Address>(), Err(AddressError::Form), "{wrong}");
        }
    }

    #[test]
    fn the_length_that_is_hashed_counts_bytes() {
        assert_ne!(personal_hash("é"), personal_hash("e"));
        let welcome = personal_hash("WELCOME TO BASEDAGENT.IO PLATFORM");
        let hex: String = welcome.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "b88d374217711528ee42f70e4bffa0e4947eb21e3a87c87e5b67f9c03f891b95");
    }
}
