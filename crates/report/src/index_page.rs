//! A small page that leads to the pages of several sides.

use std::fmt::Write;

use crate::html::{clock, escape, fill};

const TEMPLATE: &str = include_str!("web/index.html");
const STYLE: &str = concat!(include_str!("web/base.css"), include_str!("web/index.css"));
const SCRIPT: &str = include_str!("web/index.js");

/// One side in the index.
#[derive(Clone, Debug, PartialEq)]
pub struct SideEntry {
    /// Title of the side.
    pub title: String,
    /// Its listening page, or the restored recording of a side without one, relative to the index.
    pub href: String,
    /// Length in seconds.
    pub duration_secs: f64,
    /// One line about it, such as `412 of 415 words heard · 1204 clicks repaired`; why it failed where it did.
    pub summary: String,
    /// Whether it has a page; a side that failed is listed without a link.
    pub done: bool,
}

/// A page that lists `sides` in the order given. Like the listening page it is one file and needs no network.
pub fn render_index(title: &str, sides: &[SideEntry]) -> String {
    let mut list = String::new();
    for side in sides {
        let name = escape(&side.title);
        let heading = match relative_href(&side.href) {
            Some(href) if side.done => format!("<a href=\"{}\">{name}</a>", escape(&href)),
            _ => name,
        };
        let time = if side.done { clock(side.duration_secs) } else { "not done".to_owned() };
        let _ = writeln!(
            list,
            "<li{} data-secs=\"{:.3}\"><h2>{heading}</h2><span class=\"time\">{time}</span><p>{}</p></li>",
            if side.done { "" } else { " class=\"failed\"" },
            if side.done { side.duration_secs } else { 0.0 },
            escape(&side.summary)
        );
    }
    let done = sides.iter().filter(|side| side.done);
    let total: f64 = done.clone().map(|side| side.duration_secs).sum();
    let failed = sides.len() - done.count();
    let mut meta = format!("<li>{} side{}</li>", sides.len(), if sides.len() == 1 { "" } else { "s" });
    let _ = write!(meta, "<li>{} in all</li>", clock(total));
    if failed > 0 {
        let _ = write!(meta, "<li>{failed} not done</li>");
    }
    fill(
        TEMPLATE,
        &[
            ("title", &escape(title)),
            ("meta", &meta),
            ("style", STYLE),
            ("sides", &list),
            ("script", SCRIPT),
            ("version", env!("CARGO_PKG_VERSION")),
        ],
    )
}

/// A path as a relative reference: percent-encoded, and never read as a scheme or a host.
fn relative_href(path: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    let mut href = String::from("./");
    for byte in path.replace('\\', "/").trim_start_matches('/').bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            href.push(char::from(byte));
        } else {
            let _ = write!(href, "%{byte:02X}");
        }
    }
    Some(href)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(title: &str, href: &str, done: bool) -> SideEntry {
        SideEntry {
            title: title.into(),
            href: href.into(),
            duration_secs: 61.0,
            summary: "fine & well".into(),
            done,
        }
    }

    #[test]
    fn sides_are_listed_with_safe_links() {
        let html = render_index(
            "Box <1>",
            &[
                side("A & B", "side a/index.html", true),
                side("C", "javascript:alert(1)", true),
                side("D", "d", false),
            ],
        );
        assert!(
            html.contains("Box &lt;1&gt;") && html.contains("A &amp; B") && html.contains("fine &amp; well")
        );
        assert!(html.contains("href=\"./side%20a/index.html\""));
        assert!(html.contains("href=\"./javascript%3Aalert%281%29\""));
        assert!(
            !html.contains("href=\"./d\"")
                && html.contains("1 not done")
                && html.contains("<li>2:02 in all</li>")
        );
    }
}
