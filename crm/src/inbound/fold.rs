//! What somebody wrote now, apart from what they quote below it and from their signature: in English, German and Chinese.
//! What stands between quotes is an answer to them and stays with them.

/// Lines that an attribution may take.
const LINES: usize = 3;
/// Lines of a header block that programs put above a quote.
const BLOCK: usize = 6;
/// The longest signature, in lines.
const SIGNATURE: usize = 12;

/// Lines that begin a quoted mail, without what frames them.
const ORIGINAL: [&str; 7] =
    ["original message", "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "原始邮件", "原始郵件", "原邮件"];
const DEVICES: [&str; 8] =
    ["sent from my ", "sent from outlook", "get outlook for ", "von meinem ", "gesendet von ", "发自我的", "從我的", "发送自"];

/// A text in two: what is new, and what is folded below it. Nothing is folded when nothing new would be left.
pub fn fold(text: &str) -> (&str, &str) {
    let lines = lines(text);
    let mut at = (0..lines.len()).find(|at| begins_quote(&lines[*at..])).unwrap_or(lines.len());
    at = signature(&lines[..at]).unwrap_or(at);
    let end = lines.get(at).map_or(text.len(), |line| line.0);
    let (fresh, folded) = text.split_at(end);
    if fresh.trim().is_empty() { (text.trim(), "") } else { (fresh.trim(), folded.trim()) }
}

/// Each line with where it begins.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let from = at;
            at += line.len();
            (from, line.trim())
        })
        .collect()
}

/// Whether a quoted mail begins with the first of these lines and goes on to the last.
fn begins_quote(lines: &[(usize, &str)]) -> bool {
    let Some((_, first)) = lines.first() else { return false };
    if first.is_empty() {
        return false;
    }
    if let Some(long) = (1..=LINES.min(lines.len())).find(|long| is_attribution(&lines[..*long])) {
        return all_quoted(&lines[long..]);
    }
    is_original(first) || is_block(lines) || (first.starts_with('>') && all_quoted(lines))
}

/// "On Monday Ann wrote:" in one line or a few, the shortest that it can be: what stands above it is somebody's answer.
fn is_attribution(lines: &[(usize, &str)]) -> bool {
    let lower = |line: &str| line.trim_start_matches(['>', ' ']).to_lowercase();
    let (Some((_, first)), Some((_, last))) = (lines.first(), lines.last()) else { return false };
    if first.chars().count() > 300 || lines.iter().any(|(_, line)| line.is_empty()) {
        return false;
    }
    let begins = |line: &str, words: &[&str]| words.iter().any(|word| lower(line).starts_with(word));
    let alone = |words: &[&str]| begins(first, words) && !lines[1..].iter().any(|(_, line)| begins(line, words));
    let text = lower(&lines.iter().map(|(_, line)| *line).collect::<Vec<_>>().join(" "));
    let english = alone(&["on "]) && text.ends_with("wrote:");
    let german = alone(&["am ", "on "]) && text.contains(" schrieb") && text.ends_with([':', '：']);
    let word = ["写道:", "写道：", "寫道:", "寫道："].into_iter().find(|word| last.ends_with(word));
    let chinese = word.is_some_and(|word| lines.len() == 1 || (lines.len() == 2 && *last == word));
    english || german || chinese
}

/// Whether there is nothing but quotes, however they are marked, and a signature. Text after marked quotes is an answer to them.
fn all_quoted(lines: &[(usize, &str)]) -> bool {
    let marked = |line: &str| line.starts_with('>');
    let Some(last) = lines.iter().rposition(|(_, line)| marked(line)) else {
        // Some programs mark nothing: what follows an attribution is the quote then.
        return true;
    };
    let within = lines[..last].iter().all(|(_, line)| line.is_empty() || marked(line));
    let behind: Vec<(usize, &str)> = lines[last + 1..].iter().filter(|(_, line)| !line.is_empty()).copied().collect();
    within && (behind.is_empty() || signature(&behind) == Some(0))
}

fn is_original(line: &str) -> bool {
    let bare = line.trim_matches(['-', '_', ' ', '>', '*']).to_lowercase();
    line.starts_with("--") && ORIGINAL.contains(&bare.as_str())
}

/// The block of headers that Outlook and its like put above what they quote.
fn is_block(lines: &[(usize, &str)]) -> bool {
    let names = |line: &str, names: &[&str]| {
        let line = line.trim_matches(['*', ' ']).to_lowercase();
        names.iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches(['*', ' ']).starts_with([':', '：'])))
    };
    let from = ["from", "von", "发件人", "寄件者"];
    let at = match lines.first() {
        Some((_, line)) if line.len() >= 10 && line.chars().all(|c| c == '_') => 1,
        _ => 0,
    };
    if !lines.get(at).is_some_and(|(_, line)| names(line, &from)) {
        return false;
    }
    let below = &lines[at + 1..lines.len().min(at + BLOCK)];
    let has = |of: &[&str]| below.iter().any(|(_, line)| names(line, of));
    has(&["sent", "date", "gesendet", "datum", "发送时间", "日期", "寄件日期"])
        && has(&["to", "an", "收件人", "收件者", "subject", "betreff", "主题", "主旨"])
}

/// Where a signature begins: behind the mark of RFC 3676, or with the line of a telephone at the end.
fn signature(lines: &[(usize, &str)]) -> Option<usize> {
    let mark = lines.iter().rposition(|(_, line)| *line == "--" || *line == "—");
    if let Some(mark) = mark.filter(|mark| lines.len() - mark <= SIGNATURE) {
        return Some(mark);
    }
    let last = lines.iter().rposition(|(_, line)| !line.is_empty())?;
    let line = lines[last].1.to_lowercase();
    (line.chars().count() <= 60 && DEVICES.iter().any(|device| line.starts_with(device))).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn what_is_below_an_attribution_is_folded() {
        for (text, fresh) in [
            ("It broke.\n\nOn Mon, 2 Mar 2026 at 10:00, Tea Shop <help@tea.example>\nwrote:\n\n> Dear Ann,\n> sorry.\n", "It broke."),
            ("Danke!\n\nAm 02.03.2026 um 10:00 schrieb Tea Shop <help@tea.example>:\n> Hallo\n> Ann\n", "Danke!"),
            ("谢谢\n\n茶店 <help@tea.example> 于2026年3月2日周一 10:00写道：\n\n> 您好\n", "谢谢"),
            ("谢谢\n茶店 <help@tea.example> 于2026年3月2日\n写道：\n> 您好\n", "谢谢"),
            ("On Friday I asked.\nNo answer.\nOn Mon Tea Shop wrote:\n> Hello\n", "On Friday I asked.\nNo answer."),
            ("Thanks\r\n\r\n-----Original Message-----\r\nFrom: Tea\r\nHello\r\n", "Thanks"),
            ("好的\n\n------------------ 原始邮件 ------------------\n发件人: 茶店\n您好", "好的"),
            (
                "Ja.\n\n________________________________\nVon: Tea <h@t.example>\nGesendet: Montag\nAn: Ann\nBetreff: Re: Tee\n\nHallo",
                "Ja.",
            ),
            ("Yes.\n\n发件人: 茶店\n发送时间: 2026-03-02\n收件人: Ann\n主题: Re\n\n您好", "Yes."),
            ("New.\n\n> old\n> older\n\n-- \nAnn\n", "New."),
            ("Call me.\n\n-- \nAnn Example\n+49 1\n", "Call me."),
            ("Ok\n\nSent from my iPhone\n", "Ok"),
            ("Ok\n\n发自我的iPhone", "Ok"),
            ("On Monday I wrote:\nplease help", "On Monday I wrote:\nplease help"),
        ] {
            assert_eq!(fold(text).0, fresh, "{text}");
            assert!(!fold(text).1.contains(fresh) || fold(text).1.is_empty());
        }
    }

    #[test]
    fn answers_between_quotes_stay_with_them() {
        let between = "On Mon Ann wrote:\n> Is it blue?\nYes.\n> Is it big?\nNo.";
        assert_eq!(fold(between), (between, ""));
        let below = "> Is it blue?\n\nYes, it is.";
        assert_eq!(fold(below), (below, ""));
        assert_eq!(fold("From: my heart\nI thank you").1, "");
        assert_eq!(fold("---------- Forwarded message ---------\nFrom: x\nLook at this").1, "");
    }

    #[test]
    fn nothing_is_folded_when_nothing_would_be_left() {
        for text in ["> only a quote", "-- \nAnn", "Sent from my phone", "", "\n\n"] {
            assert_eq!(fold(text), (text.trim(), ""));
        }
    }
}
