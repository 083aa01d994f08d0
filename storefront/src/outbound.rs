//! Calls to addresses that people typed: they must not reach this machine or its network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Somebody who calls outside within `limit` and follows so many redirects. Addresses that lead to this machine or its network are
/// refused unless `allow_private`, also after a redirect; [`is_private`] tells such an error.
pub fn agent(limit: Duration, redirects: u32, allow_private: bool) -> ureq::Agent {
    let config = Config::builder()
        .timeout_global(Some(limit))
        .max_redirects(redirects)
        // A proxy would resolve names by itself and so pass by the check of addresses.
        .proxy(None)
        .http_status_as_error(false)
        .build();
    ureq::Agent::with_parts(config, DefaultConnector::default(), Guard { allow_private, inner: DefaultResolver::default() })
}

/// Whether a call failed because the address is not of the open internet.
pub fn is_private(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied)
}

/// What an address is refused with that leads to this machine or its network.
pub const PRIVATE: &str = "the address leads into a private network";

/// Resolves names and refuses private addresses in the same step, so that what was checked is what is connected to.
#[derive(Debug)]
struct Guard {
    allow_private: bool,
    inner: DefaultResolver,
}

impl Resolver for Guard {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        if self.allow_private || found.iter().all(|address| public(address.ip())) {
            Ok(found)
        } else {
            Err(ureq::Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, PRIVATE)))
        }
    }
}

/// Whether an address is of the open internet, after the registries of special-purpose addresses.
fn public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => public_v6(ip),
    }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

/// Only global unicast counts, and of it nothing that wraps an IPv4 address.
fn public_v6(ip: Ipv6Addr) -> bool {
    if let Some(inner) = ip.to_ipv4_mapped() {
        return public_v4(inner);
    }
    let [a, b, ..] = ip.segments();
    a & 0xe000 == 0x2000 && a != 0x2002 && !(a == 0x2001 && (b < 0x0200 || b == 0x0db8)) && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_network_is_not_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "ff02::1",
        ] {
            assert!(!public(private.parse().expect("an address")), "{private}");
        }
        for open in ["1.1.1.1", "172.32.0.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"] {
            assert!(public(open.parse().expect("an address")), "{open}");
        }
    }
}
