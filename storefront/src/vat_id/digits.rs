//! The form and the check digit of each state's numbers, without their prefix.

/// Whether `number` is one of the state behind `prefix`.
pub(super) fn valid(prefix: &str, number: &str) -> bool {
    let digits: Option<Vec<i64>> = number.chars().map(|c| c.to_digit(10).map(i64::from)).collect();
    match (prefix, digits) {
        ("AT", _) => number.strip_prefix('U').and_then(of_digits).is_some_and(|d| d.len() == 8 && austria(&d)),
        ("CY", _) => cyprus(number),
        ("ES", _) => spain(number),
        ("FR", _) => france(number),
        ("IE", _) => ireland(number),
        ("NL", _) => netherlands(number),
        ("XI", digits) => northern_ireland(number, digits.as_deref()),
        ("BE", Some(d)) => d.len() == 10 && d[0] <= 1 && 97 - value(&d[..8]) % 97 == value(&d[8..]),
        ("BG", Some(d)) => bulgaria(&d),
        ("CZ", Some(d)) => czechia(&d),
        ("DE", Some(d)) => d.len() == 9 && d[0] != 0 && mod_11_10(&d),
        ("DK", Some(d)) => d.len() == 8 && d[0] != 0 && weighed(&d, &[2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0,
        ("EE", Some(d)) => d.len() == 9 && weighed(&d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 == 0,
        ("EL", Some(d)) => d.len() == 9 && d[..8].iter().fold(0, |sum, digit| sum * 2 + digit) * 2 % 11 % 10 == d[8],
        ("FI", Some(d)) => d.len() == 8 && weighed(&d, &[7, 9, 10, 5, 8, 4, 2, 1]) % 11 == 0,
        ("HR", Some(d)) => d.len() == 11 && mod_11_10(&d),
        ("HU", Some(d)) => d.len() == 8 && weighed(&d, &[9, 7, 3, 1, 9, 7, 3, 1]) % 10 == 0,
        ("IT", Some(d)) => d.len() == 11 && value(&d[..7]) != 0 && luhn(&d) && italian_office(value(&d[7..10])),
        ("LT", Some(d)) => matches!(d.len(), 9 | 12) && d[d.len() - 2] == 1 && lithuania(&d),
        ("LU", Some(d)) => d.len() == 8 && value(&d[..6]) % 89 == value(&d[6..]),
        ("LV", Some(d)) => d.len() == 11 && latvia(&d),
        ("MT", Some(d)) => d.len() == 8 && d[0] != 0 && weighed(&d, &[3, 4, 6, 7, 8, 9, 10, 1]) % 37 == 0,
        ("PL", Some(d)) => d.len() == 10 && weighed(&d, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == d[9],
        ("PT", Some(d)) => d.len() == 9 && d[0] != 0 && (11 - weighed(&d, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10 == d[8],
        ("RO", Some(d)) => romania(&d),
        ("SE", Some(d)) => d.len() == 12 && luhn(&d[..10]) && (1..=94).contains(&value(&d[10..])),
        ("SI", Some(d)) => d.len() == 8 && d[0] != 0 && slovenia(&d),
        ("SK", Some(d)) => d.len() == 10 && d[0] != 0 && matches!(d[2], 2 | 3 | 4 | 7 | 8 | 9) && value(&d) % 11 == 0,
        _ => false,
    }
}

fn of_digits(text: &str) -> Option<Vec<i64>> {
    text.chars().map(|c| c.to_digit(10).map(i64::from)).collect()
}

fn value(digits: &[i64]) -> i64 {
    digits.iter().fold(0, |sum, digit| sum * 10 + digit)
}

/// Each digit by its weight; digits without a weight do not count.
fn weighed(digits: &[i64], weights: &[i64]) -> i64 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// A doubled digit, its own digits added.
fn doubled(digit: i64) -> i64 {
    digit * 2 / 10 + digit * 2 % 10
}

/// ISO/IEC 7812-1: every second digit from the right doubled, the sum a multiple of ten.
fn luhn(digits: &[i64]) -> bool {
    let part = |(at, digit): (usize, &i64)| if at % 2 == 1 { doubled(*digit) } else { *digit };
    digits.iter().rev().enumerate().map(part).sum::<i64>() % 10 == 0
}

/// ISO/IEC 7064, MOD 11,10, with the check digit at the end.
fn mod_11_10(digits: &[i64]) -> bool {
    let Some((last, rest)) = digits.split_last() else { return false };
    let product = rest.iter().fold(10, |product, digit| match (product + digit) % 10 {
        0 => 20 % 11,
        sum => sum * 2 % 11,
    });
    (11 - product) % 10 == *last
}

fn austria(d: &[i64]) -> bool {
    let sum: i64 = d[..7].iter().enumerate().map(|(at, digit)| if at % 2 == 1 { doubled(*digit) } else { *digit }).sum();
    (10 - (sum + 4) % 10) % 10 == d[7]
}

fn bulgaria(d: &[i64]) -> bool {
    if d.len() == 9 {
        let first = weighed(&d[..8], &[1, 2, 3, 4, 5, 6, 7, 8]) % 11;
        let check = if first == 10 { weighed(&d[..8], &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10 } else { first };
        return check == d[8];
    }
    // A person, a foreigner, or another body.
    let person = weighed(d, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
    let foreigner = weighed(d, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10;
    let other = (11 - weighed(d, &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    d.len() == 10 && [person, foreigner, other].contains(&d[9])
}

fn cyprus(number: &str) -> bool {
    const ODD: [i64; 10] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21];
    let Some((start, letter)) = number.split_at_checked(8) else { return false };
    let (Some(d), [letter]) = (of_digits(start), letter.as_bytes()) else { return false };
    let part =
        |(at, digit): (usize, &i64)| if at % 2 == 0 { ODD.get(usize::try_from(*digit).unwrap_or(0)).copied().unwrap_or(0) } else { *digit };
    let sum: i64 = d.iter().enumerate().map(part).sum();
    !start.starts_with("12") && i64::from(*letter) == i64::from(b'A') + sum % 26
}

fn czechia(d: &[i64]) -> bool {
    let weights = [8, 7, 6, 5, 4, 3, 2];
    match d.len() {
        8 => {
            let check = (11 - weighed(&d[..7], &weights) % 11) % 11;
            d[0] != 9 && (if check == 0 { 1 } else { check }) % 10 == d[7]
        }
        9 if d[0] == 6 => (8 - (10 - weighed(&d[1..8], &weights) % 11).rem_euclid(11)).rem_euclid(10) == d[8],
        // The number of a person born before 1954 has no check digit.
        9 => value(&d[..2]) <= 53 && (1..=31).contains(&value(&d[4..6])),
        10 => value(&d[..9]) % 11 % 10 == d[9],
        _ => false,
    }
}

fn spain(number: &str) -> bool {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let bytes = number.as_bytes();
    let [first, middle @ .., last] = bytes else { return false };
    let Some(middle) = std::str::from_utf8(middle).ok().and_then(of_digits).filter(|middle| middle.len() == 7) else { return false };
    let letter = |n: i64| usize::try_from(n % 23).ok().and_then(|at| LETTERS.get(at)) == Some(last);
    match first {
        b'0'..=b'9' => letter(i64::from(first - b'0') * 10_000_000 + value(&middle)),
        b'X' | b'Y' | b'Z' => letter(i64::from(first - b'X') * 10_000_000 + value(&middle)),
        b'K' | b'L' | b'M' => letter(value(&middle)),
        b'A'..=b'H' | b'J' | b'N' | b'P'..=b'S' | b'U' | b'V' | b'W' => {
            let sum: i64 = middle.iter().enumerate().map(|(at, digit)| if at % 2 == 0 { doubled(*digit) } else { *digit }).sum();
            let check = (10 - sum % 10) % 10;
            let as_digit = i64::from(*last) == i64::from(b'0') + check;
            let as_letter = usize::try_from(check).ok().and_then(|at| b"JABCDEFGHI".get(at)) == Some(last);
            match first {
                b'A' | b'B' | b'E' | b'H' => as_digit,
                b'N' | b'P' | b'Q' | b'R' | b'S' | b'W' => as_letter,
                _ => as_digit || as_letter,
            }
        }
        _ => false,
    }
}

fn france(number: &str) -> bool {
    // Neither I nor O.
    const KEYS: &str = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let Some((key, siren)) = number.split_at_checked(2) else { return false };
    let Some(d) = of_digits(siren).filter(|d| d.len() == 9) else { return false };
    // Monaco has numbers of its own, which begin with three zeros.
    if !siren.starts_with("000") && !luhn(&d) {
        return false;
    }
    if let Some(key) = of_digits(key) {
        return (value(&d) * 100 + 12) % 97 == value(&key);
    }
    let at: Option<Vec<i64>> = key.chars().map(|c| KEYS.find(c).and_then(|at| i64::try_from(at).ok())).collect();
    let Some([first, second]) = at.as_deref().and_then(|at| <[i64; 2]>::try_from(at).ok()) else { return false };
    let check = if first < 10 { first * 24 + second - 10 } else { first * 34 + second - 100 };
    (value(&d) + 1 + check / 11) % 11 == check % 11
}

fn ireland(number: &str) -> bool {
    const LETTERS: &[u8] = b"WABCDEFGHIJKLMNOPQRSTUV";
    let check = |digits: &[i64], extra: i64, letter: u8| {
        let sum = weighed(digits, &[8, 7, 6, 5, 4, 3, 2]) + extra * 9;
        usize::try_from(sum % 23).ok().and_then(|at| LETTERS.get(at)) == Some(&letter)
    };
    let bytes = number.as_bytes();
    let digits = number.get(..7).and_then(of_digits);
    match (digits, bytes.get(7..).unwrap_or_default()) {
        (Some(d), [letter]) => check(&d, 0, *letter),
        (Some(d), [letter, extra @ b'A'..=b'I']) => check(&d, i64::from(extra - b'A') + 1, *letter),
        (Some(d), [letter, b'W']) => check(&d, 0, *letter),
        // Before 2013: a letter or sign stood in the second place, and the first digit counts last.
        (None, [letter]) if matches!(bytes[1], b'A'..=b'Z' | b'+' | b'*') => {
            let (Some(first), Some(middle)) = (number.get(..1).and_then(of_digits), number.get(2..7).and_then(of_digits)) else {
                return false;
            };
            check(&[&[0], middle.as_slice(), first.as_slice()].concat(), 0, *letter)
        }
        _ => false,
    }
}

fn italian_office(office: i64) -> bool {
    matches!(office, 1..=100 | 120 | 121 | 888 | 999)
}

fn lithuania(d: &[i64]) -> bool {
    let sum = |from: i64| -> i64 { d[..d.len() - 1].iter().zip(from..).map(|(digit, at)| digit * (1 + at % 9)).sum::<i64>() % 11 };
    let first = sum(0);
    (if first == 10 { sum(2) % 10 } else { first }) == d[d.len() - 1]
}

fn latvia(d: &[i64]) -> bool {
    if d[0] > 3 {
        return weighed(d, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]) % 11 == 3;
    }
    // Codes of persons given out since 2017 begin with 32 and tell nothing.
    (d[0] == 3 && d[1] == 2) || (1 + weighed(d, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10 == d[10]
}

fn netherlands(number: &str) -> bool {
    let Some((start, rest)) = number.split_at_checked(9) else { return false };
    let (Some(d), Some(suffix)) = (of_digits(start), rest.strip_prefix('B').and_then(of_digits)) else { return false };
    if suffix.len() != 2 || value(&suffix) == 0 {
        return false;
    }
    let person = value(&d) != 0 && (weighed(&d[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) - d[8]).rem_euclid(11) == 0;
    // Since 2020, ISO/IEC 7064 MOD 97-10 over NL and all that follows, letters from A = 10 on.
    let all = [2, 3, 2, 1].iter().chain(&d).chain(&[1, 1]).chain(&suffix);
    person || all.fold(0, |rest, digit| (rest * 10 + digit) % 97) == 1
}

fn northern_ireland(number: &str, digits: Option<&[i64]>) -> bool {
    match digits {
        Some(d) if matches!(d.len(), 9 | 12) => {
            matches!((weighed(&d[..7], &[8, 7, 6, 5, 4, 3, 2]) + value(&d[7..9])) % 97, 0 | 42) && value(&d[..7]) != 0
        }
        Some(_) => false,
        // Government departments and health authorities.
        None => {
            let office = number.get(2..).and_then(of_digits).filter(|office| office.len() == 3);
            office.is_some_and(|office| {
                (number.starts_with("GD") && value(&office) < 500) || (number.starts_with("HA") && value(&office) >= 500)
            })
        }
    }
}

fn romania(d: &[i64]) -> bool {
    let Some((last, rest)) = d.split_last() else { return false };
    let weights = &[7, 5, 3, 2, 1, 7, 5, 3, 2];
    (2..=10).contains(&d.len()) && d[0] != 0 && weighed(rest, &weights[9 - rest.len().min(9)..]) * 10 % 11 % 10 == *last
}

fn slovenia(d: &[i64]) -> bool {
    match 11 - weighed(&d[..7], &[8, 7, 6, 5, 4, 3, 2]) % 11 {
        10 => d[7] == 0,
        check => check == d[7],
    }
}
