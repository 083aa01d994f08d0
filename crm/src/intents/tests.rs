use super::*;

/// 16 intents of 25 questions each; see tests/fixtures/README.md.
fn questions() -> Vec<Example> {
    let text = include_str!("../../../tests/fixtures/tickets/questions_excerpt.csv");
    let rows = csv::Reader::from_reader(text.as_bytes()).into_records();
    (1..).zip(rows.map(|row| row.unwrap())).map(|(ticket, row)| Example { ticket, text: row[0].into(), intent: row[1].into() }).collect()
}

#[test]
fn the_right_intent_is_among_the_first_guesses() {
    let told = measure(&questions()).unwrap();
    assert_eq!(told.asked, 80);
    assert!(told.first >= 0.85 && told.third >= 0.95, "{told:?}");
    assert!(told.similar.0 >= 0.7 && told.similar.1 >= 0.85, "{told:?}");
    assert!(told.coverage >= 0.7 && told.clear.is_some(), "{told:?}");
}

#[test]
fn a_clear_question_is_answered_and_another_one_is_not() {
    let model = Model::fit(&questions()).unwrap();
    assert_eq!(model.sure("I want to change my PIN, where can I do that?"), Some("change_pin"));
    assert_eq!(model.sure("Is it raining on the moon?"), None);
    assert!(model.guesses("", 3).is_empty() && model.sure("").is_none() && model.similar("\u{0}", 3).is_empty());
    let guesses = model.guesses("my card was stolen", 3);
    assert_eq!((guesses.len(), guesses[0].intent.as_str()), (3, "lost_or_stolen_card"));
    let again = questions().swap_remove(7);
    let similar = model.similar(&again.text, 2);
    assert_eq!((similar.len(), similar[0].ticket), (2, again.ticket));
    assert!(similar[0].likeness > 0.99 && similar[1].likeness < similar[0].likeness);
}

#[test]
fn questions_in_chinese_are_told_apart() {
    let example = |ticket, text: &str, intent: &str| Example { ticket, text: text.into(), intent: intent.into() };
    let texts = ["茶杯到货时碎了", "收到的碗碎了一个", "盘子破损了怎么办", "我的包裹到哪里了", "订单什么时候到", "快递还没有到"];
    let examples: Vec<Example> = (0..).zip(texts).map(|(at, text)| example(at, text, if at < 3 { "broken" } else { "where" })).collect();
    let model = Model::fit(&examples).unwrap();
    assert_eq!(model.guesses("杯子碎了", 1)[0].intent, "broken");
    assert_eq!(model.guesses("包裹什么时候到", 1)[0].intent, "where");
}

#[test]
fn of_one_intent_nothing_is_learnt() {
    let same = |ticket| Example { ticket, text: "where is it".into(), intent: "where".into() };
    assert!(Model::fit(&[]).is_none() && Model::fit(&[same(1), same(2)]).is_none());
}
