//! Text and data on their way into HTML.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Text for an element or a quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // A browser would read U+0000 as an error and the other controls as nothing.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// JSON for a `<script type="application/json">`: without `<`, no content can end the element or open a comment.
pub(crate) fn script_json(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

/// Bytes as base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Fills `{{name}}` in a template. What is filled in is not searched again, so content can not name a field.
pub(crate) fn fill(template: &str, fields: &[(&str, &str)]) -> String {
    let room: usize = fields.iter().map(|(_, value)| value.len()).sum();
    let mut out = String::with_capacity(template.len() + room);
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        out.push_str(&rest[..open]);
        rest = &rest[open + 2..];
        match rest.split_once("}}") {
            Some((name, after)) if fields.iter().any(|(field, _)| *field == name) => {
                out.extend(fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value));
                rest = after;
            }
            _ => out.push_str("{{"),
        }
    }
    out.push_str(rest);
    out
}

/// Minutes and seconds, such as `3:07`; with hours from one hour on.
pub(crate) fn clock(secs: f64) -> String {
    let secs = secs.max(0.0) as u64;
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{secs:02}") } else { format!("{minutes}:{secs:02}") }
}

/// A number as people write it: at most `decimals` places, thousands apart by a thin space, a true minus sign.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), ""), |parts| parts);
    let fraction = fraction.trim_end_matches('0');
    let mut out = String::new();
    if value < 0.0 && plain.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        let _ = write!(out, ".{fraction}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_stays_text() {
        assert_eq!(escape(r#"<b a="1">&'"#), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;");
        assert_eq!(escape("a\0b\u{7}c"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn json_can_not_end_its_script() {
        let json = script_json(&"</script><!-- ]]>").unwrap();
        assert!(!json.contains('<'));
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "</script><!-- ]]>");
    }

    #[test]
    fn filled_content_is_not_a_template() {
        assert_eq!(fill("{{a}}-{{b}}-{{c}}", &[("a", "{{b}}"), ("b", "x")]), "{{b}}-x-{{c}}");
    }

    #[test]
    fn numbers_read_like_print() {
        assert_eq!(number(-12_345.678, 1), "−12\u{202f}345.7");
        assert_eq!(number(0.5, 2), "0.5");
        assert_eq!(number(-0.001, 1), "0");
        assert_eq!(number(100.0, 0), "100");
        assert_eq!(number(f64::NAN, 1), "–");
        assert_eq!(clock(3_725.9), "1:02:05");
        assert_eq!(clock(67.0), "1:07");
    }
}
