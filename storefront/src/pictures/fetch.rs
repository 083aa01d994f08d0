//! Getting the bytes of a picture that an import named: by address or by path. No connection is held meanwhile.

use super::prepare::MAX_BYTES;
use kernel::{Error, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// How long a picture may take from the first packet to the last.
pub const FETCH_LIMIT: Duration = Duration::from_secs(15);
const REDIRECTS: u32 = 4;

/// The bytes of `source`: an `http` or `https` address, or a path, which is only read when there is a folder `base` that relative
/// paths start from. Addresses that lead to this machine or its network are refused unless `allow_private`, also after a
/// redirect. `Invalid` (field `source`) when asking again is pointless, `Unavailable` when it is not.
pub fn fetch(source: &str, base: Option<&Path>, allow_private: bool) -> Result<Vec<u8>> {
    let scheme = source.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    match (scheme.as_deref(), base) {
        (Some("http" | "https"), _) => download(source, allow_private),
        (Some(_), _) => Err(Error::field("source", "only http and https addresses are fetched")),
        (None, Some(base)) => read(&base.join(source)),
        (None, None) => Err(Error::field("source", "a picture given by path is read only by an import from a folder")),
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    let missing = |error: std::io::Error| Error::field("source", format!("{}: {error}", path.display()));
    let known = std::fs::metadata(path).map_err(missing)?;
    if !known.is_file() || known.len() > MAX_BYTES as u64 {
        return Err(Error::field("source", format!("{} is not a file of at most 20 MiB", path.display())));
    }
    std::fs::read(path).map_err(missing)
}

fn download(address: &str, allow_private: bool) -> Result<Vec<u8>> {
    let config = Config::builder()
        .timeout_global(Some(FETCH_LIMIT))
        .max_redirects(REDIRECTS)
        // A proxy would resolve names by itself and so pass by the check of addresses.
        .proxy(None)
        .http_status_as_error(false)
        .build();
    let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), Guard { allow_private, inner: DefaultResolver::default() });
    let mut answer =
        agent.get(address).header("accept", "image/webp,image/png,image/jpeg,image/gif").call().map_err(|error| match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Error::field("source", "the address is not valid"),
            ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Error::field("source", PRIVATE),
            ureq::Error::TooManyRedirects => Error::field("source", "the address redirects too often"),
            error => Error::Unavailable(format!("the picture's server does not answer: {error}")),
        })?;
    match answer.status().as_u16() {
        200 => {}
        status @ (408 | 425 | 429 | 500..) => return Err(Error::Unavailable(format!("the picture's server answered {status}"))),
        status => return Err(Error::field("source", format!("the picture's server answered {status}"))),
    }
    answer.body_mut().with_config().limit(MAX_BYTES as u64).read_to_vec().map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => Error::field("source", "the picture is larger than 20 MiB"),
        error => Error::Unavailable(format!("the picture's server stopped: {error}")),
    })
}

const PRIVATE: &str = "the address leads into a private network";

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
