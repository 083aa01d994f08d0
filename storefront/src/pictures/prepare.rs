//! From bytes of unknown origin to sizes that are safe to serve. The content decides what a file is, never its name.

use image::imageops::FilterType;
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
        return Err(refuse("admin-picture-too-large"));
    }
    let (mut picture, upright) = decode(bytes)?;
    let (width, height) = (picture.width(), picture.height());
    let largest = width.min(WIDTHS[WIDTHS.len() - 1]);
    let mut sizes = Vec::with_capacity(WIDTHS.len());
    // From the largest down, each from the one before: far fewer pixels to read, and no loss to be seen.
    for size in std::iter::once(largest).chain(WIDTHS.into_iter().rev().filter(|size| *size < largest)) {
        if size < picture.width() {
            let tall = (u64::from(height) * u64::from(size) / u64::from(width)).max(1);
            picture = picture.resize_exact(size, u32::try_from(tall).map_err(Error::unexpected)?, FilterType::CatmullRom);
        }
        let webp = if size == width && upright && keeps(bytes) { bytes.to_vec() } else { encode(&picture)? };
        sizes.push((i64::from(size), webp));
    }
    sizes.reverse();
    Ok(Prepared { hash: hex::encode(Sha256::digest(bytes)), width: i64::from(width), height: i64::from(height), sizes })
}

/// The pixels, turned as the camera says, and whether no turning was needed.
fn decode(bytes: &[u8]) -> Result<(DynamicImage, bool)> {
    let refuse = |reason: &str| Error::field("picture", reason);
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(Error::unexpected)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif)) {
        return Err(refuse("admin-picture-unknown-format"));
    }
    let mut limits = Limits::default();
    // Four bytes a pixel, twice: while decoding and while converting; 16-bit PNG needs eight.
    limits.max_alloc = Some(MAX_PIXELS * 16);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| refuse("admin-picture-damaged"))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(refuse("admin-picture-too-many-pixels"));
    }
    // WebP can say no more than 16,383 pixels a side; a strip of that shape is no product picture either.
    if width == 0 || height == 0 || height / width > 20 || width / height > 20 {
        return Err(refuse("admin-picture-shape"));
    }
    let orientation = decoder.orientation().map_err(|_| refuse("admin-picture-damaged"))?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|_| refuse("admin-picture-damaged"))?;
    picture.apply_orientation(orientation);
    let picture = if picture.color().has_alpha() { multiplied(picture) } else { DynamicImage::ImageRgb8(picture.into_rgb8()) };
    Ok((picture, orientation == image::metadata::Orientation::NoTransforms))
}

/// Whether the bytes are a plain still WebP, without metadata that might tell where a picture was taken.
fn keeps(bytes: &[u8]) -> bool {
    bytes.len() <= KEPT && bytes.starts_with(b"RIFF") && matches!(bytes.get(8..16), Some(b"WEBPVP8 " | b"WEBPVP8L"))
}

/// Colours weighed by their opacity, so that a see-through pixel lends its neighbours no colour when they are mixed.
fn multiplied(picture: DynamicImage) -> DynamicImage {
    let mut pixels = picture.into_rgba8();
    for pixel in pixels.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for channel in 0..3 {
            pixel[channel] = u8::try_from((u32::from(pixel[channel]) * alpha + 127) / 255).unwrap_or(u8::MAX);
        }
    }
    DynamicImage::ImageRgba8(pixels)
}

/// The reverse of [`multiplied`], for the eye.
fn divided(pixels: &image::RgbaImage) -> image::RgbaImage {
    let mut pixels = pixels.clone();
    for pixel in pixels.pixels_mut() {
        let alpha = u32::from(pixel[3]).max(1);
        for channel in 0..3 {
            pixel[channel] = u8::try_from((u32::from(pixel[channel]) * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX);
        }
    }
    pixels
}

fn encode(picture: &DynamicImage) -> Result<Vec<u8>> {
    let (width, height) = (picture.width(), picture.height());
    let webp = match picture {
        DynamicImage::ImageRgba8(pixels) => webp::Encoder::from_rgba(&divided(pixels), width, height).encode_simple(false, QUALITY),
        opaque => webp::Encoder::from_rgb(opaque.as_bytes(), width, height).encode_simple(false, QUALITY),
    };
    let webp = webp.map_err(|error| Error::unexpected(format!("a picture of {width} by {height} does not encode: {error:?}")))?;
    Ok(webp.to_vec())
}
