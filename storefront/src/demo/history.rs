//! A past for the demo: what a small shop sold in the last three months, so that its overview and its customers have something to
//! show. The same each time, but for the days, which end yesterday. It is written as an import is: no stock moves and nobody is mailed.

use crate::imports::{AddressDraft, OrderDraft, OrderLineDraft, ProductDraft};
use chrono::{DateTime, TimeDelta, Utc};
use kernel::clock::Time;
use kernel::money::Currency;

/// How far back it reaches.
const DAYS: i64 = 90;
/// Standard delivery, and from which value on it is free, as demo/shipping.json has them.
const DELIVERY: i64 = 490;
const FREE_OVER: i64 = 4900;
/// The rate of demo/taxes.json for most of the goods.
const TAX: (&str, i64) = ("VAT 19%", 19);

/// Name, street, postal code, city, and how many orders of a hundred are theirs: a few regulars and many who came once.
const PEOPLE: [(&str, &str, &str, &str, u64); 24] = [
    ("Ada Lind", "Lindenallee 4", "50668", "Köln", 10),
    ("Bruno Feld", "Am Anger 12", "99084", "Erfurt", 9),
    ("Chen Yu", "Torstraße 88", "10119", "Berlin", 8),
    ("Dörte Hansen", "Deichstraße 7", "20459", "Hamburg", 8),
    ("Emil Brandt", "Marktplatz 3", "79098", "Freiburg", 7),
    ("Fatma Yıldız", "Kaiserstraße 51", "76133", "Karlsruhe", 6),
    ("Greta Sommer", "Gartenweg 19", "04109", "Leipzig", 5),
    ("Henrik Vogt", "Schillerstraße 2", "99423", "Weimar", 5),
    ("Ines Kramer", "Hafenstraße 30", "48153", "Münster", 4),
    ("Jonas Adler", "Ringstraße 66", "90402", "Nürnberg", 4),
    ("Katrin Wolf", "Bergstraße 14", "01069", "Dresden", 4),
    ("Lars Petersen", "Norderweg 8", "24937", "Flensburg", 3),
    ("Mei Lin", "Südring 5", "44787", "Bochum", 3),
    ("Nora Stein", "Kirchgasse 21", "65183", "Wiesbaden", 3),
    ("Oskar Behrens", "Domplatz 1", "38100", "Braunschweig", 3),
    ("Pia Neumann", "Seestraße 40", "88045", "Friedrichshafen", 2),
    ("Rafael Ortiz", "Poststraße 17", "60313", "Frankfurt", 2),
    ("Silke Maurer", "Talweg 9", "87435", "Kempten", 2),
    ("Tobias Kern", "Uferweg 33", "78462", "Konstanz", 2),
    ("Ute Janssen", "Mühlenstraße 6", "26122", "Oldenburg", 2),
    ("Viktor Lang", "Bahnhofstraße 73", "34117", "Kassel", 2),
    ("Wei Zhang", "Goethestraße 11", "80336", "München", 2),
    ("Xenia Roth", "Rosenweg 25", "55116", "Mainz", 2),
    ("Yusuf Demir", "Neue Straße 16", "89073", "Ulm", 2),
];

/// What people take with it: the beginning of an SKU, and the SKU. Four of five do.
const WITH: [(&str, &str); 12] = [
    ("BWL-MAT", "WSK-BAM-80"),
    ("WSK-BAM", "BWL-MAT-BLK"),
    ("TEA-LJG", "GAI-WHI"),
    ("TEA-QIM", "POT-RND-900"),
    ("TEA-WPE", "JAR-STO-SAG"),
    ("TEA-TGY", "CUP-TEN-4"),
    ("POT-", "KET-GSN"),
    ("KET-", "POT-RND-900"),
    ("GAI-", "CUP-TEN-4"),
    ("JAR-", "SCP-WAL"),
    ("PLT-", "NAP-NAT"),
    ("BWL-", "TRY-OAK-L"),
];
/// The tea that a regular comes back for, in every other order, by the place among the people.
const TEAS: [&str; 4] = ["TEA-LJG-100", "TEA-QIM-100", "TEA-WPE-50", "TEA-TGY-100"];
/// Who has so many orders of a hundred is a regular.
const REGULAR: u64 = 4;

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        // The constants of Knuth's MMIX generator.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below.max(1)
    }

    /// A place in a list of so many.
    fn place(&mut self, of: usize) -> usize {
        usize::try_from(self.roll(u64::try_from(of).unwrap_or(1))).unwrap_or(0)
    }
}

/// The orders of the days before `now`, oldest first.
pub(super) fn orders(products: &[ProductDraft], now: Time) -> Vec<OrderDraft> {
    let goods = goods(products);
    if goods.is_empty() {
        return Vec::new();
    }
    let mut dice = Dice(20_260_901);
    let mut moments = Vec::new();
    for back in (1..=DAYS).rev() {
        // One to four a day, a little more of late.
        let many = 1 + dice.roll(if back < DAYS / 3 { 4 } else { 3 });
        let of_day =
            |dice: &mut Dice| (now - TimeDelta::days(back)).and_utc() - TimeDelta::minutes(i64::try_from(dice.roll(600)).unwrap_or(0));
        moments.extend((0..many).map(|_| of_day(&mut dice)));
    }
    moments.sort_unstable();
    moments.into_iter().enumerate().map(|(number, at)| order(&mut dice, number, at, &goods)).collect()
}

/// SKU, name and price of what can be bought.
fn goods(products: &[ProductDraft]) -> Vec<(String, String, i64)> {
    let of = |product: &ProductDraft| {
        let title = product.title.clone();
        let variants = product.variants.iter();
        variants.filter_map(move |variant| Some((variant.sku.clone()?, title.clone(), variant.price?))).collect::<Vec<_>>()
    };
    products.iter().flat_map(of).collect()
}

fn order(dice: &mut Dice, number: usize, at: DateTime<Utc>, goods: &[(String, String, i64)]) -> OrderDraft {
    let (name, street, zip, city, share) = person(dice);
    let address = AddressDraft {
        name: Some(name.into()),
        address1: Some(street.into()),
        zip: Some(zip.into()),
        city: Some(city.into()),
        country_code: Some("DE".into()),
        ..AddressDraft::default()
    };
    let mut lines: Vec<OrderLineDraft> = Vec::new();
    for (sku, title, price) in taken(dice, name, share, goods) {
        let quantity = if dice.roll(4) == 0 { 2 } else { 1 };
        lines.push(OrderLineDraft {
            sku: Some(sku.clone()),
            name: title.clone(),
            quantity,
            price: *price,
            requires_shipping: Some(true),
            ..OrderLineDraft::default()
        });
    }
    let subtotal: i64 = lines.iter().map(|line| line.price * line.quantity).sum();
    let shipping = if subtotal >= FREE_OVER { 0 } else { DELIVERY };
    let total = subtotal + shipping;
    let (refunded, status) = if dice.roll(30) == 0 { (lines[0].price, "partially_refunded") } else { (0, "paid") };
    OrderDraft {
        number: format!("D{}", 501 + number),
        external_id: None,
        email: Some(format!("{}@example.com", address_of(name))),
        phone: None,
        financial_status: Some(status.into()),
        fulfillment_status: Some("fulfilled".into()),
        created_at: Some(at),
        paid_at: Some(at),
        fulfilled_at: Some(at + TimeDelta::hours(20)),
        cancelled_at: None,
        accepts_marketing: None,
        currency: Currency::EUR,
        subtotal: Some(subtotal),
        shipping: Some(shipping),
        taxes: Some(total * TAX.1 / (100 + TAX.1)),
        total: Some(total),
        refunded: Some(refunded),
        outstanding: None,
        discount_code: None,
        discount: None,
        tax_lines: vec![(TAX.0.into(), total * TAX.1 / (100 + TAX.1))],
        shipping_method: Some("Standard".into()),
        payment_method: Some(if dice.roll(3) == 0 { "bank_transfer" } else { "stripe" }.into()),
        payment_reference: None,
        billing: Some(address.clone()),
        delivery: Some(address),
        note: None,
        tags: Vec::new(),
        source: None,
        lines,
        line: 0,
    }
}

/// What an order is made of: goods at random, what goes with them, and the tea of a regular.
fn taken<'a>(dice: &mut Dice, name: &str, share: u64, goods: &'a [(String, String, i64)]) -> Vec<&'a (String, String, i64)> {
    let find = |sku: &str| goods.iter().find(|one| one.0 == sku);
    let mut taken: Vec<&(String, String, i64)> = Vec::new();
    for _ in 0..=dice.roll(2) {
        let one = &goods[dice.place(goods.len())];
        taken.push(one);
        let with = WITH.iter().find(|(beginning, _)| one.0.starts_with(beginning)).and_then(|(_, sku)| find(sku));
        if dice.roll(5) > 0 {
            taken.extend(with);
        }
    }
    let place = PEOPLE.iter().position(|person| person.0 == name).unwrap_or(0);
    if share >= REGULAR && dice.roll(2) == 0 {
        taken.extend(find(TEAS[place % TEAS.len()]));
    }
    let mut seen = std::collections::HashSet::new();
    taken.retain(|one| seen.insert(&one.0));
    taken
}

fn person(dice: &mut Dice) -> (&'static str, &'static str, &'static str, &'static str, u64) {
    let all: u64 = PEOPLE.iter().map(|person| person.4).sum();
    let mut left = dice.roll(all);
    for person in PEOPLE {
        match left.checked_sub(person.4) {
            Some(rest) => left = rest,
            None => return person,
        }
    }
    PEOPLE[0]
}

/// `Ada Lind` as `ada.lind`, in ASCII.
fn address_of(name: &str) -> String {
    let plain = name.to_lowercase().replace('ö', "oe").replace('ı', "i");
    plain.chars().map(|letter| if letter == ' ' { '.' } else { letter }).filter(|letter| letter.is_ascii()).collect()
}
