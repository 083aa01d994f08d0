//! The kinds of conditions that the builder of segments offers, and their fields.

use super::segment_tree::Leaf;
use crm::rfm::Group;
use crm::scores::Stage;
use crm::segments::{self, SegmentId};
use crm::surveys;
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use serde_json::{Value, json};

/// A field of a condition. Its text is `segment-f-` and its name.
pub struct Input {
    pub name: &'static str,
    pub asks: Asks,
}

/// How a field is filled in.
pub enum Asks {
    Text,
    /// A whole number.
    Number,
    /// A number with decimals, or an amount.
    Decimal,
    /// One of some words; the text of each is this beginning and the word.
    Choice(&'static [&'static str], &'static str),
    /// Any of some words.
    Ticks(fn() -> Vec<&'static str>, &'static str),
    Segment,
    /// A survey, or any.
    Survey,
    /// One that the shop speaks.
    Language,
    /// Carried along unseen.
    Hidden,
}

/// A kind of condition. Its text is `segment-kind-` and its word.
pub struct Kind {
    pub word: &'static str,
    pub inputs: &'static [Input],
}

const fn input(name: &'static str, asks: Asks) -> Input {
    Input { name, asks }
}

const AT_LEAST: Input = input("at_least", Asks::Number);
const AT_MOST: Input = input("at_most", Asks::Number);
const LENGTH: Input = input("length", Asks::Number);
const UNIT: Input = input("unit", Asks::Choice(&["d", "h"], "segment-unit-"));
const WHEN: Input = input("when", Asks::Choice(&["within", "before"], "segment-when-"));
const LIST: Input = input("list", Asks::Text);
const CURRENCY: Input = input("currency", Asks::Hidden);
const AGE: &[Input] = &[WHEN, LENGTH, UNIT];

const HOW: Asks = Asks::Choice(&["is", "begins", "contains"], "segment-how-");
const CHANNELS: Asks = Asks::Choice(&["email", "sms"], "segment-channel-");
const SAID: Asks = Asks::Choice(&["given", "withdrawn", "nothing"], "segment-said-");
const MEASURES: Asks = Asks::Choice(
    &["orders", "value", "recency", "frequency", "monetary", "again_90", "expected_365", "value_365", "margin", "after_service"],
    "segment-measure-",
);
const GOODS: Asks = Asks::Choice(&["product", "variant", "category", "brand"], "segment-goods-");
/// Kinds of events that customers bring about.
const EVENTS: Asks = Asks::Choice(
    &[
        "product_viewed",
        "category_viewed",
        "searched",
        "cart_changed",
        "signed_in",
        "order_placed",
        "order_changed",
        "order_cancelled",
        "order_paid",
        "order_shipped",
        "return_asked",
        "order_returned",
        "order_refunded",
        "mail_sent",
        "offer_given",
        "wish_listed",
        "survey_answered",
        "review_written",
        "company_joined",
        "company_left",
        "quote_asked",
        "quote_offered",
        "quote_answered",
        "sales_contact",
    ],
    "segment-event-",
);

const STANDINGS: Asks = Asks::Choice(&["any", "open"], "segment-standing-");
const ABOUT: Asks = Asks::Choice(
    &[
        "any",
        "question",
        "arrived_broken",
        "wrong_size",
        "where_is_it",
        "cancel",
        "change_address",
        "return",
        "exchange",
        "refund",
        "replacement",
        "warranty",
        "complaint",
        "call_back",
    ],
    "segment-about-",
);
const OUTCOMES: Asks = Asks::Choice(
    &[
        "any",
        "answered",
        "cancelled",
        "address_changed",
        "returned",
        "exchanged",
        "refunded",
        "replaced",
        "credited",
        "couponed",
        "declined",
        "withdrawn",
        "unanswered",
    ],
    "segment-outcome-",
);

/// All of them, in the order in which they are offered.
pub const KINDS: &[Kind] = &[
    Kind { word: "orders", inputs: &[AT_LEAST, AT_MOST, input("worth", Asks::Decimal), LENGTH, UNIT, CURRENCY] },
    Kind { word: "bought", inputs: &[input("goods", GOODS), input("named", Asks::Text), AT_LEAST, AT_MOST, LENGTH, UNIT] },
    Kind { word: "last_order", inputs: AGE },
    Kind { word: "first_order", inputs: AGE },
    Kind { word: "country", inputs: &[LIST] },
    Kind { word: "postcode", inputs: &[LIST] },
    Kind { word: "company", inputs: &[LIST] },
    Kind { word: "member", inputs: &[LIST] },
    Kind { word: "did", inputs: &[input("event", EVENTS), input("product", Asks::Text), AT_LEAST, AT_MOST, LENGTH, UNIT] },
    Kind {
        word: "tickets",
        inputs: &[input("standing", STANDINGS), input("about", ABOUT), input("outcome", OUTCOMES), AT_LEAST, AT_MOST, LENGTH, UNIT],
    },
    Kind { word: "service_cost", inputs: &[input("from", Asks::Decimal), input("to", Asks::Decimal), LENGTH, UNIT, CURRENCY] },
    Kind { word: "rated", inputs: &[AT_LEAST, AT_MOST] },
    Kind { word: "survey_score", inputs: &[input("survey", Asks::Survey), AT_LEAST, AT_MOST] },
    Kind { word: "stage", inputs: &[input("stage", Asks::Ticks(|| Stage::ALL.iter().map(|one| one.as_str()).collect(), "admin-stage-"))] },
    Kind {
        word: "group",
        inputs: &[input("group", Asks::Ticks(|| Group::ALL.iter().map(|one| one.as_str()).collect(), "admin-group-is-"))],
    },
    Kind { word: "score", inputs: &[input("measure", MEASURES), input("from", Asks::Decimal), input("to", Asks::Decimal), CURRENCY] },
    Kind { word: "consent", inputs: &[input("channel", CHANNELS), input("topic", Asks::Text), input("state", SAID)] },
    Kind { word: "tag", inputs: &[input("tag", Asks::Text)] },
    Kind { word: "known", inputs: AGE },
    Kind { word: "language", inputs: &[input("language", Asks::Language)] },
    Kind { word: "email_domain", inputs: &[LIST] },
    Kind { word: "name", inputs: &[input("how", HOW), input("text", Asks::Text)] },
    Kind { word: "segment", inputs: &[input("segment", Asks::Segment)] },
];

/// The kind of a word.
pub fn kind(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.word == word)
}

impl Kind {
    /// What a new condition of this kind is filled with.
    pub fn blank(&'static self, currency: &str) -> Leaf {
        let mut leaf = Leaf { kind: self, not: false, values: Default::default() };
        for (name, value) in [("currency", currency), ("topic", "news"), ("unit", "d"), ("at_least", "1"), ("length", "")] {
            if self.inputs.iter().any(|input| input.name == name) {
                leaf.set(name, value);
            }
        }
        leaf
    }
}

/// Whether a condition of this kind reads a hint of its own.
const HINTED: &[&str] = &[
    "company",
    "member",
    "country",
    "postcode",
    "email_domain",
    "orders",
    "bought",
    "did",
    "tickets",
    "service_cost",
    "rated",
    "survey_score",
    "score",
];

/// What may be referred to, as choices.
pub struct Lists {
    pub segments: Vec<Value>,
    pub surveys: Vec<Value>,
}

impl Lists {
    /// All of it, without the segment that is being written.
    pub fn load(conn: &mut Conn, without: Option<SegmentId>) -> Result<Lists> {
        let choice = |id: String, name: &str| json!({ "value": id, "label": name });
        let segments = segments::list(conn)?;
        let surveys = surveys::list(conn)?;
        Ok(Lists {
            segments: segments.iter().filter(|one| Some(one.id) != without).map(|one| choice(one.id.to_string(), &one.name)).collect(),
            surveys: surveys.iter().map(|one| choice(one.id.to_string(), &one.name)).collect(),
        })
    }

    /// Whether a condition of this kind can be written.
    pub fn allow(&self, kind: &Kind) -> bool {
        match kind.word {
            "segment" => !self.segments.is_empty(),
            "survey_score" => !self.surveys.is_empty(),
            _ => true,
        }
    }
}

/// A condition as the page draws it.
pub fn view(leaf: &Leaf, at: &str, wrong: &Fields, lists: &Lists, focus: bool) -> Value {
    let inputs: Vec<Value> = leaf.kind.inputs.iter().map(|input| field(leaf, at, input, wrong, lists)).collect();
    json!({ "part": "leaf", "at": at, "kind": leaf.kind.word, "label": format!("segment-kind-{}", leaf.kind.word), "not": leaf.not,
        "fields": inputs, "hint": HINTED.contains(&leaf.kind.word).then(|| format!("segment-hint-{}", leaf.kind.word)), "focus": focus })
}

fn field(leaf: &Leaf, at: &str, input: &Input, wrong: &Fields, lists: &Lists) -> Value {
    let name = format!("{at}_{}", input.name);
    let value = leaf.value(input.name);
    let choice =
        |word: &str, beginning: &str, chosen: bool| json!({ "value": word, "label": format!("{beginning}{word}"), "chosen": chosen });
    let named = |one: &Value| json!({ "value": one["value"], "label": one["label"], "chosen": one["value"] == json!(value) });
    let (kind, choices): (&str, Vec<Value>) = match &input.asks {
        Asks::Text => ("text", Vec::new()),
        Asks::Number => ("number", Vec::new()),
        Asks::Decimal => ("decimal", Vec::new()),
        Asks::Hidden => ("hidden", Vec::new()),
        Asks::Choice(words, beginning) => ("choice", words.iter().map(|word| choice(word, beginning, *word == value)).collect()),
        Asks::Ticks(words, beginning) => {
            ("ticks", words().into_iter().map(|word| choice(word, beginning, leaf.ticked(input.name, word))).collect())
        }
        Asks::Language => {
            let choice = |one: &Language| json!({ "value": one.code(), "label": one.name(), "chosen": one.code() == value });
            ("choice", Language::all().iter().map(choice).collect())
        }
        Asks::Segment => ("choice", lists.segments.iter().map(named).collect()),
        Asks::Survey => {
            let any = json!({ "value": "", "label": "segment-survey-any" });
            // One that is gone stays what was chosen, and is refused when it is saved: nothing else takes its place unseen.
            let known = value.is_empty() || lists.surveys.iter().any(|one| one["value"] == json!(value));
            let gone = (!known).then(|| json!({ "value": value, "label": format!("#{value}") }));
            ("choice", std::iter::once(&any).chain(&lists.surveys).chain(&gone).map(named).collect())
        }
    };
    json!({ "name": name, "label": format!("segment-f-{}", input.name), "kind": kind, "value": value, "choices": choices,
        "silent": input.name == "unit" && leaf.value("length").is_empty(), "error": wrong.0.get(&name), "categories": leaf.kind.word == "bought" && input.name == "named" && leaf.value("goods") == "category" })
}
