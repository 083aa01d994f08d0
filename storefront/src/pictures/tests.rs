use super::*;
use image::{DynamicImage, ImageFormat, RgbaImage};
use std::io::{Cursor, Read, Write};
use std::net::TcpListener;

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbaImage::from_fn(width, height, |x, y| image::Rgba([(x % 256) as u8, (y % 256) as u8, 90, 255]));
    let mut bytes = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgba8(pixels);
    let picture = if format == ImageFormat::Jpeg { DynamicImage::ImageRgb8(picture.to_rgb8()) } else { picture };
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn every_format_becomes_webp_in_the_widths_below_its_own() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let picture = prepare(&encoded(900, 600, format)).unwrap();
        assert_eq!((picture.width, picture.height), (900, 600));
        let widths: Vec<i64> = picture.sizes.iter().map(|(width, _)| *width).collect();
        assert_eq!(widths, [160, 400, 800, 900], "{format:?}");
        assert!(picture.sizes.iter().all(|(_, bytes)| bytes.starts_with(b"RIFF")));
    }
    let small = prepare(&encoded(100, 50, ImageFormat::Png)).unwrap();
    assert_eq!(small.sizes.iter().map(|(width, _)| *width).collect::<Vec<_>>(), [100]);
}

#[test]
fn what_is_no_picture_is_refused() {
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let mut cut = encoded(300, 300, ImageFormat::Png);
    cut.truncate(cut.len() / 2);
    let long = encoded(3000, 10, ImageFormat::Png);
    for bytes in [&b""[..], &svg[..], b"<html>", b"\x89PNG\r\n\x1a\n", b"GIF89a", &cut, &long, &vec![0; MAX_BYTES + 1]] {
        assert!(matches!(prepare(bytes), Err(Error::Invalid(_))));
    }
}

#[test]
fn a_small_file_of_many_pixels_is_refused_before_it_unfolds() {
    let mut png = encoded(10, 10, ImageFormat::Png);
    png[16..20].copy_from_slice(&30_000u32.to_be_bytes());
    png[20..24].copy_from_slice(&30_000u32.to_be_bytes());
    assert!(matches!(prepare(&png), Err(Error::Invalid(_))));
}

#[test]
fn equal_pictures_are_stored_once_and_served_by_width() {
    let db = kernel::testing::db();
    let picture = prepare(&encoded(900, 600, ImageFormat::Png)).unwrap();
    let now = kernel::clock::Clock::default().now();
    db.write_now(move |conn| {
        assert_eq!(store(conn, &picture, now)?, store(conn, &picture, now)?);
        for (asked, given) in [(1, 160), (160, 160), (161, 400), (850, 900), (5000, 900)] {
            let bytes = &picture.sizes.iter().find(|(width, _)| *width == given).unwrap().1;
            assert_eq!(get(conn, &picture.hash, asked)?, *bytes, "{asked}");
        }
        assert!(matches!(get(conn, "none", 160), Err(Error::NotFound)));
        assert_eq!(measures(conn, &picture.hash)?, (900, 600));
        Ok(())
    })
    .unwrap();
}

/// Answers each connection with the next of `answers`, then ends.
fn server(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 2048];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(&answer);
        }
    });
    address
}

fn answer(status: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

#[test]
fn pictures_come_by_address_and_by_path() {
    let address = server(vec![answer("200 OK", b"bytes"), answer("404 Not Found", b""), answer("503 Busy", b"")]);
    assert_eq!(fetch(&address, None, true).unwrap(), b"bytes");
    assert!(matches!(fetch(&address, None, true), Err(Error::Invalid(_))));
    assert!(matches!(fetch(&address, None, true), Err(Error::Unavailable(_))));
    let folder = std::env::temp_dir().join(format!("regulars_pictures_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.png"), b"file").unwrap();
    assert_eq!(fetch("a.png", Some(&folder), false).unwrap(), b"file");
    for source in ["b.png", ".", "file:///etc/passwd", "ftp://x.example/a.png"] {
        assert!(matches!(fetch(source, Some(&folder), false), Err(Error::Invalid(_))), "{source}");
    }
    assert!(matches!(fetch("a.png", None, false), Err(Error::Invalid(_))));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn private_addresses_are_refused() {
    let address = server(vec![answer("200 OK", b"secret")]);
    assert!(matches!(fetch(&address, None, false), Err(Error::Invalid(_))));
    for source in ["http://localhost/", "http://[::1]/", "http://169.254.169.254/latest", "http://0/", "http://2130706433/"] {
        assert!(fetch(source, None, false).is_err(), "{source}");
    }
}

#[test]
fn see_through_edges_keep_their_colour() {
    // Half white, half see-through black: mixing them must give no grey.
    let pixels = RgbaImage::from_fn(900, 600, |x, _| if x < 450 { image::Rgba([255, 255, 255, 255]) } else { image::Rgba([0, 0, 0, 0]) });
    let mut png = Cursor::new(Vec::new());
    pixels.write_to(&mut png, ImageFormat::Png).unwrap();
    let picture = prepare(&png.into_inner()).unwrap();
    let small = image::load_from_memory(&picture.sizes[0].1).unwrap().into_rgba8();
    assert!(small.pixels().any(|pixel| pixel[3] == 0) && small.pixels().any(|pixel| pixel[3] == 255));
    assert!(small.pixels().filter(|pixel| pixel[3] > 60).all(|pixel| pixel[0] > 215), "a dark fringe");
}
