//! XML as text: elements opened and closed in order, everything escaped, characters that XML 1.0 cannot hold left out.
//!
//! W3C, *Extensible Markup Language (XML) 1.0* (fifth edition), section 2.2: of the control characters only tab and the line
//! breaks may stand in a document, not even as references.

use std::borrow::Cow;

use quick_xml::escape::escape;

/// A document that is being written.
pub(super) struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    /// A document in UTF-8, its declaration written.
    pub(super) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(), open: Vec::new() }
    }

    /// A line break that is no content, and the indentation of what comes.
    pub(super) fn line(&mut self) -> &mut Self {
        self.text.push('\n');
        self.text.push_str(&"  ".repeat(self.open.len()));
        self
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> &mut Self {
        self.tag(name, attributes);
        self.text.push('>');
        self.open.push(name);
        self
    }

    /// Closes the element that was opened last.
    pub(super) fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push('>');
        }
        self
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> &mut Self {
        self.tag(name, attributes);
        self.text.push_str("/>");
        self
    }

    /// Text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.text.push_str(&escape(holdable(text)));
        self
    }

    /// An element on a line of its own with text in it.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: &[(&str, &str)], text: &str) -> &mut Self {
        self.line().open(name, attributes).text(text).close()
    }

    /// The document, all elements closed, each on a line of its own.
    pub(super) fn finish(mut self) -> String {
        while let Some(name) = self.open.pop() {
            self.line();
            self.text.push_str(&format!("</{name}>"));
        }
        self.text.push('\n');
        self.text
    }

    /// Closes the last element on a line of its own.
    pub(super) fn close_block(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            self.line();
            self.text.push_str(&format!("</{name}>"));
        }
        self
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            self.text.push_str(&format!(" {key}=\"{}\"", escape(holdable(value))));
        }
    }
}

/// A text without the characters that XML cannot hold.
fn holdable(text: &str) -> Cow<'_, str> {
    let lost = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}'..='\u{9f}'))
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    if text.contains(lost) { Cow::Owned(text.replace(lost, "")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut xml = Xml::new();
        xml.line().open("a", &[("b", "\"<&>'")]).leaf("c", &[], "R&D < 5\u{0} 🎻").line().empty("d", &[]);
        let text = xml.finish();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"&quot;&lt;&amp;&gt;&apos;\">\n  \
             <c>R&amp;D &lt; 5 🎻</c>\n  <d/>\n</a>\n"
        );
        let mut reader = quick_xml::Reader::from_str(&text);
        while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    }
}
