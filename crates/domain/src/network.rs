//! Where a client is, as far as it can be told apart from others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The addresses that are one client, or at least near each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// What one subscriber has: a single address of IPv4, or a /64 of IPv6, within which whoever holds it can take a fresh
    /// address for every request. An IPv4 address that is written as one of IPv6 is the same address.
    pub fn of(ip: IpAddr) -> Self {
        Self::prefix(ip, 32, 64)
    }

    /// What one provider gives to its neighbours: a /24 of IPv4, or a /48 of IPv6, of which one subscriber may have all.
    pub fn around(ip: IpAddr) -> Self {
        Self::prefix(ip, 24, 48)
    }

    fn prefix(ip: IpAddr, bits_of_v4: u32, bits_of_v6: u32) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self(Ipv4Addr::from_bits(ip.to_bits() & (u32::MAX << (32 - bits_of_v4))).into()),
            IpAddr::V6(ip) => Self(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - bits_of_v6))).into()),
        }
    }

    /// Its first address as 16 bytes, those of IPv4 mapped (RFC 4291, section 2.5.5.2).
    pub fn to_bytes(self) -> [u8; 16] {
        match self.0 {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::of(text.parse().expect("an address"))
    }

    #[test]
    fn an_address_of_ipv4_is_alone_and_one_of_ipv6_shares_its_64_bits() {
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
    }

    #[test]
    fn neighbours_are_near() {
        let around = |text: &str| Network::around(text.parse().expect("an address"));
        assert_eq!(around("192.0.2.1"), around("::ffff:192.0.2.254"));
        assert_ne!(around("192.0.2.1"), around("192.0.3.1"));
        assert_eq!(around("2001:db8:1:2::1"), around("2001:db8:1:ffff::1"));
        assert_ne!(around("2001:db8:1::1"), around("2001:db8:2::1"));
    }

    #[test]
    fn one_address_has_one_network_however_it_is_written() {
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("::ffff:192.0.2.1"), network("::ffff:192.0.2.2"));
        // Neither the loopback nor the deprecated form of IPv4 within IPv6 is that address.
        assert_ne!(network("::1"), network("127.0.0.1"));
        assert_ne!(network("::1").to_bytes(), network("0.0.0.1").to_bytes());
    }
}
