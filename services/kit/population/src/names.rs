//! Personal names: Chinese ones with a surname, Mongolian ones without, in both scripts.

use onething_elements::Sex;

use crate::random::Random;

/// A name in Chinese characters and, for a Mongol, in Mongolian script.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) chinese: String,
    pub(crate) mongolian: Option<String>,
}

const SURNAMES: &[&str] = &[
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "高", "林", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾",
    "肖", "田", "董", "袁", "潘", "于", "蒋", "蔡", "余", "杜",
];

const GIVEN_MALE: &[&str] = &[
    "伟", "强", "磊", "军", "勇", "杰", "涛", "明", "超", "刚", "平", "辉", "鹏", "华", "飞", "鑫",
    "波", "斌", "宇", "浩", "凯", "健", "俊", "帆", "帅", "旭", "宁", "龙", "林", "阳", "建", "志",
    "文", "海", "晓", "永",
];

const GIVEN_FEMALE: &[&str] = &[
    "芳", "娜", "敏", "静", "丽", "艳", "娟", "霞", "秀", "燕", "玲", "桂", "丹", "萍", "红", "玉",
    "兰", "梅", "莉", "洁", "慧", "婷", "雪", "琳", "晶", "悦", "颖", "倩", "欣", "佳", "雨", "晨",
    "思", "晓", "春", "月",
];

/// Words that stand alone as a name or before a second word: in Chinese transcription and in
/// Mongolian script.
const FIRST: &[(&str, &str)] = &[
    ("阿拉坦", "ᠠᠯᠲᠠᠨ"),
    ("孟和", "ᠮᠥᠩᠬᠡ"),
    ("斯琴", "ᠰᠡᠴᠡᠨ"),
    ("呼和", "ᠬᠥᠬᠡ"),
    ("宝音", "ᠪᠤᠶᠠᠨ"),
    ("达来", "ᠳᠠᠯᠠᠢ"),
    ("那顺", "ᠨᠠᠰᠤᠨ"),
    ("乌云", "ᠣᠶᠤᠨ"),
    ("额尔敦", "ᠡᠷᠳᠡᠨᠢ"),
    ("敖登", "ᠣᠳᠣᠨ"),
    ("恩和", "ᠡᠩᠬᠡ"),
    ("哈斯", "ᠬᠠᠰ"),
    ("娜仁", "ᠨᠠᠷᠠᠨ"),
    ("萨仁", "ᠰᠠᠷᠠᠨ"),
    ("乌兰", "ᠤᠯᠠᠭᠠᠨ"),
];

const SECOND_MALE: &[(&str, &str)] = &[
    ("巴特尔", "ᠪᠠᠭᠠᠲᠤᠷ"),
    ("巴雅尔", "ᠪᠠᠶᠠᠷ"),
    ("吉日嘎拉", "ᠵᠢᠷᠭᠠᠯ"),
    ("毕力格", "ᠪᠢᠯᠢᠭ"),
    ("特木尔", "ᠲᠡᠮᠦᠷ"),
    ("朝鲁", "ᠴᠢᠯᠠᠭᠤ"),
    ("苏和", "ᠰᠦᠬᠡ"),
    ("阿木古楞", "ᠠᠮᠤᠭᠤᠯᠠᠩ"),
];

const SECOND_FEMALE: &[(&str, &str)] = &[
    ("其其格", "ᠴᠡᠴᠡᠭ"),
    ("高娃", "ᠭᠤᠸ᠎ᠠ"),
    ("托娅", "ᠲᠤᠶᠠᠭ᠎ᠠ"),
    ("格日勒", "ᠭᠡᠷᠡᠯ"),
    ("花", "ᠬᠤᠸ᠎ᠠ"),
];

/// A surname for a Han family.
pub(crate) fn surname(random: &mut Random) -> &'static str {
    random.pick(SURNAMES)
}

/// A Chinese name with this surname.
pub(crate) fn chinese(random: &mut Random, surname: &str, sex: Sex) -> Name {
    let given = match sex {
        Sex::Male => GIVEN_MALE,
        Sex::Female => GIVEN_FEMALE,
    };
    let mut name = format!("{surname}{}", random.pick(given));
    if random.chance(75) {
        name.push_str(random.pick(given));
    }
    Name {
        chinese: name,
        mongolian: None,
    }
}

/// A Mongolian name: one word or two, and no surname.
pub(crate) fn mongolian(random: &mut Random, sex: Sex) -> Name {
    let second = match sex {
        Sex::Male => SECOND_MALE,
        Sex::Female => SECOND_FEMALE,
    };
    let (chinese, script) = random.pick(second);
    // A one-character word cannot stand alone: a name has two characters or more.
    if chinese.chars().count() > 1 && random.chance(30) {
        return Name {
            chinese: chinese.to_owned(),
            mongolian: Some(script.to_owned()),
        };
    }
    let (first, first_script) = random.pick(FIRST);
    Name {
        chinese: format!("{first}{chinese}"),
        mongolian: Some(format!("{first_script} {script}")),
    }
}

#[cfg(test)]
mod tests {
    use onething_elements::personal_name;

    use super::*;
    use crate::random::Stream;

    #[test]
    fn every_name_is_a_valid_name() {
        for index in 0..2_000 {
            let mut random = Random::new(3, Stream::Household, index);
            let sex = if random.chance(50) {
                Sex::Male
            } else {
                Sex::Female
            };
            let family = surname(&mut random);
            let han = chinese(&mut random, family, sex);
            assert_eq!(personal_name(&han.chinese).unwrap(), han.chinese);
            let mongol = mongolian(&mut random, sex);
            assert_eq!(personal_name(&mongol.chinese).unwrap(), mongol.chinese);
            let script = mongol.mongolian.unwrap();
            assert_eq!(personal_name(&script).unwrap(), script);
        }
    }
}
