//! The standard's own cases in other words, and the rules of folding.

use std::borrow::Cow;
use std::collections::HashSet;

use proptest::prelude::*;

use unicode_normalization::UnicodeNormalization as _;

use super::extract::{Part, is_hash};
use super::fold::{bare_latin, is_invisible};
use super::link::TOP_LEVEL;
use super::*;

#[test]
fn hashtags_that_people_read_as_the_same_have_one_key() {
    check_same(&["cats", "#cats", "＃cats", "﹟cats", "CATS", "Cats", "ｃａｔｓ", "𝐜𝐚𝐭𝐬"], "cats");
    check_same(&["STRASSE", "straße", "STRAẞE", "#Straße"], "strasse");
    check_same(&["ΣΑΣ", "σας", "σασ", "Σας"], "σασ");
    check_same(&["İstanbul", "I\u{307}stanbul", "i\u{307}stanbul"], "i\u{307}stanbul");
    check_same(&["café", "cafe\u{301}", "CAFÉ", "CAFE\u{301}"], "café");
    check_same(&["Kelvin", "\u{212A}elvin"], "kelvin");
    check_same(&["ſpaces", "Spaces"], "spaces");
    check_same(&["ﬁlm", "FILM"], "film");
    check_same(&["ﬆone", "ﬅone", "stone"], "stone");
    check_same(&["ǅ", "ǆ", "dž"], "dž");
    check_same(&["Ꭰ", "ꭰ"], "Ꭰ");
    check_same(&["カタカナ", "ｶﾀｶﾅ"], "カタカナ");
    check_same(&["ガス", "ｶﾞｽ", "カ\u{3099}ス"], "ガス");
    check_same(&["각", "\u{1100}\u{1161}\u{11A8}", "가\u{11A8}"], "각");
    check_same(&["१२चाय", "१२चाय\u{200C}"], "१२चाय");
    check_same(&["ชา", "#ชา"], "ชา");
    check_same(&["شاي", "ﺷﺎﻱ"], "شاي");
}

#[test]
fn hashtags_that_differ_in_a_letter_keep_their_own_keys() {
    let tags = [
        "cat",
        "cats",
        "catalog",
        "istanbul",
        "İstanbul",
        "ıstanbul",
        "cafe",
        "café",
        "さ",
        "ざ",
        "か",
        "カ",
        "tea_time",
        "teatime",
        "🐈",
        "🐕",
        "किताब",
        "कताब",
        "١٢",
        "12",
    ];
    let keys: HashSet<_> = tags.into_iter().map(fold).collect();
    assert_eq!(keys.len(), tags.len(), "{keys:?}");
}

#[test]
fn characters_that_only_choose_a_look_are_dropped() {
    check_same(&["می\u{200C}نوشم", "مینوشم"], "مینوشم");
    check_same(&["ශ\u{DCA}\u{200D}ර", "ශ\u{DCA}ර"], "ශ\u{DCA}ර");
    check_same(&["☕\u{FE0F}", "☕\u{FE0E}", "☕"], "☕");
    check_same(&["👩\u{200D}💻", "👩💻"], "👩💻");
    check_same(&["葛\u{E0100}", "葛"], "葛");
    check_same(&["ᠠ\u{180B}", "ᠠ\u{180F}", "ᠠ"], "ᠠ");
    // Not one of them, but a separator.
    assert_ne!(fold("ᠠ\u{180E}ᠠ"), fold("ᠠᠠ"));
}

#[test]
fn an_invisible_character_before_an_accent_or_the_hash_hides_neither() {
    check_same(&["e\u{200D}\u{301}", "é"], "é");
    check_same(&["\u{FE0F}#é", "é"], "é");
}

#[test]
fn only_one_hash_is_dropped() {
    assert_eq!(fold("##cats"), "#cats");
    assert_eq!(fold("＃#é"), "#é");
    assert_eq!(fold("#"), "");
    assert_eq!(fold(""), "");
}

#[test]
fn folding_into_a_buffer_clears_it_and_needs_no_more_room_than_the_key() {
    let mut out = String::with_capacity(16);
    for (tag, key) in [("#TeamTabs", "teamtabs"), ("Straße", "strasse"), ("", "")] {
        fold_into(tag, &mut out);
        assert_eq!((out.as_str(), out.capacity()), (key, 16));
    }
}

#[test]
fn the_key_of_every_character_is_its_own_key() {
    // Past these planes characters have no case, and decompose to what is in these.
    for c in (0..0x2_0000).filter_map(char::from_u32).filter(|c| !matches!(c, '#' | '＃' | '﹟'))
    {
        let key = fold(c.encode_utf8(&mut [0; 4]));
        assert_eq!(fold(&key), key, "{c:?}");
        assert!(!key.contains(is_invisible), "{c:?}");
        assert!(!key.contains('#'), "{c:?}");
    }
}

#[test]
fn accents_go_from_the_letters_on_the_servers_list_only() {
    for (tag, key) in [
        ("Köln", "koln"),
        ("KO\u{308}LN", "koln"),
        ("BLÅBÆR", "blabær"),
        ("smørrebrød", "smorrebrod"),
        ("Łódź", "lodz"),
        ("đak", "dak"),
        ("Ŋŧħ", "nth"),
        ("ışık", "isik"),
        ("otoño", "otono"),
        ("Þór", "þor"),
        ("œuf", "œuf"),
        ("Straße", "strasse"),
        // Romanian letters with a comma and Vietnamese ones came to Unicode later.
        ("țară", "țara"),
        ("trà", "tra"),
        ("ạ", "ạ"),
        // Accents of other scripts are letters' own.
        ("чай", "чай"),
        ("τσάι", "τσάι"),
    ] {
        assert_eq!(fold_latin(&fold(tag)), key, "{tag}");
    }
    assert!(matches!(fold_latin("æ_чай"), Cow::Borrowed("æ_чай")));
}

#[test]
fn an_accent_that_meets_its_bare_letter_only_now_is_dropped_too() {
    for (tag, key) in [
        ("ø\u{300}", "o"),
        ("ø\u{300}\u{301}", "o"),
        ("ł\u{331}", "ḻ"),
        ("å\u{30C}", "ǎ"),
        // The mark below goes on first.
        ("ø\u{323}\u{302}", "ộ"),
        // The first of two strokes stays and so keeps the second from the letter.
        ("ø\u{336}\u{338}", "o\u{336}\u{338}"),
    ] {
        assert_eq!(fold_latin(&fold(tag)), key, "{tag}");
    }
}

#[test]
fn every_conformance_case_of_the_standard_is_met() {
    for (case, text, tags) in CONFORMANCE {
        assert_eq!(extract(text).collect::<Vec<_>>(), tags, "{case}: {text}");
    }
    assert_eq!(CONFORMANCE.len() + POSITIONS.len(), 76);
}

#[test]
fn every_hashtag_is_where_the_standard_has_it() {
    for (case, text, expected) in POSITIONS {
        let found: Vec<_> = extract(text)
            .map(|tag| {
                // From the hash to the end, counted in characters as the standard does.
                let start = text[..offset(text, tag)].chars().count() - 1;
                (tag, start, start + 1 + tag.chars().count())
            })
            .collect();
        assert_eq!(found, expected, "{case}: {text}");
    }
}

#[test]
fn a_hash_in_the_middle_of_a_word_or_of_hashes_opens_no_hashtag() {
    check("C#sharp F#1 é#a 茶#a １#a _#a", &[]);
    check("#tea#cake #tea＃cake", &[]);
    check("##tea ＃#tea", &["tea", "tea"]);
    check("#tea##cake", &["cake"]);
    check("#tea#cake#mug", &[]);
    check("#1#tea #1 #tea", &["tea"]);
    check("# #! #", &[]);
}

#[test]
fn an_ampersand_or_a_keycap_makes_a_hash_no_hashtag() {
    check("&#tea; &amp;#tea; & #tea", &["tea", "tea"]);
    check("#\u{FE0F}\u{20E3}tea #\u{20E3}tea #\u{FE0F}#tea", &["tea"]);
}

#[test]
fn a_hashtag_is_whole_or_not_at_all() {
    check("#cat", &["cat"]);
    check("#catalog #cat-alog #cat.alog #cat's", &["catalog", "cat", "cat", "cat"]);
}

#[test]
fn no_hashtag_is_inside_a_link() {
    check("http://x.example/#frag #tea", &["tea"]);
    check("HTTPS://Example.COM/a?b=c&d#frag", &[]);
    check("http://example.com/a_(b)#frag http://example.com/a_(b_(c))/#frag", &[]);
    check("http://localhost:8080/#frag http://10.0.0.1/#frag http://bücher.example/ä#frag", &[]);
    check("http://example.com?#frag", &[]);
    check("example.com/#frag see:example.com:80/a/#frag a_b.example.com/#frag", &[]);
    check("茶example.com/#frag münchen.de/#frag x.XN--P1AI/#frag", &[]);
    check("x.de/a,b.de/#frag", &[]);
}

#[test]
fn a_hashtag_after_a_link_or_after_what_is_none_counts() {
    check("http://example.com/a #tea", &["tea"]);
    check("http://example.com/(#tea", &["tea"]);
    check("http://example.com/a)#tea http://example.com/()#tea", &["tea", "tea"]);
    check("http://example.com/a.?#tea http://example.com/?.#tea", &["tea"]);
    check("http://#tea http://-/#tea http:///#tea", &["tea", "tea", "tea"]);
    check("Node.js/#deno yes/#tea a/b/#tea 1.5/#tea", &["deno", "tea", "tea", "tea"]);
    check("example.com?#tea", &["tea"]);
    check("@example.com/#tea x@example.com/#tea $example.com/#tea", &["tea", "tea", "tea"]);
    check("/example.com/#tea -example.com/#tea ftp://example.com/#tea", &["tea", "tea", "tea"]);
    check("a_b.com/#tea a..com/#tea a.b-.com/#tea .com/#tea", &["tea", "tea", "tea", "tea"]);
    check("#http://example.com/#tea", &["tea"]);
    check("http://example.com/＃tea http://example.com/…#tea", &["tea", "tea"]);
}

#[test]
fn hostile_texts_take_linear_time() {
    // Quadratic time at this length would be minutes for each.
    for unit in [
        "#",
        "＃",
        "##a",
        "#1",
        "&#",
        "a.co/",
        "a.co/(",
        "x.co/((",
        "(",
        "/",
        "//",
        "http:/",
        "http://",
        "http://a/(",
        "http://a/(a",
        "http://a/.",
        "http://a/?.",
        "a.bb:1",
        "1/",
        "-",
        "_.",
        "日/",
        "ｶﾞ",
        "#a http://a/#a ",
        "\u{301}",
        "ø\u{300}",
        "e\u{301}",
    ] {
        for start in ["", "#", "http://a.de/", "x.co/("] {
            let text = start.to_owned() + &unit.repeat(100_000 / unit.len()) + "#q";
            let _ = extract(&text).count();
            let _ = fold_latin(&fold(&text)).len();
        }
    }
}

#[test]
fn a_finished_extraction_stays_finished() {
    let mut tags = extract("#tea #1");
    assert_eq!(tags.next(), Some("tea"));
    assert_eq!((tags.next(), tags.next()), (None, None));
}

#[test]
fn the_top_level_domains_are_sorted_for_the_search() {
    assert!(TOP_LEVEL.is_sorted_by(|a, b| a < b));
}

proptest! {
    #[test]
    fn a_key_is_its_own_key(tag in text()) {
        let key = fold(&tag);
        let again = fold(&key);
        prop_assert_eq!(key.strip_prefix('#').unwrap_or(&key), again);
    }

    #[test]
    fn a_key_does_not_depend_on_normal_form_or_invisible_characters(tag in text(), at in 0..9_usize) {
        let key = fold(&tag);
        prop_assert_eq!(&fold(&tag.nfd().collect::<String>()), &key);
        prop_assert_eq!(&fold(&tag.nfkc().collect::<String>()), &key);
        let (before, after): (Vec<_>, Vec<_>) =
            tag.chars().enumerate().partition(|&(index, _)| index < at);
        let before = before.into_iter().map(|(_, c)| c);
        let after = after.into_iter().map(|(_, c)| c);
        prop_assert_eq!(fold(&before.chain(['\u{200D}', '\u{FE0F}']).chain(after).collect::<String>()), key);
    }

    #[test]
    fn the_ascii_path_gives_the_key_of_the_long_way(tag in "[ -~]{0,12}") {
        let long_way = fold(&(tag.clone() + "\u{200C}"));
        prop_assert_eq!(fold(&tag), long_way);
    }

    #[test]
    fn what_a_server_has_folded_folds_to_the_same_key(tag in text()) {
        // Servers normalise, lower the case and drop accents, and leave it at that. An
        // invisible character between letter and accent can keep them apart there.
        let tag = tag.replace(['#', '＃', '﹟'], "").replace(is_invisible, "");
        let sent: String = tag.nfkc().collect::<String>().to_lowercase().chars().map(bare_latin).collect();
        let key = fold(&tag);
        let latin = fold_latin(&key);
        let sent = fold(&sent);
        prop_assert_eq!(&fold_latin(&sent), &latin);
        prop_assert_eq!(&fold(&latin), &latin);
        prop_assert_eq!(&fold_latin(&latin), &latin);
    }

    #[test]
    fn hashtags_come_from_the_text_in_order(text in text()) {
        let mut at = 0;
        for tag in extract(&text) {
            let start = offset(&text, tag);
            prop_assert!(start > at || at == 0);
            prop_assert!(text[at..start].ends_with(is_hash));
            prop_assert!(tag.chars().all(|c| Part::of(c).is_some()));
            prop_assert!(tag.chars().any(|c| Part::of(c) == Some(Part::Letter)));
            at = start + tag.len();
            prop_assert!(text[at..].chars().next().is_none_or(|c| Part::of(c).is_none()));
        }
    }

    #[test]
    fn without_slashes_the_words_decide(words in prop::collection::vec("[#＃a1é!&_ ]{0,4}", 0..9)) {
        let text = words.join(" ");
        let naive: Vec<&str> = text.split(' ').flat_map(naive_word).collect();
        prop_assert_eq!(extract(&text).collect::<Vec<_>>(), naive);
    }
}

/// The hashtags of a text without spaces, links and emoji, by trying each hash by itself.
fn naive_word(word: &str) -> Vec<&str> {
    let is_inside = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut taken = 0;
    for (at, hash) in word.match_indices(is_hash) {
        let before = word[..at].chars().next_back();
        let free = at == 0 || at > taken;
        let rest = &word[at + hash.len()..];
        let tag = &rest[..rest.find(|c| !is_inside(c)).unwrap_or(rest.len())];
        if !free
            || before.is_some_and(|c| is_inside(c) || c == '&')
            || !tag.contains(char::is_alphabetic)
        {
            continue;
        }
        taken = at + hash.len() + tag.len();
        if !word[taken..].starts_with(is_hash) {
            found.push(tag);
        }
    }
    found
}

#[track_caller]
fn check(text: &str, tags: &[&str]) {
    assert_eq!(extract(text).collect::<Vec<_>>(), tags, "{text}");
}

#[track_caller]
fn check_same(tags: &[&str], key: &str) {
    for tag in tags {
        assert_eq!(fold(tag), key, "{tag}");
    }
}

/// Where in a text one of its parts begins.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr() as usize - text.as_ptr() as usize
}

/// Any text, but more often one of characters that mean something to hashtags.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "#",
        "#",
        "＃",
        "﹟",
        "a",
        "B",
        "1",
        "_",
        " ",
        "&",
        "é",
        "e",
        "o",
        "Ø",
        "ł",
        "ß",
        "Σ",
        "ς",
        "İ",
        "ı",
        "K",
        "ﬁ",
        "\u{300}",
        "\u{301}",
        "\u{323}",
        "\u{30C}",
        "\u{331}",
        "\u{345}",
        "\u{200C}",
        "\u{200D}",
        "\u{FE0F}",
        "\u{20E3}",
        "\u{E0100}",
        "ᾳ",
        "ｶ",
        "ﾞ",
        "\u{1100}",
        "\u{1161}",
        "日本",
        "茶",
        "👍",
        "http://",
        "://",
        "/",
        "?",
        ".",
        "(",
        ")",
        "example.com",
        "x.de",
        "js",
    ]);
    prop_oneof![
        1 => any::<String>(),
        4 => prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
    ]
}

/// A case of the standard's suite in other words: its name, a text, and the hashtags in it.
type Case = (&'static str, &'static str, &'static [&'static str]);

/// The cases about which hashtags a text has: one line each, in the suite's order.
const CONFORMANCE: [Case; 68] = [
    ("after an emoji without a variation selector", "we ✌#tea won", &["tea"]),
    ("after an emoji with the text selector", "we ✌\u{FE0E}#tea won", &["tea"]),
    ("after an emoji with the emoji selector", "we ✌\u{FE0F}#tea won", &["tea"]),
    ("after an emoji with a skin tone", "we ✌🏿#tea won", &["tea"]),
    ("after an emoji with a skin tone and a selector", "we ✌🏿\u{FE0F}#tea won", &["tea"]),
    ("after an emoji of joined ones", "we 👨\u{200D}👩\u{200D}👧#tea won", &["tea"]),
    ("letters only", "some #tea please", &["tea"]),
    ("letters, then a digit", "round #tea2", &["tea2"]),
    ("a digit, then letters", "#2tea please", &["2tea"]),
    ("not digits only", "Take the #42 tram", &[]),
    ("not a single digit", "#7", &[]),
    (
        "after brackets and quotes",
        "(#tea1 )#tea2 [#tea3 ]#tea4 ’#tea5’#tea6",
        &["tea1", "tea2", "tea3", "tea4", "tea5", "tea6"],
    ),
    ("with ñ", "Out at sea #otoñal", &["otoñal"]),
    ("with é", "Steep it well #thé", &["thé"]),
    ("with ü", "Off to bed #müde", &["müde"]),
    ("not after a space, in Japanese", "nothing here: # 投票 チーム", &[]),
    ("Korean", "Who votes #투표 today?", &["투표"]),
    ("half-width Hangul", "Narrow letters #ﾡﾧﾱ", &["ﾡﾧﾱ"]),
    ("Russian", "Who drinks #чай today?", &["чай"]),
    ("katakana at the start", "#テント is wet", &["テント"]),
    ("hiragana at the start", "#おちゃ please!", &["おちゃ"]),
    ("kanji at the start", "#綱引 is a sport", &["綱引"]),
    ("katakana at the end", "Bring a #テント", &["テント"]),
    ("hiragana at the end", "A cup of #おちゃ", &["おちゃ"]),
    ("kanji at the end", "Ready to pull #綱引", &["綱引"]),
    ("katakana in the middle", "Is the #テント dry?", &["テント"]),
    ("hiragana in the middle", "More #おちゃ for all of us", &["おちゃ"]),
    ("kanji in the middle", "They say #綱引 is fun. is it?", &["綱引"]),
    (
        "kanji and katakana mixed",
        "明日の大会のお知らせ #全国綱引トーナメント",
        &["全国綱引トーナメント"],
    ),
    ("after punctuation", "もうすぐ始まります。#綱引", &["綱引"]),
    ("without punctuation behind it", "#綱引。", &["綱引"]),
    ("full-width hash, letters and digits", "全角でも投票 ＃ｔｅａ４５６", &["ｔｅａ４５６"]),
    ("not without a space before it", "綱引大会#綱引", &[]),
    ("with a long vowel mark", "飲みたい。#コーヒー", &["コーヒー"]),
    ("with a half-width long vowel mark", "飲みたい。#ｺｰﾋｰ", &["ｺｰﾋｰ"]),
    ("with half-width voicing marks", "#ﾀﾞﾝｺﾞ #ﾊﾟﾝﾌﾟｷﾝﾋﾟｻﾞ", &["ﾀﾞﾝｺﾞ", "ﾊﾟﾝﾌﾟｷﾝﾋﾟｻﾞ"]),
    ("half-width hash after full-width ！", "引っぱれー！#綱引。", &["綱引"]),
    ("full-width hash after full-width ！", "引っぱれー！＃綱引。", &["綱引"]),
    (
        "with iteration marks",
        "#人々 #こゝろの声 #たゞ #様〻 #同〃",
        &["人々", "こゝろの声", "たゞ", "様〻", "同〃"],
    ),
    ("with a full-width tilde", "#ラ～メン 今日は～に行く", &["ラ～メン"]),
    ("with a wave dash", "#ラ〜メン 今日は～に行く", &["ラ〜メン"]),
    ("with ş", "It’s a bird: #Kuş #mşt #şal #ş", &["Kuş", "mşt", "şal", "ş"]),
    ("with İ and ı", "It’s a rope: #İp #ılık", &["İp", "ılık"]),
    (
        "before punctuation",
        "#tea: #tea; #tea, #tea. #tea! #tea?",
        &["tea", "tea", "tea", "tea", "tea", "tea"],
    ),
    (
        "after punctuation",
        ":#tea ;#tea ,#tea .#tea !#tea ?#tea",
        &["tea", "tea", "tea", "tea", "tea", "tea"],
    ),
    ("before a new line", "#tea\nor\n#tea2\nor\n#tea3\n", &["tea", "tea2", "tea3"]),
    ("not a hash before a link", "#http://example.com #https://example.com", &[]),
    ("not inside a link", "http://example.com/#tea example.com/#tea", &[]),
    (
        "Latin letters with marks",
        "#gecəniz #hûǁa #Škola #Ċnuiṁ",
        &["gecəniz", "hûǁa", "Škola", "Ċnuiṁ"],
    ),
    (
        "Arabic script",
        "#شاي #قهوة #الحبل #الفريق #چای  #پرچم #گروه #لعبة #مباراة #ی",
        &["شاي", "قهوة", "الحبل", "الفريق", "چای", "پرچم", "گروه", "لعبة", "مباراة", "ی"],
    ),
    (
        "Arabic script with low lines",
        "#شاي_أخضر  #چای_سبز  #قهوة_الصباح, #شد_الحبل. #وقت_چای",
        &["شاي_أخضر", "چای_سبز", "قهوة_الصباح", "شد_الحبل", "وقت_چای"],
    ),
    (
        "Hebrew with points, maqaf, geresh and gershayim",
        "#כּוֹס־תֵּה #רח׳ #דו״ח",
        &["כּוֹס־תֵּה", "רח׳", "דו״ח"],
    ),
    (
        "Thai",
        "#ชา #กาแฟ #น้ำชา #ผู้ชนะ #เชือก #แข่งขัน #ทีม #เสียง",
        &["ชา", "กาแฟ", "น้ำชา", "ผู้ชนะ", "เชือก", "แข่งขัน", "ทีม", "เสียง"],
    ),
    (
        "Arabic script with non-joiners",
        "#تي\u{200C}في\u{200C}تي #می\u{200C}نوشم",
        &["تي\u{200C}في\u{200C}تي", "می\u{200C}نوشم"],
    ),
    ("Amharic", "ዛሬ ማን ያሸንፋል ብለው ያስባሉ #የቡናቡድን", &["የቡናቡድን"]),
    ("Sinhala with a joiner", "#ක්\u{200D}රීඩාව", &["ක්\u{200D}රීඩාව"]),
    (
        "Arabic and Persian with digits",
        "#۱۲۷چای #چای۵۹۰ #شـــاي_بارد_٢٣٧",
        &["۱۲۷چای", "چای۵۹۰", "شـــاي_بارد_٢٣٧"],
    ),
    ("Hindi", "#रस्सी #रस्सी_५६७८ #५६७८ खेल", &["रस्सी", "रस्सी_५६७८"]),
    (
        "scripts of India",
        "#দড়ি #દોરડું #ಹಗ್ಗ #കയർ #ଦଉଡ଼ି #ਰੱਸੀ #ලණුව #கயிறு #తాడు",
        &["দড়ি", "દોરડું", "ಹಗ್ಗ", "കയർ", "ଦଉଡ଼ି", "ਰੱਸੀ", "ලණුව", "கயிறு", "తాడు"],
    ),
    ("Tibetan, with and without a mark at the end", "#ཇ་ཁང་ #ཇ་ཁང", &["ཇ་ཁང་", "ཇ་ཁང"]),
    ("Khmer, Burmese and Lao", "#តែក្តៅ #လက်ဖက်ရည် #ນ້ຳຊາ", &["តែក្តៅ", "လက်ဖက်ရည်", "ນ້ຳຊາ"]),
    ("Greek", "#Τσάι_Βουνού πίνουμε όλοι μαζί", &["Τσάι_Βουνού"]),
    ("Armenian and Georgian", "#Պարան #თოკი", &["Պարան", "თოკი"]),
    ("with a middle dot", "#col·legi", &["col·legi"]),
    ("not without a letter", "#_ #3_4 #567 #〃", &[]),
    ("a letter past the first plane", "#\u{20021}", &["\u{20021}"]),
    ("a letter and a mark past the first plane", "#\u{16F04}\u{16F51}", &["\u{16F04}\u{16F51}"]),
    ("a digit past the first plane", "#A\u{104A0}", &["A\u{104A0}"]),
];

/// As [`Case`], with the places of hash and end in characters.
type Position = (&'static str, &'static str, &'static [(&'static str, usize, usize)]);

/// The cases about where hashtags are.
const POSITIONS: [Position; 8] = [
    ("at the start", "#teapot hot", &[("teapot", 0, 7)]),
    ("at the end", "pour a #teapot", &[("teapot", 7, 14)]),
    ("in the middle", "pour a #teapot for two", &[("teapot", 7, 14)]),
    ("only a valid one", "#456 a #teapot for two", &[("teapot", 7, 14)]),
    ("among characters of many bytes", "綱引き #teapot 綱引き", &[("teapot", 4, 11)]),
    ("two of them", "Red #tea or #milk", &[("tea", 4, 8), ("milk", 12, 17)]),
    ("not Latin", "We pull the #канат!", &[("канат", 12, 18)]),
    (
        "several, not Latin",
        "We pull the #绳子, #綱引き, #밧줄을, and #канат! All of us!",
        &[("绳子", 12, 15), ("綱引き", 17, 21), ("밧줄을", 23, 27), ("канат", 33, 39)],
    ),
];
