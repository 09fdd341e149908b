//! Letters that the built-in fonts do not hold (they cover Latin, Greek and Cyrillic), taken from the system's fonts.
//!
//! Fonts of the great scripts are large, so they are read only where a timeline has letters that would show as boxes.
//! Known limits: nothing joins the letters of Arabic or stacks those of Indic scripts, and lines run from left to right.

use std::collections::BTreeSet;
use std::path::Path;

use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{Context, FontData, FontFamily, FontId};

/// Where systems keep fonts of many scripts, the widest first: Debian, Fedora, Arch, macOS, Windows.
const CANDIDATES: [&str; 21] = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/freefont/FreeSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansBengali-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansTamil-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansArmenian-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansGeorgian-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:\\Windows\\Fonts\\arial.ttf",
    "C:\\Windows\\Fonts\\Nirmala.ttc",
    "C:\\Windows\\Fonts\\msyh.ttc",
    "C:\\Windows\\Fonts\\malgun.ttf",
];

/// How the font files begin that can be drawn: TrueType, OpenType, collections.
const SIGNATURES: [&[u8]; 4] = [&[0, 1, 0, 0], b"OTTO", b"ttcf", b"true"];

/// The letters of some texts that no font in use holds.
pub(crate) fn missing<'a>(ctx: &Context, texts: impl Iterator<Item = &'a str>) -> BTreeSet<char> {
    let font = FontId::proportional(16.0);
    let letters: BTreeSet<char> =
        texts.flat_map(str::chars).filter(|letter| !letter.is_whitespace() && !letter.is_control()).collect();
    ctx.fonts_mut(|fonts| letters.into_iter().filter(|letter| !fonts.has_glyph(&font, *letter)).collect())
}

/// Adds the system's fonts behind the built-in ones; they are in use from the next frame on.
pub(crate) fn add_system_fonts(ctx: &Context) {
    for path in CANDIDATES.map(Path::new) {
        let Ok(bytes) = std::fs::read(path) else { continue };
        if !SIGNATURES.iter().any(|signature| bytes.starts_with(signature)) {
            continue;
        }
        let family = InsertFontFamily { family: FontFamily::Proportional, priority: FontPriority::Lowest };
        let name = path.display().to_string();
        ctx.add_font(FontInsert::new(&name, FontData::from_owned(bytes), vec![family]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_fonts_hold_the_letters_of_the_records() {
        let ctx = Context::default();
        let _ = ctx.run(Default::default(), |_| {});
        let texts = "Что такое Советская власть? Ѣѳѵ Їїґ What? ÄÖßéñçøåœ Ελληνικά — „“ «» № ♪";
        assert_eq!(missing(&ctx, [texts].into_iter()), BTreeSet::new());
        assert_eq!(missing(&ctx, ["漢", "字"].into_iter()).len(), 2);
    }
}
