use super::*;
use crate::testing;
use chrono::NaiveDate;

fn noon() -> Time {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(12, 0, 0).unwrap()
}

/// Keys that sign nothing, made at once.
fn pair(turn: &str) -> Vec<NewKey> {
    let key = |algorithm: &Algorithm| NewKey {
        algorithm: *algorithm,
        selector: format!("{}{turn}", algorithm.as_str()),
        private: Secret::new("private"),
        public: format!("public{turn}"),
    };
    Algorithm::ALL.iter().map(key).collect()
}

fn place() -> Place {
    Place { hosts: vec!["mx.example".into(), "192.0.2.1".into()], inbound: "shop.example".into() }
}

/// What is found when everything, or only the key of `algorithm`, was published.
fn published(conn: &mut Conn, id: SendingDomainId, only: Option<Algorithm>) -> Vec<Found> {
    let (domain, all) = (get(conn, id).unwrap(), keys(conn, id).unwrap());
    let of = |record: Record| {
        let sight = if only.is_none_or(|only| record.name.starts_with(only.as_str())) { Sight::Right } else { Sight::Missing };
        Found { purpose: record.purpose, name: record.name, sight, text: String::new() }
    };
    records(&domain, &all, &place()).into_iter().map(of).collect()
}

/// The selectors that mail of the only domain is signed with.
fn signs(conn: &mut Conn) -> Vec<String> {
    signing(conn).unwrap().remove(0).keys.into_iter().map(|key| key.selector).collect()
}

#[test]
fn a_new_key_takes_over_when_its_record_was_seen_and_the_old_one_stays_published() {
    let db = testing::db();
    let wish = Wish { domain: "Shop.Example".into(), spf: String::new(), return_path: "bounce.shop.example".into() };
    db.write_now(move |conn| {
        let id = add(conn, &wish, &pair("1"), noon())?;
        assert!(signs(conn).is_empty(), "nobody could check such a signature");
        let found = published(conn, id, None);
        keep(conn, id, &found, noon())?;
        assert_eq!(signs(conn), ["rsa1", "ed255191"]);
        rotate(conn, id, &pair("2"), noon())?;
        assert!(matches!(rotate(conn, id, &pair("3"), noon()), Err(Error::Conflict(_))));
        assert_eq!(signs(conn), ["rsa1", "ed255191"]);
        let found = published(conn, id, Some(Algorithm::Rsa));
        keep(conn, id, &found, noon() + TimeDelta::hours(1))?;
        assert_eq!(signs(conn), ["ed255191", "rsa2"], "each kind changes over by itself");
        let found = published(conn, id, None);
        keep(conn, id, &found, noon() + TimeDelta::hours(2))?;
        assert_eq!(signs(conn), ["rsa2", "ed255192"]);
        prune(conn, noon() + TimeDelta::days(PUBLISHED_DAYS))?;
        assert_eq!(keys(conn, id)?.len(), 4);
        prune(conn, noon() + TimeDelta::days(PUBLISHED_DAYS) + TimeDelta::minutes(90))?;
        assert_eq!(keys(conn, id)?.len(), 3);
        prune(conn, noon() + TimeDelta::days(PUBLISHED_DAYS) + TimeDelta::hours(3))?;
        assert_eq!((keys(conn, id)?.len(), signs(conn).len()), (2, 2));
        remove(conn, id)?;
        assert!(list(conn)?.is_empty() && signing(conn)?.is_empty());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_record_that_vanished_does_not_stop_the_signing() {
    let db = testing::db();
    let wish = Wish { domain: "shop.example".into(), ..Wish::default() };
    db.write_now(move |conn| {
        let id = add(conn, &wish, &pair("1"), noon())?;
        let found = published(conn, id, None);
        keep(conn, id, &found, noon())?;
        let lost: Vec<Found> = found.into_iter().map(|one| Found { sight: Sight::Missing, ..one }).collect();
        keep(conn, id, &lost, noon())?;
        assert_eq!(signs(conn).len(), 2);
        assert_eq!(get(conn, id)?.found.0[0].sight, Sight::Missing);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_records_name_the_configured_servers_and_where_bounces_arrive() {
    let db = testing::db();
    let own = Wish { domain: "shop.example".into(), spf: " include:ses.example ".into(), return_path: String::new() };
    let other = Wish { domain: "other.example".into(), spf: String::new(), return_path: "in.other.example".into() };
    let all = db.write_now(move |conn| {
        let mut all = Vec::new();
        for wish in [&own, &other] {
            let id = add(conn, wish, &pair("1"), noon())?;
            all.extend(records(&get(conn, id)?, &keys(conn, id)?, &place()));
        }
        Ok(all)
    });
    let told: Vec<String> =
        all.unwrap().iter().map(|record| format!("{} {} {}", record.name, record.kind.as_str(), record.value)).collect();
    assert_eq!(
        told,
        [
            "rsa1._domainkey.shop.example TXT v=DKIM1; k=rsa; p=public1",
            "ed255191._domainkey.shop.example TXT v=DKIM1; k=ed25519; p=public1",
            "shop.example TXT v=spf1 include:ses.example ~all",
            "_dmarc.shop.example TXT v=DMARC1; p=none",
            "rsa1._domainkey.other.example TXT v=DKIM1; k=rsa; p=public1",
            "ed255191._domainkey.other.example TXT v=DKIM1; k=ed25519; p=public1",
            "in.other.example TXT v=spf1 a:mx.example ip4:192.0.2.1 ~all",
            "_dmarc.other.example TXT v=DMARC1; p=none",
            "in.other.example MX 10 shop.example.",
        ]
    );
}

#[test]
fn what_is_no_domain_or_no_mechanism_is_refused() {
    let db = testing::db();
    db.write_now(|conn| {
        for (domain, spf, return_path, field) in [
            ("localhost", "", "", "domain"),
            ("a b.example", "", "", "domain"),
            ("shop.example", "include:a.example -all", "", "spf"),
            ("shop.example", "v=spf1", "", "spf"),
            ("shop.example", "a:\"x\"", "", "spf"),
            ("shop.example", "", "no domain", "return_path"),
        ] {
            let wish = Wish { domain: domain.into(), spf: spf.into(), return_path: return_path.into() };
            let refused = add(conn, &wish, &[], noon()).unwrap_err();
            assert!(matches!(&refused, Error::Invalid(fields) if fields.0.contains_key(field)), "{domain} {spf}: {refused}");
        }
        let wish = Wish { domain: "shop.example".into(), ..Wish::default() };
        add(conn, &wish, &[], noon())?;
        assert!(matches!(add(conn, &wish, &[], noon()), Err(Error::Invalid(_))), "a domain is added once");
        Ok(())
    })
    .unwrap();
}
