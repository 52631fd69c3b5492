//! Personal names in Chinese characters or Mongolian script. Owns which characters a name may have;
//! requires no surname, because a Mongol name may have none.

use crate::invalid::{Fault, Invalid};

/// Reads a personal name of 2 to 50 characters, written wholly in Chinese characters (rare ones of
/// the extension blocks included, parts joined by `·`) or wholly in Mongolian script (words joined
/// by a space or a narrow no-break space).
///
/// The look-alikes that keyboards give for `·` are normalised to U+00B7.
///
/// # Errors
/// [`Invalid`] with `LENGTH`, `CHARACTER` or `PATTERN` (a misplaced separator).
pub fn personal_name(text: &str) -> Result<String, Invalid> {
    let name: String = text.trim().chars().map(normalised).collect();
    if !(2..=50).contains(&name.chars().count()) {
        return Err(Invalid::new(Fault::Length, "a name has 2 to 50 characters"));
    }
    let chinese = name.chars().all(|c| is_han(c) || c == '·');
    let mongolian = name.chars().all(|c| is_mongolian(c) || c == ' ');
    if !chinese && !mongolian {
        return Err(Invalid::new(
            Fault::Character,
            "a name is written in Chinese characters or in Mongolian script",
        ));
    }
    if name.split(['·', ' ']).any(str::is_empty) {
        return Err(Invalid::new(
            Fault::Pattern,
            "a separator stands between two parts of a name",
        ));
    }
    Ok(name)
}

fn normalised(character: char) -> char {
    match character {
        '•' | '‧' | '・' | '･' | '．' | '∙' | '⋅' => '·',
        other => other,
    }
}

/// Unified and compatibility ideographs with all extensions. Private-use characters, which old
/// systems used for rare names, are not: nobody else can read them.
fn is_han(character: char) -> bool {
    matches!(character,
        '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{2FA1F}'
        | '\u{30000}'..='\u{323AF}'
        | '〇')
}

/// The letters of the Mongolian block with its variation selectors, vowel separator and the narrow
/// no-break space before suffixes.
fn is_mongolian(character: char) -> bool {
    matches!(character, '\u{1807}' | '\u{180A}'..='\u{180F}' | '\u{1820}'..='\u{18AA}' | '\u{202F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_mongolian_and_rare_names_are_names() {
        for text in [
            "王芳",
            "巴特尔",
            "买买提·艾山",
            "𬀩㛃",
            "\u{30EDD}林",
            "ᠪᠠᠭᠠᠲᠤᠷ",
            "ᠣᠶᠤᠨ ᠴᠡᠴᠡᠭ",
        ] {
            assert_eq!(personal_name(text).unwrap(), text);
        }
    }

    #[test]
    fn look_alike_dots_become_the_middle_dot() {
        for text in ["买买提•艾山", "买买提・艾山", " 买买提．艾山 "] {
            assert_eq!(personal_name(text).unwrap(), "买买提·艾山");
        }
    }

    #[test]
    fn faults_have_their_codes() {
        let fault = |text: &str| personal_name(text).unwrap_err().fault();
        assert_eq!(fault("王"), Fault::Length);
        assert_eq!(fault(&"王".repeat(51)), Fault::Length);
        assert_eq!(fault("王芳1"), Fault::Character);
        assert_eq!(fault("王ᠠᠡ"), Fault::Character);
        assert_eq!(fault("王\u{E000}"), Fault::Character);
        assert_eq!(fault("·艾山"), Fault::Pattern);
        assert_eq!(fault("艾··山"), Fault::Pattern);
        assert_eq!(fault("王\u{0000}芳"), Fault::Character);
    }
}
