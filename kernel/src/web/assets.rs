//! Style sheets, scripts and icons, carried by the binary and named with a digest of their content so that browsers keep them.

use super::embedded::ASSETS;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

/// A file a page loads.
pub struct Asset {
    pub content: Cow<'static, [u8]>,
    /// The value of the `Content-Type` header.
    pub content_type: &'static str,
    /// The first 16 hexadecimal digits of the content's SHA-256. Content under an address with this digest never changes.
    pub digest: String,
}

/// Digests of the carried files, computed once.
static DIGESTS: LazyLock<HashMap<&'static str, String>> =
    LazyLock::new(|| ASSETS.iter().map(|(name, content)| (*name, digest(content))).collect());

/// The carried file of this name (`shop.css`), or the file in `dir` when one is given. `None` when there is no such file.
pub fn find(name: &str, dir: Option<&Path>) -> Option<Asset> {
    let content_type = content_type(name);
    if let Some(dir) = dir {
        let content = std::fs::read(inside(dir, name)?).ok()?;
        let digest = digest(&content);
        return Some(Asset { content: content.into(), content_type, digest });
    }
    let (name, content) = ASSETS.iter().find(|(known, _)| *known == name)?;
    Some(Asset { content: (*content).into(), content_type, digest: DIGESTS.get(name)?.clone() })
}

/// The address of an asset with its digest, such as `/assets/shop.css?v=0a1b...`; `None` when there is no such file.
pub(super) fn address(name: &str, dir: Option<&Path>) -> Option<String> {
    let digest = match dir {
        Some(_) => find(name, dir)?.digest,
        None => DIGESTS.get(name)?.clone(),
    };
    Some(format!("/assets/{name}?v={digest}"))
}

/// `dir/name`, unless the name would leave the folder.
fn inside(dir: &Path, name: &str) -> Option<PathBuf> {
    let name = Path::new(name);
    name.components().all(|part| matches!(part, Component::Normal(_))).then(|| dir.join(name))
}

fn digest(content: &[u8]) -> String {
    let mut digits = hex::encode(Sha256::digest(content));
    digits.truncate(16);
    digits
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_and_its_address_carries_its_digest() {
        let sheet = find("shop.css", None).expect("the style sheet is carried");
        assert_eq!(sheet.content_type, "text/css; charset=utf-8");
        assert_eq!(address("shop.css", None), Some(format!("/assets/shop.css?v={}", sheet.digest)));
        assert!(find("nothing.css", None).is_none());
        assert!(find("../Cargo.toml", Some(Path::new("."))).is_none(), "a name must not leave the folder");
    }
}
