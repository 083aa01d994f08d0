//! Somebody with a browser that runs no JavaScript: cookies, links, forms.

use scraper::{ElementRef, Html, Selector};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use ureq::Agent;

pub struct Visitor {
    agent: Agent,
    base: String,
    /// The host it asks for, when that is another than where the server listens.
    host: Option<String>,
    cookies: RefCell<BTreeMap<String, String>>,
}

/// An answer, after redirects.
pub struct Page {
    pub status: u16,
    /// Path and query of the address that answered, or the whole address when it is another host's.
    pub at: String,
    pub body: String,
    pub headers: BTreeMap<String, String>,
}

impl Visitor {
    pub fn new(base: &str) -> Visitor {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(Duration::from_secs(60)));
        Visitor { agent: config.build().into(), base: base.to_string(), host: None, cookies: RefCell::default() }
    }

    /// A browser with nothing in it that asks the same server for another host.
    pub fn at_host(&self, host: &str) -> Visitor {
        Visitor { agent: self.agent.clone(), base: self.base.clone(), host: Some(host.to_string()), cookies: RefCell::default() }
    }

    /// A second browser tab: the same cookies as now.
    pub fn tab(&self) -> Visitor {
        Visitor {
            agent: self.agent.clone(),
            base: self.base.clone(),
            host: self.host.clone(),
            cookies: RefCell::new(self.cookies.borrow().clone()),
        }
    }

    pub fn get(&self, path: &str) -> Page {
        self.follow(self.ask(path, None))
    }

    /// Asks for an address and returns the answer itself, a redirect included.
    pub fn get_once(&self, path: &str) -> Page {
        self.ask(path, None)
    }

    /// Puts a cookie into the browser.
    pub fn carry(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_string(), value.to_string());
    }

    /// The value of a cookie; empty when there is none.
    pub fn cookie(&self, name: &str) -> String {
        self.cookies.borrow().get(name).cloned().unwrap_or_default()
    }

    /// Every cookie, as a browser sends them.
    pub fn cookies(&self) -> String {
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }

    /// Posts fields as they are, following redirects.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.follow(self.post_once(path, fields))
    }

    /// Posts and returns the answer itself, a redirect included.
    pub fn post_once(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        fields.iter().for_each(|(name, value)| {
            body.append_pair(name, value);
        });
        self.ask(path, Some(("application/x-www-form-urlencoded", body.finish().into_bytes())))
    }

    /// [`Visitor::post_once`] of a script that wants an answer of the type `accept`.
    pub fn post_accepting(&self, path: &str, fields: &[(&str, &str)], accept: &str) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.ask_for(path, Some(("application/x-www-form-urlencoded", body.finish().into_bytes())), accept)
    }

    /// Sends the form of `page` that posts to `action` with a file in its field `file`, following redirects.
    pub fn upload(&self, page: &Page, action: &str, name: &str, content: &[u8]) -> Page {
        let csrf = page.form(action, &[]).into_iter().find(|(name, _)| name == "csrf").map(|(_, value)| value).unwrap_or_default();
        let edge = "----form-edge";
        let mut body = format!("--{edge}\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n").into_bytes();
        body.extend(
            format!("--{edge}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv\r\n\r\n")
                .bytes(),
        );
        body.extend_from_slice(content);
        body.extend(format!("\r\n--{edge}--\r\n").bytes());
        self.follow(self.ask(action, Some((&format!("multipart/form-data; boundary={edge}"), body))))
    }

    /// Posts fields and then a file under a name that lies about it, following redirects.
    pub fn upload_parts(&self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Page {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        let name = file.0;
        let head =
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"../x.html\"\r\nContent-Type: text/html\r\n\r\n");
        body.extend(head.into_bytes());
        body.extend(file.1);
        body.extend(b"\r\n--edge--\r\n");
        self.follow(self.ask(path, Some(("multipart/form-data; boundary=edge", body))))
    }

    /// Posts a body that no browser writes, and returns the answer itself.
    pub fn post_raw(&self, path: &str, body: &str) -> Page {
        self.ask(path, Some(("application/x-www-form-urlencoded", body.as_bytes().to_vec())))
    }

    /// Fills in and submits the form of `page` that posts to `action` (without host, language included), as a browser would.
    pub fn submit(&self, page: &Page, action: &str, typed: &[(&str, &str)]) -> Page {
        let fields = page.form(action, typed);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(action, &fields)
    }

    fn ask(&self, path: &str, body: Option<(&str, Vec<u8>)>) -> Page {
        self.ask_for(path, body, "*/*")
    }

    fn ask_for(&self, path: &str, body: Option<(&str, Vec<u8>)>, accept: &str) -> Page {
        let host = self.host.as_deref().unwrap_or_default();
        // A link to the host of this browser leads to the same server.
        let inside = path.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host)).filter(|_| !host.is_empty());
        let path = inside.map_or(path, |rest| rest.find('/').map_or("/", |at| &rest[at..]));
        let own = !path.starts_with("http") || path.starts_with(&self.base);
        let address = if path.starts_with("http") { path.to_string() } else { format!("{}{path}", self.base) };
        let cookies = if own { self.cookies() } else { String::new() };
        let host = if own { host } else { "" };
        let answer = match body {
            Some((kind, body)) => {
                let asked = self.agent.post(&address).header("content-type", kind).header("cookie", &cookies).header("accept", accept);
                let asked = if host.is_empty() { asked } else { asked.header("host", host) };
                asked.send(body.as_slice())
            }
            None => {
                let asked = self.agent.get(&address).header("cookie", &cookies);
                if host.is_empty() { asked.call() } else { asked.header("host", host).call() }
            }
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{address}: {error}"));
        for cookie in answer.headers().get_all("set-cookie") {
            let text = cookie.to_str().unwrap();
            assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax"), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.borrow_mut().insert(name.to_string(), value.to_string());
        }
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_string())).collect();
        let at = address.strip_prefix(&self.base).unwrap_or(&address).to_string();
        Page { status: answer.status().as_u16(), at, body: answer.body_mut().read_to_string().unwrap_or_default(), headers }
    }

    fn follow(&self, mut page: Page) -> Page {
        for _ in 0..10 {
            let Some(to) = page.headers.get("location").filter(|_| (300..400).contains(&page.status)).cloned() else { return page };
            page = self.ask(&to, None);
        }
        panic!("{} redirects for ever", page.at);
    }
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Shown {
    pub action: String,
    pub fields: Vec<(String, String)>,
    /// The names of inputs for text.
    pub typed: Vec<String>,
}

impl Page {
    /// The words a person sees, with white space folded.
    pub fn text(&self) -> String {
        let html = Html::parse_document(&self.body);
        let main = Selector::parse("main").unwrap();
        let of = |element: ElementRef| element.text().collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        html.select(&main).next().map_or_else(|| self.body.clone(), of)
    }

    /// Checks the status and that the page says something.
    #[track_caller]
    pub fn says(self, status: u16, words: &str) -> Page {
        let text = self.text();
        assert!(
            self.status == status && text.contains(words),
            "{} answered {}, expected {status} with {words:?}:\n{text}",
            self.at,
            self.status
        );
        self
    }

    /// Checks that the page's HTML holds something that nobody reads, such as an attribute.
    #[track_caller]
    pub fn holds(self, html: &str) -> Page {
        assert!(self.body.contains(html), "{} holds no {html:?}:\n{}", self.at, self.body);
        self
    }

    /// The address of the first form whose address ends in `ending`.
    #[track_caller]
    pub fn form_ending(&self, ending: &str) -> String {
        let html = Html::parse_document(&self.body);
        let forms = Selector::parse("form").unwrap();
        let found = html.select(&forms).filter_map(|form| form.value().attr("action")).find(|action| action.ends_with(ending));
        found.unwrap_or_else(|| panic!("{} has no form to …{ending}", self.at)).to_string()
    }

    /// Every form that posts fields: its address with what a browser would send, and the names of what people type into.
    pub fn forms(&self) -> Vec<Shown> {
        let html = Html::parse_document(&self.body);
        let forms = Selector::parse("form").unwrap();
        let typed =
            Selector::parse("input[name]:not([type=hidden]):not([type=checkbox]):not([type=radio]):not([type=password]), textarea[name]");
        let typed = typed.unwrap();
        let posts = |form: &ElementRef| {
            let value = form.value();
            value.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")) && value.attr("enctype").is_none()
        };
        let form = |form: ElementRef| Shown {
            action: form.value().attr("action").unwrap_or_default().to_string(),
            fields: shown(form),
            typed: form.select(&typed).filter_map(|field| field.value().attr("name")).map(str::to_string).collect(),
        };
        html.select(&forms).filter(posts).map(form).collect()
    }

    /// What a browser would send for the form that posts to `action`, with `typed` values in place of those shown.
    #[track_caller]
    pub fn form(&self, action: &str, typed: &[(&str, &str)]) -> Vec<(String, String)> {
        let html = Html::parse_document(&self.body);
        let forms = Selector::parse("form").unwrap();
        let wanted = |form: &ElementRef| {
            let posts = form.value().attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
            posts && form.value().attr("action").is_some_and(|to| to == action)
        };
        let form = html.select(&forms).find(wanted);
        let form = form.unwrap_or_else(|| panic!("{} ({}) has no form to {action}:\n{}", self.at, self.status, self.text()));
        let mut fields = shown(form);
        for (name, value) in typed {
            fields.retain(|(known, _)| known != name);
            fields.push((name.to_string(), value.to_string()));
        }
        fields
    }
}

/// The fields of a form as they are shown: inputs, chosen options, text areas. Buttons are not pressed.
fn shown(form: ElementRef) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for field in form.select(&Selector::parse("input[name], select[name], textarea[name]").unwrap()) {
        let element = field.value();
        let name = element.attr("name").unwrap_or_default().to_string();
        match element.name() {
            "select" => {
                let options: Vec<ElementRef> = field.select(&OPTION.with(Clone::clone)).collect();
                let chosen = options.iter().find(|option| option.value().attr("selected").is_some()).or(options.first());
                fields.extend(chosen.map(|option| (name, option.value().attr("value").unwrap_or_default().to_string())));
            }
            "textarea" => fields.push((name, field.text().collect())),
            _ => {
                let kind = element.attr("type").unwrap_or("text");
                let choice = kind == "checkbox" || kind == "radio";
                if (!choice || element.attr("checked").is_some()) && !matches!(kind, "submit" | "button" | "file") {
                    fields.push((name, element.attr("value").unwrap_or(if choice { "on" } else { "" }).to_string()));
                }
            }
        }
    }
    fields
}

thread_local! {
    static OPTION: Selector = Selector::parse("option").unwrap();
}
