//! From bytes of unknown origin to sizes that are safe to serve. The content decides what a file is, never its name.

use fast_image_resize::images::Image;
use fast_image_resize::{PixelType, Resizer};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use kernel::{Error, Result};
use sha2::{Digest, Sha256};
use std::io::Cursor;

/// The widths kept, in pixels. A narrower picture keeps its own.
pub const WIDTHS: [u32; 4] = [160, 400, 800, 1600];
/// The largest file taken.
pub const MAX_BYTES: usize = 20 << 20;
/// The largest picture decoded: a small file can unfold to gigabytes.
pub const MAX_PIXELS: u64 = 40_000_000;

/// Quality of the lossy WebP: no visible loss on product pictures, 400 pixels in 5 to 15 KB.
const QUALITY: f32 = 82.0;
/// A WebP that is uploaded stays as it is when it is not larger than this.
const KEPT: usize = 300 << 10;

/// A picture ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// SHA-256 of the original bytes in hex: equal pictures are one.
    pub hash: String,
    /// Of the original, in pixels, as it is meant to be seen.
    pub width: i64,
    pub height: i64,
    /// Width and WebP bytes, ascending.
    pub sizes: Vec<(i64, Vec<u8>)>,
}

/// Checks and resizes a JPEG, PNG, WebP or GIF (its first frame). Takes tens of milliseconds: never inside a transaction.
/// `Invalid` (field `picture`) for anything else, too large a file or too many pixels.
pub fn prepare(bytes: &[u8]) -> Result<Prepared> {
    let refuse = |reason: &str| Error::field("picture", reason);
    if bytes.len() > MAX_BYTES {
        return Err(refuse("The picture is larger than 20 MiB."));
    }
    let (picture, upright) = decode(bytes)?;
    let (width, height) = (picture.width(), picture.height());
    let rgba = picture.into_rgba8();
    let source = Image::from_vec_u8(width, height, rgba.into_raw(), PixelType::U8x4).map_err(Error::unexpected)?;
    let largest = width.min(WIDTHS[WIDTHS.len() - 1]);
    let widths = WIDTHS.iter().copied().filter(|size| *size < largest).chain([largest]);
    let mut resizer = Resizer::new();
    let mut sizes = Vec::with_capacity(WIDTHS.len());
    for size in widths {
        let webp = if size == width && upright && keeps(bytes) {
            bytes.to_vec()
        } else if size == width {
            encode(&source)?
        } else {
            let tall = (u64::from(height) * u64::from(size) / u64::from(width)).max(1);
            let mut smaller = Image::new(size, u32::try_from(tall).map_err(Error::unexpected)?, PixelType::U8x4);
            resizer.resize(&source, &mut smaller, None).map_err(Error::unexpected)?;
            encode(&smaller)?
        };
        sizes.push((i64::from(size), webp));
    }
    Ok(Prepared { hash: hex::encode(Sha256::digest(bytes)), width: i64::from(width), height: i64::from(height), sizes })
}

/// The pixels, turned as the camera says, and whether no turning was needed.
fn decode(bytes: &[u8]) -> Result<(DynamicImage, bool)> {
    let refuse = |reason: &str| Error::field("picture", reason);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(Error::unexpected)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif)) {
        return Err(refuse("Use a JPEG, PNG, WebP or GIF picture."));
    }
    let mut limits = Limits::default();
    // Four bytes a pixel, twice: while decoding and while converting; 16-bit PNG needs eight.
    limits.max_alloc = Some(MAX_PIXELS * 16);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| refuse("The picture is damaged and cannot be read."))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(refuse("The picture has more than 40 million pixels."));
    }
    // WebP can say no more than 16,383 pixels a side; a strip of that shape is no product picture either.
    if width == 0 || height == 0 || height / width > 20 || width / height > 20 {
        return Err(refuse("The picture is more than twenty times as long as wide."));
    }
    let orientation = decoder.orientation().map_err(|_| refuse("The picture is damaged and cannot be read."))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| refuse("The picture is damaged and cannot be read."))?;
    picture.apply_orientation(orientation);
    Ok((picture, orientation == image::metadata::Orientation::NoTransforms))
}

/// Whether the bytes are a plain still WebP, without metadata that might tell where a picture was taken.
fn keeps(bytes: &[u8]) -> bool {
    bytes.len() <= KEPT && bytes.starts_with(b"RIFF") && matches!(bytes.get(8..16), Some(b"WEBPVP8 " | b"WEBPVP8L"))
}

fn encode(picture: &Image) -> Result<Vec<u8>> {
    let (width, height) = (picture.width(), picture.height());
    let webp = webp::Encoder::from_rgba(picture.buffer(), width, height)
        .encode_simple(false, QUALITY)
        .map_err(|error| Error::unexpected(format!("a picture of {width} by {height} does not encode: {error:?}")))?;
    Ok(webp.to_vec())
}
