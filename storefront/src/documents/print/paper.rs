//! Sheets of paper: text that is measured, wrapped and placed, and lines. Everything is noted first and drawn at the end, when the
//! number of pages is known.
#![allow(clippy::float_arithmetic, reason = "places on paper are points, which PDF counts in fractions; no amount is figured here")]

use kernel::{Error, Result};
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use std::sync::LazyLock;

/// Noto Sans for Latin, Greek and Cyrillic, and Noto Sans SC for the characters of GB 2312. Their licence lies beside them.
static NOTO: [&[u8]; 2] = [include_bytes!("../../../fonts/NotoSans-Regular.ttf"), include_bytes!("../../../fonts/NotoSansSC-Regular.otf")];
static FACES: LazyLock<Option<[Face; 2]>> = LazyLock::new(|| Some([Face::load(NOTO[0])?, Face::load(NOTO[1])?]));

/// Points of an A4 sheet and its margins.
pub const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
pub const LEFT: f32 = 56.0;
pub const RIGHT: f32 = WIDTH - 56.0;
const TOP: f32 = 56.0;
/// Below this only the foot of the page stands.
const BOTTOM: f32 = HEIGHT - 96.0;
const FOOT: f32 = HEIGHT - 72.0;
/// From one line to the next, in sizes of the font.
const LEADING: f32 = 1.4;

struct Face {
    font: Font,
    noto: FontRef<'static>,
    units: f32,
}

impl Face {
    fn load(bytes: &'static [u8]) -> Option<Face> {
        let noto = FontRef::new(bytes).ok()?;
        let units = f32::from(noto.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        Some(Face { font: Font::new(bytes.to_vec().into(), 0)?, noto, units })
    }
}

/// A character of a face, by the face's place, and how wide it is in sizes of the font.
#[derive(Clone, Copy)]
struct Glyph {
    face: usize,
    id: u32,
    width: f32,
}

/// The first face that has a character draws it. What none has is the empty box of the last.
fn glyph(faces: &[Face], letter: char) -> Glyph {
    let found = faces.iter().enumerate().find_map(|(at, face)| Some((at, face, face.noto.charmap().map(letter)?)));
    let last = faces.len().saturating_sub(1);
    let found = found.or_else(|| faces.last().map(|face| (last, face, skrifa::GlyphId::default())));
    let Some((at, face, id)) = found else { return Glyph { face: 0, id: 0, width: 1.0 } };
    let width = face.noto.glyph_metrics(Size::unscaled(), LocationRef::default()).advance_width(id);
    Glyph { face: at, id: id.to_u32(), width: width.unwrap_or(face.units) / face.units }
}

/// How dark something is printed.
#[derive(Clone, Copy)]
pub enum Ink {
    Black,
    Grey,
    Light,
}

impl Ink {
    fn fill(self) -> Fill {
        let shade = match self {
            Ink::Black => 24,
            Ink::Grey => 96,
            Ink::Light => 205,
        };
        Fill { paint: rgb::Color::new(shade, shade, shade).into(), ..Fill::default() }
    }
}

/// On which side of its place a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

enum Mark {
    Text { x: f32, y: f32, size: f32, ink: Ink, text: String },
    Rule { x: f32, y: f32, width: f32, height: f32, ink: Ink },
}

/// A document that is being written, from top to bottom.
pub struct Paper {
    faces: &'static [Face],
    pages: Vec<Vec<Mark>>,
    /// Where the next line goes.
    pub y: f32,
}

impl Paper {
    /// Fails when the carried font does not read, which would be a broken build.
    pub fn new() -> Result<Paper> {
        let faces = FACES.as_ref().ok_or_else(|| Error::unexpected("the fonts of documents do not read"))?;
        Ok(Paper { faces, pages: vec![Vec::new()], y: TOP })
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// The width of a line.
    pub fn measure(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| glyph(self.faces, letter).width).sum::<f32>() * size
    }

    /// Splits a text into lines: between words, between Chinese characters, and inside a word only when it is wider than a line.
    pub fn wrap(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        let (mut filled, mut break_at) = (0.0, None);
        for letter in text.chars() {
            let letter = if letter.is_control() { ' ' } else { letter };
            let wide = glyph(self.faces, letter).width * size;
            if filled + wide > width && !line.is_empty() {
                let rest = break_at.map(|at| line.split_off(at)).unwrap_or_default();
                lines.push(line.trim_end().to_string());
                line = rest.trim_start().to_string();
                filled = self.measure(&line, size);
                break_at = None;
            }
            if letter > '\u{2e7f}' && !line.is_empty() && !closes(letter) {
                break_at = Some(line.len());
            }
            line.push(letter);
            filled += wide;
            if letter == ' ' || letter == '-' || letter == '/' || letter > '\u{2e7f}' {
                break_at = Some(line.len());
            }
        }
        if !line.trim().is_empty() || lines.is_empty() {
            lines.push(line.trim_end().to_string());
        }
        lines
    }

    /// A line of text at a place of its own; `y` is its top.
    pub fn put(&mut self, x: f32, y: f32, size: f32, ink: Ink, side: Side, text: &str) {
        let x = if side == Side::Right { x - self.measure(text, size) } else { x };
        self.mark(Mark::Text { x, y: y + size, size, ink, text: text.to_string() });
    }

    /// Wrapped lines from `y` down; answers where they end.
    pub fn block<T: AsRef<str>>(&mut self, x: f32, mut y: f32, width: f32, size: f32, ink: Ink, lines: &[T]) -> f32 {
        for text in lines {
            for line in self.wrap(text.as_ref(), size, width) {
                self.put(x, y, size, ink, Side::Left, &line);
                y += size * LEADING;
            }
        }
        y
    }

    /// A thin line across the page at the present place.
    pub fn rule(&mut self, from: f32, ink: Ink) {
        let y = self.y;
        self.mark(Mark::Rule { x: from, y, width: RIGHT - from, height: 0.6, ink });
        self.y += 4.0;
    }

    /// A thin grey line across the page at `y`.
    pub fn rule_at(&mut self, from: f32, y: f32) {
        self.mark(Mark::Rule { x: from, y, width: RIGHT - from, height: 0.6, ink: Ink::Light });
    }

    /// Goes on to the next page when less than `height` is left. `true` when it did.
    pub fn make_room(&mut self, height: f32) -> bool {
        if self.y + height <= BOTTOM {
            return false;
        }
        self.pages.push(Vec::new());
        self.y = TOP;
        true
    }

    /// A paragraph over the whole width at the present place.
    pub fn paragraph(&mut self, size: f32, ink: Ink, text: &str) {
        for line in self.wrap(text, size, RIGHT - LEFT) {
            self.make_room(size * LEADING);
            let y = self.y;
            self.put(LEFT, y, size, ink, Side::Left, &line);
            self.y += size * LEADING;
        }
    }

    /// The finished file. Every page gets the foot and, when there are several, its number by `numbered`.
    pub fn finish(mut self, title: &str, foot: &[String], numbered: impl Fn(usize, usize) -> Result<String>) -> Result<Vec<u8>> {
        let pages = self.pages.len();
        for at in 0..pages {
            let mut marks = vec![Mark::Rule { x: LEFT, y: FOOT - 8.0, width: RIGHT - LEFT, height: 0.4, ink: Ink::Light }];
            let mut y = FOOT;
            for line in self.wrap(&foot.join(" · "), 7.5, RIGHT - LEFT - 80.0).into_iter().take(4) {
                marks.push(Mark::Text { x: LEFT, y: y + 7.5, size: 7.5, ink: Ink::Grey, text: line });
                y += 7.5 * LEADING;
            }
            if pages > 1 {
                let text = numbered(at + 1, pages)?;
                marks.push(Mark::Text { x: RIGHT - self.measure(&text, 7.5), y: FOOT + 7.5, size: 7.5, ink: Ink::Grey, text });
            }
            self.pages[at].extend(marks);
        }
        self.print(title)
    }

    fn print(&self, title: &str) -> Result<Vec<u8>> {
        let mut document = Document::new();
        document.set_metadata(Metadata::new().title(title.to_string()));
        for marks in &self.pages {
            let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| Error::unexpected("A4 is no page"))?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            marks.iter().for_each(|mark| self.draw(&mut surface, mark));
            surface.finish();
            page.finish();
        }
        document.finish().map_err(|error| Error::unexpected(format!("a PDF could not be written: {error:?}")))
    }

    fn draw(&self, surface: &mut Surface, mark: &Mark) {
        match mark {
            Mark::Text { x, y, size, ink, text } => {
                surface.set_fill(Some(ink.fill()));
                let letters: Vec<(usize, char, Glyph)> =
                    text.char_indices().map(|(at, letter)| (at, letter, glyph(self.faces, letter))).collect();
                let mut x = *x;
                for run in letters.chunk_by(|(_, _, a), (_, _, b)| a.face == b.face) {
                    let drawn = |(at, letter, glyph): &(usize, char, Glyph)| {
                        KrillaGlyph::new(GlyphId::new(glyph.id), glyph.width, 0.0, 0.0, 0.0, *at..*at + letter.len_utf8(), None)
                    };
                    let glyphs: Vec<KrillaGlyph> = run.iter().map(drawn).collect();
                    let Some(face) = run.first().and_then(|(_, _, glyph)| self.faces.get(glyph.face)) else { continue };
                    surface.draw_glyphs(Point::from_xy(x, *y), &glyphs, face.font.clone(), text, *size, false);
                    x += run.iter().map(|(_, _, glyph)| glyph.width).sum::<f32>() * size;
                }
            }
            Mark::Rule { x, y, width, height, ink } => {
                let Some(area) = Rect::from_xywh(*x, *y, *width, *height) else { return };
                let mut path = PathBuilder::new();
                path.push_rect(area);
                let Some(path) = path.finish() else { return };
                surface.set_fill(Some(ink.fill()));
                surface.draw_path(&path);
            }
        }
    }
}

/// Whether a sign may not begin a line.
fn closes(letter: char) -> bool {
    matches!(letter, '，' | '。' | '、' | '；' | '：' | '！' | '？' | '）' | '》' | '”' | '’' | '】')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_characters_and_lose_nothing() {
        let paper = Paper::new().expect("the font reads");
        for text in [
            "a cup for every day, thrown by hand",
            "手工拉坯的杯子，适合每一天使用。",
            "Donaudampfschifffahrtsgesellschaft",
            "茶 and tea 茶叶",
            "",
        ] {
            let lines = paper.wrap(text, 10.0, 60.0);
            assert!(lines.iter().all(|line| paper.measure(line, 10.0) <= 61.0), "{lines:?}");
            let same = |text: &str| text.chars().filter(|letter| *letter != ' ').collect::<String>();
            assert_eq!(same(&lines.concat()), same(text));
        }
    }

    #[test]
    fn the_font_has_what_documents_need() {
        let faces = FACES.as_ref().expect("the fonts read");
        for letter in "AZaz09 ÄÖÜäöüßéèñçøåŁşčőțİĞΩЖї€£¥₩₹₺₪₫₴$−–—…·×№“”’（）。，、发票贷记通知单装箱税额合计增值税王李张".chars()
        {
            assert_ne!(glyph(faces, letter).id, 0, "{letter} is missing");
        }
    }
}
