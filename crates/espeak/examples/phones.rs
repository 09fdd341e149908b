//! Prints how the words of a text sound: `cargo run -p tonearm-espeak --example phones -- ru "Советская власть"`.

use tonearm_align::text::{Pronouncer, Stress};
use tonearm_espeak::{DataDir, EspeakPronouncer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [language, text] = arguments.as_slice() else {
        return Err("two arguments: a language and a text".into());
    };
    let pronouncer = EspeakPronouncer::new(language, &DataDir::install()?)?;
    if text == "inventory" {
        println!("{}", pronouncer.inventory().join(" "));
    }
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        for (word, sounds) in words.iter().zip(pronouncer.pronounce(&words)?) {
            print!("{word}\t");
            for phone in sounds.phones {
                let mark = match phone.stress {
                    Stress::Primary => "ˈ",
                    Stress::Secondary => "ˌ",
                    Stress::None => "",
                };
                print!("{mark}{}{} ", phone.symbol, if phone.long { "ː" } else { "" });
            }
            println!();
        }
    }
    Ok(())
}
