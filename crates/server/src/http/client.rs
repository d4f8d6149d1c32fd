//! Where a request comes from, as far as it can be told. Used to count, and never kept.

use crate::config::Network;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

/// The address of whoever calls: the other end of the connection, or whom a trusted proxy names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    /// Of addresses that proxies wrote, the right-most that is not itself a trusted proxy's: what stands left of it may
    /// be anybody's invention.
    pub(super) fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
        let peer = peer.to_canonical();
        if !is_trusted(peer) {
            return Self(peer);
        }
        let values = headers.get_all("x-forwarded-for").iter();
        let mut named: Vec<&str> = values.flat_map(|value| value.to_str().unwrap_or("").split(',')).collect();
        let mut nearest = peer;
        while let Some(address) = named.pop().and_then(address) {
            nearest = address;
            if !is_trusted(nearest) {
                break;
            }
        }
        Self(nearest)
    }
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn address(raw: &str) -> Option<IpAddr> {
    let raw = raw.trim();
    let with_port = || raw.parse().ok().map(|socket: std::net::SocketAddr| socket.ip());
    let in_brackets = || raw.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = raw.parse().ok().or_else(with_port).or_else(in_brackets)?;
    Some(address.to_canonical())
}

impl<S: Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Whoever has no address shares one.
        let nobody = Self(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(nobody))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let trusted: Vec<_> = ["10.0.0.0/8", "::1"].map(|t| Network::try_from(t.to_owned()).unwrap()).into();
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", &["[2001:db8::2]"], "2001:db8::2"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.7:80, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["10.0.0.3,10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", &[""], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", HeaderValue::from_static(value));
            }
            let ClientAddress(found) = ClientAddress::of(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), expected, "{peer} {forwarded:?}");
        }
    }
}
