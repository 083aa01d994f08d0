//! Filter expressions as Meilisearch's reference describes them, read and applied to a document. Numbers are doubles, as the server has them.

use serde_json::Value;

/// A parsed filter.
pub enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Exists(String),
    In(String, Vec<String>),
    Equals(String, String),
    Between(String, f64, f64),
}

impl Filter {
    pub fn parse(text: &str) -> Filter {
        let mut reader = Reader { rest: text };
        let filter = reader.any();
        assert!(reader.rest.trim().is_empty(), "{:?} is left of the filter {text:?}", reader.rest);
        filter
    }

    pub fn accepts(&self, document: &Value) -> bool {
        match self {
            Filter::Any(parts) => parts.iter().any(|part| part.accepts(document)),
            Filter::All(parts) => parts.iter().all(|part| part.accepts(document)),
            Filter::Exists(field) => !values(document, field).is_empty(),
            Filter::In(field, wanted) => texts(document, field).iter().any(|text| wanted.contains(text)),
            Filter::Equals(field, wanted) => texts(document, field).contains(wanted),
            Filter::Between(field, low, high) => {
                values(document, field).iter().filter_map(|value| value.as_f64()).any(|number| (*low..=*high).contains(&number))
            }
        }
    }

    /// The fields that have to be filterable, without what lies inside them.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Filter::Any(parts) | Filter::All(parts) => parts.iter().flat_map(Filter::fields).collect(),
            Filter::Exists(field) | Filter::In(field, _) | Filter::Equals(field, _) | Filter::Between(field, ..) => {
                field.split('.').take(1).collect()
            }
        }
    }
}

/// What stands at a path of names with points between them; of a list, its elements.
pub fn values<'d>(document: &'d Value, path: &str) -> Vec<&'d Value> {
    let found = path.split('.').try_fold(document, |value, name| value.get(name));
    match found {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one) => vec![one],
    }
}

/// Those values as texts.
pub fn texts(document: &Value, path: &str) -> Vec<String> {
    let text = |value: &&Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    values(document, path).iter().map(text).collect()
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn any(&mut self) -> Filter {
        let mut parts = vec![self.all()];
        while self.takes("OR") {
            parts.push(self.all());
        }
        Filter::Any(parts)
    }

    fn all(&mut self) -> Filter {
        let mut parts = vec![self.one()];
        while self.takes("AND") {
            parts.push(self.one());
        }
        Filter::All(parts)
    }

    fn one(&mut self) -> Filter {
        if self.takes("(") {
            let inside = self.any();
            assert!(self.takes(")"), "a bracket is not closed before {:?}", self.rest);
            return inside;
        }
        let field = self.word();
        if self.takes("EXISTS") {
            return Filter::Exists(field);
        }
        if self.takes(">=") {
            return Filter::Between(field, self.number(), f64::INFINITY);
        }
        if self.takes("<=") {
            return Filter::Between(field, f64::NEG_INFINITY, self.number());
        }
        if self.takes("=") {
            return Filter::Equals(field, self.word());
        }
        if self.takes("IN") {
            assert!(self.takes("["), "a list is missing before {:?}", self.rest);
            let mut wanted = Vec::new();
            while !self.takes("]") {
                wanted.push(self.word());
                self.takes(",");
            }
            return Filter::In(field, wanted);
        }
        let low = self.number();
        assert!(self.takes("TO"), "no operator before {:?}", self.rest);
        Filter::Between(field, low, self.number())
    }

    fn takes(&mut self, sign: &str) -> bool {
        match self.rest.trim_start().strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn number(&mut self) -> f64 {
        let word = self.word();
        word.parse().unwrap_or_else(|_| panic!("{word:?} is no number"))
    }

    /// A bare word, or a text in quotation marks.
    fn word(&mut self) -> String {
        self.rest = self.rest.trim_start();
        if !self.takes("\"") {
            let end = self.rest.find(|c: char| c.is_whitespace() || ",]()=<>".contains(c)).unwrap_or(self.rest.len());
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            return word.to_string();
        }
        let (mut word, mut chars) = (String::new(), self.rest.chars());
        loop {
            match chars.next() {
                Some('\\') => word.extend(chars.next()),
                Some('"') => break,
                Some(c) => word.push(c),
                None => panic!("a text of the filter has no end: {word:?}"),
            }
        }
        self.rest = chars.as_str();
        word
    }
}
