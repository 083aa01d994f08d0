//! Runs the double on a port, for trying the shop in a browser.

use clap::Parser;

/// Stands in for Stripe on this machine.
#[derive(Parser)]
struct Options {
    /// The port of the loopback to listen on.
    #[arg(long, default_value_t = 12111)]
    port: u16,
    /// Where to deliver webhooks, such as http://127.0.0.1:8080/webhooks/stripe.
    #[arg(long)]
    webhook: Option<String>,
}

fn main() {
    let options = Options::parse();
    let double = stripe_double::Double::start_on(options.port);
    if let Some(url) = &options.webhook {
        double.webhooks_to(url);
    }
    println!("Stripe's double listens on {}", double.base_url());
    println!("secret key      {}", double.secret_key());
    println!("webhook secret  {}", double.webhook_secret());
    loop {
        std::thread::park();
    }
}
