//! Getting the bytes of a picture that an import named: by address or by path. No connection is held meanwhile.

use super::prepare::MAX_BYTES;
use crate::outbound;
use kernel::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    let agent = outbound::agent(FETCH_LIMIT, REDIRECTS, allow_private);
    let mut answer =
        agent.get(address).header("accept", "image/webp,image/png,image/jpeg,image/gif").call().map_err(|error| match error {
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => Error::field("source", "the address is not valid"),
            error if outbound::is_private(&error) => Error::field("source", outbound::PRIVATE),
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
