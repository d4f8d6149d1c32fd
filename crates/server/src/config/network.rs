use serde::Deserialize;
use std::net::IpAddr;

/// Some addresses: one, or all that begin with the same bits (`10.0.0.0/8`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Network {
    bits: u128,
    shared_bits: u32,
}

impl Network {
    /// Whether the address is one of them.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        let different = self.bits ^ as_bits(address);
        different.leading_zeros() >= self.shared_bits
    }
}

/// An IPv4 address is looked at as the IPv6 address that it is mapped to.
fn as_bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parse = || {
            let (address, length) =
                text.split_once('/').map_or((text.as_str(), None), |(address, n)| (address, Some(n)));
            let address: IpAddr = address.trim().parse().ok()?;
            let (longest, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
            let length = length.map_or(Some(longest), |length| length.trim().parse().ok())?;
            (length <= longest).then(|| Self { bits: as_bits(address), shared_bits: before + length })
        };
        parse().ok_or_else(|| format!("{text:?} is neither an address nor a network such as 10.0.0.0/8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_addresses_that_begin_alike() {
        let contains = |network: &str, address: &str| {
            Network::try_from(network.to_owned()).unwrap().contains(address.parse().unwrap())
        };
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.9.9.9", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.9.9.9", "::1"),
            ("fd00::/8", "fdff::1", "fe80::1"),
            ("::1", "::1", "127.0.0.1"),
        ] {
            assert!(contains(network, inside) && !contains(network, outside), "{network}");
        }
        assert!(contains("0.0.0.0/0", "192.0.2.1") && !contains("0.0.0.0/0", "2001:db8::1"));
        for wrong in ["", "proxy", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1"] {
            assert!(Network::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
