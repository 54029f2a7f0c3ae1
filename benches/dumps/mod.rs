//! Invented dumps of the networks' messages, of any size, the same on every run.
//!
//! Posts in a dozen languages, half of them not English, with emoji, line breaks, links and
//! replies, among the likes, follows and deletions of a firehose. Names, ids and words are made up.
//! A share of all messages names one of two teams, [`TEAMS`].
//! Not a test of decoding: what is written here is well formed, and hides no hashtag.

#![expect(clippy::format_push_string, reason = "a dump is written once, and not what is measured")]

use std::io::{self, Write};

use hashtug::decode::Feed;

/// The hashtags of the contest, a team each.
pub(crate) const TEAMS: [&str; 2] = ["tabs", "spaces"];

/// What to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dump {
    /// Whose messages.
    pub feed: Feed,
    /// About so many bytes, rounded up to whole lines.
    pub bytes: u64,
    /// The share of messages that name a team.
    pub matching: f64,
}

/// Writes a message of its network, which names a team or does not.
type Writer = fn(&mut Messages, &mut String, bool);

const WRITERS: [(Feed, Writer); 5] = [
    (Feed::Post, Messages::post),
    (Feed::Jetstream, Messages::jetstream),
    (Feed::Mastodon, Messages::mastodon),
    (Feed::X, Messages::x),
    (Feed::Nostr, Messages::nostr),
];

impl Dump {
    /// Writes the messages, one a line, and says how many name a team.
    ///
    /// # Errors
    /// If `out` cannot be written.
    pub(crate) fn write(self, out: &mut impl Write) -> io::Result<u64> {
        let mut writer = Messages { random: Random(0x7461_6273), at_ms: 1_795_287_845_123 };
        let found = WRITERS.iter().find(|(feed, _)| *feed == self.feed);
        let (_, write) = found.expect("there is a writer for the feeds that are measured");
        let mut line = String::new();
        let (mut written, mut matched) = (0, 0);
        while written < self.bytes {
            line.clear();
            let names_team = writer.random.chance(self.matching);
            write(&mut writer, &mut line, names_team);
            line.push('\n');
            out.write_all(line.as_bytes())?;
            written += line.len() as u64;
            matched += u64::from(names_team);
        }
        Ok(matched)
    }
}

/// Splitmix64: small, even, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below a usize")
    }

    fn chance(&mut self, share: f64) -> bool {
        (self.below(1 << 30) as f64) < share * f64::from(1 << 30)
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// `len` characters of an id.
    fn id(&mut self, alphabet: &[u8], len: usize) -> String {
        (0..len).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

const BASE32: &[u8] = b"234567abcdefghijklmnopqrstuvwxyz";
const HEX: &[u8] = b"0123456789abcdef";
const DIGITS: &[u8] = b"0123456789";

/// The words of a language, what stands between them, and its code.
struct Language {
    code: &'static str,
    space: &'static str,
    words: &'static [&'static str],
}

const ENGLISH: Language = Language {
    code: "en",
    space: " ",
    words: &[
        "the",
        "a",
        "of",
        "and",
        "to",
        "in",
        "it's",
        "that",
        "this",
        "was",
        "my",
        "morning",
        "train",
        "late",
        "again",
        "coffee",
        "weather",
        "really",
        "people",
        "think",
        "about",
        "keynote",
        "music",
        "never",
        "listening",
        "garden",
        "yesterday",
        "someone",
        "should",
        "write",
        "beautiful",
        "photo",
        "tonight",
        "game",
        "another",
        "question",
        "probably",
        "editor",
        "screen",
        "because",
        "friend",
    ],
};

const OTHERS: [Language; 9] = [
    Language {
        code: "ja",
        space: "",
        words: &[
            "今日は",
            "とても",
            "いい",
            "天気",
            "ですね",
            "明日",
            "の",
            "会議",
            "が",
            "楽しみ",
            "コーヒー",
            "を",
            "飲みながら",
            "電車",
            "遅れて",
            "いる",
            "写真",
            "ありがとう",
            "ございます",
            "！",
            "。",
            "、",
        ],
    },
    Language {
        code: "ja",
        space: "",
        words: &[
            "おはよう",
            "眠い",
            "お昼",
            "ラーメン",
            "食べたい",
            "ｗｗｗ",
            "推し",
            "が尊い",
            "…",
            "新刊",
            "です",
        ],
    },
    Language {
        code: "pt",
        space: " ",
        words: &[
            "não",
            "que",
            "é",
            "muito",
            "você",
            "hoje",
            "amanhã",
            "música",
            "coração",
            "então",
            "gente",
            "jogo",
        ],
    },
    Language {
        code: "es",
        space: " ",
        words: &[
            "mañana", "qué", "día", "está", "también", "corazón", "canción", "niño", "el", "la",
            "de", "café",
        ],
    },
    Language {
        code: "de",
        space: " ",
        words: &[
            "schön",
            "Straße",
            "über",
            "nicht",
            "und",
            "heute",
            "für",
            "Frühstück",
            "später",
            "das",
            "größer",
        ],
    },
    Language {
        code: "ko",
        space: " ",
        words: &[
            "오늘",
            "날씨가",
            "정말",
            "좋다",
            "커피",
            "한잔",
            "하면서",
            "음악을",
            "들어요",
            "ㅋㅋㅋ",
            "내일",
        ],
    },
    Language {
        code: "ru",
        space: " ",
        words: &[
            "сегодня",
            "очень",
            "хорошая",
            "погода",
            "и",
            "кофе",
            "утром",
            "опять",
            "поезд",
            "не",
            "завтра",
        ],
    },
    Language {
        code: "th",
        space: "",
        words: &["วันนี้", "อากาศ", "ดีมาก", "กาแฟ", "ตอนเช้า", "รถไฟ", "มาสาย", "อีกแล้ว", " ", "สวัสดี"],
    },
    Language {
        code: "ar",
        space: " ",
        words: &[
            "اليوم",
            "الطقس",
            "جميل",
            "قهوة",
            "في",
            "الصباح",
            "القطار",
            "متأخر",
            "مرة",
            "أخرى",
            "شكرا",
        ],
    },
];

const EMOJI: [&str; 10] = [
    "😂",
    "❤\u{FE0F}",
    "🎉",
    "👨\u{200D}👩\u{200D}👧",
    "🏳\u{FE0F}\u{200D}🌈",
    "☕\u{FE0F}",
    "🤷🏽\u{200D}♀\u{FE0F}",
    "✨",
    "🇯🇵",
    "👍🏿",
];

const HASHTAGS: [&str; 10] = [
    "rustlang",
    "Caturday",
    "photography",
    "朝活",
    "ファンアート",
    "MúsicaBrasileira",
    "nowplaying",
    "오늘의커피",
    "ArtistOnBluesky",
    "news",
];

/// A post's text, in the JSON of a line, and what is known about it.
struct Text {
    json: String,
    lang: &'static str,
    hashtags: Vec<String>,
    link: Option<String>,
}

/// The messages, in the order of their times.
struct Messages {
    random: Random,
    at_ms: i64,
}

impl Messages {
    /// As users write them: mostly like this, sometimes with capitals, rarely full-width.
    fn team(&mut self) -> String {
        let tag = TEAMS[self.random.below(TEAMS.len())];
        match self.random.below(100) {
            0..70 => tag.to_owned(),
            70..90 => tag[..1].to_uppercase() + &tag[1..],
            90..99 => tag.to_uppercase(),
            _ => tag.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect(),
        }
    }

    fn text(&mut self, names_team: bool) -> Text {
        let language = if self.random.chance(0.5) {
            &ENGLISH
        } else {
            &OTHERS[self.random.below(OTHERS.len())]
        };
        let mut json = String::new();
        let mut hashtags = Vec::new();
        for word in 0..4 + self.random.below(28) {
            if word > 0 {
                json.push_str(if self.random.chance(0.03) { "\\n" } else { language.space });
            }
            json.push_str(self.random.one(language.words));
            if self.random.chance(0.005) {
                json.push_str("\\\"");
            }
        }
        if self.random.chance(0.25) {
            json.push(' ');
            json.push_str(self.random.one(&EMOJI));
        }
        if names_team {
            hashtags.push(self.team());
        }
        if self.random.chance(0.2) {
            hashtags.push(self.random.one(&HASHTAGS).to_owned());
        }
        for tag in &hashtags {
            json.push_str(if self.random.chance(0.3) { "\\n#" } else { " #" });
            json.push_str(tag);
        }
        let link = self.random.chance(0.15).then(|| {
            format!(
                "https://example.com/{}/{}",
                self.random.below(2026),
                self.random.id(BASE32, 12)
            )
        });
        if let Some(link) = &link {
            json.push(' ');
            json.push_str(link);
        }
        Text { json, lang: language.code, hashtags, link }
    }

    /// Some two thousand messages a second.
    fn tick(&mut self) -> i64 {
        self.at_ms += i64::from(self.random.chance(0.5));
        self.at_ms
    }

    fn rfc3339(&mut self) -> String {
        let at = hashtug::timestamp::Timestamp::from_millis(self.at_ms);
        at.expect("the invented time is a time").to_string()
    }

    /// One of a few hundred thousand, some of whom write more than others.
    fn author(&mut self) -> u64 {
        let most = 1 << (6 + self.random.below(13));
        Random(self.random.below(most) as u64).next()
    }

    fn did(&mut self) -> String {
        let author = self.author();
        format!("did:plc:{}", Random(author).id(BASE32, 24))
    }

    fn cid(&mut self) -> String {
        format!("bafyrei{}", self.random.id(BASE32, 52))
    }

    fn post(&mut self, out: &mut String, names_team: bool) {
        self.tick();
        let (at, author, id) = (self.rfc3339(), self.author(), self.random.id(HEX, 16));
        let hashtags = if names_team { self.team() } else { self.random.one(&HASHTAGS).to_owned() };
        *out += &format!(
            r#"{{"at":"{at}","id":"{id}","author":"{author:016x}","hashtags":["{hashtags}"]}}"#
        );
    }

    fn jetstream(&mut self, out: &mut String, names_team: bool) {
        let time_us = self.tick() * 1000 + 123;
        let (did, rev, rkey) = (self.did(), self.random.id(BASE32, 13), self.random.id(BASE32, 13));
        *out += &format!(r#"{{"did":"{did}","time_us":{time_us},"kind":"commit","commit":"#);
        let kind = if names_team { 0 } else { self.random.below(100) };
        let collection = match kind {
            0..70 => "app.bsky.feed.post",
            70..88 => "app.bsky.feed.like",
            88..94 => "app.bsky.feed.repost",
            _ => "app.bsky.graph.follow",
        };
        if !names_team && self.random.chance(0.04) {
            *out += &format!(
                r#"{{"rev":"{rev}","operation":"delete","collection":"{collection}","rkey":"{rkey}"}}}}"#
            );
            return;
        }
        *out += &format!(
            r#"{{"rev":"{rev}","operation":"create","collection":"{collection}","rkey":"{rkey}","record":"#
        );
        let (created, cid) = (self.rfc3339(), self.cid());
        let mut other = || {
            let uri =
                format!("at://{}/app.bsky.feed.post/{}", self.did(), self.random.id(BASE32, 13));
            format!(r#"{{"cid":"{}","uri":"{uri}"}}"#, self.cid())
        };
        match kind {
            0..70 => self.jetstream_post(out, &created, names_team),
            70..94 => {
                let subject = other();
                *out += &format!(
                    r#"{{"$type":"{collection}","createdAt":"{created}","subject":{subject}}}"#
                );
            }
            _ => {
                let subject = self.did();
                *out += &format!(
                    r#"{{"$type":"{collection}","createdAt":"{created}","subject":"{subject}"}}"#
                );
            }
        }
        *out += &format!(r#","cid":"{cid}"}}}}"#);
    }

    fn jetstream_post(&mut self, out: &mut String, created: &str, names_team: bool) {
        let text = self.text(names_team);
        *out += &format!(r#"{{"$type":"app.bsky.feed.post","createdAt":"{created}""#);
        if self.random.chance(0.15) {
            let (cid, size) = (self.cid(), self.random.below(900_000));
            *out += &format!(
                r#","embed":{{"$type":"app.bsky.embed.images","images":[{{"alt":"","aspectRatio":{{"height":1500,"width":2000}},"image":{{"$type":"blob","ref":{{"$link":"{cid}"}},"mimeType":"image/jpeg","size":{size}}}}}]}}"#
            );
        }
        let mut features: Vec<String> = text
            .hashtags
            .iter()
            .map(|tag| format!(r#"{{"$type":"app.bsky.richtext.facet#tag","tag":"{tag}"}}"#))
            .collect();
        features.extend(
            text.link
                .iter()
                .map(|uri| format!(r#"{{"$type":"app.bsky.richtext.facet#link","uri":"{uri}"}}"#)),
        );
        if !features.is_empty() {
            let facets: Vec<String> = features
                .iter()
                .map(|feature| {
                    let start = self.random.below(200);
                    let end = start + 12;
                    format!(
                        r#"{{"features":[{feature}],"index":{{"byteEnd":{end},"byteStart":{start}}}}}"#
                    )
                })
                .collect();
            *out += &format!(r#","facets":[{}]"#, facets.join(","));
        }
        *out += &format!(r#","langs":["{}"]"#, text.lang);
        if self.random.chance(0.3) {
            let (parent, cid, did) = (self.random.id(BASE32, 13), self.cid(), self.did());
            let other =
                format!(r#"{{"cid":"{cid}","uri":"at://{did}/app.bsky.feed.post/{parent}"}}"#);
            *out += &format!(r#","reply":{{"parent":{other},"root":{other}}}"#);
        }
        *out += &format!(r#","text":"{}"}}"#, text.json);
    }

    fn mastodon(&mut self, out: &mut String, names_team: bool) {
        self.tick();
        let id = format!("11{}", self.random.id(DIGITS, 16));
        if !names_team && self.random.chance(0.04) {
            *out += &format!(r#"{{"stream":["public"],"event":"delete","payload":"{id}"}}"#);
            return;
        }
        let status = self.mastodon_status(&id, names_team);
        let payload = serde_json::to_string(&status).expect("a string can be written");
        *out += &format!(r#"{{"stream":["public"],"event":"update","payload":{payload}}}"#);
    }

    fn mastodon_status(&mut self, id: &str, names_team: bool) -> String {
        let (at, author) = (self.rfc3339(), self.author());
        let mut text = self.text(names_team);
        let host = format!("social{}.example", author % 300);
        let user = format!("user{}", author % 100_000);
        for tag in &text.hashtags {
            let link = format!(
                r#"<a href=\"https://{host}/tags/{tag}\" class=\"mention hashtag\" rel=\"tag\">#<span>{tag}</span></a>"#
            );
            text.json = text.json.replace(&format!("#{tag}"), &link);
        }
        let tags: Vec<String> = text
            .hashtags
            .iter()
            .map(|tag| tag.to_lowercase())
            .map(|tag| format!(r#"{{"name":"{tag}","url":"https://{host}/tags/{tag}"}}"#))
            .collect();
        let content = text.json.replace("\\n", "<br />");
        format!(
            r#"{{"id":"{id}","created_at":"{at}","in_reply_to_id":null,"in_reply_to_account_id":null,"sensitive":false,"spoiler_text":"","visibility":"public","language":"{lang}","uri":"https://{host}/users/{user}/statuses/{id}","url":"https://{host}/@{user}/{id}","replies_count":0,"reblogs_count":0,"favourites_count":0,"edited_at":null,"content":"<p>{content}</p>","reblog":null,"account":{{"id":"{author}","username":"{user}","acct":"{user}@{host}","display_name":"{user} ✨","locked":false,"bot":false,"discoverable":true,"group":false,"created_at":"2024-02-03T00:00:00.000Z","note":"<p>Gardener, reader. She/her. \n</p>","url":"https://{host}/@{user}","uri":"https://{host}/users/{user}","avatar":"https://files.{host}/avatars/{author:x}.png","avatar_static":"https://files.{host}/avatars/{author:x}.png","header":"https://{host}/headers/original/missing.png","header_static":"https://{host}/headers/original/missing.png","followers_count":{followers},"following_count":321,"statuses_count":4567,"last_status_at":"2026-11-21","emojis":[],"fields":[{{"name":"Web","value":"<a href=\"https://{user}.example\" target=\"_blank\" rel=\"nofollow noopener me\"><span class=\"invisible\">https://</span>{user}.example</a>","verified_at":null}}]}},"media_attachments":[],"mentions":[],"tags":[{tags}],"emojis":[],"card":null,"poll":null}}"#,
            lang = text.lang,
            followers = self.random.below(9000),
            tags = tags.join(","),
        )
        .replace(". \n<", ". \\n<")
    }

    fn x(&mut self, out: &mut String, names_team: bool) {
        self.tick();
        let (at, author) = (self.rfc3339(), self.author());
        let id = format!("19{}", self.random.id(DIGITS, 17));
        let text = self.text(names_team);
        let hashtags: Vec<String> = text
            .hashtags
            .iter()
            .map(|tag| format!(r#"{{"start":12,"end":24,"tag":"{tag}"}}"#))
            .collect();
        *out += &format!(
            r#"{{"data":{{"author_id":"{author}","created_at":"{at}","edit_history_tweet_ids":["{id}"],"entities":{{"hashtags":[{}]}},"id":"{id}","lang":"{}","public_metrics":{{"retweet_count":0,"reply_count":0,"like_count":0,"quote_count":0}},"text":"{}"}},"includes":{{"users":[{{"id":"{author}","name":"user {author:x}","username":"user{author:x}","created_at":"2019-03-04T05:06:07.000Z"}}]}},"matching_rules":[{{"id":"1795287845123456789","tag":"all of it"}}]}}"#,
            hashtags.join(","),
            text.lang,
            text.json
        );
    }

    fn nostr(&mut self, out: &mut String, names_team: bool) {
        let created_at = self.tick() / 1000;
        let author = self.author();
        let (id, pubkey) = (self.random.id(HEX, 64), Random(author).id(HEX, 64));
        let sig = self.random.id(HEX, 128);
        let kind = if names_team { 0 } else { self.random.below(100) };
        let other = |random: &mut Random| {
            format!(r#"["e","{}"],["p","{}"]"#, random.id(HEX, 64), random.id(HEX, 64))
        };
        let (kind, tags, content) = match kind {
            0..60 => {
                let text = self.text(names_team);
                let mut tags: Vec<String> = text
                    .hashtags
                    .iter()
                    .map(|tag| format!(r#"["t","{}"]"#, tag.to_lowercase()))
                    .collect();
                if self.random.chance(0.4) {
                    tags.push(other(&mut self.random));
                }
                (1, tags.join(","), text.json)
            }
            60..90 => (7, other(&mut self.random), "+".to_owned()),
            90..96 => (6, other(&mut self.random), String::new()),
            96..98 => (5, format!(r#"["e","{}"]"#, self.random.id(HEX, 64)), String::new()),
            _ => {
                let follows: Vec<String> =
                    (0..40).map(|_| format!(r#"["p","{}"]"#, self.random.id(HEX, 64))).collect();
                (3, follows.join(","), String::new())
            }
        };
        *out += &format!(
            r#"["EVENT","sub",{{"id":"{id}","pubkey":"{pubkey}","created_at":{created_at},"kind":{kind},"tags":[{tags}],"content":"{content}","sig":"{sig}"}}]"#
        );
    }
}
