use super::Failure;
use crate::progress::Bar;
use crate::state;
use clap::{Args, Subcommand};
use kernel::config::Config;
use kernel::{Db, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use storefront::imports::export_catalogue::export_products;
use storefront::imports::export_history::{export_customers, export_orders};

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// All products, drafts too, with Shopify's classic columns
    Products(Target),
    /// All customers with Shopify's columns
    Customers(Target),
    /// All orders with Shopify's columns, a row for each line
    Orders(Target),
}

#[derive(Args)]
struct Target {
    /// The CSV file to write; there must be none of this name yet
    file: PathBuf,
}

/// What writes a file: the database, where to, and who hears how far it is.
type Export = fn(&Db, &mut dyn Write, &mut dyn FnMut(u64, u64)) -> Result<u64>;

pub fn run(config: &Config, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (what, target, export): (_, _, Export) = match &arguments.what {
        What::Products(target) => ("products", target, |db, out, progress| export_products(db, out, progress)),
        What::Customers(target) => ("customers", target, |db, out, progress| export_customers(db, out, progress)),
        What::Orders(target) => ("orders", target, |db, out, progress| export_orders(db, out, progress)),
    };
    let db = state::database(config)?;
    db.migrate()?;
    let name = target.file.display();
    let mut out = BufWriter::new(File::create_new(&target.file).map_err(Failure::of(name))?);
    let bar = Bar::new("export");
    let written = export(&db, &mut out, &mut |done, total| bar.at(done, total, what));
    drop(bar);
    match written.map_err(Failure::from).and_then(|count| out.flush().map(|()| count).map_err(Failure::of(target.file.display()))) {
        Ok(count) => {
            println!("wrote {count} {what} to {}", target.file.display());
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => {
            // Half a file would pass for a whole one.
            std::fs::remove_file(&target.file).ok();
            Err(failure)
        }
    }
}
