//! The binary with 20,000 products: how long the import takes, the start to the first page, and how much memory it holds.
//!
//! `cargo bench --bench shop -- start`, and through `tests/support/pg.sh` for PostgreSQL. `REGULARS_BINARY` names another binary. Wrong
//! when the import or an answer is wrong; a missed floor is only told.

use crate::support::client::{Client, contains, drive, get};
use crate::support::{Dice, Spread, millis, ms, verdict};
use kernel::clock::Clock;
use kernel::db::{Limits, Target};
use kernel::{Db, events, jobs};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PRODUCTS: u64 = 20_000;
const STARTS: usize = 5;
const LOAD: Duration = Duration::from_secs(20);
const CONNECTIONS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(120);

const LOOK: Duration = Duration::from_millis(250);
const QUIET_LOOKS: u32 = 8;

const NOUNS: [&str; 20] = [
    "Mug", "Bowl", "Teapot", "Plate", "Vase", "Kettle", "Cup", "Saucer", "Jug", "Tray", "Spoon", "Caddy", "Whisk", "Scoop", "Jar",
    "Coaster", "Pitcher", "Strainer", "Candle", "Linen",
];
const WORDS: [&str; 40] = [
    "blue",
    "white",
    "celadon",
    "glazed",
    "matte",
    "stoneware",
    "porcelain",
    "oak",
    "iron",
    "glass",
    "small",
    "large",
    "tall",
    "round",
    "flat",
    "deep",
    "hand",
    "thrown",
    "fired",
    "carved",
    "brushed",
    "polished",
    "raw",
    "quiet",
    "winter",
    "summer",
    "garden",
    "river",
    "stone",
    "cloud",
    "morning",
    "evening",
    "guest",
    "travel",
    "daily",
    "festive",
    "nested",
    "double",
    "walled",
    "footed",
];

pub fn run() -> bool {
    let folder = std::env::temp_dir().join(format!("regulars_bench_start_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let right = measure(&folder);
    let _ = std::fs::remove_dir_all(&folder);
    right
}

fn measure(folder: &Path) -> bool {
    let file = folder.join("products.csv");
    let variants = write_csv(&file);
    let size = std::fs::metadata(&file).unwrap().len();
    let (imported, took) = millis(|| regulars(folder, None).args(["import", "products"]).arg(&file).output().unwrap());
    let said = String::from_utf8_lossy(&imported.stdout).into_owned();
    if !imported.status.success() || !said.contains(&format!("{PRODUCTS} products created")) {
        println!("the import failed: {said}{}", String::from_utf8_lossy(&imported.stderr));
        return false;
    }
    let seconds = took / 1000.0;
    println!(
        "import of {PRODUCTS} products, {variants} variants, {:.1} MB of CSV: {seconds:.1} s (floor 60 s, {})",
        size as f64 / 1e6,
        verdict(seconds <= 60.0)
    );

    let mut first = Running::start(folder);
    println!("first start, with no search index yet: first page after {:.0} ms", first.first_page);
    let settled = first.settle(folder);
    println!("{settled}; {} MB resident, {} MB at most", first.resident("VmRSS"), first.resident("VmHWM"));
    first.stop();

    let (mut pages, mut lists) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut running = Running::start(folder);
        pages.push(running.first_page);
        let mut client = Client::connect(running.address).unwrap();
        let (status, took) = millis(|| client.ask(&get("/categories/mug", "")).unwrap().status);
        if status != 200 {
            println!("/categories/mug answers {status}");
            return false;
        }
        lists.push(took);
        running.stop();
    }
    let pages = Spread::of(pages);
    println!(
        "cold start with {PRODUCTS} products to the first page (home), {STARTS} starts: {} ms (floor 500 ms, {}); a category page right after: {} ms",
        pages.show(0),
        verdict(pages.median <= 500.0),
        Spread::of(lists).show(0)
    );
    memory(folder)
}

/// Memory of a fresh process, idle and while it is asked for every kind of page. `false` when an answer was wrong.
fn memory(folder: &Path) -> bool {
    let mut running = Running::start(folder);
    std::thread::sleep(Duration::from_secs(5));
    let idle = running.resident("VmRSS");
    let mut dice = Dice::new(3);
    let mut pages = vec!["/".to_string()];
    for noun in NOUNS {
        pages.push(format!("/categories/{}", noun.to_lowercase()));
        pages.push(format!("/search?q={}+{}", WORDS[dice.roll(WORDS.len() as u64) as usize], noun.to_lowercase()));
    }
    pages.extend((0..2000).map(|_| format!("/products/p-{}", dice.roll(PRODUCTS))));
    let requests: Vec<Vec<u8>> = pages.iter().map(|page| get(page, "")).collect();
    let driven = drive(running.address, &requests, CONNECTIONS, LOAD, 1000);
    let (now, most) = (running.resident("VmRSS"), running.resident("VmHWM"));
    println!("memory with {PRODUCTS} products: idle {idle} MB (floor 100 MB, {})", verdict(idle <= 100));
    println!(
        "memory under load ({CONNECTIONS} connections, {} s, {:.0} requests/s over {} pages, slowest {:.0} ms): {now} MB, at most {most} MB (floor 200 MB, {})",
        LOAD.as_secs(),
        driven.per_second,
        pages.len(),
        driven.slowest_ms,
        verdict(most <= 200)
    );
    std::thread::sleep(Duration::from_secs(5));
    println!("memory 5 s after the load: {} MB", running.resident("VmRSS"));
    running.stop();
    if driven.wrong > 0 {
        println!("{} of {} answers under load were wrong", driven.wrong, driven.requests);
    }
    driven.wrong == 0
}

/// The address of a PostgreSQL server that is this run's alone.
fn server() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok()
}

/// The program with its own data folder and nothing from the environment but the server.
fn regulars(folder: &Path, address: Option<SocketAddr>) -> Command {
    let binary = std::env::var_os("REGULARS_BINARY").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_regulars")), PathBuf::from);
    let mut command = Command::new(binary);
    command.env_clear().current_dir(folder).env("REGULARS_DATA_DIR", folder.join("data")).stdin(Stdio::null());
    // The searches of the load come from one address.
    command.env("REGULARS_LIMITS_SEARCH_PER_MINUTE", "100000");
    if let Some(url) = server() {
        command.env("DATABASE_URL", url);
    }
    if let Some(address) = address {
        command.env("REGULARS_LISTEN", address.to_string());
    }
    command
}

struct Running {
    process: Child,
    address: SocketAddr,
    /// Milliseconds from the start of the process to the whole first page.
    first_page: f64,
}

impl Running {
    fn start(folder: &Path) -> Running {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let begun = Instant::now();
        let mut process = regulars(folder, Some(address)).arg("serve").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let request = get("/", "");
        loop {
            let answered = Client::connect(address).and_then(|mut client| client.ask(&request).map(|answer| answer.status));
            match answered {
                Ok(200) => break,
                Ok(other) => panic!("the first page answers {other}"),
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
            assert!(process.try_wait().unwrap().is_none() && begun.elapsed() < PATIENCE, "the shop did not start");
        }
        Running { process, address, first_page: ms(begun.elapsed()) }
    }

    /// Waits until no event and no job is left and a search finds something, but not longer than [`PATIENCE`]. Tells how it went.
    fn settle(&self, folder: &Path) -> String {
        let begun = Instant::now();
        let file = || Target::File(folder.join("data").join("regulars.db"));
        let target = server().map_or_else(file, |url| Target::parse(&url).unwrap());
        let db = Db::open(target, Limits::default()).unwrap();
        let now = || Clock::default().now();
        let left = || db.read_now(|conn| Ok(events::backlog(conn)? + i64::from(jobs::any_due(conn, now())?))).unwrap();
        let mut client = Client::connect(self.address).unwrap();
        let request = get("/search?q=teapot", "");
        let (mut found, mut quiet) = (None, 0);
        loop {
            if found.is_none() && client.ask(&request).is_ok_and(|answer| contains(answer.body, b"/products/p-")) {
                found = Some(begun.elapsed().as_secs_f64());
            }
            quiet = if found.is_some() && left() == 0 { quiet + 1 } else { 0 };
            let found = found.map_or("never".to_string(), |seconds| format!("after {seconds:.1} s"));
            // Jobs of the index are due up to a second after their event.
            if quiet == QUIET_LOOKS {
                let took = begun.elapsed() - LOOK * QUIET_LOOKS;
                return format!("search finds products {found}, every job was done after {:.1} s", took.as_secs_f64());
            }
            if begun.elapsed() > PATIENCE {
                let (events, jobs) = db.read_now(|conn| Ok((events::backlog(conn)?, jobs::depth(conn, now())?.waiting))).unwrap();
                return format!(
                    "search finds products {found}; {events} events and {jobs} jobs are left after {} s, so the worker is busy in what follows",
                    PATIENCE.as_secs()
                );
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Megabytes of a line of the process's status.
    fn resident(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let kilobytes: u64 = status
            .lines()
            .find_map(|found| found.strip_prefix(line)?.trim_start_matches(':').trim().strip_suffix(" kB")?.parse().ok())
            .expect("Linux tells the resident memory");
        kilobytes / 1024
    }

    fn stop(&mut self) {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A product file as Shopify writes it, classic columns: 1 to 4 variants each, no pictures. Answers how many variants it holds.
fn write_csv(path: &Path) -> u64 {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(
        file,
        "Handle,Title,Body (HTML),Vendor,Product Category,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,\
         Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant Compare At Price,\
         Variant Requires Shipping,Variant Taxable,SEO Title,SEO Description,Status"
    )
    .unwrap();
    let (mut dice, mut variants) = (Dice::new(5), 0);
    for number in 0..PRODUCTS {
        let mut words = |count: usize| (0..count).map(|_| WORDS[dice.roll(WORDS.len() as u64) as usize]).collect::<Vec<_>>().join(" ");
        let (title, body, tags) = (words(3), words(45), words(3).replace(' ', ", "));
        let noun = NOUNS[dice.roll(NOUNS.len() as u64) as usize];
        let vendor = format!("Studio {}", dice.roll(80));
        let of_this = 1 + dice.roll(4);
        for variant in 0..of_this {
            variants += 1;
            let color = ["Blue", "White", "Green", "Black"][variant as usize];
            let product = match variant {
                0 => format!("{title} {noun},<p>{body}</p>,{vendor},{noun},\"{tags}\",TRUE,Color,{color}"),
                _ => format!(",,,,,,,{color}"),
            };
            let (quantity, price) = (dice.roll(60), 5 + dice.roll(90));
            let last = if variant == 0 { format!("{title} {noun},About this {noun},active") } else { ",,".to_string() };
            writeln!(
                file,
                "p-{number},{product},P{number}-{variant},{},shopify,{quantity},deny,manual,{price}.90,,TRUE,TRUE,{last}",
                200 + dice.roll(800)
            )
            .unwrap();
        }
    }
    file.flush().unwrap();
    variants
}
